"""Where does a request come from? Only our own pages may ask, under our own names and port.

Against pages of other sites, also of other ports of this computer, and against foreign names that lead here (DNS
rebinding): a browser says the name that it asks for (Host), the page that asks (Origin) and how near it is
(Sec-Fetch-Site).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st
from starlette.requests import HTTPConnection

from ui.routes.owner import is_loopback
from ui.session import state

READING = ("GET", "HEAD")
"""The methods that change nothing."""
PAGES = frozenset({"/", *(f"/{name}" for name in state.PAGES)})
_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
_USUAL_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Place:
    """The three that make an origin; name without the brackets of an IPv6 address."""

    scheme: str
    name: str
    port: int


def method(connection: HTTPConnection) -> str:
    """GET, POST, ..., or "" for a web socket."""
    return str(connection.scope.get("method", ""))


def base() -> str:
    """Where Streamlit's own pages and routes begin (server.baseUrlPath): "" or "/facets". Ours begin at the root."""
    inside = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{inside}" if inside else ""


def path(connection: HTTPConnection) -> str:
    """What is asked for, without `base`."""
    asked, begin = str(connection.scope["path"]), base()
    return asked.removeprefix(begin) or "/" if asked == begin or asked.startswith(f"{begin}/") else asked


def asked_place(connection: HTTPConnection) -> Place | None:
    """The place that the one who asks believes us at; None unless it is one of ours."""
    scheme = connection.scope["scheme"].replace("ws", "http")
    hosts = connection.headers.getlist("host")
    place = _read(scheme, hosts[0]) if len(hosts) == 1 else None
    if place is None or not _is_allowed(place.name):
        return None
    # A server that was put before this one, with a name of its own, has its own port too.
    is_here = not is_loopback(place.name) or place.port == (connection.scope.get("server") or ("", 0))[1]
    return place if is_here else None


def is_from(connection: HTTPConnection, here: Place) -> bool:
    """Whether a page of ours asks, or nobody's page does (an address that was typed, or followed, to a page)."""
    origins = connection.headers.getlist("origin")
    if origins:
        scheme, _, authority = origins[0].partition("://")
        if len(origins) > 1 or _read(scheme, authority) != here:
            return False
    elif method(connection) not in READING:
        return False
    nearness = connection.headers.get("sec-fetch-site", "none")
    return nearness in ("same-origin", "none") or is_page_opened(connection)


def is_page_opened(connection: HTTPConnection) -> bool:
    """Whether a browser opens a page of ours in a window, not in a frame of another."""
    headers = connection.headers
    way = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return way == ("navigate", "document") and method(connection) in READING and path(connection) in PAGES


def _read(scheme: str, authority: str) -> Place | None:
    found = _AUTHORITY.fullmatch(authority.lower())
    if not found or scheme not in _USUAL_PORT:
        return None
    return Place(scheme, found["six"] or found["name"], int(found["port"] or _USUAL_PORT[scheme]))


def _is_allowed(name: str) -> bool:
    """By server.allowedHosts of .streamlit/config.toml, as Streamlit reads it: names, "*.example.org", "*"."""
    patterns = [pattern.strip().lower() for pattern in st.get_option("server.allowedHosts") or ["*"]]
    return any(name == one or one == "*" or (one.startswith("*.") and name.endswith(one[1:])) for one in patterns)
