"""Images in object stores and other file systems (fsspec): memory, folders, and S3 from a server on this computer."""

from __future__ import annotations

import io
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from full_disk import no_file_larger_than
from PIL import Image

from core.config import Config
from core.errors import BadInput, Paused
from core.ingest import source
from core.ingest.ground_truth import read_truth
from core.ingest.sources import object_store


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


FILES = {
    "cats/10.png": png("red"),
    "cats/2.png": png("blue"),
    "dogs/1.png": png("green"),
    "dogs/copy.png": png("red"),
    "dogs/notes.txt": b"x",
    "dogs/bad.png": b"x",
    "brochure.pdf": b"%PDF",
}


def check_what_came_in(address: str, config: Config, copies: Path) -> None:
    """FILES, whichever file system they lie in: in natural order, each accounted for, nothing left behind."""
    found = source.find(address, "", config)
    looked = [file.item for file in source.look(found, copies, config)]
    assert found.given == len(looked) == len(FILES)
    assert [file.name for file in looked if file.status == "ready"] == ["cats/2.png", "cats/10.png", "dogs/1.png"]
    assert Counter(file.status for file in looked) == {"ready": 3, "duplicate": 1, "skipped": 3}
    names = {file.item_id: file.name for file in looked if file.status == "ready"}
    assert set(read_truth("folder", names)[1].values()) == {"cats", "dogs"}
    assert not list(config.workspace.iterdir())
    assert source.find(address, "", config) == found


@pytest.fixture
def memory() -> Iterator[str]:
    system = fsspec.filesystem("memory")
    for name, content in FILES.items():
        system.pipe_file(f"/pictures/{name}", content)
    yield "memory://pictures"
    system.rm("/pictures", recursive=True)


def test_images_in_memory_are_listed_and_fetched(tmp_path: Path, memory: str) -> None:
    check_what_came_in(memory, Config(tmp_path / "ws"), tmp_path / "copies")


def test_a_full_disk_is_no_fault_of_the_image_and_once_there_is_room_all_come_in(tmp_path: Path, memory: str) -> None:
    """As a skipped file, it would be left out for good."""
    config, copies = Config(tmp_path / "ws"), tmp_path / "copies"
    with no_file_larger_than(64), pytest.raises(Paused, match=r"cannot be fetched into .* Make room on the disk"):
        list(source.look(source.find(memory, "", config), copies, config))
    check_what_came_in(memory, config, copies)


def test_a_file_address_is_a_folder_below_the_allowed_ones(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "my pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "my pictures" / name).write_bytes(content)
    address = (tmp_path / "my pictures").as_uri()
    check_what_came_in(address, Config(tmp_path / "ws"), tmp_path / "copies")
    with pytest.raises(BadInput, match="may only be read from"):
        source.find(address, "", Config(tmp_path / "ws", image_roots=(tmp_path / "other",)))


def test_a_list_may_name_objects(tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "core.ingest.sources.image_list.FETCHED", ("memory://",)
    )  # stands for s3://, which needs a server
    (tmp_path / "list.csv").write_text(f"image\n{memory}/cats/2.png\n{memory}/gone.png\n")
    found = source.find(str(tmp_path / "list.csv"), "", Config(tmp_path / "ws"))
    looked = [file.item for file in source.look(found, tmp_path / "copies", Config(tmp_path / "ws"))]
    assert [file.status for file in looked] == ["ready", "skipped"]
    assert "does not exist" in looked[1].reason


def test_an_object_is_not_fetched_beyond_its_bounds(tmp_path: Path, memory: str) -> None:
    small = replace(Config(tmp_path), fetch_bytes=20)
    with pytest.raises(BadInput, match="too large for an image"):
        object_store.fetch(f"{memory}/cats/2.png", tmp_path / "x", small)
    with pytest.raises(BadInput, match="took longer"):
        object_store.fetch(f"{memory}/cats/2.png", tmp_path / "x", replace(Config(tmp_path), fetch_seconds=-1.0))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("memory://nothing-here", "does not exist|holds no files"),
        ("ftp://example.com/a", "ftp:// are not read; s3, gs, az"),
        ("https://example.com/a", "https:// are not read"),
        ("s3://", "names no bucket"),
        ("gs://bucket/a", "needs the package gcsfs: .venv/bin/pip install gcsfs"),
        ("az://bucket/a", "needs the package adlfs"),
    ],
)
def test_an_odd_address_gets_one_sentence(tmp_path: Path, address: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        source.find(address, "", Config(tmp_path))


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of moto's S3 server, filled as a person would fill it."""
    server = pytest.importorskip("moto.server", reason="moto is not installed: python3 start.py install")
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = running.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        object_store._s3.cache_clear()
        system = object_store._s3("pictures", False)
        urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/pictures", method="PUT")).close()
        for name, content in FILES.items():
            with system.fs.open_output_stream(f"pictures/of 2026/{name}") as file:
                file.write(content)
        yield "s3://pictures/of 2026"
    object_store._s3.cache_clear()
    running.stop()


def test_images_in_an_s3_bucket_are_listed_and_fetched(tmp_path: Path, bucket: str) -> None:
    check_what_came_in(bucket, Config(tmp_path / "ws"), tmp_path / "copies")
    with pytest.raises(BadInput, match="does not exist"):
        source.find("s3://pictures/nothing-here", "", Config(tmp_path / "ws"))
    with pytest.raises(BadInput, match=r"does not exist|cannot be read"):
        source.find("s3://no-such-bucket/a", "", Config(tmp_path / "ws"))


def test_a_list_may_name_objects_of_a_bucket(tmp_path: Path, bucket: str) -> None:
    (tmp_path / "list.csv").write_text(f"image,kind\n{bucket}/cats/2.png,cat\n{bucket}/gone.png,dog\n")
    found = source.find(str(tmp_path / "list.csv"), "", Config(tmp_path / "ws"))
    looked = [file.item for file in source.look(found, tmp_path / "copies", Config(tmp_path / "ws"))]
    assert [file.status for file in looked] == ["ready", "skipped"]
    assert "does not exist" in looked[1].reason
