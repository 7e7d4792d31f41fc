"""What a baseline does, as a run's settings keep it: `features:NAME` and `baseline:METHOD/SCALING/KEPT`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from core.classical.groups import KINDS, Method
from core.classical.reduce import SCALINGS, Reduction
from core.errors import BadInput
from core.models.model_spec import BUILTIN, ModelSpec

FEATURES, BASELINE = "features", "baseline"
"""The kinds of the two models of a baseline. They are chosen together, by the baseline, not by name."""
FeatureKind = Literal["network", "colours", "hog", "orb", "sift", "encoder", "file"]
FEATURE_KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)
SAID: dict[FeatureKind, str] = {
    "network": "the built-in network's features",
    "colours": "colour statistics",
    "hog": "histograms of oriented gradients (HOG)",
    "orb": "a bag of visual words (ORB)",
    "sift": "a bag of visual words (SIFT)",
    "encoder": "a vision encoder",
    "file": "descriptors",
}
SHORT: dict[FeatureKind, str] = {
    "network": "network features",
    "colours": "colours",
    "hog": "HOG",
    "orb": "ORB words",
    "sift": "SIFT words",
    "encoder": "encoder",
    "file": "descriptors",
}
_LDA, _ALL = "lda:", "all"
_PATHS = re.compile(r"(.+?\.(?:npy|npz|pickle|pkl|parquet|csv|tsv))\|(.+)", re.IGNORECASE)
"""A file of descriptors and a list of paths; both may be called with a bar themselves."""


PLAIN = Reduction()


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured on images.

    Attributes:
        path: of an encoder the folder of its checkpoint, of a file the descriptors; else "".
        paths: a table that names the image of each row of the file, or "".
    """

    kind: FeatureKind
    path: str = ""
    paths: str = ""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read `features:NAME`, `features:encoder:FOLDER` or `features:file:FILE[|PATHS]`. Raises BadInput."""
        name, _, path = ModelSpec.parse(spec).address.partition(":")
        kind = next((kind for kind in FEATURE_KINDS if kind == name), None)
        if kind is None:
            raise BadInput(f"There are no features “{name}”. Choose one of: {', '.join(FEATURE_KINDS)}.")
        if kind in ("encoder", "file") and not path:
            what = "the folder of a vision encoder" if kind == "encoder" else "a file of descriptors"
            raise BadInput(f"These features need {what}.")
        parted = _PATHS.fullmatch(path) if kind == "file" else None
        return cls(kind, *parted.groups()) if parted else cls(kind, path)

    def __str__(self) -> str:
        address = f"{self.kind}:{self.path}" if self.path else self.kind
        return f"{FEATURES}:{address}|{self.paths}" if self.paths else f"{FEATURES}:{address}"

    @property
    def short(self) -> str:
        """Two or three words for a person."""
        return f"{Path(self.path).name} {SHORT[self.kind]}" if self.path else SHORT[self.kind]

    @property
    def said(self) -> str:
        """The same within a sentence."""
        return f"{SAID[self.kind]} (“{Path(self.path).name}”)" if self.path else SAID[self.kind]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How features become groups.

    Attributes:
        reduction: see `core.classical.reduce`.
        labels: for LDA, where the labels are that it sees, as the ground truth of a run is addressed; else "".
    """

    method: Method
    reduction: Reduction = PLAIN
    labels: str = ""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read `baseline:METHOD[/SCALING[/KEPT]]`. KEPT: a share of the variance, "all" for no PCA, or "lda:" and where
        the labels are. Raises BadInput."""
        name, scaling, kept = [*ModelSpec.parse(spec).address.split("/", 2), "", ""][:3]
        method = next((method for method in KINDS if method == name), None)
        if method is None:
            raise BadInput(f"There is no method “{name}”. Choose one of: {', '.join(KINDS)}.")
        scaler = next((one for one in SCALINGS if one == (scaling or "standard")), None)
        if scaler is None:
            raise BadInput(f"There is no scaling “{scaling}”. Choose one of: {', '.join(SCALINGS)}.")
        if kept.startswith(_LDA):
            if kept == _LDA:
                raise BadInput("LDA needs labels. Say where they are.")
            return cls(method, Reduction(scaler, 0.0, discriminant=True), kept.removeprefix(_LDA))
        try:
            variance = 0.0 if kept == _ALL else float(kept or PLAIN.variance)
        except ValueError:
            variance = -1.0
        if not 0 <= variance <= 1:
            raise BadInput(f"What PCA keeps is a share of the variance such as 0.9, not “{kept}”.")
        return cls(method, Reduction(scaler, variance))

    def __str__(self) -> str:
        how = self.reduction
        kept = f"{_LDA}{self.labels}" if how.discriminant else f"{how.variance:g}" if how.variance else _ALL
        return f"{BASELINE}:{self.method}/{how.scaling}/{kept}"

    @property
    def needs_k(self) -> bool:
        """Whether the method is told the number of groups."""
        return KINDS[self.method].needs_k

    @property
    def said(self) -> str:
        """Within a sentence: "scaled (standard), PCA that keeps 90 % of the variance"."""
        how = self.reduction
        scaled = "not scaled" if how.scaling == "none" else f"scaled ({how.scaling})"
        kept = f"PCA that keeps {100 * how.variance:g} % of the variance" if how.variance else "no PCA"
        return f"{scaled}, {'LDA' if how.discriminant else kept}"


def measures_builtin(vision: str) -> bool:
    """Whether the vision model of a run's settings measures what the built-in engine does."""
    chosen = ModelSpec.parse(vision)
    return chosen.kind == BUILTIN or (chosen.kind == FEATURES and chosen.address in ("network", "colours"))


def is_baseline(text: str) -> bool:
    """Whether the text model of a run's settings is a baseline's."""
    return ModelSpec.parse(text).kind == BASELINE
