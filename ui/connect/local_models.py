"""Models without a server: a checkpoint folder or a GGUF file, named here and then chosen for a role."""

from __future__ import annotations

import streamlit as st

from core.errors import BadInput
from core.models import parts, registry
from ui import text
from ui.components.notices import act
from ui.connect.missing_part import missing_part
from ui.session import model_choice


def local_models() -> None:
    """Name a model on this computer; nothing is loaded before it is tested or used."""
    able = {*registry.VISION, *registry.TEXT}
    kinds = [kind for kind in text.LOCAL_KINDS if kind in able]
    if not kinds:
        return
    with st.expander(text.LOCAL_TITLE, icon=":material/hard_drive:", expanded=parts.adding() is not None):
        st.caption(text.LOCAL_NOTE)
        kind = st.segmented_control(
            text.LOCAL_KIND, kinds, format_func=text.LOCAL_KINDS.__getitem__, default=kinds[0], required=True,
            key="local-kind", persist_state="session",
        )  # fmt: skip
        kind = kind or kinds[0]
        missing_part(kind)
        st.text_input(
            text.LOCAL_PLACE[kind], key=f"local-{kind}", placeholder=text.LOCAL_HINT[kind],
            help=text.LOCAL_PLACE_HELP[kind], autocomplete="off", persist_state="session",
        )  # fmt: skip
        if kind == "llama_cpp" and kind in registry.VISION:
            st.text_input(
                text.LOCAL_MMPROJ, key="local-mmproj", placeholder=text.LOCAL_MMPROJ_HINT, autocomplete="off",
                persist_state="session",
            )  # fmt: skip
        st.button(text.LOCAL_ADD, icon=":material/add:", key="local-add", on_click=act, args=(add, kind))


def add(kind: str) -> str:
    """Offer what was typed as a model. Raises BadInput."""
    place = str(st.session_state.get(f"local-{kind}") or "").strip()
    if not place:
        raise BadInput(text.LOCAL_EMPTY)
    mmproj = str(st.session_state.get("local-mmproj") or "").strip() if kind == "llama_cpp" else ""
    model_choice.add_local(f"{kind}:{place}" + (f"+{mmproj}" if mmproj else ""))
    return text.LOCAL_ADDED
