"""The default engine needs none of the libraries that only local models, tests or the makers of graphs need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "data" / "demo"

RUN = """
import sys

class Absent:
    names = {"torch", "torchvision", "transformers", "sentence_transformers", "safetensors", "onnx"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

if __name__ == "__main__":
    sys.meta_path.insert(0, Absent())
    from core.cli.main import main
    status = main(sys.argv[1:])
    assert not (Absent.names | {"timm"}) & set(sys.modules)  # of timm, files are read
    sys.exit(status)
"""


@pytest.mark.parametrize("given", ["images", "records"])
def test_a_run_needs_no_torch(given: str, tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text(RUN, encoding="utf-8")
    place = DEMO / {"images": "images", "records": "descriptions.jsonl"}[given]
    command = ["run", f"--{given}", str(place), "--criterion", "colour", "--k", "3", "--limit", "12"]
    command += ["--out", str(tmp_path / "out"), "--workspace", str(tmp_path / "workspace")]
    done = subprocess.run(
        [sys.executable, str(program), *command], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["counts"]
    assert run["models"]["text"].startswith("builtin-text")
