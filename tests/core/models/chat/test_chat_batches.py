"""Many items in one request to a chat model: what goes wrong for one loses no other, and nothing is paid for twice."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from fakes import FakeBackend

from core.domain import Asking, Cluster, Corpus, Description, Failed
from core.engine.requests import UNASKED, Outcome, count_usage, stopping
from core.engine.run_step import Meter, run_step
from core.errors import FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Backend, Can, Reply, Request
from core.models.chat.batch_size import BatchSize
from core.models.chat.bounded_schema import brief, runs_on
from core.models.chat.cluster_reply import groups_schema
from core.models.chat.text import ChatText
from core.steps import label


def corpus(ids: Sequence[str]) -> Corpus:
    return Corpus(list(ids), [Description(f"Text {item}.") for item in ids], None)


class Store:
    """What a run keeps of step 2a."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.failed: list[str] = []

    def lookup(self, keys: Sequence[str]) -> dict[str, str]:
        return {key: self.answers[key] for key in keys if key in self.answers}

    def save(self, outcomes: Sequence[Outcome]) -> None:
        self.answers |= {outcome.work.key: outcome.answer.value for outcome in outcomes if outcome.answer}
        self.failed += [outcome.work.item_id for outcome in outcomes if outcome.failure]

    def run(self, backend: Backend, number: int, *, items: int = 4) -> Meter:
        model = ChatText(backend, asking=Asking(items=items))
        ids = [f"i{place}" for place in range(number)]
        meter = Meter("label", number)
        work = label.work(model, "animal", {item: item for item in ids})
        options = {"lookup": self.lookup, "save": self.save, "batch_size": model.batch_size, "meter": meter}
        try:
            run_step("label", work, label.ask(model, "animal", corpus), **options)  # type: ignore[arg-type]
        finally:
            self.stats = meter.stats()
        return meter


_FILTERED = Failed("The provider's content filter refused the request (status 400).", "filtered")
ENDS = [Paused("The server is away."), ModelUnavailable("The account has no credit left.")]


@pytest.mark.parametrize("error", ENDS)
def test_what_was_answered_before_an_error_is_kept_and_counted(error: FacetryError) -> None:
    store = Store()
    first = FakeBackend('{"1": "cat", "2": "dog", "3": "cow"}', error)  # the fourth is asked once more, in vain
    with pytest.raises(type(error), match=str(error)):
        store.run(first, 4)
    assert sorted(store.answers.values()) == ['"cat"', '"cow"', '"dog"']
    assert store.failed == []  # it still has its turn
    assert (store.stats.items, store.stats.requests, store.stats.prompt_tokens) == (3, 1, 10)
    second = FakeBackend('{"1": "pig"}')
    store.run(second, 4)
    assert len(store.answers) == 4
    assert [re.findall("Text .*", asked.text) for asked in second.history] == [["Text i3."]]


def test_an_error_at_the_first_request_is_that_of_the_step() -> None:
    with pytest.raises(Paused, match="away"):
        Store().run(FakeBackend(Paused("The server is away.")), 4)
    with pytest.raises(Paused, match="away"):  # also where nobody counts
        ChatText(FakeBackend(Paused("The server is away."))).label(corpus(["a"]), "animal")


def test_an_image_that_not_all_samples_could_be_had_of_has_its_turn_again() -> None:
    backend = FakeBackend('{"1": {"group": "A", "quote": ""}}', Paused("The server is away."))
    model = ChatText(backend, asking=Asking(samples=3))
    with count_usage() as usage:
        answers = model.assign(Corpus(["a"], [Description("x")], ["x"]), "animal", [Cluster("c1", "cats")])
    assert answers[0] is UNASKED
    assert str(usage.ended) == "The server is away."
    assert len(backend.history) == 2


def test_after_a_stop_no_request_of_a_batch_is_sent() -> None:
    backend = FakeBackend("no answer at all", *["{}"] * 8)
    model = ChatText(backend, asking=Asking(items=4))
    with stopping(lambda: len(backend.history) >= 1):
        labels = model.label(corpus("abcdefgh"), "animal")
    assert len(backend.history) == 1
    assert all(isinstance(label, Failed) and label.again for label in labels[:4])
    assert all(label is UNASKED for label in labels[4:])


class Picky:
    """Answers requests of up to so many items that hold no bad one; otherwise fails in one way, so many times. drops:
    it leaves out the last of several items."""

    id, can = "picky/1", Can()

    def __init__(self, kind: str, most: int, bad: str = "-", times: int = 10_000, *, drops: bool = False) -> None:
        self.kind, self.most, self.bad, self.times, self.drops = kind, most, bad, times, drops
        self.sizes: list[int] = []
        self.asked: list[str] = []

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        items = re.findall(r"(\d+)\. Text (\w+)", request.text)
        self.sizes.append(len(items))
        self.asked += [name for _, name in items]
        if self.times and (len(items) > self.most or any(name == self.bad for _, name in items)):
            self.times -= 1
            return Failed("No.", self.kind)  # type: ignore[arg-type]
        said = {number: f"label {name}" for number, name in items}
        if self.drops and len(said) > 1:
            said.popitem()
        return Reply(json.dumps(said))


@pytest.mark.parametrize("kind", ["refused", "filtered", "too long", "crashed", "empty", "late", "unusable", "failed"])
def test_one_bad_text_is_found_by_parts_and_loses_no_other(kind: str) -> None:
    backend, store = Picky(kind, 50, bad="i11"), Store()
    store.run(backend, 16, items=16)
    assert (len(store.answers), store.failed) == (15, ["i11"])
    assert len(backend.sizes) <= 12
    assert backend.sizes[-1] == 1


@pytest.mark.parametrize("kind", ["empty", "late", "unusable"])
def test_what_failed_by_itself_is_asked_once_more_and_again_only_while_that_answers_anything(kind: str) -> None:
    backend, store = Picky(kind, 50, bad="i2"), Store()
    store.run(backend, 4, items=1)
    assert (len(store.answers), store.failed, backend.asked[4:]) == (3, ["i2"], ["i2"])
    backend, store = Picky(kind, 0, times=6), Store()
    store.run(backend, 4, items=1)  # all fail, then two of them, then none
    assert (len(store.answers), store.failed, backend.asked[4:]) == (4, [], ["i3", "i2", "i1", "i0", "i2", "i3"])


def test_a_request_that_is_asked_again_is_not_the_same_request() -> None:
    backend, store = Picky("unusable", 50, bad="i3", times=1), Store()
    store.run(backend, 4)
    assert backend.asked == ["i0", "i1", "i2", "i3", "i3", "i2", "i1", "i0"]


def test_what_several_requests_lack_is_asked_about_together() -> None:
    backend, store = Picky("", 50, drops=True), Store()
    store.run(backend, 40)
    assert backend.sizes == [4] * 10 + [4, 4, 2] + [1, 1, 1]
    assert (len(store.answers), store.failed) == (40, [])


def test_a_model_that_can_only_do_two_at_a_time_is_soon_asked_so() -> None:
    backend, store = Picky("unusable", 2), Store()
    store.run(backend, 400, items=50)
    assert (len(store.answers), store.failed) == (400, [])
    assert len(backend.sizes) < 400 / 2 * 1.5


def test_a_model_that_answers_nothing_is_not_asked_about_each_text_by_itself() -> None:
    backend, store = Picky("unusable", 0), Store()
    store.run(backend, 1000, items=50)
    assert len(store.failed) == 1000
    assert len(backend.sizes) < 250


def test_a_server_that_is_too_slow_for_a_batch_gets_smaller_ones_and_larger_ones_once_it_is_not() -> None:
    backend, store = Picky("late", 5), Store()
    store.run(backend, 80, items=8)
    assert (len(store.answers), store.failed) == (80, [])
    assert backend.sizes[:9] == [8, 8, 8, 4, 4, 4, 4, 8, 8]  # tried again after four answers, then after eight
    assert backend.sizes[9:19] == [4] * 8 + [8, 8]
    size = BatchSize(50)
    for _ in range(3):
        size.failed(50)
    assert size.now == 25
    size.failed(50)  # it was sent at the same time
    assert size.now == 25
    for _ in range(4):
        size.worked(25)
    assert size.now == 50


def test_a_few_failures_say_nothing_about_the_size() -> None:
    size = BatchSize(50)
    for _ in range(3):
        size.failed(50)
        size.failed(50)
        size.worked(50)
    assert size.now == 50
    for _ in range(3):
        size.failed(50)
    for _ in range(4):
        size.worked(25)
    size.failed(50)  # on trial
    size.worked(50)
    assert size.now == 50
    for _ in range(3):
        size.failed(50)
    for _ in range(4):
        size.worked(25)
    size.failed(50)
    size.failed(50)
    assert size.now == 25


def test_a_request_that_is_not_taken_is_made_once_more_also_for_the_names() -> None:
    for refused, times in ((Failed("The server does not take the request (status 400)."), 2), (_FILTERED, 1)):
        backend, store = FakeBackend(refused, refused), Store()
        store.run(backend, 1)
        assert (len(backend.history), store.failed) == (times, ["i0"])
        named = ChatText(FakeBackend(refused)).name(Corpus(["a"], [Description("")], ["a cat"]), "animal", 1)
        assert isinstance(named, Failed)
        assert named.again == ("later" if times == 2 else "")


def test_many_labels_get_room_for_a_list_of_all_of_them() -> None:
    def room(number: int, k: int) -> int:
        backend = FakeBackend("no", "no")
        labels = [f"playing a violin {place}" for place in range(number)]
        ChatText(backend).name(Corpus(labels, [Description("")] * number, labels), "action", k)
        assert backend.history[0].max_tokens == backend.history[1].max_tokens
        return backend.history[0].max_tokens

    assert room(300, 10) > 2048 + 300 * 5
    assert room(300, 40) > room(300, 10) > room(10, 10)


def test_a_text_that_repeats_itself_is_told_from_a_long_one() -> None:
    assert runs_on('{"groups": [{"labels": [' + '"2008-09-30T00:00:00Z", ' * 60)
    assert runs_on("the cat and " * 40)
    assert not runs_on(json.dumps({str(place): {"group": "A", "quote": "a red car"} for place in range(60)}))
    assert not runs_on("")


@pytest.mark.parametrize("tokens", [300, 1024])
def test_a_form_in_brief_bounds_every_list_and_text_and_keeps_what_is_asked(tokens: int) -> None:
    schema = groups_schema(7)
    short = brief(schema, tokens)
    group = short["properties"]["groups"]["items"]["properties"]
    assert (short["properties"]["groups"]["minItems"], short["properties"]["groups"]["maxItems"]) == (7, 7)
    texts = [group["name"], group["meaning"]]
    longest = 7 * (texts[0]["maxLength"] + texts[1]["maxLength"] + 6 * group["labels"]["maxItems"])
    assert longest <= 2 * tokens or texts[0]["maxLength"] == 8
    assert "maxItems" not in schema["properties"]["groups"]["items"]["properties"]["labels"]


class _Short:
    """A backend whose prompts may have so many characters; it keeps what it was asked."""

    id, can = "short/1", Can()

    def __init__(self, longest: int, answer: Backend) -> None:
        self._longest, self._answer = longest, answer
        self.sizes: list[int] = []

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        (request,) = requests
        self.sizes.append(len(request.text))
        if len(request.text) > self._longest:
            return [Failed("The request is too long for the model.", "too long")]
        return self._answer.reply(requests)


class _Namer:
    id, can = "namer/1", Can()

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [Reply(json.dumps({"groups": [{"name": f"g{n}", "meaning": "", "labels": [n]} for n in (1, 2)]}))]


def test_names_are_formed_of_fewer_labels_where_all_are_too_long_for_the_model() -> None:
    ids = [f"i{place}" for place in range(64)]
    labels = [f"a label with the number {place // 2:03}" for place in range(64)]
    labelled = Corpus(ids, [Description("x")] * 64, labels)
    whole = _Short(10**6, _Namer())
    assert not isinstance(ChatText(whole).name(labelled, "animal", 2), Failed)
    short = _Short(whole.sizes[0] - 600, _Namer())
    assert [cluster.name for cluster in ChatText(short).name(labelled, "animal", 2)] == ["g1", "g2"]  # type: ignore[union-attr]
    assert len(short.sizes) == 3
    never = ChatText(_Short(10, _Namer())).name(labelled, "animal", 2)
    assert isinstance(never, Failed)
    assert never.kind == "too long"


def test_a_request_that_is_too_long_is_never_sent_in_that_size_again() -> None:
    size = BatchSize(16)
    size.too_long(16)
    assert size.now == 8
    for _ in range(200):
        size.worked(size.now)
    assert size.now == 8
    size.too_long(12)  # sent before, and says nothing of 8
    size.too_long(1)
    assert size.now == 8
    size.too_long(8)
    assert size.now == 4
