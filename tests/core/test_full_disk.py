"""A disk that is really full (a small tmpfs, where one may be mounted): one sentence, and the same result once there is
room. What fails at which write is tested with each part."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from house import House

from core.config import Config
from core.errors import BadInput
from core.export import downloads, run_files, workspace_zip
from core.ingest import result_files
from core.ingest.sources import upload
from core.workspace import Workspace

SIZE = 40 * 1024**2


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "facetry-test", str(place)]
    try:
        subprocess.run(mounting, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class Filler:
    """A file that takes all the room there is."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "filler"

    def fill(self, leave: int = 0) -> None:
        self.remove()
        with self._path.open("wb") as file:
            file.write(bytes(max(0, shutil.disk_usage(self._path).free - leave)))

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def test_upload(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "LIMITS", replace(upload.LIMITS, free=-(10**12)))  # or it is said before
    home, content = small / "uploads", bytes(range(256)) * 2000
    file = upload.announced("a.jpg", len(content), 1)
    place, filler = upload.announce(home, [file]), Filler(small)
    filler.fill(leave=200_000)
    with pytest.raises(upload.DiskFull, match=r"^The disk is full: a.jpg could not be saved. Make room, then go on.$"):
        place.write(file.key, 0, content)
    filler.fill()
    with pytest.raises(upload.DiskFull):
        upload.announce(home, [upload.announced(f"{number}.jpg", 1, 1) for number in range(2000)])
    with pytest.raises(upload.DiskFull):
        upload.save_table(home / place.id, content)
    filler.remove()
    again = upload.announce(home, [file])
    assert again.id == place.id
    here = again.begun()[file.key]
    assert again.write(file.key, here, content[here:])
    assert again.file(file.key).read_bytes() == content
    assert [path.name for path in home.iterdir()] == [place.id]


def test_results_brought(small: Path) -> None:
    config, filler, content = Config(small), Filler(small), b"image,cluster\n" + b"a.png,x\n" * 20_000
    filler.fill(leave=50_000)
    with pytest.raises(BadInput, match=r"^The results could not be saved \(No space left on device\)\.$"):
        result_files.keep(config, [("a.csv", content)])
    assert not list(small.rglob("*.part"))
    filler.remove()
    path, _ = result_files.keep(config, [("a.csv", content)])
    assert path.read_bytes() == content


def test_export(small: Path, house: House) -> None:
    run_id, filler = house.start(k=3, truth="folder"), Filler(small)
    house.run(run_id)
    out = small / "out"
    for leave in range(0, 40_000, 4096):
        filler.fill(leave)
        try:
            run_files.write(house.workspace, run_id, out)
        except BadInput as error:
            said = str(error)
        else:
            break
        assert said == f"The results could not be written to {out} (No space left on device)."
        assert not list(out.glob("*.part"))
    assert leave
    filler.remove()
    run_files.write(house.workspace, run_id, out)
    assert (out / "assignments.csv").read_bytes() == b"".join(downloads.table(house.workspace, run_id))


def test_download_of_a_workspace(small: Path, house: House) -> None:
    run_id, filler = house.start(k=3), Filler(small)
    house.run(run_id)
    house.workspace.close()
    shutil.copytree(house.workspace.folder, small / "workspace")
    workspace = Workspace(Config(small / "workspace"))
    sentence = rf"^The tables could not be copied into {workspace.folder}\. Make room on the disk, then try again\.$"
    try:
        filler.fill(leave=16_384)
        with pytest.raises(BadInput, match=sentence):
            list(workspace_zip.pack(workspace))
        assert not list(workspace.folder.glob("packing-*"))
        filler.remove()
        with zipfile.ZipFile(io.BytesIO(b"".join(workspace_zip.pack(workspace)))) as archive:
            assert archive.testzip() is None
    finally:
        workspace.close()
