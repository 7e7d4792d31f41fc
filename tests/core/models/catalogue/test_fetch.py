"""Files of models come from the hub whole and checked, go on where they were cut off; each trouble has its sentence.

The hub is a server on this computer that speaks its protocol.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hub_server import COMMIT, Hub, entry_of, serve

from core.errors import ModelUnavailable
from core.models.catalogue import fetch as fetching
from core.models.catalogue.entries import File
from core.models.catalogue.fetch import Refused, fetch
from core.models.catalogue.shelf import PART, Place

WEIGHTS = os.urandom(3_000_000)
FILES = {
    "model.safetensors": WEIGHTS,
    "config.json": b'{"model_type": "tiny"}',
    "tokenizer.model": b"words",
    "pytorch_model.bin": b"a pickle",
    "modeling_tiny.py": b"import os",
    "README.md": b"# Tiny",
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants, file_download

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", constants.DOWNLOAD_CHUNK_SIZE)  # fetch sets it
    monkeypatch.setattr(file_download, "time", SimpleNamespace(sleep=lambda seconds: None))  # before it tries again
    with serve(dict(FILES)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(entry_of(FILES), tmp_path / "models")


def names(place: Place) -> list[str]:
    return sorted(path.name for path in place.folder.iterdir())


def test_weights_and_small_texts_come_whole_and_nothing_that_could_run(hub: Hub, place: Place) -> None:
    said: list[str] = []
    assert not place.is_whole()
    assert (place.here(), place.total()) == (0, len(WEIGHTS))
    fetch(place, said.append)
    assert names(place) == ["config.json", "model.safetensors", "tokenizer.model"]
    assert (place.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert said == ["fetching", "checking"]
    assert place.is_whole()
    assert place.here() == place.total() > len(WEIGHTS)
    assert all(COMMIT in path for path, _ in hub.asked if not path.startswith("/far/")), "the revision is pinned"


def test_what_is_here_is_not_asked_for_again(hub: Hub, place: Place) -> None:
    fetch(place)
    hub.asked.clear()
    fetch(place)
    assert not hub.asked


def test_a_connection_that_is_cut_goes_on_where_it_ended(hub: Hub, place: Place) -> None:
    hub.trouble.cut = [1_000_000, 500_000]
    fetch(place)
    assert (place.folder / "model.safetensors").read_bytes() == WEIGHTS
    first, *later = hub.ranges("model.safetensors")
    assert first == ""
    assert len(later) == 2
    begins = [int(wanted.removeprefix("bytes=").removesuffix("-")) for wanted in later]
    assert 0 < begins[0] <= 1_000_000 < begins[1] <= 1_500_000 + 65536


def test_where_no_range_is_taken_a_cut_file_begins_anew(hub: Hub, place: Place) -> None:
    hub.trouble.cut, hub.trouble.whole = [1_000_000], True
    fetch(place)
    assert (place.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_another_day_goes_on_where_the_last_one_ended(hub: Hub, place: Place) -> None:
    hub.trouble.cut = [1_000_000] + [0] * 10
    with pytest.raises(ModelUnavailable, match=r"cannot be reached, or the connection broke off\. Go online.*is kept"):
        fetch(place)
    came = (place.folder / f"model.safetensors{PART}").stat().st_size
    assert 0 < came <= 1_000_000
    assert place.here() == came
    assert not place.is_whole()
    hub.trouble.cut, before = [], len(hub.asked)
    fetch(place)
    assert (place.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.ranges("model.safetensors")[-1] == f"bytes={came}-"
    assert not any(path.startswith("/api") for path, _ in hub.asked[before:]), "held to what was said the first time"


def test_a_wrong_checksum_is_refused_and_the_file_deleted(hub: Hub, place: Place) -> None:
    hub.trouble.instead = {"model.safetensors": WEIGHTS[::-1]}
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors.*wrong checksum and was deleted\. Try again"):
        fetch(place)
    assert names(place) == ["config.json", "tokenizer.model"]
    hub.trouble.instead = {"config.json": b'{"model_type": "evil"}'}
    (place.folder / "config.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"config\.json.*wrong checksum"):
        fetch(place)
    hub.trouble.instead = {}
    fetch(place)
    assert place.is_whole()


@pytest.mark.parametrize("other", [{"sha256": "0" * 64}, {"size": 5}])
def test_another_file_than_the_catalogue_names_is_not_even_fetched(
    hub: Hub, place: Place, other: dict[str, int | str]
) -> None:
    (known,) = place.entry.files
    told = {"name": known.name, "size": known.size, "sha256": known.sha256, **other}
    place = Place(replace(place.entry, files=(File(**told),)), place.root)  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match=r"another file.*so it was not fetched\. Take another model"):
        fetch(place)
    assert not hub.ranges("model.safetensors")


@pytest.mark.parametrize(
    ("file", "status", "code", "kind", "said"),
    [
        ("", 401, "", Refused, r"agreed to its terms: do so on https://\S+, then give a token"),
        ("", 404, "RepoNotFound", ModelUnavailable, r"does not have Tiny any more.*Take another model"),
        ("", 404, "RevisionNotFound", ModelUnavailable, "does not have Tiny any more"),
        ("", 503, "", ModelUnavailable, r"cannot give Tiny now \(status 503\)\. What has come is kept; continue later"),
        ("model.safetensors", 401, "GatedRepo", Refused, "agreed to its terms"),
        ("model.safetensors", 403, "GatedRepo", Refused, "agreed to its terms"),
        ("model.safetensors", 403, "", Refused, "agreed to its terms"),
        ("model.safetensors", 404, "EntryNotFound", ModelUnavailable, "does not have Tiny any more"),
        ("model.safetensors", 404, "", ModelUnavailable, "does not have Tiny any more"),
    ],
)
def test_what_the_hub_refuses_has_one_sentence(
    hub: Hub, place: Place, file: str, status: int, code: str, kind: type[Exception], said: str
) -> None:
    hub.trouble.status = {file: (status, code)}
    with pytest.raises(kind, match=said) as raised:
        fetch(place)
    assert type(raised.value) is kind
    assert not re.search(r"\bhttp://|Client Error|\n", str(raised.value)), "no words of the library's"


def test_a_file_that_the_repository_lacks_is_said_before_any_comes(hub: Hub, place: Place) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(ModelUnavailable, match="does not have Tiny any more"):
        fetch(place)
    assert not place.folder.exists()


def test_a_token_goes_to_the_hub_and_to_no_other_host(hub: Hub, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.trouble.needs = "hf_secret"
    with pytest.raises(Refused):
        fetch(place)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(place)
    assert ("/far/model.safetensors", "") in hub.told
    assert not any(
        "hf_secret" in path.read_text("utf-8", "replace") for path in place.root.rglob("*") if path.is_file()
    )


def test_no_network_has_its_sentence(place: Place, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable, match=r"cannot be reached.*Go online, then continue"):
        fetch(place)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match="HF_HUB_OFFLINE"):
        fetch(place)


def test_a_disk_that_fills_up_has_its_sentence(hub: Hub, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    from huggingface_hub import file_download

    monkeypatch.setattr(file_download, "http_get", full)
    with pytest.raises(ModelUnavailable, match=r"The disk is full\. What has come is kept\. Make room"):
        fetch(place)


def test_two_programs_do_not_write_one_file(hub: Hub, place: Place) -> None:
    with fetching._alone(place), pytest.raises(ModelUnavailable, match=r"Another program is fetching Tiny\. Wait"):
        fetch(place)
    fetch(place)


def test_removing_leaves_nothing(hub: Hub, place: Place) -> None:
    fetch(place)
    place.remove()
    assert not place.folder.exists()
    assert place.record() is None
    assert place.here() == 0


def test_what_belongs_to_another_revision_is_not_taken_for_this_one(hub: Hub, place: Place) -> None:
    fetch(place)
    later = Place(replace(place.entry, revision="f" * 40), place.root)
    assert not later.is_whole()
    with pytest.raises(ModelUnavailable, match="does not have Tiny any more"):
        fetch(later)
