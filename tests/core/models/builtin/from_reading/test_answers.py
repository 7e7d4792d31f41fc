"""What one image answers to a question about its text."""

from __future__ import annotations

import pytest
from written import line, page

from core.domain import Line
from core.models.builtin.from_reading.answers import NO_TEXT, answers
from core.models.builtin.from_reading.describe import describe_reading, is_reading
from core.models.builtin.from_reading.questions import Question, question
from core.models.builtin.from_reading.senders import key
from core.models.builtin.from_reading.spellings import alike

LETTER = page(
    "Bergmann Optik",
    "Sehr geehrte Frau Vogel,",
    "vielen Dank für Ihr Schreiben vom letzten Monat, das wir gerne beantworten.",
    "Wir freuen uns, Ihnen mitteilen zu können, dass Ihr Antrag genehmigt wurde.",
    "Mit freundlichen Grüßen",
)
RECEIPT = page(
    "Kestrel Tools Inc.", "Receipt No. 4411", "2 x Door handle 12,50", "Total 25,00", "Cash 30,00", "Change 5,00"
)
INVOICE = page(
    "Maison Duvert SARL", "Facture N° 88", "Client: P. Dubois", "3 x Vis en acier 9,90", "Total à payer 29,70",
    "Paiement sous 30 jours",
)  # fmt: skip
MENU = page("Café Solano", "Starters", "Tomato soup 6,50", "Main courses", "Grilled salmon 18,90", "Desserts",
            "Apple pie 5,90", "Ice cream 4,50", "Coffee 3,20")  # fmt: skip
SIGN = [line("Exit 24", 0.4, 0.15)]


def first(asked: Question, lines: list) -> str:
    return next(iter(answers(asked, lines)))


@pytest.mark.parametrize(
    ("lines", "kind"),
    [(LETTER, "letter"), (RECEIPT, "receipt"), (INVOICE, "invoice"), (MENU, "menu"), (SIGN, "sign")],
)
def test_the_kind_of_document(lines: list, kind: str) -> None:
    assert first("document", lines) == kind
    assert sum(answers("document", lines).values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (LETTER, "Bergmann Optik"),
        (RECEIPT, "Kestrel Tools Inc."),
        (INVOICE, "Maison Duvert SARL"),
        (MENU, "Café Solano"),
    ],
)
def test_who_it_is_from(lines: list, sender: str) -> None:
    assert first("sender", lines) == sender


def test_the_language_where_there_is_enough_to_tell() -> None:
    assert first("language", LETTER) == "German"
    assert first("language", INVOICE) == "French"
    assert first("language", SIGN) == "unclear"


def test_numbers_dates_and_words() -> None:
    lines = [line("AB-123 XY", 0.1, 0.1), line("12.03.2024", 0.5, 0.02), line("4 May 2021", 0.6, 0.03)]
    assert first("number", lines) == "AB-123"
    assert set(answers("date", lines)) == {"12.03.2024", "4 May 2021"}
    assert first("words", lines) == "AB-123 XY"
    assert first("number", [line("only words")]) == "no number"
    assert first("date", [line("only words")]) == "no date"


@pytest.mark.parametrize("asked", ["sender", "document", "language", "presence", "number", "date", "words"])
def test_an_image_without_text_says_so(asked: Question) -> None:
    assert answers(asked, []) == {NO_TEXT: 1.0}
    assert answers(asked, [line("?!")])  # never empty, whatever was read


@pytest.mark.parametrize(
    ("one", "other"),
    [("ACME GmbH", "Acme"), ("Café Solano", "CAFE SOLANO"), ("Ferreira & Filhos Lda.", "Ferreira Filhos")],
)
def test_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other) != ""


@pytest.mark.parametrize(
    ("criterion", "asked"),
    [
        ("company", "sender"), ("brand name", "sender"), ("Marke", "sender"), ("kind of document", "document"),
        ("invoice or receipt", "document"), ("which language it is in", "language"), ("Sprache", "language"),
        ("text or no text", "presence"), ("number plate", "number"), ("date of the invoice", "date"),
        ("what the sign says", "words"),
    ],
)  # fmt: skip
def test_what_a_criterion_asks_for(criterion: str, asked: Question) -> None:
    assert question(criterion) == asked


def test_a_description_quotes_what_was_read() -> None:
    found = describe_reading(RECEIPT, "company")
    assert found.text.startswith("Reads “Kestrel Tools Inc.”, “Receipt No. 4411”")
    assert "In English." in found.text
    assert "Looks like: receipt." in found.text
    assert found.tags[0].name == "Kestrel Tools Inc."
    assert is_reading(found)
    assert describe_reading([], "company").text == "No text was found in it."
    assert is_reading(describe_reading([], "company"))


@pytest.mark.parametrize(
    ("text", "number"),
    [("No. 7", "7"), ("3.5", "3.5"), ("Total 1,299.00", "1,299.00"), ("1.299,00 €", "1.299,00"),
     ("1 299,00", "1 299,00"), ("AB-123 XY", "AB-123"), ("-5", "-5"), ("12:30", "12:30"), ("2 x 117", "117")],
)  # fmt: skip
def test_a_number_is_read_whole(text: str, number: str) -> None:
    assert first("number", [line(text)]) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [(text, text) for text in (
        "5. März 2024", "5 février 2024", "12 août 2023", "10 gennaio 2020", "3 mei 2021", "7 de março de 2024",
        "March 5th, 2024", "May 2024", "2024/05/12", "2024年5月12日", "12 Dec '24", "1/13/2024",
    )]
    + [("Date:12.03.2024", "12.03.2024"), ("at 10:15, 12.03.2024", "12.03.2024")]
    + [(text, "no date") for text in (
        "31.02.2024", "99.99.2024", "10.0.0.15", "v1.2.34", "12-34-56", "2024-13-01", "20 Marzipan 100",
        "12 mayonnaise 500", "1.2.345", "0.0.15",
    )],
)  # fmt: skip
def test_days_of_the_calendar_are_dates_and_nothing_else(text: str, found: str) -> None:
    assert first("date", [line(text)]) == found


@pytest.mark.parametrize(
    ("text", "language"),
    [("禁止停车", "Chinese"), ("こんにちは", "Japanese"), ("High voltage, keep out of the area", "English")]
    + [(text, "unclear") for text in ("Ελληνικά γλώσσα εδώ", "Привет мир как дела", "xkcd qwrt zzpl mnbv", "Exit")],
)
def test_no_language_is_said_that_the_letters_do_not_show(text: str, language: str) -> None:
    assert first("language", [line(text)]) == language
    assert (language in describe_reading([line(text)], "brand").text) is (language != "unclear")


def test_letters_of_a_line_that_runs_upwards_are_as_high_as_it_is_wide() -> None:
    upwards = Line("Printed by Hollis & Sons", ((0.02, 0.1), (0.04, 0.1), (0.04, 0.9), (0.02, 0.9)), 0.98)
    assert first("sender", [*RECEIPT, upwards]) == "Kestrel Tools Inc."


@pytest.mark.parametrize("asked", ["sender", "document", "language", "presence", "number", "date", "words"])
def test_a_line_without_extent_is_no_error(asked: Question) -> None:
    assert answers(asked, [Line("Abc 12", ((1.0, 1.0),) * 4, 0.9)])


@pytest.mark.parametrize(
    ("one", "other"), [("3.50", "350"), ("12-3", "1-23"), ("1.12.2024", "11.2.2024"), ("!!!", "???"), ("—", "")]
)
def test_different_numbers_and_signs_are_no_spellings_of_one(one: str, other: str) -> None:
    assert not alike(key(one), key(other))
