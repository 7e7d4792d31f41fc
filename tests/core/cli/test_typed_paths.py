"""Paths that no system can look up, given to every option that takes one: a sentence, exit status 2, nothing made."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from house import House
from PIL import Image

from core.cli import run
from core.cli.main import main
from core.config import config
from core.errors import sentence

UNUSABLE = {
    "an unknown home": "~nobody-here/a",
    "longer than any path": "x" * 5000,
    "a zero byte": "a\0b",
    "a link in a circle": "circle/a",
    "bytes that are no text": "a\udce9",
}
RUN = ["run", "--criterion", "colour", "--k", "2"]
COMMANDS = {
    "images": [*RUN, "--images", "PATH", "--out", "out", "--workspace", "workspace"],
    "records": [*RUN, "--records", "PATH", "--out", "out", "--workspace", "workspace"],
    "out": [*RUN, "--images", "IMAGES", "--out", "PATH", "--workspace", "workspace"],
    "workspace": [*RUN, "--images", "IMAGES", "--out", "out", "--workspace", "PATH"],
    "truth": [*RUN, "--images", "IMAGES", "--out", "out", "--workspace", "workspace", "--truth", "PATH"],
    "prompt": [*RUN, "--images", "IMAGES", "--out", "out", "--workspace", "workspace", "--prompt", "label=PATH"],
    "model": [*RUN, "--images", "IMAGES", "--out", "out", "--workspace", "workspace", "--vision", "transformers:PATH"],
    "gguf": [*RUN, "--images", "IMAGES", "--out", "out", "--workspace", "workspace", "--text", "llama-cpp:PATH"],
    "import": ["import", "PATH", "--out", "out", "--workspace", "workspace"],
    "pack": ["pack", "--out", "PATH", "--workspace", "workspace"],
    "unpack": ["unpack", "PATH", "--workspace", "workspace"],
}


@pytest.mark.parametrize("unusable", UNUSABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_each_option(
    command: str,
    unusable: str,
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    house.workspace.close()
    monkeypatch.chdir(tmp_path)
    Path("circle").symlink_to("circle")
    words = {"PATH": UNUSABLE[unusable], "IMAGES": str(house.images)}
    options = [option.replace("PATH", words["PATH"]).replace("IMAGES", words["IMAGES"]) for option in COMMANDS[command]]
    assert main(options) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert said.endswith((".", ")", "FILE.gguf"))
    assert not Path("out").exists()


@pytest.mark.parametrize("option", ["--criterion", "--names", "--never", "--language"])
def test_words_that_are_no_text(option: str, house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """As a terminal of another encoding sends them."""
    command = ["run", "--images", str(house.images), "--criterion", "colour", "--k", "2", "--out", "out"]
    assert main([*command, option, "caf\udce9"]) == 2
    assert capsys.readouterr().err == "“caf?” is no text in UTF-8. Write it anew, or rename the file or folder.\n"


@pytest.mark.parametrize("command", ["images", "records", "truth", "import", "workspace"])
def test_a_folder_whose_name_is_no_text(
    command: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder that one works in, or one that a link leads to."""
    house.workspace.close()
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this system has no such names")
    monkeypatch.chdir(odd)
    Image.new("RGB", (8, 8)).save("a.png")
    names = [path.name for path in house.images.rglob("*.*")]
    Path("table.csv").write_text("\n".join(["image,cluster", *(f"{name},x" for name in names)]), encoding="utf-8")
    Path("records.jsonl").write_text('{"image": "a.png", "label": "x"}\n', encoding="utf-8")
    place = str(tmp_path / "kept") if command != "workspace" else "here"
    path = {"images": ".", "records": "records.jsonl", "workspace": place}.get(command, "table.csv")
    options = [option.replace("PATH", path) for option in COMMANDS[command]]
    options = [str(house.images) if option == "IMAGES" else option for option in options]
    options = [place if option == "workspace" else option for option in options]
    assert main(options) == 2
    said = capsys.readouterr().err
    assert "no text in UTF-8" in said
    assert said.count("\n") == 1


def test_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    config.cache_clear()
    monkeypatch.setenv("FACETRY_WORKSPACE", "~nobody-here/a")
    assert main([*RUN, "--images", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "~nobody-here/a is not a path that can be read. Check the spelling.\n"
    config.cache_clear()


@pytest.mark.parametrize(
    ("named", "shown"), [("/a/caf\udce9", "/a/caf?"), (b"/a/caf\xe9", "/a/caf?"), (b"/a", "/a"), (7, "A file")]
)
def test_a_file_of_any_name_can_be_shown(named: object, shown: str) -> None:
    assert sentence(OSError(errno.EIO, "broken", named)) == f"{shown} could not be used (broken)."


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full. What was saved is kept. Make room, then try again."),
        (errno.EACCES, f"/place/a could not be used ({os.strerror(errno.EACCES)})."),
    ],
)
def test_what_no_part_expects_of_a_disk_is_a_sentence_too(
    number: int, said: str, house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError(number, os.strerror(number), "/place/a")

    monkeypatch.setattr(run, "_settings", broken)
    assert main([*RUN, "--images", str(house.images), "--out", "out"]) == 2
    assert capsys.readouterr().err == f"{said}\n"
