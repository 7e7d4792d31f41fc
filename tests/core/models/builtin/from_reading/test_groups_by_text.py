"""Groups by what was read: names that are spelled differently, names that a person gave, images without text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from written import line, page

from core.domain import Assignment, Cluster, Corpus, Line
from core.models.builtin.from_reading.describe import describe_reading
from core.models.builtin.text_model import BuiltinText

COMPANIES = ("Nordwind Handel GmbH", "Bluebird Supplies Ltd", "Officina Rossetti S.r.l.")


def invoice(company: str, number: int) -> list[Line]:
    return page(company, f"Invoice No. {number}", "Customer: A. Miller", "2 x Steel screws 4,50", "Total 9,00")


def corpus(readings: Sequence[Sequence[Line]], criterion: str) -> Corpus:
    ids = [f"i{number:03}" for number in range(len(readings))]
    descriptions = [describe_reading(lines, criterion) for lines in readings]
    labels = BuiltinText().label(Corpus(ids, descriptions), criterion)
    return Corpus(ids, descriptions, [str(label) for label in labels])


def grouped(
    readings: Sequence[Sequence[Line]], criterion: str, k: int, given: Sequence[str] = ()
) -> tuple[list[Cluster], list[str | None]]:
    model, items = BuiltinText(), corpus(readings, criterion)
    clusters = model.name(items, criterion, k, given)
    answers = model.assign(items, criterion, clusters)
    assert all(isinstance(answer, Assignment) for answer in answers)
    names = {cluster.id: cluster.name for cluster in clusters}
    placed = [names.get(answer.cluster_id or "") for answer in answers if isinstance(answer, Assignment)]
    for cluster in clusters:  # what is shown before sorting is what sorting gives
        assert cluster.size == placed.count(cluster.name)
        assert not cluster.inside or cluster.size == sum(cluster.inside.values())
    return clusters, placed


def test_invoices_are_grouped_by_the_company_that_they_name() -> None:
    readings = [invoice(COMPANIES[i % 3], 100 + i) for i in range(12)]
    clusters, placed = grouped(readings, "company", 3)
    assert {cluster.name for cluster in clusters} == set(COMPANIES)
    assert placed == [COMPANIES[i % 3] for i in range(12)]


def test_what_all_documents_say_makes_no_group() -> None:
    readings = [[*invoice(COMPANIES[i % 3], i), line("Member of the guild", 0.9, 0.05)] for i in range(12)]
    clusters, _ = grouped(readings, "company", 3)
    assert {cluster.name for cluster in clusters} == set(COMPANIES)


def test_what_all_say_louder_than_some_is_no_spelling_of_a_name() -> None:
    names = ("Nordwind Handel", "Bluebird Supplies", "Officina Rossetti")  # no legal form, which would speak louder
    readings = [
        [line("Seller", 0.12, 0.24 if i < 7 else 0.12), line(names[i % 3], 0.5, 0.2 if i < 7 else 0.3)]
        for i in range(12)
    ]
    assert len(set(corpus(readings, "company").labels or ())) > 3
    clusters, placed = grouped(readings, "company", 3)
    assert placed == [names[i % 3] for i in range(12)]
    assert not any("Seller" in cluster.labels for cluster in clusters)


def test_misread_letters_and_capitals_are_one_name() -> None:
    spelled = ["Officina Rossetti S.r.l.", "OFFICINA ROSSETTI", "Officina Rosse1ti S.r.I", "Officina Rossettl"]
    readings = [invoice(one, 7) for one in spelled] + [invoice("Bluebird Supplies Ltd", 8)] * 2
    clusters, placed = grouped(readings, "company", 2)
    assert sorted(placed.count(cluster.name) for cluster in clusters) == [2, 4]


def test_a_name_of_a_persons_own_takes_what_it_means_and_nothing_else() -> None:
    readings = [invoice(COMPANIES[i % 3], i) for i in range(9)]
    clusters, placed = grouped(readings, "company", 2, ["Nordwind", "Acme"])
    assert [cluster.name for cluster in clusters] == ["Nordwind", "Acme"]
    assert [cluster.size for cluster in clusters] == [3, 0]
    assert placed.count(None) == 6


def test_a_renamed_group_keeps_its_images() -> None:
    model, items = BuiltinText(), corpus([invoice(COMPANIES[i % 3], i) for i in range(9)], "company")
    clusters = model.name(items, "company", 3)
    renamed = [Cluster(one.id, f"Supplier {one.id}", labels=one.labels) for one in clusters]
    before, after = (model.assign(items, "company", some) for some in (clusters, renamed))
    assert [a.cluster_id for a in before if isinstance(a, Assignment)] == [
        a.cluster_id for a in after if isinstance(a, Assignment)
    ]


def test_each_image_is_judged_by_itself() -> None:
    model, items = BuiltinText(), corpus([invoice(COMPANIES[i % 3], i) for i in range(9)], "company")
    clusters = model.name(items, "company", 3)
    assert model.assign(items, "company", clusters) == [
        model.assign(items.take([row]), "company", clusters)[0] for row in range(9)
    ]


@pytest.mark.parametrize(("given", "kind"), [("Rechnungen", "invoice"), ("bills", "invoice"), ("Quittung", "receipt")])
def test_kinds_of_documents_may_be_named_in_other_languages(given: str, kind: str) -> None:
    receipt = page("Kestrel", "Receipt 12", "Soap 2,00", "Total 2,00", "Cash 5,00", "Change 3,00")
    readings = [invoice(COMPANIES[0], 1), invoice(COMPANIES[1], 2), receipt]
    _, placed = grouped(readings, "kind of document", 1, [given])
    assert placed == ([given, given, None] if kind == "invoice" else [None, None, given])


def test_images_without_text_are_told_apart() -> None:
    readings: list[list[Line]] = [invoice(COMPANIES[0], 1), [], invoice(COMPANIES[1], 2), []]
    clusters, placed = grouped(readings, "text or no text", 2)
    assert {cluster.name for cluster in clusters} == {"has text", "no text"}
    assert placed == ["has text", "no text", "has text", "no text"]


def test_groups_that_nothing_is_left_for_stay_empty() -> None:
    clusters, placed = grouped([invoice(COMPANIES[0], 1)] * 3, "language", 3)
    assert [cluster.size for cluster in clusters] == [3, 0, 0]
    assert [cluster.needs_name for cluster in clusters] == [False, True, True]
    assert None not in placed


def test_words_that_hardly_repeat_are_grouped_by_what_they_mean() -> None:
    said = "red apples,green pears,ripe bananas,sweet grapes,fast cars,old lorries,new bicycles,big trains".split(",")
    clusters, placed = grouped([[line(text, 0.3, 0.1)] for text in said], "what it says", 2)
    assert all(cluster.prototype for cluster in clusters)
    assert None not in placed


@pytest.mark.parametrize(
    ("criterion", "said"),
    [("number plate", ("12-3", "1-23", "123")), ("date on the receipt", ("1.12.2024", "11.2.2024", "1.1.2022"))],
)
def test_numbers_and_dates_of_the_same_figures_are_groups_of_their_own(criterion: str, said: Sequence[str]) -> None:
    _, placed = grouped([[line(text)] for text in said * 3], criterion, 3)
    assert placed == list(said * 3)


@pytest.mark.parametrize("names", [("Yes", "No"), ("with text", "without text"), ("mit Text", "ohne Text")])
def test_names_for_with_and_without_text_mean_that(names: Sequence[str]) -> None:
    _, placed = grouped([invoice(COMPANIES[0], 1), [], invoice(COMPANIES[1], 2), []], "text or no text", 2, names)
    assert placed == [*names, *names]
