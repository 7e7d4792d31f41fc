"""A second model that cannot do what it is asked for costs the items that it was asked about, never the run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import COLOURS
from house import EACH, House
from openai_server import Fault, Server, has_image
from painter import Painter, install, step_of
from PIL import Image

from core.config import config
from core.domain import Asking, Failed
from core.ingest import source
from core.models import registry
from core.models.chat.backend import Request
from core.models.openai import server as openai_server
from core.pipeline.add_images import add
from core.pipeline.place_image import where
from core.results import decisions, run_view

BLIND = {"error": {"message": "image_url is only supported by certain models.", "code": None, "type": None}}
NO_MODEL = {"error": {"message": "The model does not exist", "code": "model_not_found", "type": None}}


@pytest.fixture
def painter(house: House, monkeypatch: pytest.MonkeyPatch) -> Painter:
    painter = Painter()
    install(monkeypatch, painter)
    for kind in ("openai", "strong"):  # as they are outside tests
        monkeypatch.setitem(registry.VISION, kind, registry._vision_of(kind))  # type: ignore[arg-type]
        monkeypatch.setitem(registry.TEXT, kind, registry._text_of(kind))  # type: ignore[arg-type]
    monkeypatch.setattr(openai_server, "config", lambda: replace(config(), concurrency=1))
    painter.fail = refuse(2)
    return painter


def refuse(number: int) -> Callable[[Request], Failed | None]:
    """Refuses so many of the images."""
    left = iter(range(number))

    def fail(request: Request) -> Failed | None:
        wanted = step_of(request) == "describe" and next(left, None) is not None
        return Failed("The model refused.", "refused") if wanted else None

    return fail


def reasons(house: House, run_id: str) -> list[str]:
    return [row.reason for row in run_view.rows(house.store, run_id) if row.state == "failed"]


def test_that_the_second_cannot_see_shows_when_it_is_asked_and_fails_those_images(
    house: House, painter: Painter
) -> None:
    server = Server()
    server.faults = [Fault(lambda handler, _: handler.send(400, BLIND), when=has_image)]
    run_id = house.start(vision="painter", text="painter", fallback=f"openai:small@{server.url}")
    house.run(run_id)
    assert house.sizes(run_id) == {**dict.fromkeys(COLOURS, EACH), **{"blue": EACH - 2, "failed": 2}}
    assert set(reasons(house, run_id)) == {
        "The second model could not be asked: The model “small” cannot see images. Choose another vision model."
    }
    house.run(run_id)  # asked again on request, and now the first model does not refuse
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)


def test_a_second_that_is_not_there_is_asked_once_a_pass(house: House, painter: Painter) -> None:
    painter.fail = refuse(3)
    server = Server()
    server.faults = [Fault(lambda handler, _: handler.send(404, NO_MODEL))]
    run_id = house.start(vision="painter", text="painter", fallback=f"openai:small@{server.url}")
    house.run(run_id, "name")
    assert len(server.history) == 1
    assert len(reasons(house, run_id)) == 3
    assert all("has no model “small”" in reason for reason in reasons(house, run_id))


@pytest.mark.parametrize("step", ["label", "assign"])
def test_a_second_that_is_not_there_does_not_end_the_text_steps(house: House, painter: Painter, step: str) -> None:
    painter.fail = lambda request: Failed("No answer.") if step_of(request) == step else None
    server = Server()
    server.faults = [Fault(lambda handler, _: handler.send(404, NO_MODEL))]
    run_id = house.start(vision="painter", text="painter", fallback=f"openai:small@{server.url}")
    if step == "label":
        with pytest.raises(Exception, match="Only 0 images have a description and a label"):
            house.run(run_id)
    else:
        house.run(run_id)
    assert len(reasons(house, run_id)) == EACH * len(COLOURS)
    assert len(server.history) == 1


def test_a_second_that_cannot_see_helps_with_the_text_alone(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    text_only = Painter("strong")
    text_only.can = replace(Painter.can, vision=False)
    monkeypatch.setitem(registry.CHAT, "strong", lambda *_: text_only)  # type: ignore[arg-type]
    images = refuse(2)

    def fail(request: Request) -> Failed | None:
        return Failed("No answer.") if step_of(request) == "label" else images(request)

    painter.fail = fail
    run_id = house.start(vision="painter", text="painter", fallback="strong")
    house.run(run_id)
    assert reasons(house, run_id) == ["The model refused."] * 2
    assert [step_of(asked) for asked in text_only.history] == ["label"]


def test_names_come_from_labels_where_the_first_gives_none_and_the_second_is_not_there(
    house: House, painter: Painter
) -> None:
    painter.fail, painter.silly = lambda _: None, True
    server = Server()
    server.faults = [Fault(lambda handler, _: handler.send(404, NO_MODEL))]
    run_id = house.start(vision="painter", text="painter", fallback=f"openai:small@{server.url}")
    house.run(run_id, "name")
    clusters = decisions.clusters(house.store, run_id).clusters
    assert {cluster.name for cluster in clusters} == set(COLOURS)
    assert all(cluster.needs_name for cluster in clusters)
    assert len(server.history) == 1


@pytest.mark.parametrize("step", ["describe", "label", "assign"])
def test_one_image_is_placed_as_a_run_places_it(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    """Where the first model fails, the second answers; what One image asked is not asked again when it is added."""
    second = Painter("strong")
    install(monkeypatch, painter, second)
    painter.fail = lambda _: None
    exact = Asking(exact=True)  # a label alone would be known
    run_id = house.start(vision="painter", text="painter", fallback="strong", asking=exact)
    house.run(run_id)
    painter.fail = lambda request: Failed("The model refused.", "refused") if step_of(request) == step else None
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    image = tmp_path / "new" / "one.png"
    image.parent.mkdir()
    Image.new("RGB", (30, 20), COLOURS["blue"]).save(image)
    (place,) = where(house.workspace, dataset, image).places
    assert (place.problem, place.cluster) == ("", "blue")
    assert [step_of(request) for request in second.history] == [step]

    add(house.workspace, run_id, source.find(str(image.parent), "", house.workspace.config, 0))
    added = [row for row in run_view.rows(house.store, run_id) if row.name.endswith("one.png")]
    assert [row.cluster and row.cluster.name for row in added] == ["blue"]
    assert len(second.history) == 1


def test_one_image_says_why_when_both_models_fail(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second = Painter("strong")
    install(monkeypatch, painter, second)
    painter.fail = lambda _: None
    run_id = house.start(vision="painter", text="painter", fallback="strong")
    house.run(run_id)
    painter.fail = lambda _: Failed("The model refused.", "refused")
    second.fail = lambda _: Failed("The second refused too.", "refused")
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    Image.new("RGB", (30, 20), COLOURS["blue"]).save(tmp_path / "one.png")
    (place,) = where(house.workspace, dataset, tmp_path / "one.png").places
    assert (place.problem, place.cluster) == ("The second refused too.", "")


def test_one_image_that_the_run_has_is_told_as_the_run_has_it(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second model's answer counts as well: nothing is asked, whatever the first would say today."""
    second = Painter("strong")
    install(monkeypatch, painter, second)
    run_id = house.start(vision="painter", text="painter", fallback="strong")  # the first refuses two images
    house.run(run_id)
    asked = len(painter.history), len(second.history)
    assert second.asked("describe") == 2
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    for image in sorted(house.images.rglob("*.png")):
        (place,) = where(house.workspace, dataset, image).places
        assert (place.problem, place.cluster) == ("", image.parent.name)
    assert (len(painter.history), len(second.history)) == asked


def test_one_image_waits_for_a_run_that_asks_the_same(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    painter.fail = lambda _: None
    run_id = house.start(vision="painter", text="painter")
    house.run(run_id)
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    folder = tmp_path / "new"
    folder.mkdir()
    Image.new("RGB", (30, 20), COLOURS["blue"]).save(folder / "one.png")
    is_asked, go_on = threading.Event(), threading.Event()

    def hold(request: Request) -> Failed | None:
        is_asked.set()
        go_on.wait(20)
        return None

    before, painter.fail = painter.asked("describe"), hold
    new = source.find(str(folder), "", house.workspace.config, 0)
    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(add, house.workspace, run_id, new)
        assert is_asked.wait(20)
        looking = pool.submit(where, house.workspace, dataset, folder / "one.png")
        assert not wait([looking], timeout=0.5).done
        go_on.set()
        adding.result(20)
        assert [place.cluster for place in looking.result(20).places] == ["blue"]
    assert painter.asked("describe") == before + 1
