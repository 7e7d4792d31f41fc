"""Fields that show what the address says, and write it back when a person changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st


def field(name: str, value: Any, draw: Callable[[str], object]) -> None:
    """Draw a field that shows this value, whatever it showed before.

    A field that shows another value than the address, as after *Clear* or the browser's Back, becomes a new one: what a
    person once chose in it would come back from a part of the page that is folded away.

    Args:
        draw: draws it under a key, under which the session has its value.
    """
    number = f"browse-{name}"
    st.session_state.setdefault(number, 0)
    key = f"{number}-{st.session_state[number]}"
    if key not in st.session_state:
        st.session_state[key] = value
    elif st.session_state[key] != value:
        st.session_state[number] += 1
        key = f"{number}-{st.session_state[number]}"
        st.session_state[key] = value
    draw(key)
