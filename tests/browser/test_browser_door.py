"""The door in a real browser: the owner's plain address, the printed address for others, and pages of other servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import web_server
from chromium import Server, browser, marks, page
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from ui import text

__all__ = ["browser", "page"]  # fixtures

pytestmark = marks

_TRY = """async ([place, socket]) => {
  const ways = {
    fetch: () => fetch(place + "/_stcore/host-config").then(answer => answer.text()),
    blind: () => fetch(place + "/download/workspace.zip", {mode: "no-cors"}).then(() => "sent"),
    change: () => fetch(place + "/upload", {method: "POST", body: "[]"}).then(answer => answer.text()),
    socket: () => new Promise((open, refused) => {
      const line = new WebSocket(socket + "/_stcore/stream")
      line.onopen = () => open("open")
      line.onerror = () => refused("closed")
    }),
    picture: () => new Promise((loaded, refused) => {
      const image = Object.assign(new Image(), {onload: () => loaded("loaded"), onerror: () => refused("broken")})
      image.src = place + "/favicon.png?not=cached"
    }),
  }
  const told = {}
  for (const [name, way] of Object.entries(ways)) told[name] = await way().catch(() => "refused")
  return told
}"""


@contextmanager
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that does not count as the owner's: its requests look as if a proxy had passed them on."""
    context = browser.new_context(extra_http_headers={"X-Forwarded-For": "192.0.2.1"})
    context.set_default_timeout(60_000)
    yield context
    context.close()


def menu(page: Page) -> Locator:
    """What every page of the app shows, once it has drawn itself."""
    return page.get_by_role("link", name=text.SECTION_MODELS, exact=True)


def test_the_owner_opens_the_plain_address(shared_server: Server, page: Page) -> None:
    for place in ("/", "/images", "/group?run=1"):
        page.goto(shared_server.url + place)
        expect(menu(page)).to_be_visible()
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"].startswith("facetry-")]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert (shared_server.workspace / "token").read_text(encoding="ascii") not in str(page.context.cookies())


def test_others_need_the_printed_address(shared_server: Server, browser: Browser) -> None:
    with visitor(browser) as context:
        page = context.new_page()
        page.goto(shared_server.url)
        expect(page.get_by_text(text.REFUSED)).to_be_visible()
        assert context.cookies() == []
        page.goto(shared_server.login.replace("/?", "/group?run=1&"))
        expect(menu(page)).to_be_visible()
        assert "token" not in page.url
        page.goto(shared_server.url)  # the cookie is enough from now on, for the web socket too
        expect(page.get_by_text(text.START_TITLE)).to_be_visible()
    token = shared_server.login.partition("=")[2]
    assert shared_server.said.count(token) == 1, "printed once, and in no log since"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_pages_of_other_servers_stay_out(name: str, shared_server: Server, browser: Browser) -> None:
    """From 127.0.0.1 at another port, which is the same site to a browser, and from localhost, which is another."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(shared_server.url)  # this is the owner's browser, and has the cookie
    expect(page.get_by_text(text.START_TITLE)).to_be_visible()
    frame = f'<iframe src="{shared_server.url}"></iframe>'
    link = f'<a href="{shared_server.url}/images">there</a>'
    with web_server.serve({"": b"<h1>another app</h1>", "frame": frame.encode(), "link": link.encode()}) as other:
        place = other.url.replace("127.0.0.1", name)
        page.goto(place)
        told = page.evaluate(_TRY, [shared_server.url, shared_server.url.replace("http", "ws")])
        assert told.pop("blind") == "sent", "a browser does not tell what became of it"
        assert set(told.values()) == {"refused"}, told
        with page.expect_response(f"{shared_server.url}/") as framed:
            page.goto(f"{place}/frame")
        assert framed.value.status == 403
        # A person may follow a link to a page; it opens in its own window.
        page.goto(f"{place}/link")
        page.get_by_role("link").click()
        expect(menu(page)).to_be_visible()
    context.close()


def test_a_link_on_another_site_brings_a_visitor_in(shared_server: Server, browser: Browser) -> None:
    """The browser keeps the cookie back there (SameSite=Strict), also one that it has just been given."""
    with visitor(browser) as context:
        page = context.new_page()
        links = "".join(f'<a href="{place}">x</a>' for place in (shared_server.login, f"{shared_server.url}/images"))
        with web_server.serve({"": links.encode()}) as other:
            for number in range(2):
                page.goto(other.url.replace("127.0.0.1", "localhost"))
                page.get_by_role("link").nth(number).click()
                expect(menu(page)).to_be_visible()
                expect(page).to_have_url(re.compile(rf"^{re.escape(shared_server.url)}/(images)?$"))
