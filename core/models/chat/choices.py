"""Choosing from a closed list: the codes that stand for clusters in a prompt, and what an answer means.

A code is one character where there are few enough clusters, so that it is one token for most models and the
probabilities of the other codes at its place are a distribution over the clusters.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Cluster
from core.models.chat.backend import Token
from core.models.chat.replies import fold

NONE, UNDECIDED = "0", "?"
_LETTERS = string.ascii_uppercase
_NOTHING = ("none", "unassigned", "not sure", "none of them", "none of these", "n/a", "no group")
_AROUND = " \n\t\"'{}:,"
"""What may stand around a code in its token."""
NEAR, APART = 0.75, 0.1
"""An answer that is no name on the list means the nearest one when their embeddings are at least so alike, and more so
by APART than any other: synonyms ("automobile", "car") pass, neighbours ("wolf", "dog") do not."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Choices:
    """The clusters of one request as a closed list."""

    def __init__(self, clusters: Sequence[Cluster], embed: Embed | None = None) -> None:
        """embed: texts -> (n, d) unit vectors, to understand other words for a name; None to understand none."""
        self.clusters = clusters
        self._names = [fold(cluster.name) for cluster in clusters]
        letters, numbers = list(_LETTERS[: len(clusters)]), [str(n) for n in range(1, len(clusters) + 1)]
        clash = any(code.casefold() in self._names for code in letters)  # groups "A" and "B" are not called "B" and "A"
        self.codes = numbers if clash or len(letters) < len(clusters) else letters
        self.one_token = all(len(code) == 1 for code in self.codes)
        self._by_code = {code.casefold(): place for place, code in enumerate(self.codes)}
        self._embed = embed

    def listed(self) -> str:
        """The clusters as lines of a prompt, one each: a second line of a meaning would look like another cluster."""
        said = (f"{cluster.name}: {cluster.meaning}" if cluster.meaning else cluster.name for cluster in self.clusters)
        return "\n".join(f"{code}. {' '.join(name.split())}" for code, name in zip(self.codes, said, strict=True))

    def allowed(self, *, undecided: bool) -> list[str]:
        """Every code that may be answered."""
        return [*self.codes, NONE, *([UNDECIDED] if undecided else [])]

    def place(self, answer: str) -> int | None:
        """The cluster that an answer means, by its code or its name (any case and punctuation); None if it is not on
        the list. Check `means_none` and `UNDECIDED` first."""
        said = answer.strip()
        if (place := self._by_code.get(said.strip(" .:\"'()").casefold())) is not None:
            return place
        folded = fold(said)
        matches = [place for place, name in enumerate(self._names) if name == folded]
        if len(matches) == 1:
            return matches[0]
        head, _, tail = said.partition(" ")  # "B. cats", "B: cats" or "B (cats)"
        place = self._by_code.get(head.strip(" .:()").casefold())
        return place if place is not None and fold(tail) == self._names[place] else None

    def nearest(self, answer: str) -> int | None:
        """The one cluster whose name means nearly the same as an answer; None where none or several do."""
        if self._embed is None or not answer.strip() or len(answer) > 200:
            return None
        vectors = self._embed([answer, *(cluster.name for cluster in self.clusters)])
        alike = vectors[1:] @ vectors[0]
        order = np.argsort(-alike, kind="stable")
        second = alike[order[1]] if len(order) > 1 else -1.0
        sure = alike[order[0]] >= NEAR and alike[order[0]] - second >= APART
        return int(order[0]) if sure else None

    def distribution(self, token: Token, said: str) -> Mapping[str, float] | None:
        """Cluster id -> probability at the place of the answered code. What candidates give to no code is left out, so
        that the sum is at most 1. None where the token is no code, or not the one that was said."""
        code = token.text.strip(_AROUND).casefold()
        if code not in self._by_code and code not in (NONE, UNDECIDED):
            return None
        if self._by_code.get(code) != self.place(said) or (code == UNDECIDED) != (said.strip() == UNDECIDED):
            return None
        shares = dict.fromkeys((cluster.id for cluster in self.clusters), 0.0)
        for text, probability in token.candidates.items():
            place = self._by_code.get(text.strip(_AROUND).casefold())
            if place is not None:
                shares[self.clusters[place].id] += probability
        total = sum(shares.values())
        return {key: value / max(total, 1.0) for key, value in shares.items()}


def means_none(answer: str) -> bool:
    """Whether an answer says that no cluster fits."""
    said = answer.strip().strip(" .\"'").casefold()
    return said == NONE or fold(said) in _NOTHING


def token_at(tokens: Sequence[Token], offset: int) -> Token | None:
    """The token that covers a character of the reply that the tokens make up."""
    end = 0
    for token in tokens:
        end += len(token.text)
        if offset < end:
            return token
    return None
