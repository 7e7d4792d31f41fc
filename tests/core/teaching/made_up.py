"""Made-up evidence in which groups are told apart by one space alone."""

from __future__ import annotations

import numpy as np

from core.propagation.sampling import Places, place


def collection(
    sizes: tuple[int, ...] = (60, 40, 30), seed: int = 0, noise: float = 0.7
) -> tuple[dict[str, Places], np.ndarray]:
    """Places in "colours", which tell the groups apart, and in "subject", which tell nothing; the group of each row."""
    random = np.random.default_rng(seed)
    member = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = 2 * random.normal(size=(len(sizes), 8))
    telling = centres[member] + noise * random.normal(size=(len(member), 8))
    silent = random.normal(size=(len(member), 80))
    return {"colours": place(telling.astype(np.float32)), "subject": place(silent.astype(np.float32))}, member


def believed(member: np.ndarray, right: float, seed: int = 0) -> np.ndarray:
    """What a run said that is right for this share of the images, and as sure as that."""
    random = np.random.default_rng(seed)
    k = int(member.max()) + 1
    said = np.where(random.random(len(member)) < right, member, (member + random.integers(1, k, len(member))) % k)
    shares = np.full((len(member), k), (1 - right) / (k - 1))
    shares[np.arange(len(member)), said] = right
    return shares
