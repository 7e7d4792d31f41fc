"""The form of classical baselines: features, how they are made ready, methods; each method makes a run."""

from __future__ import annotations

from typing import cast

import streamlit as st

from core.classical.groups import KINDS, Method
from core.classical.reduce import Reduction, Scaling
from core.domain import DatasetRow
from core.errors import BadInput
from core.ingest import result_files
from core.ingest.descriptors import SUFFIXES
from core.ingest.sources.source_file import check_allowed
from core.models.baseline.recipe import FEATURE_KINDS, FeatureKind, Features, Recipe
from core.pipeline import baselines
from core.typed_path import typed_path
from ui import text
from ui.baseline.count import count_groups
from ui.components.notices import guarded
from ui.group.start import start_all
from ui.language import digits
from ui.session import follow_run, state

_USUAL_K, _USUAL_PERCENT = 5, 90
_MOST_MB = 1_000
_WIDTH = 220


def form(given: DatasetRow, truth: str) -> None:
    """Ask, and on Start begin a run for each method."""
    with guarded():
        features = _features()
        methods: list[Method] = st.pills(
            text.BASELINE_METHODS, list(KINDS), selection_mode="multi", default=["k-means"], key="baseline-methods",
            format_func=text.BASELINE_METHODS_OF.__getitem__, help=text.BASELINE_METHODS_HELP,
        )  # fmt: skip
        reduction, labels = _reduction(truth)
        usable = max(given.counts.get("ready", 0), 2)
        st.session_state.setdefault("baseline-k", min(_USUAL_K, usable))
        k = int(st.number_input(text.K, 2, usable, key="baseline-k", help=text.K_HELP, width=_WIDTH))
        if any(not KINDS[method].needs_k for method in methods):
            st.caption(text.BASELINE_FINDS_K)
        if features is None:
            return
        ready = bool(methods) and not (reduction.discriminant and not labels)
        if st.button(
            text.BASELINE_START, type="primary", icon=":material/play_arrow:", key="baseline-start", disabled=not ready
        ):
            several = [
                baselines.settings_of(features, Recipe(method, reduction, labels), k, truth) for method in methods
            ]
            follow_run.follow(start_all(given, several)[0])
        if not methods:
            st.caption(text.BASELINE_NOTHING)
        count_groups(given, features, Recipe("k-means", reduction, labels), _take)


def costs() -> None:
    """What each method costs, and from how many images on it groups a sample."""
    with st.expander(text.BASELINE_KINDS, icon=":material/speed:"):
        st.table(
            {
                text.BASELINE_METHOD: [text.BASELINE_METHODS_OF[method] for method in KINDS],
                text.BASELINE_COST: [kind.cost for kind in KINDS.values()],
                text.BASELINE_MOST: [digits(kind.most) for kind in KINDS.values()],
            },
            border="horizontal", hide_index=True,
        )  # fmt: skip


def _take(k: int) -> None:
    st.session_state["baseline-k"] = k


def _features() -> Features | None:
    """What is measured; None until it is said. Raises BadInput."""
    kind: FeatureKind = st.selectbox(
        text.BASELINE_FEATURES, FEATURE_KINDS, format_func=text.BASELINE_FEATURES_OF.__getitem__,
        key="baseline-features",
    )  # fmt: skip
    if kind == "encoder":
        folder = _path(text.BASELINE_ENCODER, text.BASELINE_ENCODER_HINT, text.BASELINE_ENCODER_HELP, "encoder")
        return Features("encoder", folder) if folder else None
    if kind != "file":
        return Features(kind)
    dropped = _dropped()
    if dropped:
        return dropped
    file = _path(text.BASELINE_FILE, text.BASELINE_FILE_HINT, text.BASELINE_FILE_HELP, "file")
    paths = _path(text.BASELINE_PATHS, text.BASELINE_PATHS_HINT, text.BASELINE_PATHS_HELP, "paths")
    return Features("file", file, paths) if file else None


def _path(label: str, hint: str, explained: str, key: str) -> str:
    typed = st.text_input(label, placeholder=hint, help=explained, key=f"baseline-{key}", icon=":material/folder:")
    if not (typed and typed.strip()):
        return ""
    path = typed_path(typed.strip())
    check_allowed(path.resolve(), state.workspace().config)
    if not path.exists():
        raise BadInput(text.BRING_NOWHERE.format(path=path))
    return str(path.resolve())


def _dropped() -> Features | None:
    """Descriptors, and perhaps a list of paths, that were dropped; kept in the workspace."""
    files = st.file_uploader(
        text.BASELINE_DROP, type=[suffix.lstrip(".") for suffix in SUFFIXES], accept_multiple_files=True,
        max_upload_size=_MOST_MB, key="baseline-drop", help=text.BASELINE_FILE_HELP,
    )  # fmt: skip
    if not files:
        return None
    kept = result_files.keep_descriptors(state.workspace().config, [(file.name, file.getvalue()) for file in files])
    return Features("file", *map(str, kept))


def _reduction(truth: str) -> tuple[Reduction, str]:
    """How features are made ready, and the labels that LDA sees or ""."""
    with st.expander(text.BASELINE_READY, icon=":material/tune:"):
        scale = st.segmented_control(
            text.BASELINE_SCALE, list(text.BASELINE_SCALES), format_func=text.BASELINE_SCALES.__getitem__,
            default="standard", required=True, key="baseline-scale", help=text.BASELINE_SCALE_HELP,
        )  # fmt: skip
        reduce = st.segmented_control(
            text.BASELINE_REDUCE, list(text.BASELINE_REDUCES), format_func=text.BASELINE_REDUCES.__getitem__,
            default="pca", required=True, key="baseline-reduce",
        )  # fmt: skip
        percent = _USUAL_PERCENT
        if reduce == "pca":
            percent = st.number_input(text.BASELINE_VARIANCE, 1, 100, percent, key="baseline-variance", width=_WIDTH)
        if reduce == "lda":
            st.caption(text.BASELINE_LDA_SEES if truth else text.BASELINE_LDA_NONE)
    is_lda = reduce == "lda"
    variance = percent / 100 if reduce == "pca" else 0.0
    return Reduction(cast(Scaling, scale), variance, is_lda), truth if is_lda else ""
