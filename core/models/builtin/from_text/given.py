"""Groups for names that a person fixed beforehand: a name takes what it means, and nothing only because it lies near.

Items are grouped more finely than asked for. Such a part belongs to the name that its labels are nearest to, if they
are about as near as that name comes to anything; a name that no label means takes nothing. "Truck" is as near to "car"
as "taxi" is, so a part that is merely near joins a name only if resamples group it with what the name already has.
What no name takes becomes the other groups, or the rest that is in no group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.models.builtin.from_text.groups import Groups, form, look, stays
from core.models.builtin.from_text.space import Array, k_means

MEANS = 0.58
"""A name is meant by labels at least so near. Words for one thing, and a thing and its kind, mostly lie above. Two
things of one kind lie at .3 to .7, so that what is nearer to another name, or is grouped apart, does not count."""
_SLACK = 0.2
_EXACT = 0.85
"""A name that labels come so near to is the word for a group; one that is farther from all may be a kind of several."""
_LEAD = 0.1
_TOGETHER = 0.15
"""Parts of one group lie together at least so often when resamples are grouped; those of two hardly ever do."""


@threads.limited
def form_around(names: Array, x: Array, y: Array, k: int) -> Groups:
    """Form k groups, the first for the given names, of n items; one more where there is a rest that is in none of them.

    names: (g, d) embeddings of 1 <= g <= k names. x, y: (n, d) of descriptions and labels.
    """
    seen = look(x, y, k)
    part = k_means(seen.total, min(len(x), 2 * k))
    owner = _owners(part, y @ names.T, seen.near)
    member = owner[part]
    rest = np.flatnonzero(member < 0)
    free = k - len(names)
    if len(rest) and free:
        member[rest] = len(names) + form(x[rest], y[rest], free).member
    elif len(rest):
        member[rest] = k
    columns = k + int(bool(len(rest)) and not free)
    return Groups(member, stays(seen.near, member, columns), seen.space)


def _owners(part: NDArray[np.intp], similar: Array, near: Array) -> NDArray[np.intp]:
    """(parts,) the name that each part of the items belongs to, -1 for none.

    part: (n,). similar: (n, g) of the items' labels to the names. near: (n, n) how often two items lie together.
    """
    parts = int(part.max()) + 1
    fit = np.zeros((parts, similar.shape[1]))
    for p in np.unique(part):
        fit[p] = np.median(similar[part == p], axis=0)
    best = fit.argmax(axis=1)
    top = fit.max(axis=1)
    second = np.sort(fit, axis=1)[:, -2] if fit.shape[1] > 1 else np.zeros(parts)
    owner = np.full(parts, -1, dtype=np.intp)
    for j in range(fit.shape[1]):
        own = best == j
        reach = float(top[own].max(initial=0.0))
        if reach < MEANS:
            continue
        close = top >= max(reach - _SLACK, MEANS - _SLACK)
        leads = (top - second >= _LEAD) & (reach < _EXACT) & (top >= MEANS - _SLACK)
        owner[own & (close | leads)] = j
    taken = owner[part]
    for p in np.flatnonzero((owner < 0) & (top >= MEANS - _SLACK)):
        held = near[np.ix_(part == p, taken == best[p])]
        if held.size and float(held.mean()) >= _TOGETHER:
            owner[p] = best[p]
    return owner
