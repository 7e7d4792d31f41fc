"""The models of a baseline: features of images, groups of them, and each image judged by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from on_use import torch
from on_use import transformers as hf
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from core.classical.groups import KINDS, Method
from core.classical.reduce import Reduction
from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen
from core.errors import BadInput, ModelUnavailable
from core.models.baseline import encoder, pixels
from core.models.baseline.recipe import Features, Recipe
from core.models.baseline.text import BaselineText
from core.models.baseline.vision import PixelFeatures, Points


def blobs(n: int = 240, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rows, truth = make_blobs(n, 12, centers=3, cluster_std=1.0, random_state=seed)
    return rows.astype(np.float32), truth


def corpus(ids: list[str]) -> Corpus:
    return Corpus(ids, [Description("")] * len(ids), [""] * len(ids))


def text_of(recipe: Recipe, rows: np.ndarray) -> tuple[BaselineText, list[str]]:
    ids = [f"item-{place}" for place in range(len(rows))]
    by_id = dict(zip(ids, rows, strict=True))
    points = Points("blobs", None, lambda some: np.stack([by_id[item] for item in some.ids]))
    return BaselineText(recipe, points), ids


def placed(text: BaselineText, ids: list[str], clusters: list[Cluster]) -> list[str | None]:
    said = text.assign(corpus(ids), "", clusters)
    return [one.cluster_id for one in said if isinstance(one, Assignment)]


@pytest.mark.parametrize("method", KINDS)
def test_each_image_goes_where_the_method_put_it_alone_or_with_others(method: Method) -> None:
    rows, truth = blobs()
    text, ids = text_of(Recipe(method), rows)
    clusters = text.name(corpus(ids), "", 3)
    assert isinstance(clusters, list)
    assert [cluster.size for cluster in clusters] == sorted((cluster.size for cluster in clusters), reverse=True)
    assert all(cluster.needs_name for cluster in clusters)
    homes = placed(text, ids, clusters)
    sizes = [homes.count(cluster.id) for cluster in clusters]
    assert sizes == [cluster.size for cluster in clusters]
    assert placed(text, ids[5:6], clusters) == homes[5:6]
    kept = [place for place, home in enumerate(homes) if home]
    assert len(kept) > 0.8 * len(ids)
    assert adjusted_rand_score(truth[kept], [homes[place] for place in kept]) > 0.95


def test_k_means_gives_what_scikit_learn_gives_scaled_and_reduced() -> None:
    rows, _ = make_blobs(300, 12, centers=5, cluster_std=6.0, random_state=2)
    rows = (rows * np.linspace(1, 50, 12) + 1_000).astype(np.float32)
    text, ids = text_of(Recipe("k-means"), rows)
    clusters = text.name(corpus(ids), "", 5)
    assert isinstance(clusters, list)
    ready = PCA(0.9, svd_solver="covariance_eigh").fit_transform(StandardScaler().fit_transform(rows.astype(float)))
    expected = KMeans(5, n_init=10, random_state=0).fit_predict(ready.astype(np.float32))
    assert adjusted_rand_score(expected, placed(text, ids, clusters)) > 0.99


def test_probabilities_are_those_of_the_mixture_and_k_means_gives_none() -> None:
    rows, _ = make_blobs(200, 3, centers=2, cluster_std=3.0, random_state=4)
    rows = rows.astype(np.float32)
    text, ids = text_of(Recipe("gaussian mixture", Reduction("none", 0)), rows)
    clusters = text.name(corpus(ids), "", 2)
    assert isinstance(clusters, list)
    said = [one.confidence for one in text.assign(corpus(ids), "", clusters) if isinstance(one, Assignment)]
    found = GaussianMixture(2, covariance_type="diag", reg_covar=1e-4, random_state=0).fit(rows)
    assert said == pytest.approx(found.predict_proba(rows).max(axis=1), abs=1e-3)
    plain, _ = text_of(Recipe("k-means"), rows)
    named = plain.name(corpus(ids), "", 2)
    assert isinstance(named, list)
    first = plain.assign(corpus(ids[:1]), "", named)[0]
    assert isinstance(first, Assignment)
    assert first.confidence is None


def test_a_later_image_goes_to_the_nearest_centre_and_with_density_to_none() -> None:
    rows, _ = blobs()
    for method, expected in (("agglomerative", True), ("hdbscan", False)):
        text, ids = text_of(Recipe(method), np.vstack([rows, rows[7:8]]))
        clusters = text.name(corpus(ids[:-1]), "", 3)
        assert isinstance(clusters, list)
        (home,) = placed(text, ids[-1:], clusters)
        assert (home == placed(text, ids[7:8], clusters)[0]) is expected


def test_images_without_features_fail_and_the_others_are_grouped() -> None:
    rows, _ = blobs()
    rows[3] = np.nan
    text, ids = text_of(Recipe("k-means"), rows)
    clusters = text.name(corpus(ids), "", 3)
    assert isinstance(clusters, list)
    said = text.assign(corpus(ids), "", clusters)
    assert isinstance(said[3], Failed)
    assert sum(isinstance(one, Failed) for one in said) == 1


def test_lda_uses_the_labels_and_its_id_tells() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 2, 300)
    rows = draw.normal(size=(300, 6)).astype(np.float32) * [20, 20, 20, 20, 20, 1]
    rows[:, 5] += 6 * truth
    ids = [f"item-{place}" for place in range(300)]
    points = Points("rows", None, lambda some: np.stack([rows[int(item[5:])] for item in some.ids]))
    recipe = Recipe("k-means", Reduction("none", 0, discriminant=True), "folder")
    text = BaselineText(recipe, points, {item: str(label) for item, label in zip(ids, truth, strict=True)})
    clusters = text.name(corpus(ids), "", 2)
    assert isinstance(clusters, list)
    assert adjusted_rand_score(truth, placed(text, ids, clusters)) > 0.95
    assert text.id != BaselineText(recipe, points, {ids[0]: "0", ids[1]: "1"}).id


def test_specs_come_back_and_what_they_cannot_mean_is_said() -> None:
    for spec in (
        "baseline:k-means/standard/0.9",
        "baseline:dbscan/none/all",
        "baseline:spectral/minmax/lda:/a/b.csv:c",
    ):
        assert str(Recipe.parse(spec)) == spec
    for spec in ("features:network", "features:encoder:/a/b", "features:file:/a/b.npy|/a/paths.csv"):
        assert str(Features.parse(spec)) == spec
    for wrong in ("baseline:kmeens", "baseline:k-means/odd", "baseline:k-means/none/2", "baseline:k-means/none/lda:"):
        with pytest.raises(BadInput):
            Recipe.parse(wrong)
    for wrong in ("features:nothing", "features:encoder", "features:file"):
        with pytest.raises(BadInput):
            Features.parse(wrong)


# -- features


def texture(dots: bool, seed: int) -> Image.Image:
    """Dots or broken stripes, with a little noise."""
    draw = np.random.default_rng(seed)
    down, across = np.mgrid[:256, :256]
    if dots:
        bright = ((down % 32 - 16) ** 2 + (across % 32 - 16) ** 2) < 64
    else:
        bright = (down % 16 < 8) & ((across // 32 + down // 16 * 3 + seed) % 5 > 0)
    values = np.where(bright, 210, 60) + draw.normal(0, 6, bright.shape)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize("kind", ["hog", "orb", "sift"])
def test_images_of_one_texture_are_nearer_than_those_of_another(kind: str, tmp_path: Path) -> None:
    shown = []
    for place in range(6):
        texture(place >= 3, place).save(tmp_path / f"{place}.png")
        shown.append(ImageInput(tmp_path / f"{place}.png", None, str(place)))
    eyes = PixelFeatures(Features.parse(f"features:{kind}"))
    said = eyes.describe([*shown, ImageInput(tmp_path / "none.png", None, "x")], "")
    assert isinstance(said[6], Failed)
    rows = np.stack([one.evidence["features"] for one in said[:6] if isinstance(one, Seen)])
    near = rows @ rows.T
    assert near[0, 1:3].min() > near[0, 3:].max()
    again = eyes.describe([ImageInput(None, {"features": rows[0]}, "0")], "")[0]
    assert isinstance(again, Seen)
    assert np.array_equal(again.evidence["features"], rows[0])


def test_gradients_are_histograms_of_their_directions() -> None:
    across = pixels.oriented_gradients(np.tile(np.arange(256, dtype=np.uint8), (256, 1)))
    assert across.shape == (1764,)
    bins = across.reshape(-1, 9).sum(axis=0)
    assert bins[[0, 8]].sum() > 0.99 * bins.sum()  # a gradient along x lies between the last bin and the first


def test_an_image_without_key_points_has_no_words() -> None:
    assert not pixels.visual_words(np.full((256, 256), 128, dtype=np.uint8), "orb").any()


def tiny(folder: Path, kind: str) -> Path:
    """A checkpoint of the true architecture with a few random numbers, as its makers save it."""
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sight = small | {"image_size": 32, "patch_size": 16}
    words = small | {"vocab_size": 99}
    size = {"height": 32, "width": 32}
    if kind == "clip":
        settings = hf.CLIPConfig(text_config=words, vision_config=sight, projection_dim=8)
        model, processor = hf.CLIPModel(settings), hf.CLIPImageProcessor(size=size, crop_size=size)
    elif kind == "siglip":
        settings = hf.SiglipConfig(text_config=words, vision_config=sight)
        model, processor = hf.SiglipModel(settings), hf.SiglipImageProcessor(size=size)
    elif kind == "vit":
        model, processor = hf.ViTModel(hf.ViTConfig(**sight)), hf.ViTImageProcessor(size=size)
    else:
        settings = hf.Dinov2Config(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16
        )
        model, processor = hf.Dinov2Model(settings), hf.BitImageProcessor(size=size, crop_size=size)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("kind", "size"), [("clip", 8), ("siglip", 16), ("vit", 16), ("dinov2", 16)])
def test_an_encoder_of_a_local_folder_measures_images(kind: str, size: int, tmp_path: Path) -> None:
    encode = encoder.load(str(tiny(tmp_path / kind, kind)))
    rows = encode([texture(False, 0), texture(False, 1), texture(True, 0)])
    assert rows.shape == (3, size)
    assert np.isfinite(rows).all()
    assert not np.allclose(rows[0], rows[2])
    assert np.allclose(encode([texture(True, 0)])[0], rows[2], atol=1e-4)


def test_an_encoder_of_timm_measures_images(tmp_path: Path) -> None:
    import timm

    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=3)
    timm.models.save_for_hf(model, str(tmp_path), safe_serialization=True)
    rows = encoder.load(str(tmp_path))([texture(False, 0), texture(True, 0)])
    assert rows.shape == (2, model.num_features)
    assert not np.allclose(rows[0], rows[1])


def test_a_folder_that_is_no_encoder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"config\.json"):
        encoder.load(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable):
        encoder.load(str(tmp_path))


@pytest.mark.parametrize(
    "features",
    [
        Features("file", "/a|b/c.npy"),
        Features("file", "/a.npy", "/l|i.csv"),
        Features("file", "/a|b.PKL", "/p.npy.csv"),
    ],
)
def test_files_with_a_bar_in_their_names_are_kept(features: Features) -> None:
    assert Features.parse(str(features)) == features


def test_groups_that_equal_images_do_not_fill_stay_empty() -> None:
    text, ids = text_of(Recipe("k-means"), np.repeat(np.eye(2), 4, axis=0))
    clusters = text.name(corpus(ids), "", 4)
    assert isinstance(clusters, list)
    assert [cluster.size for cluster in clusters] == [4, 4, 0, 0]
    homes = placed(text, ids, clusters)
    assert [homes.count(cluster.id) for cluster in clusters] == [4, 4, 0, 0]
