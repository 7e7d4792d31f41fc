"""What describing an image costs, in processor time: python benchmarks/describe_speed.py [IMAGES] [ROUNDS] [BEFORE].

The floor decodes each image at the smallest size that suffices (JPEG's draft), resizes it and runs the network, nothing
else; ours is `BuiltinVision.describe` on the same images. With BEFORE, the folder of an earlier checkout, that one
describes them too. Each works in a process of its own, one round after the other, so that other load hits all; medians
of processor seconds are compared. Uses the evaluation photos beside the repository, or images of noise where those
are absent.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
PHOTOS = [ROOT.parent / "shared" / "datasets" / name / "images" for name in ("flowers", "clothing")]
MOST_OVER_FLOOR, LEAST_OVER_BEFORE = 1.25, 1.6
BATCH = 32


def floor(paths: list[Path]) -> None:
    """Decode, resize, network."""
    from core.models.builtin.from_pixels import network

    features, side = network.shared_network().features, (network.SIDE, network.SIDE)
    for path in paths:
        with Image.open(path) as image:
            image.draft("RGB", side)
            pixels = np.asarray(image.convert("RGB").resize(side, Image.Resampling.BILINEAR))
        features(pixels=pixels[None])


def ours(paths: list[Path]) -> None:
    """Describe as the pipeline does."""
    from core.domain import ImageInput
    from core.models.builtin.vision_model import BuiltinVision

    vision = BuiltinVision()
    for start in range(0, len(paths), BATCH):
        vision.describe([ImageInput(path) for path in paths[start : start + BATCH]], "colour")


def serve(what: str) -> None:
    """Work on the folder and number of images named by each line of the input; answer with processor milliseconds an
    image. The first answer, which loads all, counts for nothing."""
    work = {"floor": floor, "ours": ours}[what]
    for line in sys.stdin:
        folder, _, count = line.strip().rpartition(" ")
        paths = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})[: int(count)]
        began = time.process_time()
        work(paths)
        print((time.process_time() - began) / len(paths) * 1000, flush=True)


class Worker:
    """A process that works with one checkout."""

    def __init__(self, what: str, checkout: Path) -> None:
        code = f"import sys; sys.path[:0] = {[str(checkout), str(Path(__file__).parent)]}; "
        code += f"import describe_speed; describe_speed.serve({what!r})"
        command = [sys.executable, "-c", code]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=checkout
        )

    def ask(self, folder: Path, count: int) -> float:
        """Processor milliseconds an image."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{folder} {count}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


def folders(made: Path, count: int) -> Iterator[Path]:
    """The evaluation photos, or else images of coarse noise, as JPEG of 1024 x 768."""
    found = [folder for folder in PHOTOS if folder.is_dir()]
    if not found:
        random = np.random.default_rng(0)
        for i in range(count):
            small = Image.fromarray(random.integers(0, 256, (48, 64, 3), dtype=np.uint8))
            small.resize((1024, 768), Image.Resampling.BICUBIC).save(made / f"{i:04d}.jpg", quality=85)
    yield from found or [made]


def main(count: int, rounds: int, before: Path | None) -> None:
    """Print processor milliseconds an image of each, and the ratios, a folder at a time."""
    workers = {"floor": Worker("floor", ROOT), "ours": Worker("ours", ROOT)}
    if before:
        workers["before"] = Worker("ours", before.resolve())
    with tempfile.TemporaryDirectory() as made:
        for folder in folders(Path(made), count):
            for worker in workers.values():
                worker.ask(folder, 8)
            took: dict[str, list[float]] = {name: [] for name in workers}
            for _ in range(rounds):
                for name, worker in workers.items():
                    took[name].append(worker.ask(folder, count))
            middle = {name: statistics.median(times) for name, times in took.items()}
            print(f"{folder.parent.name}: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in middle.items()))
            print(f"  ours / floor {middle['ours'] / middle['floor']:.2f} (at most {MOST_OVER_FLOOR})")
            if before:
                print(f"  before / ours {middle['before'] / middle['ours']:.2f} (at least {LEAST_OVER_BEFORE})")
    for worker in workers.values():
        worker.end()


if __name__ == "__main__":
    given = sys.argv[1:]
    sizes = [int(number) for number in given[:2]]
    main(*[*sizes, *(96, 3)[len(sizes) :]], Path(given[2]) if len(given) > 2 else None)
