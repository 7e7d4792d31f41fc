"""Dialogs whose title is looked up when they open, in the language of the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st

_P = ParamSpec("_P")


def dialog(title: Callable[[], str], **options: Any) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """As `st.dialog`, of the function below; options: its keyword arguments."""

    def of(function: Callable[_P, None]) -> Callable[_P, None]:
        @wraps(function)
        def opened(*args: _P.args, **kwargs: _P.kwargs) -> None:
            st.dialog(title(), **options)(function)(*args, **kwargs)

        return opened

    return of
