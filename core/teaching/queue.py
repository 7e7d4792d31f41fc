"""The queue of images to check: some drawn at random, so that they tell how good the groups are, the others those that
teach most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.propagation.sampling import Rows
from core.teaching.asking import ask
from core.teaching.gaussian_process import Weights
from core.teaching.kernels import Float, Kernel

BATCH = 10
DRAWN = 3
"""Of each batch so many are drawn at random: it costs the teaching little (`benchmarks/teaching.py`)."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of n images when they are asked about: the weights that `learn` found (or `at_first`), and the
    (n,) doubt, the chance that an image is not in the group where it is."""

    kernels: Mapping[str, Kernel]
    weights: Weights
    doubt: Float


def next_rows(
    known: Knowledge, order: Sequence[int], answered: Collection[int], skipped: Collection[int] = (), count: int = BATCH
) -> list[int]:
    """(at most count,) rows to ask about, those drawn at random spread among the others.

    order: the rows to draw from, as `in_drawing_order` gives them. skipped: rows that the person could not tell or
    passed over.
    """
    out = {*answered, *skipped}
    wanted = -(-count * DRAWN // BATCH)
    drawn = [row for row in order if row not in out][:wanted]
    useful: Rows = ask(
        known.kernels, known.weights, len(known.doubt), answered, known.doubt, count - len(drawn), {*drawn, *skipped}
    )
    return _mixed(useful.tolist(), drawn)


def _mixed(many: Sequence[int], few: Sequence[int]) -> list[int]:
    """Both in their order, the few evenly among the many."""
    places = [((i + 0.5) / max(len(many), 1), row) for i, row in enumerate(many)]
    places += [((i + 0.5) / max(len(few), 1), row) for i, row in enumerate(few)]
    return [row for _, row in sorted(places, key=lambda place: place[0])]


def drawn_so_far(order: Sequence[int], answered: Collection[int], skipped: Collection[int] = ()) -> list[int]:
    """The answered rows that are a random sample: the first of the order up to one that is not answered yet.

    Rows that the person could not tell are left out: the sample then stands for those that can be told. An answer to a
    useful image counts once its turn in the order comes, as that turn did not depend on how useful it was.
    """
    found, answered, skipped = [], set(answered), set(skipped)
    for row in order:
        if row in answered:
            found.append(row)
        elif row not in skipped:
            break
    return found
