"""What it costs to look at an image, for the first of a large folder beside the last.

    python benchmarks/ingest.py [FILES]

Makes so many distinct JPEG files (one small picture, each with a comment of its own, so that no two are equal), finds
them and takes them in as the app does: a worker decodes each and writes its thumbnail and its view, the store gets its
rows. Prints how long finding took, milliseconds an image after every tenth of the files, and for the first and the last
10,000 with the ratio of the two (the median of 1,000 at a time): as a clock measures them, and as time of the
processor, the worker's included, which other work on the machine does not lengthen as much. Then the largest resident
memory of this process. Linux only.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image

from core.config import Config
from core.ingest import source
from core.pipeline.intake import take_in
from core.workspace import Workspace

STEP, ENDS = 1_000, 10_000
_A_FOLDER = 1_000


def make(folder: Path, total: int) -> None:
    """`total` JPEG files that differ in a comment."""
    drawn = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(drawn, "JPEG", quality=85)
    start, rest = drawn.getvalue()[:2], drawn.getvalue()[2:]
    for number in range(total):
        place = folder / f"lot {number // _A_FOLDER}"
        if number % _A_FOLDER == 0:
            place.mkdir(parents=True)
        comment = b"car %d" % number
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (place / f"car {number}.jpg").write_bytes(start + segment + rest)


def memory(what: str = "VmHWM") -> int:
    """This process's resident memory in MB, the largest so far or ("VmRSS") now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{what}:")[1].split()[0]) // 1024


def processor() -> float:
    """Seconds of processor time that this process and its workers have used so far."""
    used = sum(os.times()[:2])
    for worker in multiprocessing.active_children():
        stat = Path(f"/proc/{worker.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return used


def take(workspace: Workspace, images: Path) -> list[tuple[float, float]]:
    """Find and take in everything in a folder; seconds for each STEP images, by the clock and of the processor."""
    began = time.monotonic()
    origin = source.find(str(images), "", workspace.config)
    print(
        f"found {origin.given:,} files in {time.monotonic() - began:.1f} s; memory {memory('VmRSS'):,} MB", flush=True
    )
    took, done, clock, used = [], 0, time.monotonic(), processor()
    for items in take_in(workspace.store, workspace.copies, workspace.config, origin, threading.Event()):
        done += len(items)
        if done // STEP > len(took):
            now, now_used = time.monotonic(), processor()
            took.append((now - clock, now_used - used))
            clock, used = now, now_used
            if len(took) % max(1, origin.given // STEP // 10) == 0:
                one, other = (statistics.median(times[-ENDS // STEP :]) for times in zip(*took, strict=True))
                print(f"{done:,}: {one:.2f} ms an image, {other:.2f} of processor; {memory('VmRSS'):,} MB", flush=True)
    row = workspace.store.datasets.get(origin.dataset_id)
    assert row is not None
    assert row.counts == {"ready": origin.given}, row.counts
    return took[:-1]  # at the end the worker may have gone, and its time with it


def main(total: int = 416_314) -> None:
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        make(images, total)
        workspace = Workspace(Config(Path(folder) / "workspace"))
        before = memory("VmRSS")
        began = time.monotonic()
        took = take(workspace, images)
        whole = time.monotonic() - began
        workspace.close()
    print(f"all {total:,} images: {whole:,.0f} s, {1000 * whole / total:.2f} ms an image")
    for title, times in zip(("by the clock", "of processor"), zip(*took, strict=True), strict=True):
        first, last = statistics.median(times[: ENDS // STEP]), statistics.median(times[-ENDS // STEP :])
        print(f"{title}: first {ENDS:,} {first:.2f} ms an image, last {last:.2f}, ratio {last / first:.2f}")
    print(f"memory: {before:,} MB before, {memory():,} MB at most")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
