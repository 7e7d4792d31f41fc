"""Runs that wait for others: one after the other, and stopped together."""

from __future__ import annotations

from house import House
from waiting import wait_for

from core.jobs import Jobs


def test_a_run_waits_for_another_and_finds_what_that_one_measured(house: House) -> None:
    jobs = Jobs(house.workspace)
    first, second = house.start(), house.start(criterion="kind")
    house.vision.gate.clear()
    jobs.start(first, "assign")
    waiting = jobs.start(second, "assign", after=first)
    wait_for(lambda: (job := jobs.get(first)) is not None and job.progress is not None)
    assert waiting.progress is None
    assert {job.run_id for job in jobs.active()} == {first, second}
    house.vision.gate.set()
    wait_for(lambda: not jobs.active())
    assert house.sizes(first) == house.sizes(second)
    assert {criterion for _, criterion in house.vision.history} == {"colour"}  # the second looked at no image


def test_who_stops_the_first_stops_what_waits_for_it(house: House) -> None:
    jobs = Jobs(house.workspace)
    first, second = house.start(), house.start(criterion="kind")
    house.vision.gate.clear()
    jobs.start(first, "assign")
    jobs.start(second, "assign", after=first)
    job = jobs.get(first)
    assert job is not None
    job.cancel.set()
    wait_for(lambda: jobs.get(second) is None)
    house.vision.gate.set()
    wait_for(lambda: not jobs.active())
    for run_id in (first, second):
        run = house.store.runs.get(run_id)
        assert run is not None
        assert run.status == "stopped"


def test_a_run_that_waits_can_be_stopped_by_itself(house: House) -> None:
    jobs = Jobs(house.workspace)
    first, second = house.start(), house.start(criterion="kind")
    house.vision.gate.clear()
    jobs.start(first, "assign")
    jobs.start(second, "assign", after=first)
    jobs.stop(second)
    assert [job.run_id for job in jobs.active()] == [first]
    house.vision.gate.set()
    wait_for(lambda: not jobs.active())
    run = house.store.runs.get(first)
    assert run is not None
    assert run.status == "done"
