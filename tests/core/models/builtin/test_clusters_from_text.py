"""Labels, names and assignments from text alone: hand-made corpora, and published recordings when they are there."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Cluster, Corpus, Description
from core.evaluate.metrics import hungarian_accuracy
from core.models.builtin.from_text.clusters import assign_texts, label_texts, name_texts
from core.models.builtin.from_text.names import label_key

DATASETS = Path(__file__).parents[4].parent / "shared" / "datasets"

THINGS = {"dog": ("dog", "puppy"), "car": ("car", "taxi"), "violin": ("violin", "fiddle")}
MOODS = {"joyful": ("joyful", "happy", "cheerful"), "calm": ("calm", "peaceful", "relaxed")}
FRAMES = (
    "The image features a {thing} in the middle of the street. The scene is {mood}.",
    "The image shows a {thing} on a table near a window, and the mood seems {mood}.",
    "In the image there is a {thing}, with several people in the background. It is a {mood} moment.",
)


def corpus(texts: list[str], labels: list[str] | None = None) -> Corpus:
    return Corpus([f"i{i}" for i in range(len(texts))], [Description(text) for text in texts], labels)


def made(n: int = 90) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
    """Descriptions; thing labels and truth; mood labels and truth."""
    rng = random.Random(5)
    texts, thing_labels, things, mood_labels, moods = [], [], [], [], []
    for i in range(n):
        thing, mood = list(THINGS)[i % 3], list(MOODS)[rng.randrange(2)]
        said, felt = rng.choice(THINGS[thing]), rng.choice(MOODS[mood])
        texts.append(rng.choice(FRAMES).format(thing=said, mood=felt))
        thing_labels.append(said.capitalize())
        things.append(thing)
        mood_labels.append(felt.capitalize())
        moods.append(mood)
    return texts, thing_labels, things, mood_labels, moods


def accuracy(data: Corpus, criterion: str, k: int, truth: list[str]) -> tuple[float, list[Cluster], float]:
    clusters = name_texts(data, criterion, k)
    found = assign_texts(data, criterion, clusters)
    lost = sum(entry.cluster_id is None for entry in found) / len(found)
    return hungarian_accuracy(truth, [entry.cluster_id for entry in found]), clusters, lost


@pytest.mark.parametrize(
    ("text", "criterion", "label"),
    [
        ("The image features a brown dog running across a grassy field.", "object", "dog"),
        ("The object in the image is a ship, specifically a large white ship docked in a port.", "object", "ship"),
        ("The image features a woman playing a harp in front of an audience.", "musical instrument", "harp"),
        ("The image shows a man reading a newspaper at home. The mood of the scene is calm.", "mood", "calm"),
        ("A man is riding a bike down a busy street near several parked cars.", "action", "riding bike"),
        ("A man is riding a bike on the beach, and he wears a red shirt.", "location", "beach"),
        ("Red Saxophone", "musical instrument", "red saxophone"),
    ],
)
def test_labels_are_in_the_criterions_terms(text: str, criterion: str, label: str) -> None:
    assert label_texts(corpus([text]), criterion)[0].lower() == label


def test_an_empty_description_gets_an_empty_label() -> None:
    assert label_texts(corpus(["", "A dog sits on the sofa in a room."]), "object") == ["", "Dog"]


def test_a_label_does_not_depend_on_the_other_items() -> None:
    texts = made(30)[0]
    together = label_texts(corpus(texts), "object")
    assert [label_texts(corpus([text]), "object")[0] for text in texts] == together


def test_the_criterion_steers_the_groups() -> None:
    texts, thing_labels, things, mood_labels, moods = made()
    acc, clusters, lost = accuracy(corpus(texts, thing_labels), "object", 3, things)
    assert acc >= 0.97
    assert lost == 0
    acc, _, _ = accuracy(corpus(texts, mood_labels), "mood", 2, moods)
    assert acc >= 0.85
    for cluster in clusters:
        assert any(cluster.name in said for said in THINGS.values()), cluster.name
        assert not cluster.needs_name


def test_descriptions_alone() -> None:
    texts, _, things, _, _ = made()
    acc, _, _ = accuracy(corpus(texts), "object", 3, things)
    assert acc >= 0.9


def test_labels_alone() -> None:
    _, thing_labels, things, _, _ = made()
    acc, _, _ = accuracy(corpus(thing_labels, thing_labels), "object", 3, things)
    assert acc >= 0.97
    acc, _, _ = accuracy(corpus([""] * len(things), thing_labels), "object", 3, things)
    assert acc >= 0.97


def test_same_input_same_clusters_and_each_item_by_itself() -> None:
    texts, labels, _, _, _ = made(40)
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 3)
    assert clusters == name_texts(data, "object", 3)
    together = assign_texts(data, "object", clusters)
    for i in range(0, 40, 7):
        alone = assign_texts(data.take([i]), "object", clusters)[0]
        assert alone.cluster_id == together[i].cluster_id
        assert alone.confidence == pytest.approx(together[i].confidence, abs=1e-3)


def test_the_order_of_items_does_not_matter() -> None:
    texts, labels, _, _, _ = made(40)
    data = corpus(texts, labels)
    assert name_texts(data.take(list(range(40))[::-1]), "object", 3) == name_texts(data, "object", 3)


def test_clusters_survive_json() -> None:
    clusters = name_texts(corpus(*made(20)[:2]), "object", 3)
    for cluster in clusters:
        assert json.loads(json.dumps(dict(cluster.prototype))) == dict(cluster.prototype)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (7, 7)])
def test_small_corpora_give_exactly_k_distinct_names(n: int, k: int) -> None:
    texts, labels, _, _, _ = made(9)
    data = corpus(texts[:n], labels[:n])
    clusters = name_texts(data, "object", k)
    assert len({cluster.id for cluster in clusters}) == k
    assert len({cluster.name.casefold() for cluster in clusters}) == k
    assert all(assign_text.cluster_id is not None for assign_text in assign_texts(data, "object", clusters))


def test_identical_items_go_together() -> None:
    data = corpus(["A dog sits on a chair in the garden."] * 6)
    clusters = name_texts(data, "object", 3)
    assert len({cluster.name for cluster in clusters}) == 3
    assert len({assign_text.cluster_id for assign_text in assign_texts(data, "object", clusters)}) == 1


def test_nothing_at_all_is_unassigned() -> None:
    data = corpus(["", "", ""])
    clusters = name_texts(data, "object", 2)
    assert len(clusters) == 2
    assert all(cluster.needs_name for cluster in clusters)
    assert assign_texts(corpus([]), "object", clusters) == []


def test_given_names_come_first_and_hold_what_they_say() -> None:
    texts, labels, things, _, _ = made()
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 3, ("Violin", "Dog"))
    assert [cluster.name for cluster in clusters[:2]] == ["Violin", "Dog"]
    found = assign_texts(data, "object", clusters)
    names = {cluster.id: cluster.name for cluster in clusters}
    held = Counter(
        (names[entry.cluster_id], truth) for entry, truth in zip(found, things, strict=True) if entry.cluster_id
    )
    assert held["Violin", "violin"] == held["Dog", "dog"] == 30


def test_a_given_name_without_any_item_stays_empty() -> None:
    texts, labels, _, _, _ = made(30)
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 4, ("submarine sandwich",))
    assert clusters[0].name == "submarine sandwich"
    assert clusters[0].added
    assert all(assign_text.cluster_id != clusters[0].id for assign_text in assign_texts(data, "object", clusters))


def test_a_given_name_takes_only_what_it_means() -> None:
    texts, labels, things, _, _ = made()
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 3, ("Violin", "elephant", "Dog"))
    found = assign_texts(data, "object", clusters)
    assert [cluster.size for cluster in clusters] == [30, 0, 30]
    for entry, thing, label in zip(found, things, labels, strict=True):
        expected = {"violin": "c1", "dog": "c3", "car": None}[thing]
        assert entry.cluster_id == expected, label
        assert entry.answer == ("" if expected else label)
        assert entry.probabilities is not None
        assert sum(entry.probabilities.values()) <= 1.001


def test_names_of_which_none_is_meant_take_nothing() -> None:
    texts, labels, _, _, _ = made(60)
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 2, ("spoon", "river"))
    assert [cluster.size for cluster in clusters] == [0, 0]
    assert all(entry.cluster_id is None for entry in assign_texts(data, "object", clusters))


def test_an_empty_given_name_takes_what_comes_later() -> None:
    texts, labels, _, _, _ = made(60)
    clusters = name_texts(corpus(texts, labels), "object", 3, ("Violin", "elephant", "Dog"))
    later = corpus(["An elephant stands in a river."], ["Elephant"])
    assert assign_texts(later, "object", clusters)[0].cluster_id == "c2"


@pytest.mark.parametrize("given", [(), ("Violin",), ("Violin", "elephant", "Dog")])
def test_sizes_and_labels_are_those_of_what_would_be_assigned(given: tuple[str, ...]) -> None:
    texts, labels, _, _, _ = made(60)
    labels[7] = "Submarine"
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 3, given)
    found = assign_texts(data, "object", clusters)
    by_id = {cluster.id: cluster for cluster in clusters}
    counts = Counter(entry.cluster_id for entry in found)
    assert [cluster.size for cluster in clusters] == [counts[cluster.id] for cluster in clusters]
    inside = {label for cluster in clusters for label in cluster.labels}
    assert inside == {label for label, entry in zip(labels, found, strict=True) if entry.cluster_id}
    where = {item: entry.cluster_id for item, entry in zip(data.ids, found, strict=True)}
    assert all(where[item] == cluster.id for cluster in by_id.values() for item in cluster.examples)


def test_clusters_of_earlier_versions_are_still_told_apart() -> None:
    texts, labels, things, _, _ = made(60)
    data = corpus(texts, labels)
    kept = ("text-description", "text-label", "text-scale")  # all that a prototype held before
    clusters = [
        replace(cluster, prototype={space: cluster.prototype[space] for space in kept})
        for cluster in name_texts(data, "object", 3)
    ]
    found = assign_texts(data, "object", clusters)
    assert hungarian_accuracy(things, [entry.cluster_id for entry in found]) >= 0.97


def test_a_group_without_a_common_word_is_a_hint() -> None:
    words = ["Dog", "Teapot", "Cloud", "Hammer", "Violin", "Ship", "Lemon", "Church"]
    clusters = name_texts(corpus([""] * 8, words), "object", 1)
    assert clusters[0].needs_name
    assert "looks like" in clusters[0].name
    assert not name_texts(corpus([""] * 8, ["Dog"] * 4 + words[1:5]), "object", 1)[0].needs_name


def test_a_label_that_is_wrong_makes_an_item_less_sure() -> None:
    texts, labels, _, _, _ = made()
    for i in range(0, 90, 9):
        labels[i] = {"dog": "Car", "car": "Violin", "violin": "Dog"}[list(THINGS)[i % 3]]
    data = corpus(texts, labels)
    found = assign_texts(data, "object", name_texts(data, "object", 3))
    sure = [entry.confidence or 0.0 for entry in found]
    odd = [sure[i] for i in range(0, 90, 9)]
    usual = [sure[i] for i in range(90) if i % 9]
    assert sum(odd) / len(odd) < sum(usual) / len(usual)


def test_outliers_are_unassigned_with_their_label() -> None:
    texts, labels, _, _, _ = made()
    clusters = name_texts(corpus(texts, labels), "object", 3)
    strange = corpus(["A bowl of hot noodle soup with vegetables and an egg."], ["Noodle soup"])
    answer = assign_texts(strange, "object", clusters)[0]
    assert answer.cluster_id is None
    assert answer.answer == "Noodle soup"
    assert answer.probabilities is not None
    assert sum(answer.probabilities.values()) < 0.5


def test_probabilities_sum_to_at_most_one_and_lead_to_the_choice() -> None:
    texts, labels, _, _, _ = made(30)
    data = corpus(texts, labels)
    for assign_text in assign_texts(data, "object", name_texts(data, "object", 3)):
        assert assign_text.probabilities is not None
        assert sum(assign_text.probabilities.values()) <= 1.001
        assert assign_text.cluster_id == max(assign_text.probabilities, key=lambda key: assign_text.probabilities[key])
        assert assign_text.confidence == assign_text.probabilities[assign_text.cluster_id]


def test_an_added_cluster_takes_what_its_name_says_better() -> None:
    texts, labels, _, _, _ = made()
    data = corpus(texts, labels)
    clusters = name_texts(data, "object", 3)
    before = assign_texts(data, "object", clusters)
    after = assign_texts(data, "object", [*clusters, Cluster("new", "taxi", added=True)])
    for label, old, new in zip(labels, before, after, strict=True):
        assert (new.cluster_id == "new") == (label == "Taxi")
        assert new.cluster_id in ("new", old.cluster_id)


def test_clusters_of_another_model_are_assigned_by_name() -> None:
    texts, labels, things, _, _ = made()
    clusters = [Cluster(name, name) for name in THINGS]
    found = assign_texts(corpus(texts, labels), "object", clusters)
    right = sum(entry.cluster_id == truth for entry, truth in zip(found, things, strict=True))
    assert right / len(things) >= 0.95


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Dogs", "dog", True), ("Fire-truck", "fire truck", True), ("bus", "bu", False), ("glass", "glas", False)],
)
def test_label_key(one: str, other: str, same: bool) -> None:
    assert (label_key(one) == label_key(other)) is same


@pytest.mark.skipif(not DATASETS.is_dir(), reason="needs ../shared/datasets")
@pytest.mark.parametrize(("with_labels", "least"), [(True, 0.95), (False, 0.93)])
def test_published_recordings_of_musical_instruments(with_labels: bool, least: float) -> None:
    with (DATASETS / "replay-ppmi" / "records.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::8]
    data = corpus([row["description"] for row in rows], [row["label"] for row in rows] if with_labels else None)
    truth = [row["truth"] for row in rows]
    acc, clusters, lost = accuracy(data, "musical instrument", 7, truth)
    assert acc >= least
    assert lost <= 0.01
    assert {cluster.name for cluster in clusters} == {name.lower() for name in truth}
