"""The parts of the Export page: which groups to take away, and a card for each form in which they can be had."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.export import downloads
from core.export.figures import NEED_LABELS
from core.results.run_view import View
from core.results.selection import PARAMETERS, Only
from core.store.runs import RunRow
from ui import text
from ui.browse.overview import REST as REST_NAMES
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.language import digits, tr
from ui.routes.downloads import WORKSPACE, address
from ui.session import state

_FOLDERS_SHOWN = 12


def choose_part(view: View) -> Only:
    """Let the person choose groups and a text; the address keeps them, and what else Browse narrowed the images by
    (?group=c1&group=c2&text=boat&sure=0-60)."""
    sizes = view.sizes() + view.states()
    names = {cluster.id: cluster.name for cluster in view.edited.clusters}
    names |= {key: title for key, (title, *_) in tr(REST_NAMES).items() if sizes[key]}
    asked = [group for group in st.query_params.get_all("group") if group in names]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        groups = st.multiselect(
            text.EXPORT_GROUPS,
            list(names),
            default=asked,
            format_func=lambda key: f"{names[key]} ({digits(sizes[key])})",
            placeholder=text.EXPORT_ALL_GROUPS,
            key="export-groups",
        )
        words = st.text_input(
            text.EXPORT_TEXT,
            value=st.query_params.get("text", ""),
            placeholder=text.EXPORT_TEXT_HINT,
            key="export-text",
        )
    came = Only.read({key: st.query_params.get_all(key) for key in PARAMETERS})
    only = replace(came, groups=tuple(groups), text=words.strip())
    for key in PARAMETERS:
        st.query_params[key] = only.parameters.get(key, [])
    if only:
        said = replace(only, groups=(), text="").said(view.edited.clusters)
        with st.container(horizontal=True, vertical_alignment="center"):
            part = text.export_part(view.count(only.query), view.count())
            st.info(f"{part} {safe_md(said, 300)}", icon=":material/filter_alt:")
            if said and st.button(text.CLEAR_FILTERS, icon=":material/filter_alt_off:", key="clear-filters"):
                st.query_params.from_dict({"run": view.run.id, "group": groups})
                st.rerun()
    return only


def report_card(run: RunRow, only: Only) -> None:
    """One page to send to somebody."""
    with st.container(border=True, height="stretch"):
        st.header(text.EXPORT_REPORT, icon=":material/article:", anchor=False)
        st.markdown(text.EXPORT_REPORT_NOTE)
        st.space("stretch")
        _get(text.EXPORT_REPORT_GET, address(run.id, "report.html", only), "html")


def figures_card(run: RunRow, view: View) -> None:
    """The figures of the report, each as a picture to put elsewhere."""
    has_labels = bool(view.confusion().classes)
    with st.container(border=True, height="stretch"):
        st.header(text.EXPORT_FIGURES, icon=":material/bar_chart:", anchor=False)
        st.markdown(text.EXPORT_FIGURES_NOTE if has_labels else text.EXPORT_FIGURES_NO_LABELS)
        st.space("stretch")
        for name, title in text.EXPORT_FIGURE.items():
            if has_labels or name not in NEED_LABELS:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(title, width="stretch")
                    for form in ("png", "svg"):
                        st.link_button(form.upper(), address(run.id, f"{name}.{form}"), key=f"{name}-{form}")


def table_card(run: RunRow, only: Only) -> None:
    """A table for people."""
    with st.container(border=True, height="stretch"):
        st.header(text.EXPORT_TABLE, icon=":material/table:", anchor=False)
        st.markdown(text.EXPORT_TABLE_NOTE)
        st.space("stretch")
        _get(text.EXPORT_TABLE_GET, address(run.id, "table.csv", only), "csv")


def folders_card(run: RunRow, only: Only) -> None:
    """The images themselves, and which folders there will be."""
    with st.container(border=True, height="stretch"), guarded():
        st.header(text.EXPORT_FOLDERS, icon=":material/folder_zip:", anchor=False)
        about = downloads.about_folders(state.workspace(), run.id, only)
        if not about.pictures:
            st.markdown(text.EXPORT_RECORDS)
            return
        st.markdown(text.folders_note(about.files, about.originals))
        listed = [f"{safe_md(name, 60)} ({digits(count)})" for name, count in about.folders[:_FOLDERS_SHOWN]]
        if len(about.folders) > _FOLDERS_SHOWN:
            listed.append(text.and_more(len(about.folders) - _FOLDERS_SHOWN))
        st.caption(f"{text.EXPORT_PREVIEW}: {' · '.join(listed)}")
        st.space("stretch")
        _get(text.EXPORT_FOLDERS_GET, address(run.id, "folders.zip", only), "zip")


def programs_card(run: RunRow, only: Only) -> None:
    """The table again, for programs."""
    with st.container(border=True, height="stretch"):
        st.header(text.EXPORT_PROGRAMS, icon=":material/data_object:", anchor=False)
        st.markdown(text.EXPORT_PROGRAMS_NOTE)
        st.space("stretch")
        with st.container(horizontal=True):
            _get(text.EXPORT_JSONL_GET, address(run.id, "table.jsonl", only), "jsonl")
            _get(text.EXPORT_PARQUET_GET, address(run.id, "table.parquet", only), "parquet")


def workspace_card() -> None:
    """All runs and decisions, for another machine."""
    with st.container(border=True, height="stretch"):
        st.header(text.PACK, icon=":material/inventory_2:", anchor=False)
        st.markdown(text.PACK_NOTE)
        st.code(text.PACK_LINE, language=None)
        st.space("stretch")
        st.link_button(text.PACK_GET, WORKSPACE, icon=":material/download:", key="workspace")


def _get(label: str, place: str, key: str) -> None:
    st.link_button(label, place, type="primary", icon=":material/download:", key=key)
