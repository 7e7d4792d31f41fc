"""The app with nothing but the part `app`: the main job, every page, and one sentence for what is not installed.

    git archive HEAD | tar -x -C FOLDER; cd FOLDER; python3 start.py install app; .venv/bin/python tests/light.py

Run by .ci/run in such a folder, where pytest is not installed either. It fails where PyTorch can be imported.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ADDED_LATER = ("torch", "torchvision", "transformers", "llama_cpp")
DEMO = ["--images", "data/demo/images", "--criterion", "kind of thing", "--k", "6"]


def check_that_nothing_more_is_here() -> None:
    here = [name for name in ADDED_LATER if importlib.util.find_spec(name)]
    assert not here, f"{here} can be imported: this is to be run where only the part app is installed"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core", "run", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def check_the_main_job(folder: Path) -> None:
    done = run(
        *DEMO, "--truth", "data/demo/truth.csv:kind", "--out", str(folder / "out"), "--workspace", str(folder / "w")
    )
    assert done.returncode == 0, done.stderr
    with (folder / "out/assignments.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(list((ROOT / "data/demo/images").iterdir()))
    assert json.loads((folder / "out/metrics.json").read_text(encoding="utf-8"))["acc"] == 1.0  # as the README says


def check_that_a_missing_part_is_one_sentence(folder: Path) -> None:
    gguf = folder / "model.gguf"
    gguf.write_bytes(b"GGUF")
    for role, kind, place in (("--vision", "transformers", folder), ("--text", "llama_cpp", gguf)):
        done = run(*DEMO, role, f"{kind}:{place}", "--out", str(folder / kind), "--workspace", str(folder / "w2"))
        assert done.returncode == 2, done.stderr
        assert f"python3 start.py install {kind}" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr, done.stderr


def check_every_page(folder: Path) -> None:
    os.environ["FACETRY_WORKSPACE"] = str(folder / "w")  # with the run of the main job
    from streamlit.testing.v1 import AppTest

    from ui import text
    from ui.session import state

    page = AppTest.from_file(str(ROOT / "ui/shell.py"), default_timeout=120).run()
    for name in state.PAGES:
        if name != "start":
            page.switch_page(str(ROOT / f"pages/{name}.py")).run()
        assert not page.exception, (name, page.exception)
        assert not page.error, (name, page.error)
        if name == "connect":
            assert text.PART_MISSING["transformers"] in "".join(info.value for info in page.info)
            assert text.PART_ADD in [button.label for button in page.button]
    state.workspace().close()


def main() -> None:
    """Raises AssertionError at the first thing that is wrong."""
    check_that_nothing_more_is_here()
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_the_main_job, check_that_a_missing_part_is_one_sentence, check_every_page):
            check(Path(folder))
            print(f"{check.__name__.removeprefix('check_').replace('_', ' ')}: yes", flush=True)


if __name__ == "__main__":
    main()
