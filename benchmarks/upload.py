"""What arrives through the browser, how quickly and at what cost: python benchmarks/upload.py [ROUNDS] [FOLDER].

Makes 1,500 JPEG files of about 100 KB in folders and a ZIP file of 300 MB (once, kept in FOLDER), starts the app with
`streamlit run streamlit_app.py` on a fresh workspace, and gives them to its page in a real Chromium. Prints a line a
round: files that arrived byte for byte, seconds from choosing until the last one is on disk, how far the server's
memory (resident set) rose above what it was before, at most, and the same until all are looked at and can be grouped.
Linux only. Needs Chromium.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from chromium import CHROMIUM, QUIET, Server
from playwright.sync_api import Page, sync_playwright

from ui import text

FILES, FOLDERS, ZIP_BYTES = 1_500, 15, 300 * 1024**2


def make(place: Path) -> tuple[Path, Path]:
    """The folder of JPEG files and the ZIP file (noise, so that nothing can be compressed away)."""
    images, packed = place / "images", place / "packed.zip"
    noise = np.random.default_rng(0)
    for number in range(FILES):
        path = images / f"{number % FOLDERS:02d}" / f"{number}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = noise.integers(0, 256, (300, 400, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(path, quality=87)
    if not packed.exists():
        with zipfile.ZipFile(packed, "w") as archive:
            for number, path in enumerate(itertools.cycle(sorted(images.rglob("*.jpg")))):
                archive.write(path, f"{number}.jpg")
                if packed.stat().st_size >= ZIP_BYTES:
                    break
    return images, packed


def resident(pid: int) -> float:
    """MB of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1024**2


def settle(server: Server) -> None:
    """Wait until memory stays the same: models are loaded in the background after the start."""
    calm, held = 0, 0.0
    while calm < 8:
        time.sleep(1)
        now = resident(server.process.pid)
        calm, held = (calm + 1 if abs(now - held) < 1 else 0), now


class Watch(threading.Thread):
    """Looks ten times a second at the server's memory and at what has arrived."""

    def __init__(self, server: Server, total: int) -> None:
        super().__init__(daemon=True)
        self.server, self.total = server, total
        self.began, self.before = time.monotonic(), resident(server.process.pid)
        self.seconds, self.rise_sending, self.rise = float("nan"), 0.0, 0.0
        self.stop = threading.Event()

    def run(self) -> None:
        uploads = self.server.workspace / "uploads"
        arrived = False
        while not self.stop.wait(0.1):
            self.rise = max(self.rise, resident(self.server.process.pid) - self.before)
            if not arrived and len(list(uploads.glob("*/files/*"))) == self.total:
                arrived, self.seconds, self.rise_sending = True, time.monotonic() - self.began, self.rise


def hashes(paths: list[Path]) -> Counter[str]:
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)


def one_round(page: Page, server: Server, given: Path, what: str) -> None:
    """Give a folder or a file, wait until all of it is here, compare, print."""
    paths = [path for path in given.rglob("*") if path.is_file()] if given.is_dir() else [given]
    page.goto(f"{server.url}/images")
    page.get_by_role("button", name=text.UPLOADER["folder"]).wait_for()
    settle(server)
    watch = Watch(server, len(paths))
    watch.start()
    page.locator(".pick-folder" if given.is_dir() else ".pick-files").set_input_files(given)
    page.get_by_role("button", name=text.TO_GROUP).wait_for(timeout=300_000)
    watch.stop.set()
    watch.join()
    arrived = hashes(list((server.workspace / "uploads").glob("*/files/*")))
    same, load = sum((arrived & hashes(paths)).values()), os.getloadavg()[0]
    memory = f"+{watch.rise_sending:.0f} MB  (looked at: +{watch.rise:.0f} MB)"
    print(
        f"{what:20s} {same:5,d} of {len(paths):5,d} whole {watch.seconds:6.1f} s  {memory}  load {load:.1f}", flush=True
    )


if __name__ == "__main__":
    assert CHROMIUM, "needs Chromium (Debian package chromium)"
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    keep = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / "facetry-upload-benchmark"
    folder, packed_file = make(keep)
    for _ in range(rounds):
        for source, name in ((folder, f"{FILES:,} JPEG files"), (packed_file, "ZIP file of 300 MB")):
            with tempfile.TemporaryDirectory() as workspace, sync_playwright() as api:
                running = Server(Path(workspace) / "workspace")
                browser = api.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
                try:
                    one_round(browser.new_page(), running, source, name)
                finally:
                    browser.close()
                    running.stop()
