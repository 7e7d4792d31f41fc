"""Models for tests that really look: FakeVision names the main colour of an image, FakeText works from those words.

They keep a `history` of what they were asked, fail on request and can be slowed down, so that tests need no mocks.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Sight, Step, Tag, Vector
from core.errors import FacetryError
from core.models.chat.backend import Can, Reply, Request

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 210), "grey": (128, 128, 128)}


class FakeVision:
    """Describes an image by the named colour nearest to its mean; measures that mean as evidence."""

    evidence_id: str | None = "fake-mean/1"
    batch_size = 4
    max_concurrency = 1

    def __init__(self) -> None:
        self.id = "fake-vision/1"
        self.prompts: Mapping[Step, str] = {}
        self.history: list[tuple[str, str]] = []
        self.fail: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.free = 0
        """So many images are described before a closed gate holds."""

    def sight(self, criterion: str) -> Sight:
        if criterion == "mood":
            return Sight("colour", "the fake engine cannot see mood")
        return Sight("colour")

    def features(self, criterion: str, evidence: Mapping[str, Vector], number: int) -> Vector:
        return evidence.get("mean", np.full((number, 3), np.nan, np.float32))

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        if len(self.history) >= self.free:
            self.gate.wait()
        return [self._one(image, criterion) for image in images]

    def _one(self, image: ImageInput, criterion: str) -> Seen | Failed:
        if image.id in self.fail:
            return Failed("The fake engine was told to fail.")
        if image.evidence is None:
            assert image.path is not None
            self.history.append((image.id, criterion))
            with Image.open(image.path) as picture:
                mean = np.asarray(picture.convert("RGB"), dtype=np.float32).mean(axis=(0, 1))
            evidence = {"mean": mean.astype(np.float16).astype(np.float32)}
        else:
            evidence = dict(image.evidence)
        colour = min(COLOURS, key=lambda name: float(np.abs(evidence["mean"] - COLOURS[name]).sum()))
        return Seen(Description(f"A {colour} picture.", (Tag(colour, 1.0),)), evidence)


class FakeText:
    """Labels by tag, names the K most frequent labels, assigns by label; a label of no cluster is Unassigned."""

    knows = frozenset({"fake-mean/1"})
    by_label = False
    batch_size = 4
    max_concurrency = 1

    def __init__(self) -> None:
        self.id = "fake-text/1"
        self.prompts: Mapping[Step, str] = {}
        self.history: list[tuple[Step, int]] = []

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        self.history.append(("label", len(corpus)))
        return [
            description.tags[0].name if description.tags else description.text.split()[-1].strip(".").lower()
            for description in corpus.descriptions
        ]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster]:
        self.history.append(("name", len(corpus)))
        common = [label for label, _ in Counter(sorted(corpus.labels or ())).most_common()]
        names = [*given, *(label for label in common if label not in given)][:k]
        names += [f"group {place}" for place in range(len(names), k)]
        return [
            Cluster(f"c{place}", name, f"Pictures that are {name}", (name,), 0.9) for place, name in enumerate(names, 1)
        ]

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        self.history.append(("assign", len(corpus)))
        by_label = {label: cluster.id for cluster in clusters for label in (*cluster.labels, cluster.name)}
        return [
            Assignment(by_label[label], 0.9, {by_label[label]: 0.9})
            if label in by_label
            else Assignment(None, None, None, label)
            for label in corpus.labels or ()
        ]


class FakeBackend:
    """A chat backend that gives the replies it was made with, in order (an error is raised), and remembers the
    requests."""

    id = "fake-chat/1"
    can = Can(vision=True)

    def __init__(self, *replies: str | Failed | FacetryError) -> None:
        self.history: list[Request] = []
        self._replies = list(replies)

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        self.history.append(request)
        reply = self._replies.pop(0)
        if isinstance(reply, FacetryError):
            raise reply
        return reply if isinstance(reply, Failed) else Reply(reply, prompt_tokens=10, completion_tokens=1)
