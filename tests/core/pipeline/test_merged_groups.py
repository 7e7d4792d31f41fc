"""Groups that nobody counted beforehand: labels are merged by asking which belong together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from house import House
from painter import install
from recorded import Recorded

from core.cli.main import main
from core.domain import Failed, Wording
from core.errors import BadInput, FacetryError
from core.models.chat.backend import Can, Reply, Request
from core.pipeline import known_answers
from core.pipeline.estimate import estimate
from core.results import decisions, run_view

KINDS = {
    "dog": ("dog", "puppy", "dogs", "Terrier dog"),
    "car": ("car", "cars", "sports car", "Car"),
    "apple": ("apple", "green apple", "apples"),
    "guitar": ("guitar", "electric guitar"),
}
EACH = 5


class Sorter:
    """A chat model that says what was recorded. history: what it was asked. fail: of which requests no answer comes."""

    can = Can(concurrency=2)
    id = "sorter/1"

    def __init__(self, folder: Path) -> None:
        self.recorded, self.history = Recorded(folder), list[Request]()
        self.fail: Failed | None = None
        self.fails_at = ""
        self.names: str | None = None

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        self.history.append(request)
        if self.fail and self.fails_at in request.text:
            return self.fail
        if self.names is not None and '"groups"' in request.text:
            return Reply(self.names, 10, 5)
        body = {"messages": [{"content": request.text}], "response_format": {"schema": request.schema}}
        return Reply(self.recorded(body), 10, 5)

    def asked(self, words: str) -> list[Request]:
        return [request for request in self.history if words in request.text]

    @property
    def pairs(self) -> list[Request]:
        return self.asked(" | ")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    rows = [
        {"image": f"{kind}-{label}-{number}", "description": f"A {label}, number {number}.", "label": label,
         "assigned": kind, "truth": kind}
        for kind, labels in KINDS.items() for label in labels for number in range(EACH)
    ]  # fmt: skip
    (tmp_path / "records.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "about.json").write_text(json.dumps({"criterion": "object", "cluster_names": list(KINDS)}))
    plain = tmp_path / "plain.jsonl"
    kept = ("image", "description", "truth")
    plain.write_text("\n".join(json.dumps({key: row[key] for key in kept}) for row in rows), encoding="utf-8")
    return plain


@pytest.fixture
def sorter(house: House, records: Path, monkeypatch: pytest.MonkeyPatch) -> Sorter:
    sorter = Sorter(records.parent)
    install(monkeypatch, sorter)
    monkeypatch.setattr(known_answers, "LOADED", (*known_answers.LOADED, "sorter"))
    return sorter


def begun(house: House, descriptions: Path, **changes: object) -> str:
    settings = {"criterion": "object", "k": 0, "vision": "records", "text": "sorter", "records": str(descriptions)}
    return house.start(**{**settings, **changes})


def names_of(records: Path) -> list[str]:
    return [json.loads(line)["image"] for line in records.read_text(encoding="utf-8").splitlines()]


def test_as_many_groups_come_as_the_model_keeps_apart_and_what_it_takes_is_estimated(
    house: House, sorter: Sorter, records: Path
) -> None:
    run_id = begun(house, records)
    settings = run_view.get_run(house.store, run_id).settings
    before = estimate(house.store, settings, names_of(records))
    house.run(run_id)
    assert house.sizes(run_id) == {kind: EACH * len(labels) for kind, labels in KINDS.items()}
    view = run_view.View(house.store, run_id)
    assert (view.metrics() or {})["acc"] == 1
    named = view.run.stats["name"]
    assert named.requests == len(sorter.pairs) + 1
    assert named.prompts == ("name_alike.v1", "name_formed.v1")
    # Eleven labels that differ in more than case: four trees, each asked about twice.
    assert 2 <= len(sorter.pairs) <= 8
    assert named.requests / 2 <= before.steps["name"].requests <= 2 * named.requests
    after = estimate(house.store, settings, house.store.datasets.ids(settings.dataset_id))
    assert (after.requests, after.steps["name"].known) == (0, 1)


def test_what_was_answered_is_asked_no_second_time_by_a_run_that_goes_on_nor_by_another(
    house: House, sorter: Sorter, records: Path
) -> None:
    run_id = begun(house, records)
    sorter.fail, sorter.fails_at = Failed("No names today.", "failed"), '"groups"'
    with pytest.raises(FacetryError, match="No names today"):
        house.run(run_id)
    settings, asked = run_view.get_run(house.store, run_id).settings, len(sorter.pairs)
    left = estimate(house.store, settings, house.store.datasets.ids(settings.dataset_id)).steps["name"]
    assert (left.requests, left.known) == (1, 0)  # the names alone
    sorter.fail = None
    house.run(run_id)
    other = begun(house, records)
    house.run(other)
    assert len(sorter.pairs) == asked
    assert house.sizes(other) == house.sizes(run_id) == {kind: EACH * len(labels) for kind, labels in KINDS.items()}


def test_given_names_are_groups_of_their_own_and_are_spelled_as_given(
    house: House, sorter: Sorter, records: Path
) -> None:
    run_id = begun(house, records, names=("Dog", "Spaceship"))
    house.run(run_id, "name")
    found = decisions.proposal(house.store, run_id)
    assert [cluster.name for cluster in found][:2] == ["Dog", "Spaceship"]
    assert {cluster.name for cluster in found} == {"Dog", "Spaceship", "car", "apple", "guitar"}
    assert "puppy" in found[0].labels
    (request,) = sorter.asked('"groups"')
    assert "These names belong to other groups: Dog, Spaceship." in request.text
    assert "puppy" not in request.text


@pytest.mark.parametrize("names", ["The sky is blue.", json.dumps({"groups": [{"number": 1, "name": "all"}] * 4})])
def test_groups_without_usable_names_are_called_by_their_commonest_label(
    house: House, sorter: Sorter, records: Path, names: str
) -> None:
    sorter.names = names
    run_id = begun(house, records)
    house.run(run_id, "name")
    found = decisions.proposal(house.store, run_id)
    assert len(found) == 4
    assert all(cluster.needs_name and cluster.name == cluster.labels[0] for cluster in found)


def test_names_come_back_by_number_whatever_their_order(house: House, sorter: Sorter, records: Path) -> None:
    groups = [{"number": number, "name": f"name {number}", "meaning": f"No. {number}"} for number in (3, 1, 4, 2)]
    sorter.names = json.dumps({"groups": groups})
    run_id = begun(house, records)
    house.run(run_id, "name")
    found = decisions.proposal(house.store, run_id)
    assert [(cluster.name, cluster.meaning) for cluster in found] == [(f"name {n}", f"No. {n}") for n in (1, 2, 3, 4)]


def test_a_question_without_an_answer_keeps_two_groups_apart(house: House, sorter: Sorter, records: Path) -> None:
    sorter.fail, sorter.fails_at = Failed("Never.", "refused"), " | "
    run_id = begun(house, records)
    house.run(run_id, "name")
    folded = {label.casefold() for labels in KINDS.values() for label in labels}
    assert len(decisions.proposal(house.store, run_id)) == len(folded)


def test_rules_for_groups_are_part_of_the_question(house: House, sorter: Sorter, records: Path) -> None:
    house.run(begun(house, records, wording=Wording(grain="coarse", never="colour")), "name")
    assert all("broad groups" in asked.text and "mention colour" in asked.text for asked in sorter.pairs)
    assert Counter("broad groups" in asked.text for asked in sorter.asked('"groups"')) == {False: 1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": "builtin", "vision": "builtin", "records": ""}, "at least 1, not 0"),
        ({"k": -1}, "at least 1, not -1"),
        ({"vision": "builtin", "records": "", "share": 0.5}, "models look at all images"),
    ],
)
def test_only_a_model_that_is_told_in_words_counts_and_only_over_all_images(
    house: House, sorter: Sorter, records: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        begun(house, records, **changes)


def test_auto_lets_a_chat_model_count_unless_the_criterion_says_a_number(
    house: House, sorter: Sorter, records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.workspace.close()
    out, place = tmp_path / "out", str(tmp_path / "cli")
    command = ["run", "--records", str(records), "--text", "sorter", "--k", "auto", "--workspace", place]
    assert main([*command, "--criterion", "object", "--out", str(out)]) == 0
    assert "as the text model keeps apart" in capsys.readouterr().err
    assert len((out / "clusters.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + len(KINDS)
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["settings"]["k"] == 0
    asked = len(sorter.pairs)
    assert main([*command, "--criterion", "4 kinds of object", "--out", str(out)]) == 0
    assert "4 groups: the criterion says so" in capsys.readouterr().err
    assert len(sorter.pairs) == asked
