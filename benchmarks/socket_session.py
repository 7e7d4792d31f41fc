"""A browser without a screen: one Streamlit session over its real web socket, for load figures.

It does what Streamlit's own page does: it opens the address (which gives the cookies), connects with Origin and
cookies, asks for pages as clicks on the menu do, keeps large messages and says which, and polls fragments.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 120.0
"""Seconds that a page may take."""


class PageFailed(Exception):
    """A page that did not come, or that came with an error on it."""


@dataclass
class Arrived:
    """One page. seconds: from asking until the script has finished. size: bytes that were sent."""

    name: str
    seconds: float
    size: int


@dataclass
class Session:
    """One open browser tab. `buttons`: label -> widget id of those on the page. `polls`: replies to fragments."""

    socket: Any
    polls: int = 0
    buttons: dict[str, str] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)  # page address -> page script hash
    _page: str = ""
    _query: str = ""
    _kept: dict[str, int] = field(default_factory=dict)  # hash of a message -> the run when it was last used
    _runs: int = 0
    _oldest: int = 2
    _size: int = 0
    _wrong: str = ""
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def ask(self, name: str, query: str | None = None, button: str = "") -> Arrived:
        """Go to a page as a click on the menu does, and wait until it is there. Raises PageFailed.

        Args:
            query: what the address holds, when the page is opened by its address.
            button: instead, press this button (its label) on the page that is shown.
        """
        self._drop_timers()
        self._finished.clear()
        self._size, self._wrong = 0, ""
        began = time.perf_counter()
        message = BackMsg()
        ask = message.rerun_script
        ask.query_string = self._query if button else query or ""
        if button:
            pressed = ask.widget_states.widgets.add()
            pressed.id, pressed.trigger_value = self.buttons[button], True
        if name in self._hashes:
            ask.page_script_hash = self._hashes[name]
        else:
            ask.page_name = name
        self.buttons = {}
        await self._send(message)
        try:
            await asyncio.wait_for(self._finished.wait(), PATIENCE)
        except TimeoutError:
            raise PageFailed(f"{name} took longer than {PATIENCE:.0f} s") from None
        if self._wrong:
            raise PageFailed(f"{name}: {self._wrong}")
        return Arrived(name, time.perf_counter() - began, self._size)

    @property
    def polling(self) -> bool:
        """Whether a part of the page asks to be drawn again and again."""
        return bool(self._timers)

    async def _send(self, message: BackMsg) -> None:
        message.rerun_script.cached_message_hashes.extend(self._kept)
        message.rerun_script.context_info.timezone = "Europe/London"
        message.rerun_script.context_info.locale = "en-GB"
        message.rerun_script.context_info.color_scheme = "light"
        await self.socket.send(message.SerializeToString())

    async def listen(self) -> None:
        """Take what the server sends, until the socket is closed."""
        try:
            async for frame in self.socket:
                self._size += len(frame)
                message = ForwardMsg()
                message.ParseFromString(frame)
                self._take(message)
        except websockets.ConnectionClosed as error:
            self._wrong = self._wrong or f"the connection was closed: {error}"
        self._finished.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            if message.ref_hash not in self._kept:
                self._wrong = "a message was left out that this session does not have"
            self._kept[message.ref_hash] = self._runs
        elif message.metadata.cacheable:
            self._kept[message.hash] = self._runs
        if kind == "new_session":
            self._oldest = message.new_session.config.max_cached_message_age
        elif kind == "navigation":
            self._hashes = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._look_at(message.delta.new_element)
        elif kind == "auto_rerun":
            self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "page_not_found":
            self._wrong = "there is no such page"
        elif kind == "script_finished":
            self._finish(message.script_finished)

    def _look_at(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "exception":
            self._wrong = element.exception.message
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self._wrong = element.alert.body

    def _finish(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._runs += 1
            self._kept = {key: used for key, used in self._kept.items() if self._runs - used <= self._oldest}
            self._finished.set()
        elif status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.polls += 1
        elif status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._wrong = "the page's script does not compile"
            self._finished.set()

    def _poll(self, fragment: str, interval: float) -> None:
        if fragment not in self._timers:
            self._timers[fragment] = asyncio.create_task(self._ask_again(fragment, interval))

    async def _ask_again(self, fragment: str, interval: float) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                message = BackMsg()
                message.rerun_script.query_string = self._query
                message.rerun_script.page_script_hash = self._page
                message.rerun_script.fragment_id = fragment
                message.rerun_script.is_auto_rerun = True
                await self._send(message)

    def _drop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers = {}


@contextlib.asynccontextmanager
async def open_session(url: str) -> AsyncIterator[Session]:
    """A session of its own at `url` ("http://127.0.0.1:PORT"), closed at the end of the block."""
    cookies = await asyncio.to_thread(_cookies, url)
    headers = {"Cookie": "; ".join(cookies)}
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    async with websockets.connect(
        address, origin=url, subprotocols=["streamlit"], additional_headers=headers, max_size=None, proxy=None
    ) as socket:
        session = Session(socket)
        listener = asyncio.create_task(session.listen())
        try:
            yield session
        finally:
            session._drop_timers()
            listener.cancel()


def _cookies(url: str) -> list[str]:
    """What a browser is given when it opens the address, as "name=value"."""
    asked = urllib.request.Request(url + "/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(asked, timeout=30) as reply:
        return [cookie.split(";")[0] for cookie in reply.headers.get_all("set-cookie") or []]
