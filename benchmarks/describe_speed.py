"""How much slower describing is than the bare network: python benchmarks/describe_speed.py [FOLDER] [IMAGES] [ROUNDS].

The bare loop decodes, resizes and runs the very same network in batches, channels-last; ours is
`BuiltinVision.describe` on the same images with the same number of threads. They take turns within one run, so that
other load hits both. Without a folder it uses the evaluation photos beside the repository, or images of noise where
those are absent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.domain import ImageInput
from core.models.builtin.from_pixels import network
from core.models.builtin.vision_model import BuiltinVision

PHOTOS = Path(__file__).parents[1].parent / "shared" / "datasets" / "clothing" / "images"


def bare(paths: list[Path], batch: int) -> None:
    """Decode, resize, network: nothing else."""
    model = network.shared_network()
    side = (network.SIDE, network.SIDE)
    for start in range(0, len(paths), batch):
        pixels = [
            np.asarray(Image.open(path).convert("RGB").resize(side, Image.Resampling.BILINEAR), dtype=np.float32)
            for path in paths[start : start + batch]
        ]
        tensor = torch.from_numpy((np.stack(pixels) - 127) / 128).permute(0, 3, 1, 2)
        with torch.inference_mode():
            model(tensor.contiguous(memory_format=torch.channels_last))


def ours(paths: list[Path], vision: BuiltinVision) -> None:
    """Describe as the pipeline does, in the model's own batch size."""
    for start in range(0, len(paths), vision.batch_size):
        vision.describe([ImageInput(path) for path in paths[start : start + vision.batch_size]], "colour")


def noise(folder: Path, count: int) -> list[Path]:
    """Images of coarse noise, as JPEG of 1024 x 768."""
    random = np.random.default_rng(0)
    for i in range(count):
        small = Image.fromarray(random.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        small.resize((1024, 768), Image.Resampling.BICUBIC).save(folder / f"{i:04d}.jpg", quality=85)
    return sorted(folder.glob("*.jpg"))


def main(folder: Path, count: int, rounds: int) -> None:
    """Print images a second of both, round by round, and the ratio of the best times."""
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})[:count]
    vision = BuiltinVision()
    bare(paths[: vision.batch_size], vision.batch_size)
    ours(paths[: vision.batch_size], vision)
    times: dict[str, list[float]] = {"bare": [], "ours": []}
    print(f"{len(paths)} images, batches of {vision.batch_size}, {torch.get_num_threads()} thread(s)")
    for turn in range(rounds):
        for name, run in (("bare", lambda: bare(paths, vision.batch_size)), ("ours", lambda: ours(paths, vision))):
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
        print(f"round {turn + 1}: " + ", ".join(f"{n} {len(paths) / t[-1]:.1f} images/s" for n, t in times.items()))
    print(f"ratio ours / bare: {min(times['ours']) / min(times['bare']):.2f} (must stay at or below 1.5)")


if __name__ == "__main__":
    given = sys.argv[1:]
    size, turns = int(given[1]) if len(given) > 1 else 96, int(given[2]) if len(given) > 2 else 3
    with tempfile.TemporaryDirectory() as made:
        if given or PHOTOS.is_dir():
            main(Path(given[0]) if given else PHOTOS, size, turns)
        else:
            noise(Path(made), size)
            main(Path(made), size, turns)
