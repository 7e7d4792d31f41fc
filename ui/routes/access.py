"""The keys to the door (`ui/routes/door.py`): what opens what.

* The login token is made at each start and printed once, for those who are not the owner: ?token=... on a page.
* The visitor's cookie, given for it, opens all that can be read, and the web socket.
* The owner needs no key, and gets a cookie that opens pictures only, to save looking up who asks for each of them. It
  must open no more: a browser shows its cookies to every port of a computer, so to servers of other accounts too.
* What changes something needs the workspace's token in a header. Only our pages know it, and no other site can make a
  browser send such a header.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
import socket
import stat
from collections.abc import Iterable
from typing import NamedTuple, TextIO

import streamlit as st
from starlette.datastructures import Headers

from ui import text
from ui.routes import origin, owner
from ui.session import state

HEADER = "x-facetry-token"
LOGIN = secrets.token_urlsafe(32)
PICTURES = ("/images/", "/static/")
"""What tells nothing of a person to who does not know it: pictures, by the hash of their content; Streamlit's code."""


class Keys(NamedTuple):
    """The keys of one workspace. They outlive the process, so that open pages work after a restart."""

    header: str
    cookie: str
    """The cookie's name. All ports of a computer share their cookies, so each workspace has a name of its own."""
    visitor: str
    pictures: str

    def open_reading(self, headers: Headers, path: str) -> bool:
        """Whether a request shows a cookie, or the header, that opens this path for reading."""
        shown = _cookies(headers, self.cookie)
        is_picture = path.startswith(PICTURES) and is_same(shown, self.pictures)
        return is_picture or is_same(shown, self.visitor) or self.open_changing(headers)

    def open_changing(self, headers: Headers) -> bool:
        """Whether a request has the header that opens what changes something."""
        return is_same(headers.getlist(HEADER), self.header)


def keys() -> Keys:
    """The keys of the open workspace. Raises WorkspaceUnavailable."""
    return _keys(state.workspace().token)


def is_same(shown: Iterable[str], secret: str) -> bool:
    """Whether one of these is the secret, without telling by the time how much of it is right."""
    return any(hmac.compare_digest(one.encode(), secret.encode()) for one in shown)


def login_line(out: TextIO) -> str:
    """What to print at the start for those who need the token, unless other accounts can read what is printed to."""
    if _is_read_by_others(out):
        return text.LOGIN_HIDDEN
    line, host = text.LOGIN_LOCAL, st.get_option("server.address")
    if not owner.listens_here_only():
        named = [name for name in st.get_option("server.allowedHosts") or [] if "*" not in name]
        far = [name for name in named if not owner.is_loopback(name)]
        line, host = text.LOGIN_OPEN, (far or named or [socket.gethostname()])[0]
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    name = f"[{host}]" if ":" in host else host
    place = f"{scheme}://{name}:{st.get_option('server.port')}{origin.base()}"
    return line.format(address=f"{place}/?token={LOGIN}")


@functools.lru_cache(maxsize=8)
def _keys(token: str) -> Keys:
    def derived(purpose: str) -> str:
        return hmac.new(token.encode(), purpose.encode(), "sha256").hexdigest()

    name = f"facetry-{hashlib.sha256(token.encode()).hexdigest()[:12]}"
    return Keys(token, name, derived("visitor"), derived("pictures"))


def _cookies(headers: Headers, name: str) -> list[str]:
    """Every cookie of this name: a server at another port may have set one too."""
    pairs = (pair.strip().partition("=") for line in headers.getlist("cookie") for pair in line.split(";"))
    return [value for key, _, value in pairs if key == name]


def _is_read_by_others(out: TextIO) -> bool:
    try:
        mode = os.fstat(out.fileno()).st_mode
    except (OSError, ValueError):  # it is no file
        return False
    return os.name == "posix" and stat.S_ISREG(mode) and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
