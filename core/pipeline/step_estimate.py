"""What one step will take, and one kind of its requests (estimate.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """One step.

    Attributes:
        items: what it is about.
        known: of those, answered before.
        cost: US dollars, None where no price is known.
        learnt: from earlier runs of the same model, not from rules of thumb.
    """

    items: int = 0
    known: int = 0
    requests: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0
    seconds: float = 0.0
    cost: float | None = 0.0
    learnt: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Tokens of a request: frame for what is said once, item for each of at most `size` items."""

    frame: float
    size: int = 1
    item: float = 0.0


def summed(first: StepEstimate, other: StepEstimate) -> StepEstimate:
    """Two parts of one step, about the same items."""
    cost = None if first.cost is None or other.cost is None else first.cost + other.cost
    return StepEstimate(
        first.items,
        first.known,
        first.requests + other.requests,
        first.prompt_tokens + other.prompt_tokens,
        first.completion_tokens + other.completion_tokens,
        first.seconds + other.seconds,
        cost,
        first.learnt,
    )


def repeated(step: StepEstimate, samples: int) -> StepEstimate:
    """A step that asks each request so often."""
    return replace(
        step,
        requests=step.requests * samples,
        prompt_tokens=step.prompt_tokens * samples,
        completion_tokens=step.completion_tokens * samples,
        seconds=step.seconds * samples,
        cost=None if step.cost is None else step.cost * samples,
    )
