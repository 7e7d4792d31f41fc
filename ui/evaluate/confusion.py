"""How the groups match a person's labels: one plain sentence, the field's scores, a confusion matrix, a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ingest.ground_truth import ALIKE
from core.results.run_view import Query, View
from core.store.runs import RunRow
from ui import text
from ui.browse.overview import UNASSIGNED
from ui.components.gallery import Tile, wall
from ui.components.notices import act
from ui.components.safe import plain, safe_md
from ui.images.truth_form import choose_truth, differing, told
from ui.images.truth_form import summary as summary_of_labels
from ui.session import run_data, state

if TYPE_CHECKING:
    import pandas as pd

_MOST = 40
_FIELD = 30  # pixels a row
_SHOWN = 60
_NUMBERS_FIT = _ROWS_FIT = 20
_DATA = "fields"


def summary(found: Mapping[str, Any], total: int) -> None:
    """The plain sentence and the scores. found: see core.evaluate.metrics.score; total: all images of the run."""
    st.header(text.matches(found), icon=":material/fact_check:", anchor=False)
    notes = [text.kinds_and_groups(found["k_true"], found["k_found"])]
    if found["n"] < total:
        notes.append(text.labelled_some(found["n"], total))
    st.caption(" ".join(notes))
    with st.grid(4, min_column_width=150, gap="small"):
        for key, title, tip in (
            ("acc", text.ACC, text.ACC_HELP),
            ("nmi", text.NMI, text.NMI_HELP),
            ("ari", text.ARI, text.ARI_HELP),
            ("name_acc", text.NAME_ACC, text.NAME_ACC_HELP),
        ):
            value = found.get(key)
            st.metric(title, "–" if value is None else f"{value:.3f}", help=tip, border=True)


def matrix(run: RunRow, view: View, per_class: Mapping[str, Mapping[str, Any]]) -> None:
    """The confusion matrix; a click on a field shows its images, each of which opens large."""
    st.header(text.CONFUSION, anchor=False)
    labels, groups, fields = _fields(view, per_class)
    cut = text.CONFUSION_CUT.format(count=_MOST) if len(labels) == _MOST or len(groups) == _MOST else ""
    st.caption(f"{text.CONFUSION_NOTE} {cut}")
    chart = _chart(tuple(labels), tuple(groups), st.context.theme.type == "dark")
    event = st.vega_lite_chart(
        spec={**deepcopy(chart), "datasets": {_DATA: fields}},
        key=f"confusion-{run.id}",
        on_select="rerun",
        selection_mode="field",
        alt=text.CONFUSION,
    )
    chosen = event.get("selection", {}).get("field") or []
    if chosen:
        _images(run, view, str(chosen[0]["label"]), str(chosen[0]["key"]))


@lru_cache(maxsize=64)
def _chart(labels: Sequence[str], groups: Sequence[str], dark: bool) -> dict[str, Any]:
    """The matrix without its numbers, as Vega-Lite has it, in this order of rows and columns.

    Building and checking it takes longer than the rest of the page, and all sessions show the same.
    """
    from core.libraries.altair import alt

    picked = alt.selection_point("field", fields=["label", "key"], toggle=False)
    base = alt.Chart(alt.NamedData(_DATA)).encode(
        x=alt.X(
            "group:N",
            sort=list(groups),
            title=text.CONFUSION_GROUP,
            axis=alt.Axis(labelAngle=-40, labelLimit=170, labelOverlap=False),
        ),
        y=alt.Y(
            "label:N",
            sort=list(labels),
            title=text.CONFUSION_LABEL,
            axis=alt.Axis(labelLimit=200, labelOverlap=False, labelFlush=False),
        ),
    )
    ramp = ["#1f2524", "#2dd4bf"] if dark else ["#f1f5f4", "#0f766e"]
    boxes = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=ramp), legend=None),
        stroke=alt.condition(picked, alt.value("#f97316"), alt.value(None), empty=False),
        strokeWidth=alt.value(2),
        tooltip=[  # here only: with one, the numbers would take the clicks that are meant for the fields
            alt.Tooltip("label:N", title=text.CONFUSION_LABEL),
            alt.Tooltip("group:N", title=text.CONFUSION_GROUP),
            alt.Tooltip("images:Q", title=text.CONFUSION_IMAGES),
            alt.Tooltip("share:Q", title=text.CONFUSION_SHARE, format=".0%"),
        ],
    )
    chart = boxes.add_params(picked)
    if len(groups) <= _NUMBERS_FIT:
        light, strong = ("#e8ecea", "#0b1211") if dark else ("#1c2321", "#ffffff")
        numbers = base.mark_text(fontSize=12).transform_filter("datum.images > 0")
        ink = alt.condition("datum.share > 0.5", alt.value(strong), alt.value(light))
        chart = chart + numbers.encode(text="images:Q", color=ink)
    spec: dict[str, Any] = chart.properties(height=alt.Step(_FIELD)).to_dict()
    del spec["config"]  # Altair's own size; Streamlit gives the chart that of the page
    return spec


def _fields(view: View, per_class: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[str], pd.DataFrame]:
    """Labels and group names in the order shown (a label's own group on the diagonal), and one line a field.

    Group names differ from each other, whatever their case; "No group" comes last and is told apart by its empty key.
    """
    import pandas as pd

    table = view.confusion()
    sizes = dict(zip(table.classes, table.counts.sum(axis=1).tolist(), strict=True))
    counts = {
        (label, cluster or ""): int(table.counts[row, column])
        for row, label in enumerate(table.classes)
        for column, cluster in enumerate(table.clusters)
    }
    labels = [label for label, _ in Counter(sizes).most_common(_MOST)]
    held = Counter(dict(zip(table.clusters, table.counts.sum(axis=0).tolist(), strict=True)))
    names = {cluster.id: cluster.name for cluster in view.edited.clusters if held[cluster.id]}
    order = _column_order(held, names, [per_class[label]["cluster"] for label in labels])
    shown = _column_names({key: plain(names[key], 60) if key else text.NO_GROUP for key in order})
    lines = [
        (label, shown[key], key, counts[label, key], counts[label, key] / sizes[label])
        for label in labels
        for key in order
    ]
    frame = pd.DataFrame(lines, columns=["label", "group", "key", "images", "share"])
    return labels, [shown[key] for key in order], frame


def _column_order(held: Counter[str | None], names: Mapping[str, str], own: Sequence[str | None]) -> list[str]:
    """Cluster ids in the order shown: the labels' own groups, then the largest; "" for images without a group.

    held: cluster id -> how many images with a label it holds. own: the name of each label's own group, if it has one.
    """
    ids = {name: key for key, name in names.items()}
    first = [ids[name] for name in own if name in ids]
    rest = [key for key, _ in held.most_common() if key and key not in first]
    return [*first, *rest][:_MOST] + ([""] if held[None] else [])


def _column_names(shown: Mapping[str, str]) -> dict[str, str]:
    """Cluster id -> its name, numbered where several are the same: a chart puts what is called the same into one
    column."""
    numbered = dict(shown)
    for name, same in Counter(shown.values()).items():
        if same > 1:
            alike = [key for key in shown if shown[key] == name]
            numbered |= {key: f"{name} ({place})" for place, key in enumerate(alike, start=1)}
    return numbered


def _images(run: RunRow, view: View, label: str, key: str) -> None:
    """The images of one field of the matrix."""
    query = Query(truth=label, cluster_id=key)
    number, inside = view.count(query), view.rows(query, _SHOWN)
    if not inside:
        return
    first = inside[0]
    group = first.cluster.name if first.cluster else text.NO_GROUP
    st.markdown(f"**{safe_md(text.in_field(number, label, group), 160)}**")
    pictures = run_data.has_pictures(run)
    where = {row.item_id: key or row.state for row in inside}
    wall(
        [Tile(row.item_id, row.description or row.name, "", pictures) for row in inside],
        group,
        key=f"field-{run.id}",
        size=110,
        on_open=lambda item: state.go_next("browse", group=where.get(item, UNASSIGNED), image=item),
    )
    if number > _SHOWN:
        st.caption(text.first_shown(_SHOWN))


def per_label(per_class: Mapping[str, Mapping[str, Any]]) -> None:
    """One line a label: how many images, which group is its own, how much of it was found and is correct."""
    st.header(text.PER_CLASS, anchor=False)
    order = sorted(per_class, key=lambda label: (-per_class[label]["n"], label))
    columns: dict[str, list[Any]] = {
        text.CONFUSION_LABEL: order,
        text.CONFUSION_IMAGES: [per_class[label]["n"] for label in order],
        text.PER_CLASS_GROUP: [per_class[label]["cluster"] or "–" for label in order],
        text.RECALL: [100 * per_class[label]["recall"] for label in order],
        text.PRECISION: [100 * per_class[label]["precision"] for label in order],
        "F1": [per_class[label]["f1"] for label in order],
    }
    bar = st.column_config.ProgressColumn
    st.dataframe(
        columns,
        hide_index=True,
        alt=text.PER_CLASS,
        height="content" if len(order) <= _ROWS_FIT else 720,
        column_config={
            text.PER_CLASS_GROUP: st.column_config.TextColumn(help=text.PER_CLASS_GROUP_HELP),
            text.RECALL: bar(help=text.RECALL_HELP, format="%.0f %%", min_value=0, max_value=100),
            text.PRECISION: bar(help=text.PRECISION_HELP, format="%.0f %%", min_value=0, max_value=100),
            "F1": st.column_config.NumberColumn(help=text.F1_HELP, format="%.3f"),
        },
    )


def differing_labels(run: RunRow) -> None:
    """Images with two labels, and labels that may mean one, of those that the run is compared with."""
    given, truth = run_data.dataset(run), run.settings.truth
    if given is None or not truth:
        return
    alike = differing(given, truth)
    if truth.startswith(ALIKE):
        words, other = text.ALIKE_UNDO, truth.removeprefix(ALIKE)
    elif alike:
        words, other = text.ALIKE.format(labels=alike), f"{ALIKE}{truth}"
    else:
        return
    st.button(
        safe_md(words, 200),
        icon=":material/join_inner:",
        key="alike",
        help=text.ALIKE_HELP,
        on_click=act,
        args=(run_data.compare_with, run.id, other),
    )


def ask_for_labels(run: RunRow) -> None:
    """Where labels can stand, and a form that takes them; the run is scored against them at once."""
    given = run_data.dataset(run)
    if given is None:
        return
    with told():
        truth = choose_truth(given, run.settings.truth, none=False)
        kind = (truth or "").removeprefix(ALIKE)
        kind = kind if kind in text.LABELS_FROM_NOTE else "table"
        st.caption(text.LABELS_FROM_NOTE[str(kind)])
        fits = st.container()
        st.button(
            text.LABELS_USE,
            type="primary",
            icon=":material/fact_check:",
            key="compare",
            disabled=not truth,
            on_click=act,
            args=(run_data.compare_with, run.id, truth),
        )
        if truth:
            with fits, told():
                summary_of_labels(given, truth)
