"""Between a local model's scores and the token it takes: draws for samples, and the probabilities asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

CANDIDATES = 20
TEMPERATURE = 0.7


@dataclass(slots=True)
class Choose:
    """Called by `generate` at each step with the scores of all tokens (rows, vocabulary); it takes the best one after.

    Attributes:
        samples: each row's Request.sample and its prompt. Where that is a sample, the scores are shifted so that
            the best one is a draw at TEMPERATURE (the Gumbel trick): each row draws by itself, whatever its
            neighbours are.
        asked: whether a row wants probabilities.
        seen: for each such row its steps, token id -> probability, of the likeliest tokens and the chosen one;
            empty for the others.
        steps: tokens made so far.
    """

    samples: Sequence[tuple[int, str]]
    asked: Sequence[bool]
    steps: int = 0
    seen: list[list[dict[int, float]]] = field(default_factory=list)
    _dice: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        import torch

        self.seen = [[] for _ in self.samples]
        for sample, prompt in self.samples:
            seed = hashlib.sha256(f"{sample}\n{prompt}".encode("utf-8", "replace")).digest()
            dice = torch.Generator().manual_seed(int.from_bytes(seed[:7], "big"))
            self._dice.append(dice if sample else None)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        import torch

        self.steps += 1
        before = scores
        for number, dice in enumerate(self._dice):
            if dice is not None:
                noise = torch.empty(scores.shape[1]).exponential_(generator=dice).log_().neg_()
                scores = scores.clone() if scores is before else scores
                scores[number] = scores[number] / TEMPERATURE + noise.to(scores.device, scores.dtype)
        wanted = [number for number, choice in enumerate(self.asked) if choice]
        if wanted:
            likely = before[wanted].float().softmax(1)
            chosen = scores[wanted].argmax(1, keepdim=True)
            best = likely.topk(min(CANDIDATES, likely.shape[1]), dim=1)
            ids = torch.cat([best.indices, chosen], dim=1).tolist()  # a sample may be none of the likeliest
            values = torch.cat([best.values, likely.gather(1, chosen)], dim=1).tolist()
            for number, some_ids, some_values in zip(wanted, ids, values, strict=True):
                self.seen[number].append(dict(zip(some_ids, some_values, strict=True)))
        return scores
