"""A local model in a process of its own: what crosses the pipe, and what an end of the process costs."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fragile import PAINTER, Plan, install, is_gone
from waiting import wait_for

from core.domain import Failed
from core.engine.requests import UNASKED, count_usage, stopping
from core.errors import BadInput, Cancelled, FacetryError, ModelUnavailable, Paused
from core.models import registry
from core.models.chat.backend import Can, Reply, Request, Token
from core.models.chat.send import ask_all
from core.models.registry import How
from core.models.worker import child, messages
from core.models.worker.model import WorkerChat
from core.models.worker.process import Worker

posix = pytest.mark.skipif(os.name != "posix", reason="Windows knows no fork")
ROOT = Path(__file__).parents[4]
HELLO = [Request(f"Is the answer {number}?\n\n1. red") for number in range(8)]


def silent(_: str) -> None:
    pass


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path / "model")


@pytest.fixture(autouse=True)
def nothing_is_kept() -> Iterator[None]:
    yield
    registry._kept.clear()


def load(plan: Plan, **what: object) -> WorkerChat:
    return WorkerChat(PAINTER, plan.write(**what), silent)


def texts(answers: list[Reply | Failed]) -> list[str]:
    return [answer.reason if isinstance(answer, Failed) else answer.text for answer in answers]


# -- what crosses the pipe


def test_requests_and_answers_cross_unchanged() -> None:
    def crossed(plain: messages.Message) -> messages.Message:
        there: messages.Message = json.loads(json.dumps(plain))
        return there

    schema = {"type": "object", "properties": {"2": {"type": "string"}, "1": {"enum": ["a", "\ud800"]}}}
    for request in (Request("“x”\0\ud800", Path("/a/ü.jpg"), schema, 7, True, 3), Request("y")):
        assert messages.to_request(crossed(messages.from_request(request))) == request
    token = Token(" a", {" a": 0.1 + 0.2, "\n": 1e-300})
    for answer in (Reply("a", 1, 2, (token, token), True, 0.5), Reply(""), Failed("why", "too long", (3, 4))):
        there = messages.to_answer(crossed(messages.from_answer(answer)))
        assert there == answer
        assert not isinstance(there, Failed) or there.tokens == (3, 4)
    for error in (BadInput("a"), ModelUnavailable("b"), Paused("c"), Cancelled("d"), FacetryError("e")):
        back = messages.to_error(crossed(messages.from_error(error)))
        assert str(back) == str(error)
        assert type(back) is type(error) or type(error) is FacetryError


def test_a_model_answers_from_another_process_and_says_what_it_does(plan: Plan) -> None:
    said: list[str] = []
    model = WorkerChat(PAINTER, plan.write(batch=4), said.append)
    assert (said, model.id, model.can.batch, model.can.vision) == (["Loading about 0.0 GB."], "fragile/1", 4, True)
    assert plan.pids != [os.getpid()]
    assert texts(model.reply(HELLO[:2])) == ['{"1": "red"}'] * 2
    assert model.reply([]) == []
    command = Path(f"/proc/{plan.pids[0]}/cmdline")
    assert not command.exists() or str(plan.folder) not in command.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [BadInput, ModelUnavailable])
def test_errors_come_out_of_the_process_unchanged(plan: Plan, kind: type[FacetryError]) -> None:
    with pytest.raises(kind, match=r"^Do this\.$"):
        load(plan, loading=f"{kind.__name__}: Do this.")
    assert is_gone(plan.pids[-1])


def test_an_error_while_answering_is_no_end_of_the_process(plan: Plan) -> None:
    model = load(plan, at={"1": "Paused: Wait.", "2": "KeyError: odd"})
    with pytest.raises(Paused, match=r"^Wait\.$"):
        model.reply(HELLO[:1])
    assert texts(model.reply(HELLO[:1])) == ["The model failed: KeyError: 'odd'"]
    assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']
    assert len(plan.pids) == 1


def test_an_unknown_fault_while_loading_is_one_sentence(plan: Plan) -> None:
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded \(KeyError: 'odd'\)\. Choose another model\.$"):
        load(plan, loading="KeyError: odd")


# -- ends of the process


@pytest.mark.parametrize("end", ["SIGSEGV", "SIGABRT", "SIGKILL", 3, "lost"])
def test_a_request_that_loses_its_process_is_asked_once_more_in_a_fresh_one(plan: Plan, end: str | int) -> None:
    model = load(plan, at={"2": end})
    answers = [model.reply([request])[0] for request in HELLO[:3]]
    assert texts(answers) == ['{"1": "red"}'] * 3
    assert len(plan.pids) == 2
    assert len(plan.asked) == 4
    assert is_gone(plan.pids[0])


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("SIGSEGV", "segmentation fault"),
        ("SIGKILL", "killed, as happens when memory runs out"),
        (3, "exit status 3"),
        ("lost", "error of the graphics card"),
    ],
)
def test_a_request_that_ends_its_process_twice_fails_and_loses_no_neighbour(
    plan: Plan, end: str | int, how: str
) -> None:
    model = load(plan, batch=4, poison={"answer 2": end})
    answers = texts(model.reply(HELLO[:4]))
    assert answers[2] == f"The model “model” ended unexpectedly ({how}) at this request, twice. Ask another model."
    assert answers[:2] + answers[3:] == ['{"1": "red"}'] * 3
    assert len(plan.pids) == 3
    asked = [sum(f"answer {number}" in line for line in plan.asked) for number in range(4)]
    assert asked == [2, 2, 2, 1], "the batch up to its end, then each by itself"


def test_ends_in_a_row_pause_the_run_and_what_was_answered_is_kept(plan: Plan) -> None:
    model = load(plan, batch=4, poison={"answer 1": "SIGSEGV", "answer 2": "SIGABRT"})
    with count_usage() as usage:
        answers = model.reply(HELLO[:4])
    assert texts(answers[:1]) == ['{"1": "red"}']
    assert "(segmentation fault) at this request, twice" in texts(answers)[1]
    assert "(aborted) at this request, twice" in texts(answers)[2]  # an answer lay between, so that 3 are not reached
    assert texts(answers[3:]) == ['{"1": "red"}']
    assert usage.ended is None
    plan.write(batch=4, poison=dict.fromkeys([f"answer {number}" for number in range(1, 8)], "SIGSEGV"))
    with count_usage() as usage:
        answers = ask_all(model, HELLO[:4]) + ask_all(model, HELLO[4:])
    assert texts(answers[:1]) == ['{"1": "red"}']
    assert [answer.kind for answer in answers[1:4] if isinstance(answer, Failed)] == ["crashed"] * 3
    assert answers[4:] == [UNASKED] * 4
    assert usage.requests == 4, "what was not answered costs nothing"
    assert isinstance(usage.ended, Paused)
    assert "(segmentation fault) 5 times in a row. What was answered is kept." in str(usage.ended)
    assert "a smaller model or another quantisation" in str(usage.ended)
    plan.write(batch=4, at={str(len(plan.asked) + 1): "SIGSEGV"})  # the person closed other programs
    assert texts(model.reply(HELLO[:2])) == ['{"1": "red"}'] * 2


def test_a_process_that_cannot_be_started_again_pauses_the_run(plan: Plan) -> None:
    model = load(plan, at={"1": "SIGSEGV"})
    plan.write(at={"1": "SIGSEGV"}, loading="SIGKILL")
    with pytest.raises(Paused, match="5 times in a row"):
        model.reply(HELLO[:1])
    assert len(plan.pids) == 5


def test_an_end_between_requests_counts_for_none(plan: Plan) -> None:
    model = load(plan)
    for number in range(4):
        assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']
        os.kill(plan.pids[-1], signal.SIGKILL)
        wait_for(lambda: is_gone(plan.pids[-1]))
        assert len(plan.asked) == number + 1


def test_what_ends_the_process_while_loading_or_at_a_first_answer_is_said_at_once(plan: Plan) -> None:
    with pytest.raises(ModelUnavailable, match=r"“model” cannot be loaded: its process ended \(segmentation fault\)"):
        load(plan, loading="SIGSEGV")
    with pytest.raises(ModelUnavailable, match=r"ended at a first short answer \(illegal instruction\)"):
        load(plan, probe="SIGILL")
    assert not plan.asked
    assert all(is_gone(pid) for pid in plan.pids)


RUBBISH = ["ggml: out of memory\n", "\xff\xfe\n", "\n", "[]\n", "{}\n", "[" * 100_000 + "\n", '{"answers": [{}]}\n',
           '{"answers": []}\n', '{"answers": 1}\n', '{"error": "Odd", "text": ""}\n', "half a line: "]  # fmt: skip


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_what_is_no_answer_is_asked_once_more_in_a_fresh_process(plan: Plan, rubbish: str) -> None:
    """Native code may write into any file that its process has open."""
    model = load(plan, at={"1": f"writes: {rubbish}"})
    assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']
    assert (len(plan.asked), len(plan.pids)) == (2, 2)
    with pytest.raises(ModelUnavailable, match=r"ended at a first short answer \(its answer cannot be read\)"):
        load(plan, probe=f"writes: {rubbish}")


def test_an_answer_for_another_number_of_requests_fails_them() -> None:
    assert (
        child._answers(_Short(), HELLO[:2])
        == [{"reason": "The model failed: ValueError: 1 answers to 2 requests", "kind": "failed", "tokens": (0, 0)}] * 2
    )


class _Short:
    id, can = "short", Can()

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [Reply("1")]


def test_a_sentence_in_between_is_no_answer(plan: Plan) -> None:
    model = load(plan, at={"1": 'writes: {"say": "Loading more."}\n'})
    assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']
    assert len(plan.pids) == 1


@posix
@pytest.mark.parametrize("stage", ["loading", "probe", "request"])
def test_an_end_is_seen_although_what_the_process_started_goes_on(plan: Plan, stage: str) -> None:
    """It has the line open too, so that nothing tells of the end; and it holds memory."""
    end = "fork and SIGSEGV"
    if stage == "request":
        assert texts(load(plan, at={"1": end}).reply(HELLO[:1])) == ['{"1": "red"}']
    else:
        with pytest.raises(ModelUnavailable, match="segmentation fault"):
            load(plan, **{stage: end})
    wait_for(lambda: is_gone(plan.left[0]))


@posix
def test_what_a_process_started_ends_with_it(plan: Plan) -> None:
    model = load(plan, loading="fork")
    assert not is_gone(plan.left[0])
    del model
    gc.collect()
    wait_for(lambda: is_gone(plan.left[0]))


def test_half_an_answer_holds_up_no_stop(plan: Plan) -> None:
    model = load(plan, at={"1": "writes: half", "2": "hang"}, batch=2)
    stop = stop_after(0.3, plan, "asked")
    with stopping(stop.is_set), pytest.raises(Cancelled):
        model.reply(HELLO[:2])
    assert is_gone(plan.pids[0])


def test_a_probe_that_fails_stops_nobody(plan: Plan) -> None:
    assert texts(load(plan, probe="KeyError: odd").reply(HELLO[:1])) == ['{"1": "red"}']


def test_other_files_of_the_same_name_are_no_silent_change(plan: Plan) -> None:
    registry_spec = f"llama_cpp:{plan.folder}"
    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        plan.write(at={"1": "SIGSEGV"})
        first = registry.text_model(registry_spec)
        plan.write(at={"1": "SIGSEGV"}, name="-new")
        with pytest.raises(Paused, match="files of “model” have changed"):
            first._backend.reply(HELLO[:1])  # type: ignore[attr-defined]
        assert first.id == "fragile/1"
        assert registry.text_model(registry_spec).id == "fragile-new/1"


# -- stopping


def stop_after(seconds: float, plan: Plan, ready: str) -> threading.Event:
    """An event that is set a moment after the plan's folder holds a file."""
    stop = threading.Event()

    def work() -> None:
        wait_for((plan.folder / ready).exists)
        stop.wait(seconds)
        stop.set()

    threading.Thread(target=work, daemon=True).start()
    return stop


@pytest.mark.parametrize("stage", ["loading", "probe"])
def test_a_stop_while_loading_kills_the_process_at_once(plan: Plan, stage: str) -> None:
    plan.write(**{stage: "hang"})
    stop = stop_after(0.1, plan, "pids")
    with stopping(stop.is_set), pytest.raises(Cancelled):
        WorkerChat(PAINTER, str(plan.folder), silent)
    assert is_gone(plan.pids[-1])


def test_a_stop_while_another_loads_waits_for_nobody(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    plan.write(loading="hang")
    end = threading.Event()

    def load_for_ever() -> None:
        with stopping(end.is_set), pytest.raises(Cancelled):
            registry.text_model(f"llama_cpp:{plan.folder}")

    other = threading.Thread(target=load_for_ever)
    other.start()
    wait_for((plan.folder / "pids").exists)
    with stopping(lambda: True), pytest.raises(Cancelled):
        registry.text_model(f"llama_cpp:{plan.folder}")
    registry.give_back()  # neither does this
    end.set()
    other.join()


def test_a_stop_during_a_request_kills_the_process_and_the_next_gets_a_fresh_one(plan: Plan) -> None:
    model = load(plan, at={"1": "hang"})
    stop = stop_after(0.0, plan, "asked")
    with stopping(stop.is_set), pytest.raises(Cancelled):
        model.reply(HELLO[:1])
    assert is_gone(plan.pids[0])
    assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']


def test_an_answer_that_is_about_to_come_is_kept_at_a_stop(plan: Plan) -> None:
    model = load(plan, at={"1": "wait"})

    def stop() -> bool:
        (plan.folder / "go").touch()
        return True

    with stopping(stop):
        assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']
    assert len(plan.pids) == 1


def test_who_waits_for_a_turn_can_be_stopped_and_the_other_goes_on(plan: Plan) -> None:
    model = load(plan, at={"1": "hang"})
    end, got = threading.Event(), []

    def first() -> None:
        with stopping(end.is_set):
            try:
                model.reply(HELLO[:1])
            except Cancelled as error:
                got.append(error)

    asking = threading.Thread(target=first)
    asking.start()
    wait_for(lambda: bool(plan.asked))
    with stopping(lambda: True), pytest.raises(Cancelled):
        model.reply(HELLO[1:2])
    assert not got
    assert not is_gone(plan.pids[0])
    end.set()
    asking.join()
    assert got


# -- memory, and what is left behind


def test_a_process_lasts_as_long_as_somebody_has_its_model(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    other = Plan(tmp_path / "other")
    other.write(name="-other")
    spec, otherwise = f"llama_cpp:{plan.write()}", f"llama_cpp:{other.folder}"
    held = registry.text_model(spec)
    registry.give_back("builtin", "", "")  # a run still holds it
    assert not is_gone(plan.pids[0])
    registry.text_model(spec)
    assert len(plan.pids) == 1, "the same model"
    del held
    gc.collect()
    registry.give_back("builtin", spec)
    assert not is_gone(plan.pids[0])
    registry.give_back("builtin", "builtin")
    assert is_gone(plan.pids[0])
    registry.text_model(spec)
    registry.text_model(otherwise)
    assert is_gone(plan.pids[1]), "ended before the other was loaded"
    assert not is_gone(other.pids[0])


def test_a_model_whose_process_has_ended_is_loaded_again_where_it_is_seen(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    spec = f"llama_cpp:{plan.write()}"
    first = registry.text_model(spec)
    os.kill(plan.pids[0], signal.SIGKILL)
    wait_for(lambda: is_gone(plan.pids[0]))
    said: list[str] = []
    again = registry.text_model(spec, replace(How(), say=said.append))
    assert again._backend is first._backend  # type: ignore[attr-defined]
    assert said == ["Loading about 0.0 GB."]
    assert len(plan.pids) == 2


def test_ctrl_c_does_not_reach_the_process_even_while_it_starts(plan: Plan, capfd: pytest.CaptureFixture[str]) -> None:
    worker = Worker(PAINTER, plan.write())
    for _ in range(3):  # something to say while it loads, what was loaded, and that it is ready
        os.kill(worker._process.pid or 0, signal.SIGINT)
        assert worker.receive(0.0, dict).keys() <= {"say", "loaded", "ready"}
    worker.end()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not tell what a process has open")
def test_the_process_gets_no_socket_of_the_server(plan: Plan) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        inode = Path(f"/proc/self/fd/{server.fileno()}").readlink()
        model = load(plan)
        opened = [path.readlink() for path in Path(f"/proc/{plan.pids[0]}/fd").iterdir()]
    assert opened
    assert inode not in opened
    assert texts(model.reply(HELLO[:1])) == ['{"1": "red"}']


PROGRAM = """
import sys
sys.path[:0] = [{root!r}, {support!r}]
from core.models.worker.model import WorkerChat
from core.models.chat.backend import Request
if __name__ == "__main__":
    model = WorkerChat("fragile:Fragile", sys.argv[1], lambda _: None)
    model.reply([Request("1. red")])
    print("done", flush=True)
    sys.stdin.read()
"""


FROZEN: list[dict[str, object]] = [{"loading": "freeze"}, {"at": {"1": "freeze"}}] if sys.platform == "linux" else []
FORKED: list[dict[str, object]] = [{"loading": "fork"}, {"at": {"1": "fork and hang"}}] if os.name == "posix" else []


@pytest.mark.parametrize("what", [{"loading": "hang"}, {"at": {"1": "hang"}}, {}, *FROZEN, *FORKED], ids=str)
def test_no_process_outlives_a_server_that_is_killed(plan: Plan, tmp_path: Path, what: dict[str, object]) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(root=str(ROOT), support=str(ROOT / "tests/support")), encoding="utf-8")
    plan.write(**what)
    command = [sys.executable, str(program), str(plan.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        answers = not what or what.get("loading") == "fork"
        wait_for((plan.folder / ("pids" if "loading" in what else "asked")).exists)
        if answers:
            assert server.stdout is not None
            assert server.stdout.readline() == b"done\n"
        elif "fork" in str(what):
            wait_for(lambda: bool(plan.left))
        server.kill()
    wait_for(lambda: all(map(is_gone, plan.pids + plan.left)))


FROZEN_AT_ONCE = """
import ctypes
def make(spec, say):
    ctypes.PyDLL(None).pause()
"""
STARTS = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from core.models.worker.process import Worker
if __name__ == "__main__":
    worker = Worker("frozen_at_once:make", "")
    print(worker._process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not end a process that keeps Python's lock")
def test_no_process_outlives_a_server_that_is_killed_before_it_has_begun(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(STARTS.format(root=str(ROOT), here=str(tmp_path)), encoding="utf-8")
    (tmp_path / "frozen_at_once.py").write_text(FROZEN_AT_ONCE, encoding="utf-8")
    command = [sys.executable, str(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        server.kill()
    wait_for(lambda: is_gone(pid))


def test_what_a_library_prints_goes_where_errors_go(plan: Plan, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(root=str(ROOT), support=str(ROOT / "tests/support")), encoding="utf-8")
    plan.write(prints="a note")
    command = [sys.executable, str(program), str(plan.folder)]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("done\n", "a note\n")
    assert is_gone(plan.pids[0])
