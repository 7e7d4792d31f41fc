"""The built-in text model on evidence: groups, names, assignments, and what it leaves unassigned."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from core.domain import Assignment, Cluster, Corpus, Description, Evidence, ImageInput, Seen
from core.models.builtin.from_pixels import colours
from core.models.builtin.from_pixels.appearance import STATISTICS as STATISTIC_NAMES
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, TOP, pack_top
from core.models.builtin.from_pixels.imagenet import CLASSES, lexicon
from core.models.builtin.from_pixels.names import name_groups
from core.models.builtin.from_pixels.words import definition, domain, vocabulary
from core.models.builtin.text_model import BuiltinText
from core.models.builtin.vision_model import BuiltinVision
from core.models.roles import Keeping, TextModel
from core.results.caveats import said_of_groups
from core.results.edited import apply
from core.results.edits import Delete, Merge, Part, Split
from tests.conftest import DATASETS, needs_datasets

CRITERIA = ("animal", "colour", "art style", "brightness")


def item(subject: str, colour: str, seed: int) -> Evidence:
    """Evidence of a made-up photograph of a subject in a colour."""
    random = np.random.default_rng(seed)
    k = lexicon().names.index(subject)
    direction = np.random.default_rng(k).random(3840) ** 4
    probabilities = np.full(CLASSES, 0.2 / (CLASSES - 1), dtype=np.float32)
    probabilities[k] = 0.8
    shares = np.full(len(colours.TERMS), 0.3 / len(colours.TERMS), dtype=np.float32)
    shares[colours.TERMS.index(colour)] += 0.7
    return {
        SUBJECT: (direction + 0.1 * random.random(3840)).astype(np.float32),
        TOP: pack_top(probabilities),
        COLOURS: (shares * random.uniform(0.8, 1.2, len(shares))).astype(np.float32),
        STATISTICS: np.full(len(STATISTIC_NAMES), 0.3 + 0.02 * random.random(), dtype=np.float32),
    }


def corpus(items: Sequence[Evidence], ids: Sequence[str] | None = None) -> Corpus:
    names = ids or [f"{i:04d}" for i in range(len(items))]
    evidence = {space: np.stack([item[space] for item in items]) for space in items[0]}
    return Corpus(names, [Description("")] * len(items), None, evidence)


def pets(n: int = 20) -> tuple[Corpus, list[str], list[str]]:
    """Beagles, tabbies and goldfish, each in black and in orange."""
    kinds = [("beagle", "tabby", "goldfish")[i % 3] for i in range(n * 3)]
    hues = [("black", "orange")[i // 3 % 2] for i in range(n * 3)]
    return corpus([item(k, h, i) for i, (k, h) in enumerate(zip(kinds, hues, strict=True))]), kinds, hues


def assigned(model: BuiltinText, data: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment]:
    answers = model.assign(data, criterion, clusters)
    assert all(isinstance(answer, Assignment) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Assignment)]


def accuracy(truth: Sequence[str], answers: Sequence[Assignment]) -> float:
    classes, clusters = sorted(set(truth)), sorted({a.cluster_id for a in answers if a.cluster_id})
    table = np.zeros((len(classes), len(clusters)))
    for name, answer in zip(truth, answers, strict=True):
        if answer.cluster_id:
            table[classes.index(name), clusters.index(answer.cluster_id)] += 1
    return float(table[linear_sum_assignment(-table)].sum() / len(truth))


def test_implements_the_role() -> None:
    assert isinstance(BuiltinText(), TextModel)


def test_the_criterion_decides_the_grouping() -> None:
    data, kinds, hues = pets()
    model = BuiltinText()
    by_kind = model.name(data, "animal", 3)
    by_hue = model.name(data, "colour", 2)
    assert {c.name for c in by_kind} == {"beagle", "tabby", "goldfish"}
    assert {c.name for c in by_hue} == {"black", "orange"}
    assert model.label(data, "animal") == kinds
    assert model.label(data, "colour") == hues
    for criterion, clusters, truth in (("animal", by_kind, kinds), ("colour", by_hue, hues)):
        names = {c.id: c.name for c in clusters}
        answers = assigned(model, data, criterion, clusters)
        assert [names.get(a.cluster_id or "") for a in answers] == truth
        assert all(c.name in c.labels and not c.needs_name and (c.confidence or 0) > 0.5 for c in clusters)


def test_a_broad_word_that_fits_few_of_a_group_is_only_a_hint() -> None:
    words = vocabulary("subject")
    cover = np.zeros((2, len(words.names)), dtype=np.float32)
    cover[0, words.names.index("insect")] = 0.4  # nobody else's, but most of the group is something else
    cover[1, words.names.index("teapot")] = 0.6
    insects, teapots = name_groups("subject", cover, "species")
    assert (insects.text, insects.hint) == ("Group 1 (looks like insect)", True)
    assert (teapots.text, teapots.hint) == ("teapot", False)


def test_a_name_that_the_lexicon_knows_is_defined() -> None:
    data, _, _ = pets()
    clusters = BuiltinText().name(data, "animal", 3)
    assert {cluster.name: cluster.meaning for cluster in clusters}["goldfish"].startswith("Small golden")
    assert all(cluster.meaning == definition("subject", cluster.name) for cluster in clusters)
    assert [cluster.meaning for cluster in BuiltinText().name(data, "colour", 2)] == ["", ""]


def test_several_breeds_get_the_word_above_them() -> None:
    kinds = ["beagle", "pug", "whippet", "airliner", "warplane", "airliner"] * 5
    random = np.random.default_rng(0)
    items = []
    for i, kind in enumerate(kinds):
        one = item(kind, "grey", i)
        base = item("beagle" if i % 6 < 3 else "airliner", "grey", int(random.integers(1000)))
        items.append({**one, SUBJECT: base[SUBJECT]})
    assert {c.name for c in BuiltinText().name(corpus(items), "what is shown", 2)} == {"dog", "airplane"}


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("count", "k"), [(1, 1), (3, 2), (4, 4), (30, 3), (30, 29)])
def test_exactly_k_distinct_clusters(criterion: str, count: int, k: int) -> None:
    data = corpus([item(("beagle", "tabby")[i % 2], ("red", "blue")[i % 2], i) for i in range(count)])
    model = BuiltinText()
    clusters = model.name(data, criterion, k)
    assert len(clusters) == len({c.name.casefold() for c in clusters}) == len({c.id for c in clusters}) == k
    assert json.loads(json.dumps([dict(c.prototype) for c in clusters]))
    for answer in assigned(model, data, criterion, clusters):
        assert answer.cluster_id is not None
        assert 0.999 <= sum((answer.probabilities or {}).values()) <= 1.001 or criterion == "animal"
        assert answer.confidence == (answer.probabilities or {})[answer.cluster_id]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_identical_images_stay_together(criterion: str) -> None:
    data = corpus([item("beagle", "red", 1)] * 5)
    clusters = BuiltinText().name(data, criterion, 3)
    assert len(clusters) == 3
    assert len({a.cluster_id for a in assigned(BuiltinText(), data, criterion, clusters)} - {None}) == 1


@pytest.mark.parametrize("criterion", CRITERIA)
def test_neither_order_nor_company_changes_an_answer(criterion: str) -> None:
    data, _, _ = pets()
    model = BuiltinText()
    clusters = model.name(data, criterion, 3)
    back = np.arange(len(data))[::-1]
    reverse = Corpus(
        [data.ids[i] for i in back], list(data.descriptions), None, {s: v[back] for s, v in data.evidence.items()}
    )
    assert model.name(reverse, criterion, 3) == clusters == model.name(data, criterion, 3)
    together = assigned(model, data, criterion, clusters)
    for i in (0, 7, 31):
        alone = Corpus([data.ids[i]], [Description("")], None, {s: v[i : i + 1] for s, v in data.evidence.items()})
        single = assigned(model, alone, criterion, clusters)[0]
        assert single.cluster_id == together[i].cluster_id
        assert single.confidence == pytest.approx(together[i].confidence, abs=0.01)


def test_given_names_come_first_and_take_the_groups_they_mean() -> None:
    data, kinds, _ = pets()
    model = BuiltinText()
    clusters = model.name(data, "animal", 3, given=["Cats", "fish"])
    assert [c.name for c in clusters[:2]] == ["Cats", "fish"]
    names = {c.id: c.name for c in clusters}
    found = {
        kind: names.get(a.cluster_id or "")
        for kind, a in zip(kinds, assigned(model, data, "animal", clusters), strict=True)
    }
    assert found == {"tabby": "Cats", "goldfish": "fish", "beagle": clusters[2].name}


def test_groups_that_stay_keep_their_images_beside_new_ones() -> None:
    data, kinds, _ = pets()
    model = BuiltinText()
    held = [0 if kind == "goldfish" else -1 for kind in kinds]
    clusters = model.name_beside(data, "animal", 3, ["our mascot"], held)
    assert clusters[0].name == "our mascot"
    assert {cluster.name for cluster in clusters[1:]} == {"beagle", "tabby"}
    answers = assigned(model, data, "animal", clusters)
    assert {answer.cluster_id == "c1" for answer, kind in zip(answers, kinds, strict=True) if kind == "goldfish"} == {
        True
    }
    assert accuracy(kinds, answers) == 1.0
    assert [cluster.size for cluster in clusters] == [20, 20, 20]
    assert isinstance(model, Keeping)


def test_where_hardly_anything_is_left_the_names_that_stay_are_given_ones() -> None:
    data, kinds, _ = pets(4)
    clusters = BuiltinText().name_beside(data, "animal", 3, ["beagle"], [0] * (len(kinds) - 1) + [-1])
    assert len(clusters) == 3
    assert clusters[0].name == "beagle"


def test_a_merged_group_keeps_its_images_when_all_are_sorted_anew() -> None:
    data, kinds, _ = pets()
    model = BuiltinText()
    clusters = model.name(data, "animal", 3)
    state = apply(clusters, [Merge("c3", "c1")])
    answers = assigned(model, data, "animal", state.asked)
    merged = {clusters[0].name, clusters[2].name}
    assert {state.resolve(a.cluster_id) == "c1" for a, kind in zip(answers, kinds, strict=True) if kind in merged} == {
        True
    }
    assert apply(clusters, [Merge("c3", "c1"), Delete("c1")]).asked == (clusters[1],)


def test_a_part_that_was_split_off_takes_no_images_of_other_groups_by_its_name() -> None:
    data, kinds, _ = pets()
    clusters = BuiltinText().name(data, "animal", 3)
    place = {cluster.name: cluster.id for cluster in clusters}
    some = tuple(item for item, kind in zip(data.ids, kinds, strict=True) if kind == "goldfish")[:5]
    state = apply(clusters, [Split(place["goldfish"], (Part("p1", "dog", items=some),))])
    answers = assigned(BuiltinText(), data, "animal", state.asked)
    homes = {item: state.place_of(item, a.cluster_id, "") for item, a in zip(data.ids, answers, strict=True)}
    assert Counter(homes.values()) == {place["beagle"]: 20, place["tabby"]: 20, place["goldfish"]: 15, "p1": 5}
    alone = apply([*state.clusters], [Delete(place[kind]) for kind in ("beagle", "tabby", "goldfish")])
    assert [cluster.id for cluster in alone.asked] == ["p1"]


def test_strangers_to_all_given_names_are_left_unassigned() -> None:
    kinds = ["daisy"] * 40 + ["corn"] * 40 + ["sports car"] * 10
    data = corpus([item("sweetcorn" if k == "corn" else k, "yellow", i) for i, k in enumerate(kinds)])
    model = BuiltinText()
    clusters = model.name(data, "plant", 2, given=["daisy", "corn"])
    names = {c.id: c.name for c in clusters}
    answers = assigned(model, data, "plant", clusters)
    assert [names.get(a.cluster_id or "") for a in answers] == ["daisy"] * 40 + ["corn"] * 40 + [None] * 10
    assert answers[-1].answer == "sports car"
    assert answers[-1].confidence is None


def test_a_given_name_that_nothing_fits_stays_empty() -> None:
    data, kinds, _ = pets()
    model = BuiltinText()
    clusters = model.name(data, "animal", 3, given=["cat", "fish", "elephant"])
    assert [(c.name, c.size) for c in clusters] == [("cat", 20), ("fish", 20), ("elephant", 0)]
    names = {c.id: c.name for c in clusters}
    for kind, answer in zip(kinds, assigned(model, data, "animal", clusters), strict=True):
        assert names.get(answer.cluster_id or "") == {"tabby": "cat", "goldfish": "fish"}.get(kind)
        assert answer.answer == ("beagle" if kind == "beagle" else "")


def test_a_name_without_a_word_takes_what_is_left_as_a_guess() -> None:
    data, kinds, _ = pets()
    spread = np.zeros(CLASSES, dtype=np.float32)
    spread[::10] = 10 / CLASSES  # the network is sure of nothing
    for i, kind in enumerate(kinds):
        if kind == "beagle":
            data.evidence[TOP][i] = pack_top(spread)
    model = BuiltinText()
    clusters = model.name(data, "animal", 3, given=["cat", "fish", "capybara"])
    assert [(c.name, c.size, c.guessed) for c in clusters] == [
        ("cat", 20, False), ("fish", 20, False), ("capybara", 20, True),
    ]  # fmt: skip
    answers = assigned(model, data, "animal", clusters)
    guesses = [a.confidence for kind, a in zip(kinds, answers, strict=True) if kind == "beagle"]
    others = [a.confidence for kind, a in zip(kinds, answers, strict=True) if kind != "beagle"]
    assert max(guesses) <= 0.5 < min(others)
    assert "“capybara”" in said_of_groups(clusters)[0]


def test_a_colour_that_none_has_takes_nothing() -> None:
    hues = [("white", "black", "red", "grey")[i % 4] for i in range(160)]
    data = corpus([item("sports car", hue, i) for i, hue in enumerate(hues)])
    model = BuiltinText()
    clusters = model.name(data, "colour", 4, given=["white", "black", "red", "green"])
    names = {c.id: c.name for c in clusters}
    for hue, answer in zip(hues, assigned(model, data, "colour", clusters), strict=True):
        assert names.get(answer.cluster_id or "") == (None if hue == "grey" else hue)
    assert [c.size for c in clusters] == [40, 40, 40, 0]


@pytest.mark.parametrize("given", [(), ("cat",), ("cat", "elephant", "fish")])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_what_is_shown_before_sorting_is_what_sorting_gives(criterion: str, given: tuple[str, ...]) -> None:
    data, _, _ = pets()
    model = BuiltinText()
    labels = model.label(data, criterion)
    clusters = model.name(data, criterion, 3, given)
    answers = assigned(model, data, criterion, clusters)
    for cluster in clusters:
        inside = Counter(
            label for label, answer in zip(labels, answers, strict=True) if answer.cluster_id == cluster.id
        )
        assert cluster.inside == inside
        assert cluster.size == inside.total()
    held = [label for cluster in clusters for label in cluster.labels]
    assert len(held) == len(set(held))


def test_groups_of_an_earlier_version_still_take_images() -> None:
    data, kinds, hues = pets()
    subject = np.sqrt(data.evidence[SUBJECT]).reshape(len(data), 3, -1)
    subject = (subject / np.linalg.norm(subject, axis=2, keepdims=True)).reshape(len(data), -1)
    shares = np.sqrt(data.evidence[COLOURS] @ colours.likeness())
    shares /= np.linalg.norm(shares, axis=1, keepdims=True)
    for criterion, aspect, points, truth in (("animal", "subject", subject, kinds), ("colour", "colour", shares, hues)):
        clusters = []
        for name in sorted(set(truth)):
            own = points[np.array(truth) == name]
            away = np.linalg.norm(own - own.mean(axis=0), axis=1)
            kept = {
                f"{aspect}/centre": own.mean(axis=0),
                f"{aspect}/scale": [(away**2).mean(), np.median(away), 0.05, 9],
            }
            clusters.append(Cluster(name, name, prototype={key: [float(v) for v in vs] for key, vs in kept.items()}))
        assert [a.cluster_id for a in assigned(BuiltinText(), data, criterion, clusters)] == truth


def test_groups_of_noise_are_said_to_be_shaky() -> None:
    random = np.random.default_rng(5)
    items = [{**item("beagle", "red", i), SUBJECT: random.random(3840).astype(np.float32)} for i in range(80)]
    noise = BuiltinText().name(corpus(items), "animal", 4)
    assert "shaky" in said_of_groups(noise)[0]
    data, _, _ = pets()
    assert said_of_groups(BuiltinText().name(data, "animal", 3)) == ()


def test_a_word_that_fits_many_groups_names_none() -> None:
    words = vocabulary("subject")
    carries = np.zeros((3, len(words.names)), dtype=np.float32)
    carries[:, words.names.index("clothing")] = 0.9
    carries[0, words.names.index("shoe")] = 0.7
    found = [name.text for name in name_groups("subject", carries, "mood")]
    assert found == ["shoe", "Group 2 (looks like clothing)", "Group 3 (looks like clothing)"]
    assert [name.text for name in name_groups("subject", carries[1:], "mood")] == ["clothing", "clothing 2"]


def test_two_groups_of_one_colour_are_told_apart() -> None:
    words = vocabulary("colour")
    carries = np.zeros((3, len(words.names)), dtype=np.float32)
    carries[0, words.names.index("red")] = 0.9
    carries[1, words.names.index("red")], carries[1, words.names.index("dark red")] = 0.8, 0.4
    carries[2, words.names.index("blue")] = 0.3
    found = name_groups("colour", carries, "colour")
    assert [(name.text, name.hint) for name in found] == [
        ("red", False), ("red (dark red)", True), ("Group 3 (looks like blue)", True),
    ]  # fmt: skip


def test_an_added_cluster_takes_what_its_name_means() -> None:
    data, kinds, _ = pets()
    model = BuiltinText()
    whole = model.name(data, "animal", 1)
    added = [*whole, Cluster("new", "dogs", added=True), Cluster("odd", "quantum field", added=True)]
    for kind, answer in zip(kinds, assigned(model, data, "animal", added), strict=True):
        assert answer.cluster_id == ("new" if kind == "beagle" else whole[0].id)
    only = assigned(model, data, "animal", [Cluster("new", "dogs", added=True)])
    assert [a.cluster_id == "new" for a in only] == [kind == "beagle" for kind in kinds]


def test_a_renamed_or_removed_cluster_leaves_the_others_as_they_were() -> None:
    data, _, _ = pets()
    model = BuiltinText()
    clusters = model.name(data, "animal", 3)
    before = assigned(model, data, "animal", clusters)
    renamed = [replace(clusters[0], name="Something else"), *clusters[1:]]
    assert assigned(model, data, "animal", renamed) == before
    fewer = assigned(model, data, "animal", clusters[1:])
    assert all(
        b.cluster_id == a.cluster_id for a, b in zip(before, fewer, strict=True) if a.cluster_id != clusters[0].id
    )


def test_items_without_evidence_do_not_spoil_the_others() -> None:
    data, _, _ = pets()
    for values in data.evidence.values():
        values[4] = np.nan
    model = BuiltinText()
    clusters = model.name(data, "animal", 3)
    answers = assigned(model, data, "animal", clusters)
    assert [i for i, a in enumerate(answers) if a.cluster_id is None] == [4]


def test_without_evidence_it_works_from_text() -> None:
    texts = ["A beagle on a lawn.", "A dog asleep.", "A red car.", "An old car in the street."] * 5
    data = Corpus([str(i) for i in range(20)], [Description(t) for t in texts])
    labels = [label for label in BuiltinText().label(data, "subject") if isinstance(label, str)]
    assert len(labels) == 20
    assert len(BuiltinText().name(replace(data, labels=labels), "subject", 2)) == 2


def test_a_criterion_that_names_a_field_is_understood() -> None:
    names = vocabulary("subject").names
    fields = {
        c: domain(c) for c in ("kind of garment", "type of vehicle", "musical instrument", "species", "what is it")
    }
    found = {c: None if i is None else names[i] for c, i in fields.items()}
    assert found == {
        "kind of garment": "clothing", "type of vehicle": "vehicle", "musical instrument": "musical instrument",
        "species": None, "what is it": None,
    }  # fmt: skip


@needs_datasets
def test_flowers_by_species_and_by_colour() -> None:
    folder = DATASETS / "flowers"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::3]
    images = [ImageInput(Path(folder / "images" / row["image"])) for row in rows]
    answers = BuiltinVision().describe(images, "species")
    data = corpus([a.evidence for a in answers if isinstance(a, Seen)])
    model = BuiltinText()
    for criterion, k, target in (("species", 4, 0.95), ("colour", 5, 0.65)):
        result = assigned(model, data, criterion, model.name(data, criterion, k))
        assert accuracy([row[criterion] for row in rows], result) >= target
