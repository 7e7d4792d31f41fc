"""Evaluate, Export and Connect in every state (empty, running, failed, finished), drawn by AppTest on quick models."""

from __future__ import annotations

import asyncio
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai_server
import pytest
import streamlit as st
from app import ROOT, embed, matches, shown, wait_for
from fakes import COLOURS
from house import EACH, House, furnished_once
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from streamlit.testing.v1 import AppTest

from core.domain import Failed
from core.errors import BadInput
from core.export.figures import FIGURES
from core.jobs import Jobs
from core.results import decisions, staleness
from core.results.edits import Rename
from ui import text
from ui.routes import downloads
from ui.session import model_choice, state

KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def served(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The pages on the house's workspace."""
    jobs = Jobs(house.workspace)
    monkeypatch.setattr(state, "workspace", lambda: house.workspace)
    monkeypatch.setattr(state, "jobs", lambda: jobs)
    monkeypatch.setattr(staleness, "embed", embed)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield house
    house.vision.gate.set()
    jobs.shut_down()
    st.cache_resource.clear()
    st.cache_data.clear()


def _done(house: House) -> str:
    run_id = house.start(truth="folder")
    house.run(run_id)
    return run_id


house, done = furnished_once("done", _done)


@pytest.fixture
def server() -> Iterator[openai_server.Server]:
    server = openai_server.Server()
    yield server
    server.shutdown()
    server.server_close()


def open_page(page: str, **params: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30).run()
    at.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for key, value in params.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def links(at: AppTest) -> list[str]:
    return [str(link.proto.url) for link in at.get("link_button")]


# -- empty, running, failed


@pytest.mark.parametrize("page", ["evaluate", "export"])
def test_without_a_run(page: str) -> None:
    assert text.NO_RUN in shown(open_page(page))
    assert text.GONE_RUN in shown(open_page(page, run="nope"))


@pytest.mark.parametrize(("page", "why"), [("evaluate", text.EVALUATE_EMPTY), ("export", text.EXPORT_EMPTY)])
def test_before_anything_is_sorted(page: str, why: str, house: House) -> None:
    run_id = house.start()
    at = open_page(page, run=run_id)
    assert why in shown(at)
    assert text.SHOW in [button.label for button in at.button]
    house.run(run_id, "name")
    at = open_page(page, run=run_id)
    assert why in shown(at)
    assert text.TO_NAMES in [button.label for button in at.button]


@pytest.mark.parametrize("page", ["evaluate", "export", "connect"])
def test_while_a_run_works(page: str, house: House) -> None:
    house.vision.gate.clear()
    run_id = house.start()
    state.jobs().start(run_id, "name")
    wait_for(lambda: (job := state.jobs().get(run_id)) is not None and job.progress is not None)
    at = open_page(page, run=run_id)
    assert at.progress
    assert at.query_params["run"] == run_id
    assert (text.BROWSE_SOON in shown(at)) == (page != "connect")


@pytest.mark.parametrize(("page", "why"), [("evaluate", text.EVALUATE_EMPTY), ("export", text.EXPORT_EMPTY)])
def test_after_a_failure(page: str, why: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = house.start()
    with monkeypatch.context() as patch:
        patch.setattr(house.text, "name", lambda *_: Failed("The fake model gave no groups."))
        with pytest.raises(Exception, match="no groups"):
            house.run(run_id, "name")
    at = open_page(page, run=run_id)
    assert why in shown(at)
    assert text.SHOW in [button.label for button in at.button]


# -- evaluate


def test_evaluate(done: str) -> None:
    at = open_page("evaluate", run=done)
    assert matches(1.0, 1 / 4, 4 * EACH) in shown(at)
    assert [metric.value for metric in at.metric] == ["1.000"] * 4
    assert len(at.get("vega_lite_chart") or at.get("arrow_vega_lite_chart")) == 1
    table = at.dataframe[0].value
    assert list(table[text.CONFUSION_LABEL]) == ["blue", "green", "grey", "red"]
    assert list(table[text.PER_CLASS_GROUP]) == ["blue", "green", "grey", "red"]


def test_evaluate_and_browse_say_what_chance_gives(house: House, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    rows = [f"{name}/{number}.png,{'cold' if name == 'blue' else 'warm'}" for name in COLOURS for number in range(EACH)]
    table.write_text("\n".join(["image,hue", *rows]), encoding="utf-8")
    run_id = house.start(truth=f"{table}:hue")
    house.run(run_id)
    said = (
        "Agrees with your labels “hue” for 50 % of 16 images, where always saying the commonest label gives 75 %: no "
    )
    evaluated = shown(open_page("evaluate", run=run_id))
    assert said in evaluated
    assert text.other_labels("hue", "colour") in evaluated
    assert said in shown(open_page("browse", run=run_id))


def test_evaluate_asks_for_labels_and_takes_them(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    at = open_page("evaluate", run=run_id)
    assert text.NO_LABELS in shown(at)
    assert text.LABELS_FROM_NOTE["folder"] in shown(at)
    at.button(key="compare").click().run()
    assert matches(1.0, 1 / 4, 4 * EACH) in shown(at)
    assert house.store.runs.get(run_id).settings.truth == "folder"  # type: ignore[union-attr]


def test_labels_that_do_not_fit_change_nothing(done: str, house: House) -> None:
    at = open_page("evaluate", run=done)
    kind = at.radio[0]
    kind.set_value("filename").run()
    at.button(key="compare").click().run()
    assert "No ground truth found" in shown(at)
    assert house.store.runs.get(done).settings.truth == "folder"  # type: ignore[union-attr]
    assert matches(1.0, 1 / 4, 4 * EACH) in shown(at)


def test_some_labels_and_a_table_that_is_corrected(house: House, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,hue\nred/0.png,warm\nblue/0.png,cold\n", encoding="utf-8")
    run_id = house.start(truth=f"{table}:hue", k=4)
    house.run(run_id)
    at = open_page("evaluate", run=run_id)
    assert matches(1.0, 1 / 2, 2, shuffled=1.0, column="hue") in shown(at)
    assert text.labelled_some(2, 4 * EACH) in shown(at)
    table.write_text("image,hue\nred/0.png,warm\nred/1.png,warm\nblue/0.png,warm\n", encoding="utf-8")
    at.button(key="compare").click().run()
    assert matches(2 / 3, 1.0, 3, column="hue") in shown(at)
    assert "where always saying the commonest label gives 100 %: no better than chance" in shown(at)


# -- export


def ask(path: str, method: str = "GET") -> tuple[Response, bytes]:
    """What the route answers, with its whole body."""
    path, _, query = path.partition("?")
    run_id, file = path.split("/")
    scope = {
        "type": "http", "method": method, "path": f"/download/{path}", "headers": [],
        "path_params": {"run_id": run_id, "file": file}, "query_string": query.encode(),
    }  # fmt: skip
    answer = downloads.download_file(Request(scope))
    return answer, sent(answer)


def sent(answer: Response) -> bytes:
    """The whole body of an answer."""

    async def body() -> bytes:
        if isinstance(answer, StreamingResponse):
            return b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]
        return bytes(answer.body)

    return asyncio.run(body())


def test_export(done: str, house: House) -> None:
    at = open_page("export", run=done)
    figures = tuple(f"{name}.{form}" for name in FIGURES for form in ("png", "svg"))
    files = ("report.html", *figures, "table.csv", "folders.zip", "table.jsonl", "table.parquet")
    assert links(at) == [*(f"/download/{done}/{file}" for file in files), downloads.WORKSPACE]
    assert text.folders_note(4 * EACH, 4 * EACH) in shown(at)
    assert f"red ({EACH})" in shown(at)
    answer, body = ask(f"{done}/folders.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.read("red/0.png") == (house.images / "red" / "0.png").read_bytes()
    answer, body = ask(f"{done}/table.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert body.decode("utf-8-sig").startswith("image,cluster,confidence,")
    assert body.count(b"\n") == 4 * EACH + 1
    for file in files:
        answer, body = ask(f"{done}/{file}")
        assert (answer.status_code, bool(body)) == (200, True)
    assert ask(f"{done}/sizes.svg")[0].headers["content-type"] == "image/svg+xml"
    assert ask(f"{done}/other.svg")[0].status_code == 404


def test_the_workspace_is_sent(done: str) -> None:
    scope = {"type": "http", "method": "GET", "path": downloads.WORKSPACE, "headers": []}
    body = sent(downloads.download_workspace(Request(scope)))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert "backup/run.parquet" in archive.namelist()


def test_export_of_a_part_says_so(done: str, house: House) -> None:
    at = open_page("export", run=done, group=house.id_of(done, "red"), text="0.png")
    assert text.export_part(1, 4 * EACH) in shown(at)
    place = next(link for link in links(at) if "table.csv" in link)
    assert place.endswith(f"?group={house.id_of(done, 'red')}&text=0.png")
    answer, body = ask(place.removeprefix("/download/"))
    assert body.count(b"\n") == 2
    assert ", only red, with 0 png.csv" in answer.headers["content-disposition"]
    at.multiselect(key="export-groups").set_value([]).run()
    assert "group" not in at.query_params
    assert text.export_part(4, 4 * EACH) in shown(at)


def test_a_group_leads_to_its_export(done: str, house: House) -> None:
    at = open_page("browse", run=done, group=house.id_of(done, "red"))
    at.button(key="export-these").click().run()
    assert not at.exception
    assert text.export_part(EACH, 4 * EACH) in shown(at)
    whole = (downloads.WORKSPACE, *(f"/download/{done}/{name}.{form}" for name in FIGURES for form in ("png", "svg")))
    assert all("group=" in link for link in links(at) if link not in whole)


def test_downloads_have_safe_headers(done: str) -> None:
    for path, method in (
        (f"{done}/table.csv", "GET"),
        (f"{done}/folders.zip", "HEAD"),
        ("0" * 12 + "/table.csv", "GET"),
    ):
        answer, _ = ask(path, method)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
    answer, body = ask(f"{done}/folders.zip", "HEAD")
    assert body == b""
    assert answer.headers["content-disposition"].startswith('attachment; filename="')


def test_the_file_name_is_readable_and_cannot_break_the_header() -> None:
    value = downloads._attachment('shop/"Möbel"\r\nX: y by colour, 5 groups', "zip")
    assert value == (
        'attachment; filename="shop Mbel X y by colour, 5 groups.zip"; '
        "filename*=UTF-8''shop%20M%C3%B6bel%20X%20y%20by%20colour%2C%205%20groups.zip"
    )
    assert downloads._attachment("图", "csv").startswith('attachment; filename="facetry.csv"')


@pytest.mark.parametrize("path", ["nope/table.csv", "0123/folders.zip", "RUN/other.csv", "RUN/..", "../table.csv"])
def test_nothing_else_is_served(path: str, done: str) -> None:
    answer, _ = ask(path.replace("RUN", done) if not path.startswith("..") else "%2e%2e/table.csv")
    assert answer.status_code == 404


def test_export_says_when_originals_have_gone(done: str, house: House) -> None:
    (house.images / "red" / "0.png").unlink()
    assert "original is not where it was" in shown(open_page("export", run=done))


def test_hostile_names_are_shown_letter_for_letter(done: str, house: House) -> None:
    decisions.add(house.store, done, Rename("c1", "![x](http://evil.example/x.png)"))
    for page in ("export", "evaluate"):
        assert "![x](http://evil" not in "\n".join(caption.value for caption in open_page(page, run=done).caption)
    assert "![x](http://evil" in shown(open_page("export", run=done))


# -- connect


def test_connect_starts_with_the_built_in_engine() -> None:
    at = open_page("connect")
    assert shown(at).count(text.BUILTIN) >= 2
    assert text.LEAVES_NOTHING in shown(at)
    assert [code.value for code in at.code] == [text.OLLAMA_LINES]
    at.button(key="test-models").click().run()
    assert text.CONNECT_TEST_BUILTIN in shown(at)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("not an address", text.CONNECT_BAD_URL),
        ("ftp://localhost/v1", text.CONNECT_BAD_URL),
        ("http://localhost:port/v1", text.CONNECT_BAD_URL),
        ("https://me:secret@api.example/v1", text.CONNECT_PLAIN_URL),
        ("https://api.example/v1?key=secret", text.CONNECT_PLAIN_URL),
    ],
)
def test_an_address_that_is_none(typed: str, said: str) -> None:
    with pytest.raises(BadInput, match=said.split(".")[0]):
        model_choice.server_address(typed)
    at = open_page("connect")
    at.text_input(key="server-url").set_value(typed).run()
    assert said in shown(at)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (" http://localhost:11434/v1/ ", "http://localhost:11434/v1"),
        ("localhost:8000/v1", "http://localhost:8000/v1"),
        ("https://api.example/v1/chat/completions", "https://api.example/v1"),
    ],
)
def test_addresses_as_people_type_them(typed: str, url: str) -> None:
    assert model_choice.server_address(typed) == url


def connected(at: AppTest, server: openai_server.Server) -> AppTest:
    """Type the server's address and a key, list its models and choose one for each role."""
    at.text_input(key="server-url").set_value(server.url).run()
    at.text_input(key=f"server-key-{server.url}").set_value(KEY).run()
    at.button(key="list-models").click().run()
    at.selectbox(key="role-vision").set_value(model_choice.spec("large", server.url))
    return at.selectbox(key="role-text").set_value(model_choice.spec("small", server.url)).run()


def test_connect_test_and_use(server: openai_server.Server, house: House) -> None:
    at = connected(open_page("connect"), server)
    assert f"{text.CONNECT_LISTED} 2 models." in shown(at)
    assert text.CONNECT_KEY_KEPT in shown(at)
    assert text.LEAVES_LOCAL in shown(at)
    at.button(key="test-models").click().run()
    assert shown(at).count("A red car.") == 2
    assert "answered in" in shown(at)
    image, words, form = (asked["body"] for asked in server.history)
    assert form["response_format"]["type"] == "json_schema"
    for able in (text.CAN_SEE, text.CAN_IGNORE, text.CAN_UNSURE):  # it says “A red car.” whatever it is asked
        assert able in shown(at)
    assert (image["model"], words["model"]) == ("large", "small")
    assert image["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert {asked["key"] for asked in server.history} == {f"Bearer {KEY}"}
    at.button(key="use-models").click().run()
    assert model_choice.choice() == model_choice.Choice(f"openai:large@{server.url}", f"openai:small@{server.url}")
    assert shown(at).count(f"large (127.0.0.1:{server.server_address[1]})") == 1
    assert KEY not in shown(at)
    assert KEY not in str(at.query_params)
    kept = [path.read_bytes() for path in house.workspace.folder.rglob("*") if path.is_file()]
    assert not [content for content in kept if KEY.encode() in content]
    assert "small (127.0.0.1" in shown(open_page("connect"))  # another session, or this one after a reload
    at.button(key="reset-models").click().run()
    assert model_choice.choice() == model_choice.Choice()
    assert at.selectbox(key="role-vision").value == model_choice.BUILTIN


def test_a_key_is_sent_to_its_own_server_only(server: openai_server.Server) -> None:
    other = openai_server.Server()
    try:
        at = connected(open_page("connect"), server)
        at.text_input(key="server-url").set_value(other.url).run()
        assert text.CONNECT_KEY_KEPT not in shown(at)
        at.button(key="list-models").click().run()
        at.selectbox(key="role-text").set_value(model_choice.spec("small", other.url)).run()
        at.button(key="test-models").click().run()
        assert [asked["key"] for asked in server.history] == [f"Bearer {KEY}"]  # still the vision model's server
        assert [asked["key"] for asked in other.history] == ["Bearer none"] * 2
    finally:
        other.shutdown()
        other.server_close()


def test_a_key_is_forgotten_when_its_field_is_emptied(server: openai_server.Server) -> None:
    at = connected(open_page("connect"), server)
    at.text_input(key=f"server-key-{server.url}").set_value("").run()
    assert text.CONNECT_KEY_KEPT not in shown(at)


def test_what_a_server_refuses_is_one_sentence(server: openai_server.Server) -> None:
    at = connected(open_page("connect"), server)
    refuse = lambda handler, body: handler.send(401, {"error": {"message": f"wrong key {KEY}"}})  # noqa: E731
    server.plan = [refuse, refuse]
    at.button(key="test-models").click().run()
    assert shown(at).count("does not accept the key") == 2
    assert KEY not in shown(at)


def test_a_server_that_is_none() -> None:
    at = open_page("connect")
    at.text_input(key="server-url").set_value("http://127.0.0.1:9/v1").run()
    at.button(key="list-models").click().run()
    assert "cannot be reached" in shown(at)


def test_keys_reach_the_work_but_nothing_else(server: openai_server.Server, done: str, house: House) -> None:
    """Sorting again is started with the session's keys."""
    seen: list[Any] = []
    started = threading.Event()

    def start(run_id: str, until: str, **options: Any) -> None:
        seen.append(options["keys"])
        started.set()

    at = connected(open_page("connect"), server)
    at.switch_page(str(ROOT / "pages" / "browse.py"))
    at.query_params["run"] = done
    at.run()
    state.jobs().start = start  # type: ignore[method-assign, assignment]
    at.button(key="check-all").click().run()
    assert started.wait(5)
    assert seen == [{server.url: KEY}]
