"""How the groups match a person's labels: one plain sentence, the field's scores, a confusion matrix, a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.ingest.ground_truth import ALIKE
from core.results.labels_about import other_column
from core.results.run_view import Query, View
from core.results.selection import Only
from core.store.runs import RunRow
from ui import text
from ui.browse.address import Place
from ui.components.heat_map import MOST, Axis, heat_map
from ui.components.image_pages import image_pages
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.images.truth_form import choose_truth, differing, told
from ui.images.truth_form import summary as summary_of_labels
from ui.language import digits
from ui.session import run_data, state

_ROWS_FIT = 20


def summary(run: RunRow, found: Mapping[str, Any], total: int) -> None:
    """The plain sentence and the scores. found: see core.evaluate.metrics.score; total: all images of the run."""
    column, criterion = other_column(run.settings.truth, run.settings.criterion), run.settings.criterion
    st.header(text.matches(found, safe_md(column, 60)), icon=":material/fact_check:", anchor=False)
    notes = [text.kinds_and_groups(found["k_true"], found["k_found"])]
    if found["n"] < total:
        notes.append(text.labelled_some(found["n"], total))
    if column:
        notes.append(safe_md(text.other_labels(column, criterion), 300))
    if worst := found["confused"]:
        st.markdown(safe_md(text.confused(worst["n"], worst["of"], worst["label"], worst["group"]), 300))
    if found["matched_by_hand"]:
        notes.append(text.MATCHED_BY_HAND)
    st.caption(" ".join(notes))
    intervals = found["intervals"] or {}
    with st.grid(4, min_column_width=150, gap="small"):
        for key, title, tip in (
            ("acc", text.ACC, text.ACC_HELP),
            ("nmi", text.NMI, text.NMI_HELP),
            ("ari", text.ARI, text.ARI_HELP),
            ("name_acc", text.NAME_ACC, text.NAME_ACC_HELP),
        ):
            value = found.get(key)
            between = intervals.get(key)
            st.metric(
                title,
                "–" if value is None else digits(value, ".3f"),
                text.between(*between) if between else None,
                "off",
                delta_arrow="off",
                help=tip,
                border=True,
            )
    st.caption(text.covered(found["n_assigned"], found["n"]))


def choose_labels(view: View) -> bool:
    """Whether the scores are against the labels as the person corrected them; asked where any was."""
    if not any(given != said for given, said in view.relabelled.values()):
        return False
    which = st.segmented_control(
        text.WHICH_LABELS,
        list(text.LABELS_AS),
        format_func=text.LABELS_AS.__getitem__,
        default="given",
        required=True,
        key="labels-as",
    )
    return which == "corrected"


def matrix(run: RunRow, view: View, per_class: Mapping[str, Mapping[str, Any]], corrected: bool) -> None:
    """The confusion matrix; a click on a field shows its images, each of which opens large.

    corrected: it counts the labels as the person corrected them; images are looked up by the given ones.
    """
    st.header(text.CONFUSION, anchor=False)
    rows, columns, counts = _table(view, per_class, corrected)
    cut = text.CONFUSION_CUT.format(count=MOST) if rows.is_cut or columns.is_cut else ""
    st.caption(f"{text.CONFUSION_NOTE} {cut}")
    chosen = heat_map(rows, columns, counts, share=text.CONFUSION_SHARE, alt=text.CONFUSION, key=f"confusion-{run.id}")
    if not chosen or not (number := counts.get(chosen, 0)):
        return
    label, key = chosen
    group = columns.name(key)
    st.markdown(f"**{safe_md(text.in_field(number, label, group), 160)}**")
    if st.button(text.FIELD_ON_BROWSE, icon=":material/photo_library:", key="field-browse"):
        key_there = key or "unassigned"
        place = Place(run.id, key_there, Only((key_there,), given=label))
        state.go_to("browse", run.id, **place.only.parameters)
    image_pages(view, Query(truth=label, cluster_id=key), group, key=f"field-{run.id}-{label}-{key}")


def _table(
    view: View, per_class: Mapping[str, Mapping[str, Any]], corrected: bool
) -> tuple[Axis, Axis, dict[tuple[str, str], int]]:
    """Labels and groups in the order shown (a label's own group on the diagonal), and how many images each field
    holds. Images without a group have the key ""."""
    table = view.confusion(corrected)
    counts = {
        (label, cluster or ""): int(table.counts[row, column])
        for row, label in enumerate(table.classes)
        for column, cluster in enumerate(table.clusters)
    }
    sizes = Counter(dict(zip(table.classes, table.counts.sum(axis=1).tolist(), strict=True)))
    labels = [label for label, _ in sizes.most_common()]
    held = Counter(dict(zip(table.clusters, table.counts.sum(axis=0).tolist(), strict=True)))
    names = {cluster.id: cluster.name for cluster in view.edited.clusters if held[cluster.id]}
    order = _column_order(held, names, [per_class[label]["cluster"] for label in labels[:MOST]])
    groups = Axis(text.CONFUSION_GROUP, {key: names[key] for key in order}, {"": text.NO_GROUP} if held[None] else {})
    return (
        Axis(text.CONFUSION_LABEL, {label: label for label in labels}),
        groups,
        counts,
    )


def _column_order(held: Counter[str | None], names: Mapping[str, str], own: Sequence[str | None]) -> list[str]:
    """Cluster ids in the order shown: the labels' own groups, then the largest.

    held: cluster id -> how many images with a label it holds. own: the name of each label's own group, if it has one.
    """
    ids = {name: key for key, name in names.items()}
    first = [ids[name] for name in own if name in ids]
    return [*first, *(key for key, _ in held.most_common() if key and key not in first)]


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
