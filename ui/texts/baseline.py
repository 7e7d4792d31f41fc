"""Texts of the page Baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ui.language import _, tr

BASELINE: Final = "Baseline"
BASELINE_HELP: Final = "Group the images by features alone, as notebooks do, to set beside groups by words."
BASELINE_TITLE: Final = "Classical baselines"
BASELINE_NOTE: Final = (
    "Groups by what images look like to a computer, without words: features, scaled and reduced, then a clustering "
    "method. Each is a run like any other. No model is called that costs anything."
)
BASELINE_FEATURES: Final = "Features"
BASELINE_FEATURES_OF: Final = {
    "network": "Built-in network",
    "colours": "Colours",
    "hog": "Gradients (HOG)",
    "orb": "Visual words (ORB)",
    "sift": "Visual words (SIFT)",
    "encoder": "Vision encoder in a folder",
    "file": "Descriptors of your own",
}
BASELINE_ENCODER: Final = "Folder of the encoder"
BASELINE_ENCODER_HINT: Final = "/path/to/clip-vit-base-patch32"
BASELINE_ENCODER_HELP: Final = (
    "A checkpoint of transformers or timm with weights in safetensors: CLIP, SigLIP, ViT, DINOv2 and others."
)
BASELINE_FILE: Final = "File of descriptors"
BASELINE_FILE_HINT: Final = "/path/to/descriptors.npy"
BASELINE_FILE_HELP: Final = (
    "A row of numbers for each image: .npy, .npz, .parquet, .csv, or a .pickle of numpy arrays and nothing else."
)
BASELINE_DROP: Final = "Drop descriptors here, with a list of paths if they have no names"
BASELINE_PATHS: Final = "List of paths"
BASELINE_PATHS_HINT: Final = "/path/to/images_paths.csv"
BASELINE_PATHS_HELP: Final = "A table that names the image of each row, in the same order; tables need none."
BASELINE_METHODS: Final = "Methods"
BASELINE_METHODS_HELP: Final = "Each makes a run of its own."
BASELINE_METHODS_OF: Final = {
    "k-means": "k-means",
    "mini-batch k-means": "Mini-batch k-means",
    "gaussian mixture": "Gaussian mixture",
    "agglomerative": "Agglomerative",
    "spectral": "Spectral",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
}
BASELINE_READY: Final = "How features are made ready"
BASELINE_SCALE: Final = "Scaled"
BASELINE_SCALES: Final = {
    "standard": "Standard",
    "minmax": "Min-max",
    "robust": "Robust",
    "none": "Not at all",
}
BASELINE_SCALE_HELP: Final = (
    "Standard: each dimension to mean 0 and deviation 1. Min-max: to 0 to 1. Robust: by median and quartiles."
)
BASELINE_REDUCE: Final = "Reduced"
BASELINE_REDUCES: Final = {"pca": "PCA", "lda": "LDA, by labels", "all": "Not at all"}
BASELINE_VARIANCE: Final = "Variance kept, in %"
BASELINE_LDA_SEES: Final = (
    "LDA sees your labels. Scores against them then say how well the features tell the labels apart, not how well "
    "groups are found without them."
)
BASELINE_LDA_NONE: Final = "LDA needs labels: choose on Images what to compare with."
BASELINE_START: Final = "Start"
BASELINE_NOTHING: Final = "Choose a method."
BASELINE_FINDS_K: Final = "DBSCAN and HDBSCAN find the number of groups themselves."
BASELINE_KINDS: Final = "What each costs for n images"
BASELINE_METHOD: Final = "Method"
BASELINE_COST: Final = "Cost grows with"
BASELINE_MOST: Final = "Groups at most"
TO_BASELINE: Final = "Baselines without words"
COUNT: Final = "How many stand out?"
COUNT_HELP: Final = "Tries several numbers on a sample and asks five criteria. No model is called that costs anything."
COUNT_AT_WORK: Final = "Trying numbers of groups"
COUNT_TAKE: Final = "Let it decide: {k}"
COUNT_LET_HELP: Final = "Takes the middle of what the criteria say."
COUNT_OWN: Final = {
    "inertia": "Elbow (distance within groups)",
    "silhouette": "Silhouette",
    "gap": "Gap statistic",
    "calinski_harabasz": "Calinski-Harabasz",
    "davies_bouldin": "Davies-Bouldin (lower is better)",
}
COUNT_PLOT: Final = "Each criterion over the number of groups, brought to 0 to 1; a mark where it would stop"
COUNT_GROUPS: Final = "Groups"
COUNT_VALUE: Final = "Value, 0 to 1"
COUNT_CRITERION: Final = "Criterion"


def recommended(low: int, high: int, rows: int) -> str:
    """What the criteria together say."""
    if low == high:
        return _("Recommended: **{number} groups**, from {rows:,} images.").format(number=low, rows=rows)
    return _("Recommended: **{low} to {high} groups**, from {rows:,} images.").format(low=low, high=high, rows=rows)


def answers(found: Mapping[str, int]) -> str:
    """criterion (as COUNT_OWN calls it) -> the number it takes."""
    criteria = tr(COUNT_OWN)
    names = {key: criteria["inertia" if key == "elbow" else key].split(" (")[0] for key in found}
    return " · ".join(f"{names[key]}: {k}" for key, k in found.items())
