"""How a run over descriptions grows: python benchmarks/scale_records.py [ROWS ...] [--distinct N] [--labels]

Makes files of descriptions (1,000, 10,000, 100,000 and 1,000,000 rows unless others are given, at most 20,000 of them
distinct), runs the whole program on each with the built-in engine, in a process of its own and a new workspace, and
prints for each: seconds, seconds of processor time, largest resident memory and what the workspace takes on the disk;
then how often the time of a row grew from one line to the next (1.00 is linear). Beside it stands the processor time
that the embedder alone takes for the distinct texts, and the ratio of the two. Modules are compiled beforehand, as the
app has them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from start import with_bytecode

WORDS = (
    ("small", "large", "old", "shiny", "broken", "new", "dusty", "plain"),
    ("red", "blue", "white", "black", "silver", "green", "yellow", "brown", "grey", "orange"),
    ("hatchback", "van", "horse", "monkey", "airplane", "ship", "kitten", "deer", "guitar", "violin", "teapot", "lamp"),
    ("beside a wooden fence", "on a gravel road", "in front of a bakery", "near a lake", "under a bridge", "in a hall"),
    ("in the morning", "on a rainy day", "at sunset", "in bright light", "after a storm", "in winter", "at noon"),
)
BARE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from core.models.embedding.minilm import compute, embed
texts = open(sys.argv[2], encoding="utf-8").read().split("\\n")
embed(["warm up", 9 * "and more of it "])
began = time.process_time()
for start in range(0, len(texts), 20_000):
    compute(texts[start : start + 20_000])
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class Took:
    """seconds, cpu: of the whole process and its children. memory, disk: in MB. bare: CPU seconds of the embedder."""

    rows: int
    seconds: float
    cpu: float
    memory: float
    disk: float
    bare: float


def texts(number: int) -> list[str]:
    """So many distinct descriptions, the same at every call."""
    drawn, found = random.Random(1), dict[str, None]()
    while len(found) < number:
        size, colour, thing, place, when = (drawn.choice(words) for words in WORDS)
        found[f"The object in the image is a {size} {colour} {thing}, standing {place} {when}."] = None
    return list(found)


def write(path: Path, rows: int, distinct: list[str], *, labels: bool) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in range(rows):
            text = distinct[row % len(distinct)]
            record = {"image": f"lot {row % 97}/{row}.jpg", "description": text}
            if labels:
                record["label"] = text.split()[8]
            file.write(json.dumps(record) + "\n")


def took(rows: int, distinct: int, *, labels: bool) -> Took:
    """Run once over so many rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        several = texts(min(rows, distinct))
        (folder / "texts.txt").write_text("\n".join(several), encoding="utf-8")
        write(folder / "records.jsonl", rows, several, labels=labels)
        bare = subprocess.run(
            [sys.executable, "-c", BARE, str(ROOT), str(folder / "texts.txt")],
            capture_output=True,
            check=True,
            text=True,
        )
        command = [sys.executable, "-m", "core", "run", "--records", folder / "records.jsonl", "--criterion", "object"]
        command += ["--k", "12", "--workspace", folder / "workspace", "--out", folder / "out"]
        with (folder / "said.txt").open("w") as said:
            began = time.monotonic()
            process = subprocess.Popen(command, cwd=ROOT, env=with_bytecode(os.environ), stdout=said, stderr=said)
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        if status:
            raise SystemExit((folder / "said.txt").read_text())
        disk = sum(file.stat().st_size for file in (folder / "workspace").rglob("*") if file.is_file())
        about = json.loads((folder / "out" / "run.json").read_text())
        steps = ", ".join(f"{step} {stats['seconds']:.0f} s" for step, stats in about["steps"].items())
        print(f"  {rows:,} rows: {steps}; {resource_line(used)}", file=sys.stderr)
        cpu = used.ru_utime + used.ru_stime
        return Took(rows, seconds, cpu, used.ru_maxrss / 1024, disk / 2**20, float(bare.stdout))


def resource_line(used: resource.struct_rusage) -> str:
    return f"user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int, default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--distinct", type=int, default=20_000)
    parser.add_argument("--labels", action="store_true", help="the file has labels too")
    options = parser.parse_args()
    took(20, 20, labels=options.labels)  # compiles what it imports, as an installed app has it
    head = f"{'rows':>11}{'seconds':>9}{'CPU s':>9}{'MB':>7}{'disk MB':>9}{'ms a row':>10}{'growth':>8}{'embedder':>10}"
    print(head + f"{'whole / it':>12}", flush=True)
    before = None
    for rows in options.rows:
        now = took(rows, options.distinct, labels=options.labels)
        growth = f"{(now.cpu / now.rows) / (before.cpu / before.rows):8.2f}" if before else f"{'':8}"
        line = f"{rows:11,}{now.seconds:9.1f}{now.cpu:9.1f}{now.memory:7.0f}{now.disk:9.1f}"
        line += f"{1000 * now.cpu / rows:10.3f}{growth}{now.bare:10.1f}{now.cpu / now.bare:12.2f}"
        print(line, flush=True)
        before = now


if __name__ == "__main__":
    main()
