"""The pace of a server, on a clock that the test turns: nothing here is timed."""

from __future__ import annotations

import pytest

from core.engine.requests import stopping
from core.errors import Cancelled, Paused
from core.models.openai.rate_limit import TRIP_AFTER, Pace, pace_of


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace_on(clock: Clock, most: int = 32, **caps: int) -> Pace:
    return Pace(most, clock=clock, sleep=clock.sleep, chance=lambda: 1.0, **caps)


def together(pace: Pace, clock: Clock, number: int, seconds: float = 1.0, said: int = 10) -> None:
    """So many requests at once, all answered after so many seconds."""
    turns = []
    for _ in range(number):
        call = pace.call()
        turn = pace.turn(call)
        turn.__enter__()
        turns.append((call, turn))
    clock.now += seconds
    for call, turn in turns:
        pace.answered(call, seconds, said=said)
        turn.__exit__(None, None, None)


def test_it_grows_while_all_is_well_and_never_above_the_most(clock: Clock) -> None:
    pace = pace_on(clock, most=10)
    assert pace.parallel == 4
    together(pace, clock, 4)
    assert 5 <= pace.parallel <= 8
    for _ in range(10):
        together(pace, clock, pace.parallel)
    assert pace.parallel == 10
    pace.set_limits(3)
    assert pace.parallel == 3


def test_what_is_not_used_does_not_grow(clock: Clock) -> None:
    pace = pace_on(clock)
    for _ in range(50):
        together(pace, clock, 1)
    assert pace.parallel == 4


def test_it_halves_once_for_all_that_were_sent_together_and_then_grows_slowly(clock: Clock) -> None:
    pace = pace_on(clock)
    for _ in range(8):
        together(pace, clock, pace.parallel)
    assert pace.parallel == 32
    sent = clock.now
    clock.now += 1
    for _ in range(5):
        pace.too_much(sent)
    assert pace.parallel == 16
    together(pace, clock, 16)
    assert pace.parallel == 16  # one more in a round, not one more an answer
    together(pace, clock, 16)
    together(pace, clock, 16)
    assert pace.parallel in (17, 18)
    for _ in range(9):
        clock.now += 1
        pace.too_much(clock.now)
    assert pace.parallel == 1


def test_answers_that_take_longer_and_longer_stop_the_growth_but_long_answers_do_not(clock: Clock) -> None:
    slower, longer = pace_on(clock), pace_on(clock)
    for number in range(4):
        together(slower, clock, slower.parallel, seconds=1 + number * 3)
        together(longer, clock, longer.parallel, seconds=1 + number * 3, said=10 + number * 150)
    assert slower.parallel < 12
    assert longer.parallel > 24


def test_requests_a_minute_are_spaced_evenly(clock: Clock) -> None:
    pace = pace_on(clock, requests_per_minute=30)
    began = clock.now
    for _ in range(4):
        with pace.turn(pace.call()):
            pass
    assert clock.now - began == pytest.approx(6)


def test_tokens_a_minute_count_what_was_used(clock: Clock) -> None:
    pace = pace_on(clock, tokens_per_minute=6000)
    began = clock.now
    call = pace.call()
    with pace.turn(call, 100):  # 1 s as expected, 3 s in truth
        pace.answered(call, 0.0, expected=100, used=300)
    with pace.turn(pace.call(), 100):
        pass
    assert clock.now - began == pytest.approx(3)


def test_a_wait_the_server_asks_for_holds_for_all_and_is_slept_in_slices(clock: Clock) -> None:
    pace = pace_on(clock)
    pace.hold(30)
    call = pace.call()
    with pace.turn(call):
        assert clock.now == pytest.approx(130)
    assert call.waited == pytest.approx(30)  # standing in a queue is not the request's own time
    assert max(clock.naps) <= 0.25


def test_back_off_doubles_with_full_jitter_up_to_an_end(clock: Clock) -> None:
    pace = pace_on(clock)
    assert [pace.back_off(attempt, 1.0) for attempt in (0, 1, 2, 9)] == [1, 2, 4, 30]
    lucky = Pace(chance=lambda: 0.0)
    assert lucky.back_off(3, 1.0) == 0


def test_the_breaker_counts_requests_without_one_answer_between(clock: Clock) -> None:
    pace = pace_on(clock)
    for _ in range(TRIP_AFTER - 1):
        assert not pace.missed(pace.call(), patience=60, spent=True)
    answered = pace.call()
    with pace.turn(answered):
        pace.answered(answered, 1.0)
    for _ in range(TRIP_AFTER - 1):
        assert not pace.missed(pace.call(), patience=60, spent=True)
    assert pace.missed(pace.call(), patience=60, spent=True) == 1
    for _ in range(TRIP_AFTER - 1):
        assert not pace.missed(pace.call(), patience=60, spent=True)
    assert pace.missed(pace.call(), patience=60, spent=True) == 2


def test_many_requests_that_are_tried_in_vain_for_long_are_enough(clock: Clock) -> None:
    pace = pace_on(clock)
    pace.alive()
    calls = [pace.call() for _ in range(TRIP_AFTER)]
    for call in calls * 4:
        assert not pace.missed(call, patience=60)  # a blip
    clock.now += 60
    assert pace.missed(calls[0], patience=60)
    lonely = pace.call()
    for _ in range(99):
        clock.now += 60
        assert not pace.missed(lonely, patience=60)  # it may be about this one


def test_a_server_that_never_answered_is_given_up_soon(clock: Clock) -> None:
    pace = pace_on(clock)
    assert not pace.known
    assert not pace.missed(pace.call(), patience=60)
    clock.now += 10
    assert pace.missed(pace.call(), patience=60)
    pace.answered(pace.call(), 1.0)
    assert pace.known


def test_a_tripped_breaker_stops_what_was_begun_and_nothing_later(clock: Clock) -> None:
    pace = pace_on(clock)
    waiting = pace.call()
    pace.hold(3600)
    assert str(pace.trip("It is away.")) == "It is away."
    with pytest.raises(Paused, match="It is away"), pace.turn(waiting):
        pass
    with pytest.raises(Paused, match="It is away"):
        pace.rest(waiting, 60)
    clock.now += 1
    with pace.turn(pace.call()):
        assert clock.now == pytest.approx(101)
    assert pace.parallel == 4


def test_both_roles_on_one_server_share_its_pace() -> None:
    assert pace_of("http://127.0.0.1:1/v1") is pace_of("http://127.0.0.1:1/v1")
    assert pace_of("http://127.0.0.1:1/v1") is not pace_of("http://127.0.0.1:2/v1")


def test_a_request_that_waits_ends_when_told_to_stop(clock: Clock) -> None:
    pace = pace_on(clock)
    call = pace.call()
    with stopping(lambda: True):
        with pytest.raises(Cancelled), pace.turn(call):
            pytest.fail("it was sent")
        with pytest.raises(Cancelled):
            pace.rest(call, 30)
    assert clock.naps == []
    with pace.turn(call):  # no place was lost
        assert pace.parallel == 4
