"""The HTML report: one file that fetches nothing, says what was done, adds up, and shows hostile text as it is."""

from __future__ import annotations

import base64
import io
import re
import shutil
from html.parser import HTMLParser

import pytest
from house import EACH, House, furnished_once
from PIL import Image

from core.export import downloads, html_data
from core.pipeline import without_truth
from core.results.decisions import add
from core.results.edits import Move, Relabel, Rename
from core.results.run_view import rows
from core.results.selection import ALL, Only


class Read(HTMLParser):
    """What the file shows: its words, its pictures, its tags and whatever they point to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[tuple[bytes, str]] = []
        self.tags: set[str] = set()
        self.places: list[str] = []
        self._silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._silent = tag == "style"
        known = dict(attrs)
        self.places += [str(known[name]) for name in ("src", "href", "action", "data") if name in known]
        if tag == "img":
            kind, _, content = str(known["src"]).partition(",")
            assert kind == "data:image/webp;base64"
            self.pictures.append((base64.b64decode(content, validate=True), str(known["alt"])))

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def read(house: House, run_id: str, only: Only = ALL) -> Read:
    return Read(b"".join(downloads.page(house.workspace, run_id, only)).decode("utf-8"))


def _done(house: House) -> str:
    shutil.copy(house.images / "red" / "0.png", house.images / "red" / "again.png")
    (house.images / "notes.txt").write_text("not an image", encoding="utf-8")
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    return run_id


house, done = furnished_once("done", _done)


def test_it_says_what_was_done_and_adds_up(house: House, done: str) -> None:
    page = read(house, done)
    assert "images by colour" in page.text
    for said in ("fake-vision/1", "fake-text/1", "Criterion colour", "18 given in all", "Pictures that are blue"):
        assert said in page.text
    for number, name in ((12, "in groups"), (4, "in no group"), (2, "skipped")):
        assert f"{number} {name}" in page.text
    assert "Unassigned" in page.text
    assert "red (4)" in page.text  # what they were said to show instead
    assert "Accuracy (ACC)" in page.text
    assert "Matches the labels for 75 % of 16 images, where always saying the commonest label gives 25 %." in page.text
    assert "0.750" in page.text
    assert re.search(r"green 4 green 1\.000 1\.000 1\.000", page.text)
    assert "An exact duplicate" in page.text
    assert "notes.txt" in page.text


def test_it_is_one_file_with_pictures_that_have_words(house: House, done: str) -> None:
    page = read(house, done)
    assert len(page.pictures) == 4 * EACH
    assert {alt for _, alt in page.pictures} == {f"A {name} picture." for name in ("red", "green", "blue", "grey")}
    for content, _ in page.pictures:
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "WEBP"
    assert all(place.startswith("data:") for place in page.places)
    assert page.tags.isdisjoint({"script", "link", "iframe", "object", "base"})


def test_hostile_text_is_shown_and_never_run(house: House, done: str) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    add(house.store, done, Rename(house.id_of(done, "blue"), evil))
    add(house.store, done, Move((rows(house.store, done)[-1].item_id,), house.id_of(done, evil)))
    page = read(house, done)
    assert evil in page.text
    assert "script" not in page.tags
    assert all(place.startswith("data:") for place in page.places)
    assert "moved by a person" in page.text
    assert "2 (1 images moved)" in page.text


def test_where_a_model_is_served_stays_at_home(house: House) -> None:
    house.vision.id = "openai:llava@http://ann:secret@10.0.0.7:8080/v1"
    run_id = house.start()
    house.run(run_id)
    page = read(house, run_id)
    assert "openai:llava" in page.text
    assert "secret" not in page.text
    assert "10.0.0.7" not in page.text


def test_what_the_engine_could_not_see_is_said(house: House, done: str) -> None:
    assert "by appearance" not in read(house, done).text
    run_id = house.start(criterion="mood")
    house.run(run_id)
    page = read(house, run_id)
    assert "images by mood" in page.text
    assert "Grouped by appearance, because the fake engine cannot see mood." in page.text


def test_pictures_have_a_bound_in_number_and_bytes(house: House, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_data, "MOST_EXAMPLES", 8)
    assert len(read(house, done).pictures) == 8
    monkeypatch.setattr(html_data, "MOST_BYTES", 1)
    assert len(read(house, done).pictures) == 0


def test_a_thumbnail_that_has_gone_leaves_its_words(house: House, done: str) -> None:
    for row in rows(house.store, done)[:2]:
        house.workspace.image(row.item_id, "thumb").unlink()
    page = read(house, done)
    assert len(page.pictures) == 4 * EACH - 2
    assert "A blue picture." in page.text


def test_a_part_says_that_it_is_one(house: House, done: str) -> None:
    page = read(house, done, Only((house.id_of(done, "green"),)))
    assert "a part of the run: only green" in page.text
    assert {alt for _, alt in page.pictures} == {"A green picture."}
    assert "Pictures that are blue" not in page.text
    assert "12 in groups" in page.text


def test_it_is_made_piece_by_piece(house: House, done: str) -> None:
    pieces = list(downloads.page(house.workspace, done))
    assert len(pieces) > 4 * EACH


def test_it_carries_what_needs_no_labels_and_the_scores_against_corrected_ones(house: House, done: str) -> None:
    other = house.start(k=4, truth="folder")
    house.run(other)
    wrong = next(row for row in rows(house.store, done) if row.truth == "red")
    add(house.store, done, Relabel("folder", wrong.item_id, "red", "blue"))
    page = read(house, done)
    own = without_truth.found_now(house.store, done)["description"]
    assert "Measured by what was said of them, on 12 images." in page.text
    assert f"{own.silhouette:.3f} Silhouette" in page.text
    (repeated,) = without_truth.repeated(house.store, done)
    assert f"Into another number of groups: ARI {repeated.ari:.2f} over 16 images." in page.text
    assert "A person corrected 1 of the labels." in page.text
