"""Connect a model: one at a button, or a server with its key for this session; a model for each role, a test, and what
leaves the computer."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components.head import head
from ui.connect import connect
from ui.connect.catalogue import catalogue
from ui.connect.local_models import local_models

head(text.CONNECT)
st.markdown(text.CONNECT_NOTE)
catalogue()
left, right = st.columns([3, 2], gap="large")
with left:
    url = connect.server()
    local_models()
    connect.roles(url)
with right:
    connect.in_use()
    connect.ollama()
