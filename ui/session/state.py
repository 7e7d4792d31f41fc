"""What all sessions of the server share (one workspace, its jobs) and what one session remembers (what is open)."""

from __future__ import annotations

import gc
import inspect
import threading
import time
from typing import Any

import streamlit as st

from core.config import ROOT
from core.jobs import Jobs
from core.models import registry
from core.workspace import Workspace
from ui import text

_RUN, _DATASET, _TRUTH = "run", "dataset", "truth"
OTHER_RUN = "with"
"""What the run that the open one is compared with is called in the address."""
_NEXT = "go-next"
_gone_on = threading.Event()
_DRAWN_BY_THEN = 1.0
"""Seconds: a library that loads stops all threads at times, and the page that was asked for comes first."""
PAGES = {
    "start": (text.START_PAGE, ":material/home:", text.START_PAGE_HELP),
    "images": (text.IMAGES, ":material/add_photo_alternate:", text.IMAGES_HELP),
    "group": (text.GROUP, ":material/play_circle:", text.GROUP_HELP),
    "names": (text.NAMES, ":material/sell:", text.NAMES_HELP),
    "browse": (text.BROWSE, ":material/photo_library:", text.BROWSE_HELP),
    "evaluate": (text.EVALUATE, ":material/fact_check:", text.EVALUATE_HELP),
    "compare": (text.COMPARE, ":material/compare_arrows:", text.COMPARE_HELP),
    "where": (text.WHERE_PAGE, ":material/image_search:", text.WHERE_HELP),
    "export": (text.EXPORT, ":material/download:", text.EXPORT_HELP),
    "connect": (text.CONNECT, ":material/hub:", text.CONNECT_HELP),
    "bring": (text.BRING_PAGE, ":material/input:", text.BRING_HELP),
}
"""Page name (its file and its address) -> title, icon and tip, in the order of the menu."""
_NOT_IN_MENU = {"bring"}
"""What other pages lead to: a menu of every page there is would hide those that everybody needs."""


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The one workspace of this process. Raises WorkspaceUnavailable; a failure is not cached.

    Whoever opens it is alone with it, so a run that is still marked as running was left by a process that died.
    """
    opened = Workspace()
    opened.store.catalogue.purge()
    opened.store.runs.interrupt_running()
    return opened


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The background jobs of the workspace."""
    return Jobs(workspace())


def warm_up() -> None:
    """Load in the background what the first page is made of and, once somebody goes on from it, the built-in models.

    What the libraries keep in memory by then is no garbage: collections, which stop all threads, leave it out from then
    on.
    """

    def load() -> None:
        from ui import frame  # noqa: F401 - the first page would wait for it
        from ui.start import demo, recent  # noqa: F401

        inspect.stack()  # Streamlit asks so for its caller once, and Python then looks up the file of every module
        _gone_on.wait()
        time.sleep(_DRAWN_BY_THEN)
        from core.models.builtin import text_model, vision_model

        vision_model.warm_up()
        text_model.warm_up()
        registry.vision_model("builtin").sight(text.DEMO_CRITERION)
        gc.collect()
        gc.freeze()

    threading.Thread(target=load, daemon=True, name="facetry-warm-up").start()


def go_on() -> None:
    """Somebody is past the first page. Until then nobody needs the built-in models and the 250 MB that they take."""
    _gone_on.set()


def page(name: str) -> Any:
    """The page of a name (see PAGES) as st.navigation and st.switch_page know it."""
    title, icon, tip = PAGES[name]
    return st.Page(
        ROOT / "pages" / f"{name}.py",
        title=title,
        icon=icon,
        help=tip,
        default=name == "start",
        visibility="hidden" if name in _NOT_IN_MENU else "visible",
    )


def pages() -> list[Any]:
    """All pages in the order of the menu."""
    return [page(name) for name in PAGES if (ROOT / "pages" / f"{name}.py").is_file()]


def keep_open() -> None:
    """Keep what is open in the address of every page (?run=, or before there is a run ?dataset= and ?truth=).

    Streamlit's menu drops query parameters, so the session remembers them.
    """
    params = st.query_params
    if run_id := params.get(_RUN):
        _remember(run_id, "", "")
    elif dataset_id := params.get(_DATASET):
        _remember("", dataset_id, params.get(_TRUTH, ""))
    else:
        for key, value in _address().items():
            params[key] = value


def open_run_id() -> str:
    """The id of the open run, or ""."""
    return str(st.session_state.get("open_run", ""))


def open_images() -> tuple[str, str]:
    """The id of the dataset that was chosen while no run is open, and what to compare with; ("", "") for none."""
    return str(st.session_state.get("open_dataset", "")), str(st.session_state.get("open_truth", ""))


def go_to(name: str, run_id: str = "", **params: str | list[str]) -> None:
    """Open a page on a run (what is open by default)."""
    if run_id:
        _remember(run_id, "", "")
    st.switch_page(page(name), query_params={**_address(), **params})


def go_next(name: str, **params: str) -> None:
    """As `go_to`, for callbacks, which cannot change the page themselves: it is done when the page is drawn again."""
    st.session_state[_NEXT] = (name, params)


def follow() -> None:
    """Go where a callback said."""
    name, params = st.session_state.pop(_NEXT, ("", {}))
    if name:
        go_to(name, **params)


def choose_images(dataset_id: str, truth: str = "", **params: str) -> None:
    """From now on this dataset is at hand, and no run is open. params: what else the address should hold."""
    _remember("", dataset_id, truth)
    st.query_params.from_dict({**_address(), **params})


def close_run() -> None:
    """Forget what is open."""
    _remember("", "", "")
    st.query_params.clear()


def _remember(run_id: str, dataset_id: str, truth: str) -> None:
    st.session_state["open_run"], st.session_state["open_dataset"] = run_id, dataset_id
    st.session_state["open_truth"] = truth


def _address() -> dict[str, str]:
    """What is open, as query parameters."""
    dataset_id, truth = open_images()
    known = {_RUN: open_run_id(), _DATASET: dataset_id, _TRUTH: truth}
    return {key: value for key, value in known.items() if value}
