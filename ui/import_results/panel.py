"""Results made elsewhere: choose them, see how they fit the images, bring them in and watch."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.domain import DatasetRow
from core.errors import BadInput, FacetryError
from core.ingest import result_files, source
from core.ingest.sources.source_file import check_allowed
from core.jobs import Bringing
from core.models.supplied.imported import KIND
from core.pipeline import import_results
from core.store.runs import RunRow
from core.typed_path import typed_path
from ui import text
from ui.components.notices import guarded
from ui.components.safe import plain, safe_md
from ui.images.choose import files_in
from ui.images.written_in import written_in
from ui.session import follow_run, run_data, state

_MOST_MB = 200
_LOOKED_AT = 10 * 1024**2
"""Bytes of results that are read for a preview: some 300,000 short rows, a few seconds once."""
_NAMES, _SEARCHED, _FIT = 8, 60, 10
_NONE, _FOLDER = "none", "folder"
_CHOSEN = "bring-chosen"


def form() -> None:
    """Choose results and images, see what that gives, start. Raises FacetryError."""
    chosen = _results()
    if chosen is None:
        return
    path, called = _read_as(*chosen)
    known = _datasets()
    images = _images(known)
    if images is None:
        return
    fits = _preview(path, called, images if isinstance(images, DatasetRow) else None)
    name = st.text_input(
        text.BRING_NAME, placeholder=Path(called).stem, key=f"bring-name-{path}", help=text.BRING_NAME_HELP,
        icon=":material/category:",
    )  # fmt: skip
    start = st.button(text.BRING_START, type="primary", icon=":material/input:", key="bring-start", disabled=not fits)
    if start:
        key = state.jobs().bring(path, images, name=name or "", called=called)
        state.go_to("bring", bring=key)


def at_work(bringing: Bringing) -> None:
    """Progress until there is a run, which is shown from then on."""
    st.fragment(_live, run_every=0.5)(bringing)


def _live(bringing: Bringing) -> None:
    with guarded():
        if bringing.run_id or not bringing.alive:
            st.rerun()
        now = bringing.progress
        line = text.doing("ingest", now.done, now.total, now.rate, now.seconds_left) if now else text.BRING_READING
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(1.0, now.done / now.total) if now and now.total else 0.0, text=line, width="stretch")
            st.button(text.STOP, icon=":material/stop_circle:", key="stop-bring", on_click=bringing.cancel.set)


def ended(bringing: Bringing) -> None:
    """Lead on to the run, or say why there is none."""
    if bringing.run_id:
        st.session_state.pop(_CHOSEN, None)
        follow_run.follow(bringing.run_id)
    if bringing.cancel.is_set():
        st.info(text.BRING_STOPPED, icon=":material/pause_circle:")
    elif bringing.error:
        raise BadInput(bringing.error)


def left_out(run: RunRow) -> None:
    """The rows of what was brought in that are not in the run; nothing for other runs."""
    if run.settings.text != KIND:
        return
    number, first = import_results.rows_left_out(state.workspace().store, run.id)
    if not number:
        return
    with st.expander(text.rows_left_out(number), icon=":material/playlist_remove:"):
        st.dataframe(
            {text.LEFT_OUT_IMAGE: [name for name, _ in first], text.REASON: [reason for _, reason in first]},
            hide_index=True,
            column_config={text.REASON: {"width": "large"}},
            height="content" if len(first) <= _FIT else 400,
            alt=text.rows_left_out(number),
        )
        if number > len(first):
            st.caption(text.first_shown(len(first)))


def _results() -> tuple[Path, str] | None:
    """Where the results lie and what they are called; None until they are given. Raises BadInput."""
    kept: tuple[str, str] | None = st.session_state.get(_CHOSEN)
    if kept:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":primary[:material/table_rows:] **{safe_md(kept[1], 80)}**", width="content")
            st.button(
                text.BRING_OTHER, type="tertiary", icon=":material/close:", key="bring-other",
                on_click=st.session_state.pop, args=(_CHOSEN,),
            )  # fmt: skip
        if not Path(kept[0]).exists():
            raise BadInput(text.BRING_GONE)
        return Path(kept[0]), kept[1]
    dropped = st.file_uploader(
        text.BRING_DROP,
        type=[suffix.lstrip(".") for suffix in result_files.SUFFIXES],
        accept_multiple_files=True,
        max_upload_size=_MOST_MB,
        help=text.BRING_DROP_HELP,
        key="bring-drop",
    )
    typed = st.text_input(text.BRING_PATH, key="bring-path", placeholder=text.BRING_PATH_HINT, icon=":material/folder:")
    config = state.workspace().config
    if dropped:
        path, called = result_files.keep(config, [(file.name, file.getvalue()) for file in dropped])
    elif typed and typed.strip():
        path = typed_path(typed.strip())
        check_allowed(path.resolve(), config)
        called = path.name
        if not path.exists():
            raise BadInput(text.BRING_NOWHERE.format(path=path))
    else:
        return None
    st.session_state[_CHOSEN] = (str(path.resolve()), called)
    return st.rerun()


def _read_as(path: Path, called: str) -> tuple[Path, str]:
    """The results, in the encoding that the person chose where that is in doubt. Raises BadInput."""
    if _size(path) > _LOOKED_AT:
        return path, called
    encoding = written_in(path, key="bring")
    return result_files.keep_read_as(state.workspace().config, path, encoding, called) if encoding else (path, called)


def _datasets() -> list[DatasetRow]:
    """Images of this workspace that results may belong to: those at hand first, then those of recent runs."""
    store = state.workspace().store
    ids = [run_data.images_at_hand()[0], *(run.settings.dataset_id for run in store.runs.recent(_SEARCHED))]
    found = [store.datasets.get(key) for key in dict.fromkeys(ids) if key]
    return [
        dataset for dataset in found
        if dataset and dataset.source.has_images and not run_data.sampled(dataset)
        and source.is_complete(dataset) and dataset.counts.get("ready")
    ]  # fmt: skip


def _images(known: list[DatasetRow]) -> str | DatasetRow | None:
    """The images, "" for none; None while a folder is still to be named. Raises BadInput."""
    by_id = {dataset.id: dataset for dataset in known}
    words = {
        dataset.id: f"{run_data.images_name(dataset)} ({text.images(dataset.counts['ready'])})" for dataset in known
    }
    words |= {_FOLDER: text.BRING_FOLDER, _NONE: text.BRING_NO_IMAGES}
    at_hand = run_data.images_at_hand()[0]
    chosen = st.selectbox(
        text.BRING_IMAGES,
        list(words),
        index=list(words).index(at_hand if at_hand in by_id else _NONE),
        format_func=lambda dataset_id: plain(words[dataset_id], 80),
        key="bring-images",
        help=text.BRING_IMAGES_HELP,
    )
    if chosen != _FOLDER:
        return by_id.get(str(chosen), "")
    folder = st.text_input(text.FOLDER, key="bring-folder", placeholder=text.FOLDER_HINT, icon=":material/folder:")
    wanted = (folder or "").strip()
    if not wanted:
        return None
    st.caption(f":green[:material/check:] {files_in(wanted)}")
    look = state.jobs().look_at(source.find(wanted, "", state.workspace().config).dataset_id)
    if look and look.alive:
        raise BadInput(text.STILL_OPENING)
    return wanted


def _preview(path: Path, called: str, images: DatasetRow | None) -> bool:
    """What it would give, in a few lines; returns whether it can be done."""
    if _size(path) > _LOOKED_AT:
        st.caption(text.BRING_LARGE)
        return True
    try:
        with st.spinner(text.BRING_READING):
            counts = str(sorted(images.counts.items())) if images else ""
            seen = _look(str(path), called, _stamp(path), images.id if images else "", counts)
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
        return False
    names = ", ".join(safe_md(name, 40) for name in seen.groups[:_NAMES])
    more = " …" if len(seen.groups) > _NAMES else ""
    good = bool(seen.answered)
    mark = ":green[:material/check:]" if good else ":red[:material/error:]"
    st.caption(f"{mark} {text.bring_holds(seen.rows, len(seen.groups))} {names}{more}")
    lines = [seen.note] if seen.note else []
    lines.append(text.bring_answers(seen.answered, seen.images))
    if seen.truth:
        lines.append(text.bring_truth(seen.truth))
    if seen.left_out:
        name, reason = seen.left_out[0]
        lines.append(text.rows_to_leave_out(len(seen.left_out), plain(f"{name}: {reason}", 120)))
    elif seen.unreadable:
        lines.append(text.lines_unread(seen.unreadable))
    st.caption(safe_md(" ".join(lines)))
    return good


@st.cache_data(max_entries=8, show_spinner=False)
def _look(path: str, called: str, stamp: str, dataset_id: str, counts: str) -> import_results.Preview:
    """Remembered while neither the files nor the images change. Raises BadInput."""
    return import_results.preview(import_results.read(Path(path), called), state.workspace().store, dataset_id)


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*")) if path.is_dir() else [path]


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path) if file.is_file())


def _stamp(path: Path) -> str:
    return repr([(file.name, file.stat().st_mtime_ns) for file in _files(path)])
