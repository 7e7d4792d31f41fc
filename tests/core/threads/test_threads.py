"""BLAS and OpenMP have one thread wherever Facetry calculates, whoever loosened them before and in whatever thread."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg  # noqa: F401  # brings a BLAS of its own, which must be limited as well
import sklearn.cluster
import sklearn.metrics
from threadpoolctl import ThreadpoolController, threadpool_info

from core import threads
from core.config import Config
from core.domain import Corpus, Description, ImageInput
from core.evaluate import metrics
from core.ingest import decode_pool, near_duplicates
from core.models.builtin import text_model, vision_model
from core.models.builtin.from_pixels import clusters, network
from core.models.embedding.minilm import _load
from core.propagation import propagate, sampling

SEEN: list[int] = []
"""How many threads the pools had each time something was calculated."""


def watch(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Write down the pools' threads whenever `owner.name` is called."""
    inner = getattr(owner, name)

    def watched(*args: Any, **kwargs: Any) -> Any:
        SEEN.extend(pool["num_threads"] for pool in threadpool_info())
        return inner(*args, **kwargs)

    monkeypatch.setattr(owner, name, watched)


@pytest.fixture(autouse=True)
def loosened() -> Iterator[None]:
    SEEN.clear()
    yield
    threads.limit()


def elsewhere(work: Callable[[], object]) -> list[int]:
    """What was seen while a thread of its own worked, in which the pools had two threads before."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            ThreadpoolController().limit(limits=2)
            assert 2 in {pool["num_threads"] for pool in threadpool_info()}
            work()
        except BaseException as error:  # noqa: BLE001  # shown by the test's own thread
            failed.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    if failed:
        raise failed[0]
    return SEEN


def corpus(number: int = 12) -> Corpus:
    said = [f"A {'red' if i % 2 else 'blue'} {'car' if i % 3 else 'boat'} is shown." for i in range(number)]
    return Corpus([f"i{i:02d}" for i in range(number)], [Description(text) for text in said])


@pytest.mark.parametrize("step", ["label", "name", "assign"])
def test_the_built_in_text_model(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = text_model.BuiltinText(), corpus()
    more = {"label": (), "name": (2,), "assign": (model.name(data, "vehicle", 2),)}[step]
    watch(monkeypatch, text_model.text_clusters, f"{step}_texts")
    assert set(elsewhere(lambda: getattr(model, step)(data, "vehicle", *more))) == {1}


def test_groups_from_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = {clusters.COLOURS: np.random.default_rng(0).dirichlet(np.ones(24), 40).astype(np.float32)}
    watch(monkeypatch, sklearn.cluster.KMeans, "fit")
    assert set(elsewhere(lambda: clusters.form("colour", evidence, 3))) == {1}


def test_the_built_in_vision_model(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = sorted(Path("data/demo/images").resolve().glob("*.jpg"))[0]
    watch(monkeypatch, vision_model.network, "look")
    assert set(elsewhere(lambda: vision_model.BuiltinVision().describe([ImageInput(picture)], "colour"))) == {1}


def test_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, sklearn.metrics, "mutual_info_score")
    found = elsewhere(lambda: metrics.score(["a", "b"] * 5, ["c1", "c2"] * 5, {"c1": "a", "c2": "b"}, ()))
    assert set(found) == {1}


def test_propagation(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    places = sampling.place(features)
    parts: dict[tuple[Any, str], Callable[[], object]] = {
        (sampling, "_branches"): lambda: sampling.spread(places, 5),
        (propagate, "_judge"): lambda: propagate.propagate(places, range(10), ["a", "b"] * 5),
        (sampling, "evenly"): lambda: sampling.fit_axes(features),
    }
    for (owner, name), work in parts.items():
        watch(monkeypatch, owner, name)
        SEEN.clear()
        assert set(elsewhere(work)) == {1}, name


def test_near_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, near_duplicates, "_connected")
    assert set(elsewhere(lambda: near_duplicates.near_groups([1, 1, 9], [0, 0, 0], 2))) == {1}


def test_workers_that_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with_one = decode_pool._in_workers(threadpool_info, iter([()]), 1, Config(tmp_path))
    (pools,) = with_one
    assert isinstance(pools, list)
    assert [pool["num_threads"] for pool in pools] == [1] * len(pools)
    assert pools


def test_what_is_loaded_later_has_one_thread_too() -> None:
    code = (
        "import os; [os.environ.pop(name, None) for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS')]\n"
        "from core import threads; threads.limit()\n"
        "import sklearn.cluster, scipy.linalg, threadpoolctl\n"
        "pools = threadpoolctl.threadpool_info(); assert len(pools) > 1, pools\n"
        "assert {pool['num_threads'] for pool in pools} == {1}, pools\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_networks_leave_a_core_to_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for graph in (network.shared_network().features, _load()[1]._graph):
        assert graph._session.get_session_options().intra_op_num_threads == threads.spare()
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert threads.spare() == 7
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3}, raising=False)
    assert threads.spare() == 1
