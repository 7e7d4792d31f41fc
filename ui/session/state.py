"""What all sessions of the server share (one workspace, its jobs) and what one session remembers (what is open)."""

from __future__ import annotations

import gc
import hashlib
import inspect
import threading
import time
from typing import Any, NamedTuple

import streamlit as st

from core.config import ROOT
from core.jobs import Jobs
from core.models import registry
from core.workspace import Workspace
from ui import text
from ui.language import tr
from ui.texts import baseline, common, compare, import_results, outliers, place_image
from ui.texts import map as map_texts

_RUN, _DATASET, _TRUTH = "run", "dataset", "truth"
OTHER_RUN = "with"
"""What the run that the open one is compared with is called in the address."""
_NEXT = "go-next"
_HERE, _ENTRY = "page-here", "page-of-"
_LABELS = "labels-"
_gone_on = threading.Event()
_DRAWN_BY_THEN = 1.0
"""Seconds: a library that loads stops all threads at times, and the page that was asked for comes first."""


class Place(NamedTuple):
    """Where a page stands: its section in the menu ("": none; the logo leads to Start), its title and its tip.

    aside: a visit for one thing; whoever comes back to the section later wants another page of it.
    """

    section: str
    title: str
    tip: str
    aside: bool = False


SECTIONS = {
    common.SECTION_IMAGES: ":material/add_photo_alternate:",
    common.SECTION_GROUP: ":material/play_circle:",
    common.SECTION_GROUPS: ":material/photo_library:",
    common.SECTION_CHECK: ":material/rule:",
    common.SECTION_EVALUATE: ":material/fact_check:",
    common.SECTION_SHARE: ":material/ios_share:",
    common.SECTION_MODELS: ":material/hub:",
}
"""The entries of the menu, each with its icon; at most seven."""
PAGES = {
    "start": Place("", common.START_PAGE, common.START_PAGE_HELP),
    "images": Place(common.SECTION_IMAGES, common.IMAGES, common.IMAGES_HELP),
    "outliers": Place(common.SECTION_IMAGES, outliers.ODD, outliers.ODD_HELP),
    "bring": Place(common.SECTION_IMAGES, import_results.BRING_PAGE, import_results.BRING_HELP, aside=True),
    "group": Place(common.SECTION_GROUP, common.BY_WORDS, common.GROUP_HELP),
    "baseline": Place(common.SECTION_GROUP, baseline.BASELINE, baseline.BASELINE_HELP, aside=True),
    "names": Place(common.SECTION_GROUPS, common.NAMES, common.NAMES_HELP),
    "browse": Place(common.SECTION_GROUPS, common.BROWSE, common.BROWSE_HELP),
    "map": Place(common.SECTION_GROUPS, map_texts.MAP, map_texts.MAP_HELP),
    "where": Place(common.SECTION_GROUPS, place_image.WHERE_PAGE, place_image.WHERE_HELP, aside=True),
    "check": Place(common.SECTION_CHECK, common.CHECK_PAGE, common.CHECK_HELP),
    "evaluate": Place(common.SECTION_EVALUATE, common.EVALUATE, common.EVALUATE_HELP),
    "labels": Place(common.SECTION_EVALUATE, common.LABELS_PAGE, common.LABELS_HELP, aside=True),
    "compare": Place(common.SECTION_EVALUATE, compare.COMPARE, compare.COMPARE_HELP, aside=True),
    "export": Place(common.SECTION_SHARE, common.EXPORT, common.EXPORT_HELP),
    "connect": Place(common.SECTION_MODELS, common.CONNECT, common.CONNECT_HELP),
}
"""Page name (its file and its address) -> its place.

Titles and tips are kept in English and translated when they are shown. A section's entry in the menu leads to the page
of it that was seen last, at first to its first. The others are one click away, in the head of each
(`ui/components/head.py`).
"""


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
    """The page of a name (see PAGES) as st.navigation, st.page_link and st.switch_page know it."""
    place = PAGES[name]
    return st.Page(
        ROOT / "pages" / f"{name}.py",
        title=tr(place.section or place.title),  # what the menu calls it
        icon=SECTIONS.get(place.section),
        help=tr(place.tip),
        default=name == "start",
        visibility="visible" if place.section and name == _entry(place.section) else "hidden",
    )


def pages() -> list[Any]:
    """All pages, those that the menu shows in its order."""
    return [page(name) for name in PAGES if _exists(name)]


def come_to(name: str) -> bool:
    """This page is shown now. Returns whether the menu must be drawn anew, since it led to another of its section."""
    section, before = PAGES[name].section, PAGES[here()]
    moved = bool(section) and _entry(section) != name
    if section:
        st.session_state[_ENTRY + section] = name
    if before.aside and before.section != section:
        moved = bool(st.session_state.pop(_ENTRY + before.section, "")) or moved
    st.session_state[_HERE] = name
    return moved


def here() -> str:
    """The name of the page that is shown."""
    return str(st.session_state.get(_HERE, "start"))


def siblings() -> list[str]:
    """The names of the pages of the section that is shown, in order."""
    section = PAGES[here()].section
    return [name for name, place in PAGES.items() if section and place.section == section and _exists(name)]


def _entry(section: str) -> str:
    """The page of a section that its entry in the menu leads to."""
    first = next(name for name, place in PAGES.items() if place.section == section)
    return str(st.session_state.get(_ENTRY + section, first))


def _exists(name: str) -> bool:
    return (ROOT / "pages" / f"{name}.py").is_file()


def keep_open() -> None:
    """Keep what is open in the address of every page (?run=, or before there is a run ?dataset= and ?truth=).

    Streamlit's menu drops query parameters, so the session remembers them.
    """
    params = st.query_params
    if run_id := params.get(_RUN):
        _remember(run_id, "", "")
    elif dataset_id := params.get(_DATASET):
        truth = _meant(params.get(_TRUTH, ""))
        _remember("", dataset_id, truth)
        if params.get(_TRUTH, "") not in ("", _short(truth)):
            params[_TRUTH] = _short(truth)
    else:
        for key, value in address().items():
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
    if section := PAGES[name].section:
        st.session_state[_ENTRY + section] = name  # so that the menu need not be drawn twice
    st.switch_page(page(name), query_params={**address(), **params})


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
    st.query_params.from_dict({**address(), **params})


def close_run() -> None:
    """Forget what is open."""
    _remember("", "", "")
    st.query_params.clear()


def _remember(run_id: str, dataset_id: str, truth: str) -> None:
    st.session_state["open_run"], st.session_state["open_dataset"] = run_id, dataset_id
    st.session_state["open_truth"] = truth


def address() -> dict[str, str]:
    """What is open, as query parameters."""
    dataset_id, truth = open_images()
    known = {_RUN: open_run_id(), _DATASET: dataset_id, _TRUTH: _short(truth)}
    return {key: value for key, value in known.items() if value}


def _short(truth: str) -> str:
    """What stands in the address for labels: where a table lies on this computer is nobody's business."""
    if "/" not in truth and "\\" not in truth:
        return truth
    key = _LABELS + hashlib.sha256(truth.encode()).hexdigest()[:12]
    preferences = workspace().store.preferences
    if preferences.get(key) != truth:
        preferences.set(key, truth)
    return key


def _meant(truth: str) -> str:
    """The labels that an address means; older ones say them in full."""
    return workspace().store.preferences.get(truth) if truth.startswith(_LABELS) else truth
