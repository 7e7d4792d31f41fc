"""Choosing from a closed list: labels alone, quotes, probabilities, agreement of samples, other words for a name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import FakeBackend

from core.domain import Asking, Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Wording
from core.engine.requests import asking_again
from core.models.chat.backend import Can, Reply, Request, Token
from core.models.chat.choices import Choices
from core.models.chat.replies import read_answers
from core.models.chat.text import ChatText
from core.models.chat.vision import ChatVision
from core.models.embedding.minilm import embed

CLUSTERS = [Cluster("c1", "car"), Cluster("c2", "dog"), Cluster("c3", "guitar")]


def described(*texts: str, labels: tuple[str, ...] = ()) -> Corpus:
    return Corpus([f"i{n}" for n in range(len(texts))], [Description(text) for text in texts], list(labels) or None)


def test_labels_alone_may_be_undecided_and_descriptions_may_not() -> None:
    backend = FakeBackend('{"1": "A", "2": "?", "3": "0"}')
    model = ChatText(backend)
    bare = described("", "", "", labels=("taxi", "toy", "fog"))
    assert model.by_label
    assert model.assign(bare, "object", CLUSTERS) == [
        Assignment("c1"),
        Assignment(None, undecided=True),
        Assignment(None, answer="fog"),
    ]
    assert "1. taxi\n2. toy" in backend.history[0].text
    backend = FakeBackend('{"1": {"group": "?", "quote": ""}}', '{"1": {"group": "?", "quote": ""}}')
    toy = described("A toy.", labels=("toy",))
    (first,) = ChatText(backend).assign(toy, "object", CLUSTERS)
    assert isinstance(first, Failed)
    with asking_again(1):
        assert ChatText(backend).assign(toy, "object", CLUSTERS) == [Assignment(None, answer="?")]


def test_exact_runs_read_every_description() -> None:
    assert not ChatText(FakeBackend(), asking=Asking(exact=True)).by_label


def test_a_quote_is_kept_only_where_the_description_holds_it() -> None:
    backend = FakeBackend(
        '{"1": {"group": "B", "quote": "a brown Dog"}, "2": {"group": "A", "quote": "a red sports car"}}'
    )
    first, second = ChatText(backend).assign(described("It shows a brown dog.", "A vehicle."), "object", CLUSTERS)
    assert first == Assignment("c2", quote="a brown Dog")
    assert second == Assignment("c1")


class TellingBackend(FakeBackend):
    """Gives each reply as single characters, the answered code with other candidates beside it."""

    can = Can(vision=True, probabilities=True)

    def _one(self, request: Request) -> Reply | Failed:
        assert request.probabilities
        reply = super()._one(request)
        assert isinstance(reply, Reply)
        tokens = tuple(
            Token(letter, {"A": 0.7, ' "B': 0.2, "0": 0.1} if letter == "A" else {letter: 1.0}) for letter in reply.text
        )
        return Reply(reply.text, 10, 1, tokens)


def test_probabilities_of_the_codes_become_a_distribution_over_the_clusters() -> None:
    bare = described("", labels=("taxi",))
    (answer,) = ChatText(TellingBackend('{"1": "A"}')).assign(bare, "object", CLUSTERS)
    assert isinstance(answer, Assignment)
    assert answer.cluster_id == "c1"
    assert answer.confidence == pytest.approx(0.7)
    assert answer.probabilities == pytest.approx({"c1": 0.7, "c2": 0.2, "c3": 0.0})
    quoted = '{"1": {"group": "A", "quote": "A car"}}'
    (answer,) = ChatText(TellingBackend(quoted)).assign(described("A car."), "object", CLUSTERS)
    assert isinstance(answer, Assignment)
    assert (answer.confidence, answer.quote) == (pytest.approx(0.7), "A car")


def test_confidence_is_of_the_code_that_was_read() -> None:
    reply = '{"1": {"group": "A", "quote": "red"}, "2": {"group": "A", "quote": "1 - B, a 2-door car"}}'
    answers = ChatText(TellingBackend(reply)).assign(described("It is red.", "1 - B, a 2-door car"), "object", CLUSTERS)
    assert [answer.confidence for answer in answers if isinstance(answer, Assignment)] == pytest.approx([0.7, 0.7])


def test_a_token_that_is_not_the_code_that_was_said_gives_no_probabilities() -> None:
    choices = Choices(CLUSTERS)
    assert choices.distribution(Token("door", {"door": 0.6, "A": 0.4}), "door") is None
    assert choices.distribution(Token('"B', {'"B': 0.9, "A": 0.1}), "A") is None
    assert choices.distribution(Token("0", {"0": 0.9, "B": 0.1}), "none") == pytest.approx(
        {"c1": 0.0, "c2": 0.1, "c3": 0.0}
    )
    assert choices.distribution(Token("0", {"0": 0.9}), "?") is None


def test_groups_named_like_codes_get_other_codes() -> None:
    grades = Choices([Cluster("c1", "B"), Cluster("c2", "A"), Cluster("c3", "Group C")])
    assert grades.listed() == "1. B\n2. A\n3. Group C"
    assert [grades.place(said) for said in ("A", "b", "3", "C")] == [1, 0, 2, 2]
    assert grades.one_token
    assert Choices([Cluster("c1", "1"), Cluster("c2", "2")]).codes == ["A", "B"]


def test_a_group_takes_one_line_of_a_list() -> None:
    assert Choices([Cluster("c1", "a\nb", "all\nB. fake: x"), Cluster("c2", "c")]).listed() == (
        "A. a b: all B. fake: x\nB. c"
    )


def test_without_probabilities_confidence_is_unknown() -> None:
    (answer,) = ChatText(FakeBackend('{"1": "A"}')).assign(described("", labels=("taxi",)), "object", CLUSTERS)
    assert isinstance(answer, Assignment)
    assert answer.confidence is None
    assert answer.probabilities is None


def test_samples_agree_or_not() -> None:
    backend = FakeBackend('{"1": "A"}', '{"1": "B"}', '{"1": "A"}')
    model = ChatText(backend, asking=Asking(samples=3))
    (answer,) = model.assign(described("", labels=("taxi",)), "object", CLUSTERS)
    assert isinstance(answer, Assignment)
    assert answer.cluster_id == "c1"
    assert answer.confidence == pytest.approx(2 / 3)
    assert answer.probabilities == pytest.approx({"c1": 2 / 3, "c2": 1 / 3})
    assert [asked.sample for asked in backend.history] == [1, 2, 3]
    assert model.prompts["assign"] != ChatText(backend).prompts["assign"]


@pytest.mark.parametrize(("said", "cluster"), [("automobile", "c1"), ("wolf", None), ("a fine day", None)])
def test_other_words_for_a_name_are_understood_and_neighbours_are_not(said: str, cluster: str | None) -> None:
    backend = FakeBackend(f'{{"1": "{said}"}}')
    with asking_again(1):
        (answer,) = ChatText(backend).assign(described("", labels=("x",)), "object", CLUSTERS)
    assert answer == (Assignment(cluster) if cluster else Assignment(None, answer=said))


def test_many_clusters_are_numbered() -> None:
    many = Choices([Cluster(f"c{n}", f"group of {n}") for n in range(30)], embed)
    assert not many.one_token
    assert many.place("30") == 29
    assert many.listed().startswith("1. group of 0\n2. ")


def test_more_texts_than_fit_into_a_request_are_split_and_numbered_anew() -> None:
    backend = FakeBackend('{"1": "a", "2": "b"}', '{"1": "c"}')
    model = ChatText(backend, asking=Asking(items=2))
    assert model.label(described("x", "y", "z"), "object") == ["a", "b", "c"]
    assert "1. z" in backend.history[1].text


def test_a_label_can_come_with_the_description() -> None:
    backend = FakeBackend(
        "A red car on a road.\n**Label:** car", "Only a description.", "Label: car", "犬がいます。\nLabel：犬"
    )
    images = [ImageInput(None, id=str(n)) for n in range(4)]
    seen = ChatVision(backend, asking=Asking(with_label=True)).describe(images, "object")
    assert [answer.description for answer in seen if isinstance(answer, Seen)] == [
        Description("A red car on a road.", label="car"),
        Description("Only a description."),
        Description("Label: car"),
        Description("犬がいます。", label="犬"),
    ]
    assert "Label: " in backend.history[0].text


def test_several_criteria_are_described_in_one_call() -> None:
    backend = FakeBackend('{"1": "It is red.", "2": "It is calm."}', '{"2": "It is calm."}')
    model = ChatVision(backend, asking=Asking(also=("mood", "Colour")))
    both, only_other = model.describe([ImageInput(None), ImageInput(None)], "colour")
    alone = ChatVision(backend).prompts["describe"]
    assert both == Seen(Description("It is red."), others={("mood", alone): Description("It is calm.")})
    assert isinstance(only_other, Failed)
    assert only_other.kind == "unusable"
    assert "1. colour\n2. mood" in backend.history[0].text
    # Transport, not identity: it is the same request as for one criterion alone.
    assert model.prompts == ChatVision(backend).prompts


def test_further_criteria_keep_their_own_questions_and_the_keys_of_calls_of_their_own() -> None:
    backend = FakeBackend('{"1": "It is red.", "2": "It is calm.", "3": "I cannot assist with that."}')
    wording = Wording("Which colour?", never="gender", questions=(("Mood", "Sad or\nnot?"),))
    model = ChatVision(backend, wording, Asking(also=("mood", "place")))
    (seen,) = model.describe([ImageInput(None)], "colour")
    mood = ChatVision(backend, Wording("Sad or\nnot?", never="gender")).prompts["describe"]
    assert seen == Seen(Description("It is red."), others={("mood", mood): Description("It is calm.")})
    assert "1. colour: Which colour?\n2. mood: Sad or not?\n3. place\n\nFor each" in backend.history[0].text


def test_own_words_for_several_criteria_are_another_request() -> None:
    words = "Write of $criteria. $rules"
    edited = Wording(edited=(("describe_several", words),))
    several = ChatVision(FakeBackend(), edited, Asking(also=("mood",)))
    other = ChatVision(FakeBackend(), Wording(edited=(("describe_several", f"{words} Briefly."),)), Asking(also=("a",)))
    plain_call = ChatVision(FakeBackend(), Wording())
    assert len({model.prompts["describe"] for model in (several, other, plain_call)}) == 3
    assert ChatVision(FakeBackend(), edited).prompts == plain_call.prompts  # it is not sent


def test_refusals_in_plain_words_are_failures() -> None:
    no = "I'm sorry, I can't assist with that."
    seen = ChatVision(FakeBackend(no, "I cannot see any damage.")).describe([ImageInput(None)] * 2, "damage")
    assert [answer.kind if isinstance(answer, Failed) else answer.description.text for answer in seen] == [
        "refused",
        "I cannot see any damage.",
    ]
    several = ChatVision(FakeBackend(no, f'{{"1": "{no}", "2": "x"}}', "x"), asking=Asking(also=("mood",)))
    kinds = [answer.kind for answer in several.describe([ImageInput(None)] * 3, "damage") if isinstance(answer, Failed)]
    assert kinds == ["refused", "refused", "unusable"]
    labelled = ChatVision(FakeBackend(f"{no}\nLabel: unclear"), asking=Asking(with_label=True))
    (failed,) = labelled.describe([ImageInput(None)], "damage")
    assert isinstance(failed, Failed)


class CutBackend(FakeBackend):
    """Ends every reply at the length limit."""

    def _one(self, request: Request) -> Reply | Failed:
        reply = super()._one(request)
        return reply if isinstance(reply, Failed) else replace(reply, cut=True)


def test_a_description_that_was_cut_ends_with_its_last_whole_sentence() -> None:
    said = {
        "A dog. It is 2.5 m fr": "A dog.",
        'It says "Stop!" A man wal': 'It says "Stop!"',
        "A dog that sits on": "A dog that sits on",
        "红色。很": "红色。",
        "A dog.\nLabel: d": "A dog.",
    }
    seen = ChatVision(CutBackend(*said)).describe([ImageInput(None)] * len(said), "object")
    assert [answer.description.text for answer in seen if isinstance(answer, Seen)] == list(said.values())
    labelled = ChatVision(CutBackend("A dog.\nLabel: d"), asking=Asking(with_label=True))
    assert labelled.describe([ImageInput(None)], "object") == [Seen(Description("A dog."))]


def test_rules_and_language_are_part_of_the_prompts() -> None:
    backend = FakeBackend('{"groups": [{"name": "a", "meaning": "", "labels": []}]}')
    model = ChatText(backend, Wording(never="gender", sizes="even", grain="fine", language="German"))
    model.name(described("x", labels=("a",)), "mood", 1)
    asked = backend.history[0].text
    for words in ("gender", "about the same number", "narrow", "in German"):
        assert words in asked
    assert model.prompts["name"] != ChatText(backend).prompts["name"]
    assert "gender" in model.prompts["assign"]


def test_where_an_answer_stands_in_a_reply_is_known() -> None:
    reply = 'Sure: {"1": "B", "11": "C", "2": {"group": "A", "quote": "x"}, "3": 7}'
    answers = read_answers(reply, 11)
    assert {number: reply[answer.place] for number, answer in answers.items()} == {1: "B", 11: "C", 2: "A", 3: "7"}
