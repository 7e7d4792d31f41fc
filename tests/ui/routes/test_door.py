"""The door, over real connections: the owner comes in, everybody else needs the token, and foreign pages stay out.

At the end a table over all routes of the app itself, and over its web socket.
"""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from app_server import Server, running
from asking import WEB_SOCKET, Asked, ask, ask_all, ask_as_nobody, serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket
from streamlit.runtime import Runtime

from core.errors import WorkspaceUnavailable
from ui import text
from ui.routes import access, door, origin, owner
from ui.session import state

WORKSPACE = SimpleNamespace(token="ab" * 32)
PROXY = {"X-Forwarded-For": "192.0.2.1"}
"""What makes a stranger of this account as well, so that most of this runs without root."""
HTML = {"Accept": "text/html"}
IN, OUT = "in", "out"
NOT_HTTP = "Invalid HTTP request received."
"""The server's answer to what is so wrong that it does not ask the app."""
REFUSED = text.REFUSED[:40]
"""A part that JSON and HTML write alike."""


async def _socket(web_socket: WebSocket) -> None:
    await web_socket.accept()
    await web_socket.close()


def _said(request: Request) -> PlainTextResponse:
    marks = request.headers.getlist(owner.MARK)
    return PlainTextResponse(f"{IN} {request.scope['client']} {marks}")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """An app of one answer behind the door, and a web socket."""
    routes = [
        WebSocketRoute("/_stcore/stream", _socket),
        Route("/{path:path}", _said, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    ]
    with serving(Starlette(routes=routes, middleware=door.middleware())) as port:
        yield port


@pytest.fixture(autouse=True)
def workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "workspace", lambda: WORKSPACE)


def was(answer: list[Any]) -> str:
    """Whether the door let a request in (the app answered) or out; fails for anything else."""
    status, headers, body = answer
    if status == 101 or body.startswith(IN) or status == 200:
        return IN
    if body == NOT_HTTP:
        return OUT
    assert status == 403
    assert "facetry-" not in headers.get("set-cookie", "")
    return OUT


def cookie_of(answer: list[Any]) -> str:
    return str(answer[1]["set-cookie"].split(";")[0])


def web_socket(port: int, **headers: str | None) -> list[Any]:
    asked = {**WEB_SOCKET, "Origin": f"http://127.0.0.1:{port}", **headers}
    return ask_all(port, [("GET", "/_stcore/stream", asked)])[0]


# -- whose it is


def test_the_owner_comes_in_at_the_plain_address(port: int) -> None:
    answer = ask(port, "GET", "/", **HTML)
    assert was(answer) == IN
    assert re.fullmatch(r"facetry-\w{12}=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict", answer[1]["set-cookie"])
    assert answer[1]["content-security-policy"] == "frame-ancestors 'self'"
    assert was(web_socket(port)) == IN


def test_pages_are_told_whose_connection_it_is_whatever_a_browser_says(port: int) -> None:
    claim = {owner.MARK: "1"}
    assert ask(port, "GET", "/", **claim)[2].endswith("['1']")
    with_key = {"Cookie": cookie_of(ask(port, "GET", f"/?token={access.LOGIN}", **PROXY)), **PROXY, **claim}
    assert ask(port, "GET", "/", **with_key)[2].endswith("[]")


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
def test_another_account_is_told_where_the_address_stands(source: str, port: int) -> None:
    requests: list[Asked] = [
        ("GET", "/", HTML),
        ("GET", "/_stcore/stream", {**WEB_SOCKET, "Origin": f"http://127.0.0.1:{port}"}),
        ("GET", "/download/workspace.zip", {}),
        ("GET", "/", {"Host": f"localhost:{port}"}),
    ]
    page, stream, download, named = ask_as_nobody(port, requests, source=source)
    assert (was(page), was(stream), was(download), was(named)) == (OUT, OUT, OUT, OUT)
    assert text.REFUSED in page[2]
    assert page[1]["cache-control"] == "no-store"
    assert page[1]["referrer-policy"] == "no-referrer"
    assert REFUSED in download[2]
    # The same requests of ours come in, from the same places.
    assert {was(answer) for answer in ask_all(port, requests, source=source)} == {IN}


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "X-Real-IP", "Via", "X-Forwarded", "Forwarded-For",
     "Client-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "WL-Proxy-Client-IP",
     "X-Cluster-Client-IP", "X-ProxyUser-Ip", "X-Original-Forwarded-For", "X-Original-URL", "X-Rewrite-URL", "X-Host",
     "CDN-Loop", "X-Envoy-External-Address", "X-Azure-ClientIP", "X-Amzn-Trace-Id", "X-AppEngine-User-IP",
     "Remote-User", "X-Remote-User", "X-Remote-Addr", "X-Scheme"],
)  # fmt: skip
def test_what_a_proxy_passes_on_is_not_the_owners(name: str, port: int) -> None:
    assert was(ask(port, "GET", "/", **HTML, **{name: "http"})) == OUT
    assert was(web_socket(port, **{name: "http"})) == OUT


def test_nobody_can_claim_the_owners_connection(port: int) -> None:
    """Uvicorn takes the client's address from this header, so it would find the owner's socket."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/")
    assert line.getresponse().read()
    mine = "{}:{}".format(*line.sock.getsockname())
    forged: list[Asked] = [
        ("GET", "/", {"X-Forwarded-For": mine}),
        ("GET", "/", {"x-forwarded-for": f"{mine}, {mine}"}),
    ]
    for answer in (*ask_all(port, forged), *ask_as_nobody(port, forged)):
        assert was(answer) == OUT
    line.close()


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::", None])
def test_at_an_address_that_others_reach_everybody_needs_the_token(
    address: str | None, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: address if name == "server.address" else asked(name))
    assert was(ask(port, "GET", "/", **HTML)) == OUT
    assert ask(port, "GET", f"/?token={access.LOGIN}")[0] == 303


# -- the token and what it gives


@pytest.mark.parametrize("stranger", [PROXY, {**PROXY, "Sec-Fetch-Site": "none"}])
def test_the_token_is_given_once_for_a_cookie(stranger: dict[str, str], port: int) -> None:
    answer = ask(port, "GET", f"/browse?run=r%26%3D1&token={access.LOGIN}&group=c1&group=%C3%A9", **HTML, **stranger)
    assert answer[0] == 303
    assert answer[1]["location"] == "/browse?run=r%26%3D1&group=c1&group=%C3%A9"
    assert re.fullmatch(r"facetry-\w{12}=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict", answer[1]["set-cookie"])
    assert (answer[1]["referrer-policy"], answer[1]["cache-control"]) == ("no-referrer", "no-store")
    assert access.LOGIN not in str(answer)
    assert WORKSPACE.token not in str(answer)
    shown = {"Cookie": f"a=1; {cookie_of(answer).split('=')[0]}=wrong; {cookie_of(answer)}", **stranger}
    for path in ("/browse", "/download/workspace.zip", "/images/thumb/0", "/_stcore/host-config", "/media/x"):
        assert was(ask(port, "GET", path, **shown)) == IN
    assert was(web_socket(port, **shown)) == IN
    changing = {"Origin": f"http://127.0.0.1:{port}", **shown}
    assert was(ask(port, "PUT", "/_stcore/upload_file/x/y", **changing)) == IN
    assert was(ask(port, "POST", "/upload", **changing)) == OUT, "the cookie is enough for reading only"


def test_over_https_the_cookie_is_never_sent_in_the_clear(port: int) -> None:
    answer = ask(port, "GET", f"/?token={access.LOGIN}", **PROXY, X_Forwarded_Proto="https")
    assert answer[1]["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    "query",
    ["", "token=", "token=x", f"token={access.LOGIN}x", f"token={access.LOGIN[:-1]}", f"Token={access.LOGIN}",
     f"token={access.LOGIN.swapcase()}", "token=%C3%A9", "token=%ff%00", f"token={'x' * 50_000}",
     "token=" + "&token=" * 5_000, f"token={'ab' * 32}", "%74oken=x"],
    ids=range(13),
)  # fmt: skip
def test_a_forged_token_opens_nothing(query: str, port: int) -> None:
    answer = ask(port, "GET", f"/?{query}", **HTML, **PROXY)
    assert was(answer) == OUT
    assert text.REFUSED in answer[2]


@pytest.mark.parametrize(
    "path", ["/download/workspace.zip", "/images/thumb/0", "/_stcore/stream", "//evil.example", "/x"]
)
def test_the_token_counts_on_pages_only(path: str, port: int) -> None:
    assert was(ask(port, "GET", f"{path}?token={access.LOGIN}", **PROXY)) == OUT
    assert was(ask(port, "POST", f"/?token={access.LOGIN}", **PROXY, Origin=f"http://127.0.0.1:{port}")) == OUT


def test_a_token_in_an_address_goes_away_for_who_needs_none(port: int) -> None:
    for token in ("of-yesterday", access.LOGIN):
        answer = ask(port, "GET", f"/group?token={token}&run=1", **HTML)
        assert (answer[0], answer[1]["location"]) == (303, "/group?run=1")
        assert access.keys().pictures in answer[1]["set-cookie"], "the owner's, which opens pictures only"
    visitor = cookie_of(ask(port, "GET", f"/?token={access.LOGIN}", **PROXY))
    answer = ask(port, "GET", "/group?token=of-yesterday", Cookie=visitor, **PROXY)
    assert (answer[0], answer[1]["location"]) == (303, "/group")


@pytest.mark.parametrize(
    "value", ["", "0" * 64, "é" * 64, '"', WORKSPACE.token, access.LOGIN, "x" * 4_000], ids=range(7)
)  # no secret in a test's name
def test_a_forged_cookie_opens_nothing(value: str, port: int) -> None:
    name = access.keys().cookie
    for line in (f"{name}={value}", f"{name}={value}; {name}=", f"{name.upper()}={access.keys().visitor}"):
        for path in ("/", "/images/thumb/0", "/download/workspace.zip"):
            assert was(ask(port, "GET", path, Cookie=line, **PROXY)) == OUT
        assert was(web_socket(port, Cookie=line, **PROXY)) == OUT


def test_the_owners_cookie_opens_pictures_only(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server of this computer is shown it, those of other accounts too. No look-up is made for a picture."""
    shown = {"Cookie": cookie_of(ask(port, "GET", "/"))}
    for path in ("/", "/download/workspace.zip", "/_stcore/host-config", "/media/x", "/images", "/imagesx/y"):
        assert was(ask(port, "GET", path, **shown, **PROXY)) == OUT
    assert was(web_socket(port, **shown, **PROXY)) == OUT
    assert was(ask(port, "POST", "/upload", **shown, Origin=f"http://127.0.0.1:{port}")) == OUT
    monkeypatch.setattr(owner, "is_owner", lambda connection: pytest.fail("looked up"))
    for path in ("/images/thumb/0", "/static/js/index.js"):
        assert was(ask(port, "GET", path, **shown)) == IN


def test_what_changes_something_needs_the_header_of_a_page(port: int) -> None:
    ours = {"Origin": f"http://127.0.0.1:{port}"}
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        for forged in ({}, {access.HEADER: ""}, {access.HEADER: "é"}, {access.HEADER: access.LOGIN}):
            assert was(ask(port, method, "/upload", **ours, **forged)) == OUT
        if method != "PATCH":
            assert was(ask(port, method, "/upload", **ours, **PROXY, **{access.HEADER: WORKSPACE.token})) == IN


def test_a_workspace_that_is_open_elsewhere_is_said(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise WorkspaceUnavailable("It is open elsewhere.")

    monkeypatch.setattr(state, "workspace", busy)
    assert was(ask(port, "GET", "/", **HTML)) == IN  # its pages say so
    changed = ask(port, "POST", "/upload", Origin=f"http://127.0.0.1:{port}")
    assert (changed[0], "It is open elsewhere." in changed[2]) == (503, True)
    stranger = ask(port, "GET", "/", **HTML, **PROXY)
    assert was(stranger) == OUT
    assert "elsewhere" not in stranger[2]
    # Who has the token could read everything; in a container that is how its owner comes in.
    told = ask(port, "GET", f"/?token={access.LOGIN}", **HTML, **PROXY)
    assert (told[0], "It is open elsewhere." in told[2]) == (503, True)


# -- where it comes from


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1:{port}", IN), ("localhost:{port}", IN), ("LocalHost:{port}", IN), ("127.0.0.1", OUT), (None, OUT),
        ("localhost", OUT), ("127.0.0.1:1", OUT), ("localhost:80{port}", OUT), ("evil.example:{port}", OUT), ("", OUT),
        ("localhost.evil.example:{port}", OUT), ("localhost.:{port}", OUT), ("me@localhost:{port}", OUT),
        ("localhost:{port}@evil.example", OUT), ("localhost:{port}/x", OUT), ("localhost:+{port}", OUT),
        ("0.0.0.0:{port}", OUT), ("[::1]:{port}", OUT), ("[::ffff:127.0.0.1]:{port}", OUT), ("127.1:{port}", OUT),
        ("2130706433:{port}", OUT), ("localhost:{port}, evil.example", OUT), ("localhost%00:{port}", OUT),
    ],
)  # fmt: skip
def test_it_answers_under_its_own_names_and_port_only(host: str | None, told: str, port: int) -> None:
    named = host and host.format(port=port)
    for path in ("/", "/healthz", "/download/x/y"):
        assert was(ask(port, "GET", path, Host=named)) == told
    assert was(web_socket(port, Host=named, Origin=f"http://{named}".lower())) == told


def test_two_hosts_or_none_are_refused(port: int) -> None:
    for head in ("GET / HTTP/1.0\r\n", f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.example\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(f"{head}\r\n".encode())
            assert line.recv(100).split()[1] in (b"403", b"400")


@pytest.mark.parametrize(
    ("given", "host", "told"),
    [
        ("http://127.0.0.1:{port}", "127.0.0.1:{port}", IN), ("http://localhost:{port}", "localhost:{port}", IN),
        ("http://localhost:{port}", "127.0.0.1:{port}", OUT), ("http://127.0.0.1:1", "127.0.0.1:{port}", OUT),
        ("https://127.0.0.1:{port}", "127.0.0.1:{port}", OUT), ("null", "127.0.0.1:{port}", OUT),
        ("", "127.0.0.1:{port}", OUT), ("http://127.0.0.1", "127.0.0.1:{port}", OUT),
        ("http://x.example", "127.0.0.1:{port}", OUT), ("http://127.0.0.1:{port}.x.example", "127.0.0.1:{port}", OUT),
        ("http://127.0.0.1:{port}/", "127.0.0.1:{port}", OUT), ("127.0.0.1:{port}", "127.0.0.1:{port}", OUT),
        ("ws://127.0.0.1:{port}", "127.0.0.1:{port}", OUT), ("http://me@127.0.0.1:{port}", "127.0.0.1:{port}", OUT),
        ("http://127.0.0.1:{port} http://evil.example", "127.0.0.1:{port}", OUT),
    ],
)  # fmt: skip
def test_only_our_own_pages_may_ask(given: str, host: str, told: str, port: int) -> None:
    headers = {"Origin": given.format(port=port), "Host": host.format(port=port)}
    assert was(ask(port, "GET", "/images/thumb/0", **headers)) == told
    assert was(ask(port, "POST", "/upload", **headers, **{access.HEADER: WORKSPACE.token})) == told
    assert was(web_socket(port, **headers)) == told


def test_without_an_origin_there_is_no_web_socket_and_no_change(port: int) -> None:
    assert was(web_socket(port, Origin=None)) == OUT
    assert was(ask(port, "POST", "/upload", **{access.HEADER: WORKSPACE.token})) == OUT
    assert was(ask(port, "PUT", "/_stcore/upload_file/x/y")) == OUT


@pytest.mark.parametrize("near", ["cross-site", "same-site", "same-origin", "none"])
def test_other_sites_may_lead_to_pages_but_use_nothing(near: str, port: int) -> None:
    """same-site: from another port of this computer."""
    own = IN if near in ("same-origin", "none") else OUT
    for path in ("/", "/browse", "/images/thumb/0", "/download/workspace.zip", "/healthz"):
        for mode, dest in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty"), ("websocket", "websocket")):
            given = {"Sec-Fetch-Site": near, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
            assert was(ask(port, "GET", path, **given)) == own
    opened = {"Sec-Fetch-Site": near, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert was(ask(port, "GET", "/browse?run=1", **opened)) == IN
    assert was(ask(port, "GET", "/download/workspace.zip", **opened)) == own
    assert was(web_socket(port, **opened)) == own
    # The visitor's browser keeps the cookie back there: the page asks again from itself.
    assert ("refresh" in ask(port, "GET", "/", **opened, **HTML, **PROXY)[2]) == (near == "cross-site")


def test_names_that_a_person_allows_need_the_token(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads here may be another site's (DNS rebinding), so it is never the owner's."""
    asked = st.get_option
    for allowed in (["facetry.example"], ["*.example"], ["*"], []):
        monkeypatch.setattr(
            st, "get_option", lambda name, a=allowed: a if name == "server.allowedHosts" else asked(name)
        )
        for host in ("facetry.example", f"facetry.example:{port}", "facetry.example:8443"):
            assert was(ask(port, "GET", "/", Host=host, **HTML)) == OUT
            answer = ask(port, "GET", f"/?token={access.LOGIN}", Host=host)
            assert was(ask(port, "GET", "/", Host=host, Cookie=cookie_of(answer))) == IN
            assert was(web_socket(port, Host=host, Origin=f"http://{host}", Cookie=cookie_of(answer))) == IN
            assert was(web_socket(port, Host=host, Origin="http://facetry.example:1", Cookie=cookie_of(answer))) == OUT


@pytest.mark.parametrize("base", ["facets", "/a/b/", "static", "images", "_stcore"])
def test_below_a_path_of_its_own_the_same_holds(base: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's pages and routes lie below server.baseUrlPath then, which may look like what the cookie opens."""
    asked, begin = st.get_option, f"/{base.strip('/')}"
    monkeypatch.setattr(st, "get_option", lambda name: base if name == "server.baseUrlPath" else asked(name))
    answer = ask(port, "GET", f"{begin}/browse?token={access.LOGIN}&run=1", **HTML, **PROXY)
    assert (answer[0], answer[1]["location"]) == (303, f"{begin}/browse?run=1")
    visitor, owners = cookie_of(answer), cookie_of(ask(port, "GET", f"{begin}/", **HTML))
    assert was(ask(port, "GET", f"{begin}/browse", Cookie=visitor, **PROXY)) == IN
    led = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert was(ask(port, "GET", f"{begin}/browse", **led)) == IN
    assert was(ask(port, "GET", f"{begin}/_stcore/health", **PROXY)) == IN
    assert was(ask(port, "GET", f"{begin}/static/js/index.js", Cookie=owners, **PROXY)) == IN
    for path in ("", "/", "/browse", "/_stcore/host-config", "/_stcore/stream", "/media/x"):
        assert was(ask(port, "GET", f"{begin}{path}", Cookie=owners, **PROXY)) == OUT, "it opens pictures only"
        assert was(ask(port, "GET", f"{begin}x{path}", Cookie=owners, **PROXY)) == OUT
    ours = {"Origin": f"http://127.0.0.1:{port}"}
    assert was(ask(port, "PUT", f"{begin}/_stcore/upload_file/x/y", **ours)) == IN
    for path in ("/upload", "/upload/0/0", f"{begin}/upload", f"{begin}/browse"):
        assert was(ask(port, "PUT", path, **ours)) == OUT


# -- all routes of the app


def every_route(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Method and an address of each route that the app has, ours and Streamlit's; "" for a web socket."""
    import streamlit_app

    monkeypatch.setattr(Runtime, "_instance", None)  # and none is left behind
    found = [("GET", "/favicon.png"), ("GET", "/static/js/index.js"), *(("GET", page) for page in sorted(origin.PAGES))]
    for route in streamlit_app.app._build_starlette_app().routes:
        path = re.sub(r"\{\w+(:\w+)?\}", "0", route.path)  # type: ignore[attr-defined]
        match route:
            case WebSocketRoute():
                found.append(("", path))
            case Mount():
                found.append(("GET", f"{path}/"))
            case Route():
                found += [(method, path) for method in sorted({*(route.methods or ()), "POST"})]
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("door") / "workspace") as server:
        yield server


def test_every_route_lets_the_owner_in_and_nobody_else(app: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = every_route(monkeypatch)
    paths = {path for _, path in routes}
    assert {"/_stcore/stream", "/_stcore/host-config", "/media/0", "/download/workspace.zip", "/upload", "/"} <= paths
    assert len(routes) > 60
    token = (app.workspace / "token").read_text(encoding="ascii")
    cookie = access._keys(token).cookie

    def asked(method: str, path: str, **changed: str | None) -> Asked:
        kind = WEB_SOCKET if method == "" else {}
        given = {**kind, "Origin": app.url, access.HEADER: token, **changed}
        return method or "GET", path, {name.replace("_", "-"): value for name, value in given.items()}

    def refused(answer: list[Any]) -> bool:
        told = not answer[2] or any(word in answer[2] for word in (REFUSED, text.NO_ACCESS))
        return (answer[0] == 403 and told) or answer[2] == NOT_HTTP or (answer[0], answer[2]) == (400, "")

    def let_in(answers: list[list[Any]]) -> set[tuple[str, str]]:
        return {route for route, answer in zip(routes, answers, strict=True) if not refused(answer)}

    open_to_all = {(method, path) for method, path in routes if path in door.OPEN and method in origin.READING}
    assert let_in(ask_all(app.port, [asked(*route) for route in routes])) == set(routes)
    # Nobody's token is what a page of the owner's would send, but for the one named thing.
    forged = {access.HEADER: "0" * 64, "Cookie": f"{cookie}={'0' * 64}", "X-Forwarded-For": "127.0.0.1"}
    assert let_in(ask_all(app.port, [asked(*route, **forged) for route in routes])) == open_to_all
    for wrong in ({"Origin": "http://127.0.0.1:1"}, {"Origin": "null"}, {"Host": f"evil.example:{app.port}"},
                  {"Host": "127.0.0.1:1"}, {"Host": None}, {"Sec-Fetch-Site": "same-site"}):  # fmt: skip
        assert let_in(ask_all(app.port, [asked(*route, **wrong) for route in routes])) == set(), wrong
    no_origin = let_in(ask_all(app.port, [asked(*route, Origin=None) for route in routes]))
    assert no_origin == {route for route in routes if route[0] in origin.READING}
    # Another account, without any key.
    nobody = ask_as_nobody(app.port, [asked(*route, **{access.HEADER: None}) for route in routes])
    assert let_in(nobody) == open_to_all
    assert {answer[2] for route, answer in zip(routes, nobody, strict=True) if route in open_to_all} <= {"ok", ""}


def test_another_account_comes_in_with_the_printed_address(app: Server) -> None:
    path = app.login.removeprefix(app.url)
    (answer,) = ask_as_nobody(app.port, [("GET", path, HTML)])
    assert (answer[0], answer[1]["location"]) == (303, "/")
    requests: list[Asked] = [
        ("GET", "/", {"Cookie": cookie_of(answer)}),
        ("GET", "/_stcore/stream", {**WEB_SOCKET, "Origin": app.url, "Cookie": cookie_of(answer)}),
    ]
    assert [each[0] for each in ask_as_nobody(app.port, requests)] == [200, 101]
    assert app.said.count(path.partition("=")[2]) == 1, "printed once, and in no log since"
    assert (app.workspace / "token").read_text(encoding="ascii") not in app.said
