"""Filters that combine: what they find, how addresses hold them, what is said; likeness, and between two groups."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes import COLOURS
from house import EACH, House
from PIL import Image

from core.domain import Assignment, Cluster, Corpus
from core.models.builtin.from_pixels import evidence
from core.results import decisions, likeness
from core.results.edits import Merge, Move
from core.results.run_view import Between, Query, View
from core.results.selection import Only

ALL = EACH * len(COLOURS)
TOWARDS_BLUE = (0.1, 0.45, 0.6, 0.9)
"""Of the images labelled red, the probability of blue; that of red is the rest."""


def made(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """Four groups by colour; images labelled red may be blue, the others are sure, and one blue was put into green."""

    def assign(corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment]:
        ids = {cluster.name: cluster.id for cluster in clusters}
        towards = iter(TOWARDS_BLUE)
        return [
            _shared(ids["red"], ids["blue"], next(towards)) if label == "red" else Assignment(ids[label], 0.9)
            for label in corpus.labels or ()
        ]

    monkeypatch.setattr(house.text, "assign", assign)
    run_id = house.start(truth="folder")
    house.run(run_id)
    moved = View(house.store, run_id).rows(Query(cluster_id=house.id_of(run_id, "blue"), truth="blue"), 1)[0]
    decisions.add(house.store, run_id, Move((moved.item_id,), house.id_of(run_id, "green")))
    return run_id


@pytest.fixture
def done(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run for a test that changes it."""
    return made(house, monkeypatch)


@pytest.fixture(scope="module")
def kept(lasting_house: House) -> str:
    """A run that tests only look through."""
    with pytest.MonkeyPatch.context() as patch:
        return made(lasting_house, patch)


def _shared(red: str, blue: str, share: float) -> Assignment:
    chosen, sure = (blue, share) if share > 0.5 else (red, 1 - share)
    return Assignment(chosen, sure, {red: 1 - share, blue: share})


def names(view: View, query: Query) -> list[str]:
    return [row.name for row in view.rows(query)]


@pytest.mark.parametrize(
    ("only", "found"),
    [
        (Only(), ALL),
        (Only(sure=(50, 60)), 2),
        (Only(sure=(55, 60)), 2),  # both ends are in it
        (Only(sure=(56, 89)), 1),
        (Only(by=("person",)), 1),
        (Only(by=("model",)), ALL - 1),
        (Only(by=("model", "person")), ALL),
        (Only(right="yes"), ALL - 3),  # two red ones are with the blue, one blue with the green
        (Only(right="no"), 3),
        (Only(right="no", by=("model",)), 2),
        (Only(folder="green"), EACH),
        (Only(folder="gre"), 0),
        (Only(folder="green", text="1.png"), 1),
        (Only(copies=True), 0),
    ],
)
def test_filters_combine(only: Only, found: int, kept: str, lasting_house: House) -> None:
    view = View(lasting_house.store, kept)
    assert view.count(only.query) == found == len(view.rows(only.query)) == len(view.ids(only.query))
    assert sum(view.files(only.query).values()) == found == len(list(only.rows(view)))
    assert len(view.file_names(only.query)) == found == len(list(view.filed(only.query)))


@pytest.mark.parametrize(
    ("at", "found"), [(0.1, ["0"]), (0.5, ["1", "2"]), (0.55, ["2", "1"]), (0.75, []), (1.0, ["3"])]
)
def test_between_two_groups_the_nearest_come_first(
    at: float, found: list[str], kept: str, lasting_house: House
) -> None:
    view = View(lasting_house.store, kept)
    query = Query(between=Between(lasting_house.id_of(kept, "red"), lasting_house.id_of(kept, "blue"), at))
    assert names(view, query) == [f"red/{number}.png" for number in found]
    assert view.count(query) == len(found)
    for place, row in enumerate(view.rows(query)):
        assert view.place(query, row.item_id) == place
        assert view.rows(query, 1, place) == [row]


def test_between_two_groups_after_a_merge_and_a_move(done: str, house: House) -> None:
    red, blue, green, grey = (house.id_of(done, name) for name in ("red", "blue", "green", "grey"))
    query = Query(between=Between(red, green))
    assert names(View(house.store, done), query) == []
    decisions.add(house.store, done, Merge(blue, green))  # the probability of blue is green's now
    assert names(View(house.store, done), query) == ["red/1.png", "red/2.png"]
    first = View(house.store, done).rows(query, 1)[0].item_id
    decisions.add(house.store, done, Move((first,), grey))  # a person decided: it lies between no two any more
    assert names(View(house.store, done), query) == ["red/2.png"]
    assert house.store.measures.has_probabilities(done)


def test_without_probabilities_nothing_lies_between(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def assign(corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment]:
        return [Assignment(clusters[0].id) for _ in corpus.labels or ()]

    monkeypatch.setattr(house.text, "assign", assign)
    run_id = house.start()
    house.run(run_id)
    view = View(house.store, run_id)
    assert not house.store.measures.has_probabilities(run_id)
    assert view.count(Query(between=Between("c1", "c2"))) == 0
    assert view.shares(view.ids()) == {}


def test_copies_stand_side_by_side(house: House) -> None:
    with Image.open(house.images / "red" / "0.png") as image:
        image.save(house.images / "grey" / "copy of red.bmp")
    shutil.copy(house.images / "blue" / "1.png", house.images / "green" / "the same file.png")
    run_id = house.start()
    house.run(run_id)
    found = names(View(house.store, run_id), Query(copies=True))
    assert found == ["grey/copy of red.bmp", "red/0.png", "blue/1.png"]  # of the same file there is one image


def test_by_name(kept: str, lasting_house: House) -> None:
    view = View(lasting_house.store, kept)
    query = Query(order="name")
    assert names(view, query) == sorted(names(view, Query()), key=str.lower)
    assert [view.place(query, row.item_id) for row in view.rows(query)] == list(range(ALL))


def test_those_most_alike_come_first_by_evidence(done: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in engine's vectors of what the criterion is about: here its colours, by the images' own colours."""
    view = View(house.store, done)
    rows = view.rows()
    terms = list(COLOURS)
    vectors = {row.item_id: np.eye(24)[terms.index(row.label)] + 0.1 * np.eye(24)[-1] for row in rows}
    vectors |= {rows[1].item_id: vectors[rows[1].item_id] + 0.02 * np.eye(24)[20]}
    values = [
        (evidence.EVIDENCE_ID, item, evidence.COLOURS, vector.astype(np.float16).tobytes())
        for item, vector in vectors.items()
    ]
    house.store._db.insert("evidence", values)

    class Engine:
        def sight(self, criterion: str) -> object:
            return type("Sight", (), {"aspect": "colour"})

    monkeypatch.setattr(likeness.registry, "vision_model", lambda _: Engine())
    query = Query(like=rows[0].item_id)
    found = view.rows(query)
    assert found[0] == rows[0]
    assert [row.label for row in found[:EACH]] == [rows[0].label] * EACH
    assert found[EACH - 1] == rows[1]  # of its colour the one that differs
    assert view.count(query) == ALL == len(set(view.ids(query)))
    assert view.place(query, rows[0].item_id) == 0
    assert names(view, replace(query, folder="green"))[0].startswith("green/")


def test_those_most_alike_by_what_is_said(done: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = {f"A {name} picture.": np.eye(len(COLOURS))[place] for place, name in enumerate(COLOURS)}
    monkeypatch.setattr(
        likeness, "KeptVectors", lambda _: lambda texts: np.array([vector[text] for text in texts], dtype=np.float32)
    )
    view = View(house.store, done)
    own = view.rows(Query(folder="green"), 1)[0]
    found = view.rows(Query(like=own.item_id))
    assert found[0] == own
    assert {row.label for row in found[:EACH]} == {"green"}
    assert names(view, Query(like="nope")) == names(view, Query())


def test_an_address_holds_all_of_it() -> None:
    only = Only(("c1", "c2"), "a boat", (20, 60), ("model", "person"), "no", "a/b", True, ("c1", "c2"), 35)
    assert Only.read(only.parameters) == only
    assert Only.read(Only().parameters) == Only()
    assert not Only()
    assert Only(("c1",))
    assert not Only(("c1",)).narrows


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sure", "60-20"), ("sure", "x"), ("sure", "0-100"), ("by", "nobody"), ("right", "maybe"), ("copies", "2"),
        ("between", "c1"), ("between", "c1,c1"), ("between", "c1,"), ("at", "-3"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_in_an_address_is_left_out(name: str, value: str) -> None:
    assert Only.read({name: [value]}) == Only()


def test_what_is_said() -> None:
    clusters = (Cluster("c1", "red"), Cluster("c2", "blue"))
    only = Only(("c1",), "boat", (20, 60), ("person",), "no", "a/b", True, ("c1", "c2"), 35)
    assert only.said(clusters) == (
        "only red, with “boat”, 35 % of the way from red to blue, 20 to 60 % sure, placed by a person, "
        "not in the group of their label, in the folder a/b, that look nearly the same as another"
    )
    assert Only(right="yes", between=("c1", "c9")).said(clusters) == (
        "50 % of the way from red to a group that is gone, in the group of their label"
    )


def test_what_a_run_can_be_narrowed_by(kept: str, lasting_house: House) -> None:
    View(lasting_house.store, kept)
    assert lasting_house.store.measures.folders(kept) == sorted(COLOURS)
    assert lasting_house.store.measures.sources(kept) == {"model": ALL - 1, "person": 1}
