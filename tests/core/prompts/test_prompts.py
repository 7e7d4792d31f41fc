"""Prompts that a person words: presets, rewritten texts, and what is wrong with them in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import prompts
from core.domain import Wording
from core.errors import BadInput
from core.prompts import presets
from core.prompts.presets import Preset


def test_a_released_prompt_is_still_there() -> None:
    """A run of an earlier version must find what it asked: files are added, never edited."""
    folder = Path(prompts.__file__).parent
    for form in prompts.FORMS:
        newest = prompts.newest(form)
        prompts.check(form, newest.text)
        versions = sorted(int(path.stem.rsplit(".v", 1)[1]) for path in folder.glob(f"{form}.v*.txt"))
        assert versions == list(range(1, len(versions) + 1))
        assert newest.version == f"{form}.v{versions[-1]}"


@pytest.mark.parametrize(
    ("form", "text", "sentence"),
    [
        ("label", "Label these by $criterion.", "must hold \\$items"),
        ("label", "$criterion $items $price", "holds \\$price, which is not known"),
        ("label", "$criterion $items costs $5", "Write \\$\\$ for a dollar sign"),
        ("describe", "Describe it.", "must hold \\$criterion"),
    ],
)
def test_a_rewritten_prompt_that_cannot_work_is_said(form: prompts.Form, text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        prompts.worded(form, Wording(edited=((form, text),)))


def test_a_prompt_rewritten_from_an_earlier_version_still_works() -> None:
    prompt = prompts.worded("describe_several", Wording("Why?", edited=(("describe_several", "$criteria $question"),)))
    assert prompt.render(criteria="1. mood") == "1. mood Why?"


def test_a_rewritten_prompt_is_what_is_asked() -> None:
    prompt = prompts.worded("label", Wording(edited=(("label", "Say $criterion of $items for $$5"),)))
    assert prompt.version == "label.edited"
    assert prompt.render(criterion="colour", items="1. x") == "Say colour of 1. x for $5"
    with pytest.raises(BadInput, match="no prompt “lable”"):
        prompts.form_of("lable")


def test_answers_may_be_in_another_language_but_for_the_word_that_is_read() -> None:
    german = Wording(language="German")
    label = prompts.worded("label", german).render(criterion="colour", items="1. x")
    assert "Write labels in German, but leave “unclear” as it is." in label
    both = prompts.worded("describe_label", german).render(criterion="colour")
    assert "Write text in German, but leave the words “Label:” and “unclear” as they are." in both
    assert "Write names and meanings in German." in prompts.worded("name", german).key()
    assert "German" not in prompts.worded("assign", german).key()


@pytest.mark.parametrize(
    ("criterion", "name"),
    [("Colour", "Colour"), ("the mood?", "Mood"), ("what the person is doing", "Action"), ("brand", None)],
)
def test_a_preset_is_chosen_by_the_kind_of_criterion(criterion: str, name: str | None) -> None:
    found = presets.fitting(criterion, presets.shipped())
    assert (found.name if found else None) == name


def test_presets_of_a_person_are_kept_and_win_only_where_nothing_was_said() -> None:
    own = Preset("Rust", ("rust", "corrosion"), "How rusty is it?", "Brown flakes cover it.", "heavy rust")
    kept = presets.read(presets.write((*presets.shipped(), own)))
    found = presets.fitting("corrosion", kept)
    assert found == own
    worded = presets.with_preset(Wording(never="brands"), found)
    assert worded == Wording("How rusty is it?", ("Brown flakes cover it.", "heavy rust"), never="brands")
    assert presets.with_preset(Wording(question="Is there rust?"), found).question == "Is there rust?"
    assert "How rusty is it?" in prompts.worded("describe", worded).key()
    assert "heavy rust" in prompts.worded("label", worded).key()
    assert presets.questions(("Rust", "brand", "mood"), kept) == (
        ("Rust", "How rusty is it?"),
        ("mood", presets.named("Mood", presets.shipped()).question),
    )
    with pytest.raises(BadInput, match=r"There is no preset “Rost”\. There are: Object,"):
        presets.named("Rost", presets.shipped())
    with pytest.raises(BadInput, match="a name of its own"):
        presets.write((own, own))
    with pytest.raises(BadInput, match="cannot be read"):
        presets.read("{}")
