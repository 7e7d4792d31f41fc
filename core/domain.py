"""The words of Facetry as types: what every other module passes around.

Everything here is plain, frozen data. Nothing reads a file, asks a model or knows where it is stored.
Model answers (Description, Label, Cluster, Assignment) are what is cached, so they must survive a round trip
through JSON; evidence vectors are kept beside them, see `Evidence`.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

Step = Literal["describe", "label", "name", "assign"]
STEPS: tuple[Step, ...] = ("describe", "label", "name", "assign")
Act = Literal["ingest", "load", "measure", "describe", "label", "name", "assign", "map", "outliers", "scores", "read"]
"""What a run can be at: looking at files, loading a model, measuring images that no model will look at, a step, or
reading what is written in images."""
Held = Literal["describe", "label", "name", "assign", "first names", "suggested names", "alike"]
"""What a run holds answers for: its steps, names drawn from a first sample while the rest is described, names that were
suggested again and wait for a person to take them, and which groups belong together where nobody counted them."""
Source = Literal["model", "person", "learnt", "split", "propagated", "none"]
"""Who decided where an image belongs; "none" while nobody has. "learnt": a classifier that learnt from what a person
showed. "split": a person took its group apart by pictures or descriptions, and it is in this part. "propagated": no
model looked at it, its cluster was drawn from images like it that a model did look at."""

Vector = NDArray[np.float32]
Evidence = Mapping[str, Vector]
"""What a vision model measured, by the name of the space, e.g. {"effnet-lite2": (1280,)}."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One thing a vision model saw, with how sure it was (0 to 1)."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Description:
    """What a vision model says of one image with the criterion in mind. label: its label, where one call asked for
    both."""

    text: str
    tags: tuple[Tag, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """One image shown to a vision model.

    path: our own re-encoded RGB copy (JPEG, upright, longest side at most 1024 px), safe to decode in process;
    None for a record that came without an image.
    id: the item's id, for models that answer from what they were given.
    evidence: what this same model measured on this image earlier, or None; a model given evidence need not look again.
    """

    path: Path | None
    evidence: Evidence | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A vision model's whole answer for one image. others: (criterion, its prompt as in a call of its own) ->
    description, where one call asked for several."""

    description: Description
    evidence: Evidence = field(default_factory=dict)
    others: Mapping[tuple[str, str], Description] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text that was read in an image.

    corners: (x, y) of its four corners as shares of the image's width and height, clockwise from where it begins.
    score: how sure the reader is of the letters (0 to 1).
    """

    text: str
    corners: tuple[tuple[float, float], ...]
    score: float


FailureKind = Literal["failed", "refused", "filtered", "empty", "too long", "late", "unusable", "crashed"]
"""failed: no answer came. refused: the model would not. filtered: the provider's content filter. empty: an answer with
nothing in it. too long: it, or what was asked, passed a length limit. unusable: an answer that is not in form. crashed:
the model's process ended, twice."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that gave no answer, kept as data: the reason is one sentence for a person.

    Attributes:
        tokens: those of the prompt and of the answer, which are to be paid for all the same.
        again: whether asking again may help. "later": once the others have had their turn. "smaller": then, and with
            fewer others, as those that were asked about in the same request may be the reason. "": it is final.
    """

    reason: str
    kind: FailureKind = "failed"
    tokens: tuple[int, int] = field(default=(0, 0), compare=False)
    again: Literal["", "later", "smaller"] = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Described items as columns, n rows each; what the text steps work on.

    ids: stable item ids (content hashes). labels is None before the label step.
    evidence: space name -> (n, d) float32; a row of NaN where an item has none; empty when the vision model gives none.
    """

    ids: Sequence[str]
    descriptions: Sequence[Description]
    labels: Sequence[str] | None = None
    evidence: Mapping[str, Vector] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> Corpus:
        """The items at these rows, in this order."""
        return Corpus(
            [self.ids[row] for row in rows],
            [self.descriptions[row] for row in rows],
            None if self.labels is None else [self.labels[row] for row in rows],
            {space: matrix[list(rows)] for space, matrix in self.evidence.items()},
        )


@dataclass(frozen=True, slots=True)
class Cluster:
    """One named group.

    Attributes:
        labels: raw labels that belong here.
        confidence: how sure the model is of the *name* (None: unknown).
        needs_name: the name is only a hint ("Group 2 (looks like daisy, pot)") and asks a person for a better one.
        guessed: the name was given and the model has no word for it: its items are some that fit no other name.
        size: how many items the model had in it when it formed the group, None where it did not count
        examples: ids of some of them, the most typical first. Assignment judges every item anew, so the final size
            may differ a little.
        inside: how many items of each label the model had in it when it formed the group; adds up to size.
        stability: how often its items stay in it when the sample changes, 0 to 1; None where that was not tried.
        prototype: where the group lies in an evidence space (space name -> vector as a list), for models that use
            evidence.
        added: a person added this cluster by its name alone, so there is no prototype and there may be no labels.
    """

    id: str
    name: str
    meaning: str = ""
    labels: tuple[str, ...] = ()
    confidence: float | None = None
    needs_name: bool = False
    guessed: bool = False
    prototype: Mapping[str, Sequence[float]] = field(default_factory=dict)
    added: bool = False
    size: int | None = None
    examples: tuple[str, ...] = ()
    inside: Mapping[str, int] = field(default_factory=dict)
    stability: float | None = None


RESERVED = ("unassigned", "not sure")
"""What images without a group are called in files and on pages."""


_UNSEEN = dict.fromkeys([0xAD, 0xFEFF, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Soft hyphens, characters without width, marks of direction."""


def folded(name: str) -> str:
    """A name for comparing: two that a person would take for the same are equal.

    Case, spaces, the Unicode form (NFC), full and half width, and characters that are not seen make no difference.
    """
    seen = name.translate(_UNSEEN)
    if not seen.isascii():
        seen = "".join(
            unicodedata.normalize("NFKC", character) if unicodedata.east_asian_width(character) in "FH" else character
            for character in seen
        )
    return " ".join(unicodedata.normalize("NFC", seen.casefold()).split())


def same_name(name: str, other: str) -> bool:
    """Whether a person would take two names of groups, labels or criteria for the same."""
    return folded(name) == folded(other)


def is_reserved(name: str) -> bool:
    """Whether a group may not be called so."""
    return folded(name) in RESERVED


UNASSIGNED = "Unassigned"
"""The cluster of what is in none, in tables."""
ASSIGNMENTS = ("image", "cluster", "confidence", "source", "description", "label", "truth", "reason")
"""The columns of a run as a table, whatever its form. reason: why an item failed, or what was answered instead of a
group."""
UNCLEAR = "unclear"
"""The label that prompts ask for where a description does not answer the criterion."""
EXAMPLES = 24
"""How many typical items of a group are kept with it."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one item belongs. cluster_id None is Unassigned, and then `answer` keeps what the model said instead.

    Attributes:
        probabilities: cluster id -> probability, summing to at most 1 (the rest is "none of these"); None when the
            model gives none.
        confidence: probability of the chosen cluster, None when unknown.
        quote: the words of the description that the model gave as its reason.
        undecided: only a label was shown and it does not tell; the description must be read.
        propagated: no model looked at the item; this follows from items like it.
    """

    cluster_id: str | None
    confidence: float | None = None
    probabilities: Mapping[str, float] | None = None
    answer: str = ""
    quote: str = ""
    undecided: bool = False
    propagated: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a vision model can see what a criterion asks for.

    aspect: the model's word for what it will look at ("subject", "colour", "style", "light").
    why: "" when it can; otherwise why not, as a clause ("the engine cannot see “mood”"), and aspect is the fallback
        (appearance).
    read_as: the criterion with its typing errors put right, as it was understood; "" where it had none.
    """

    aspect: str
    why: str = ""
    read_as: str = ""

    @property
    def warning(self) -> str | None:
        """What to tell the person before anything starts; None when it can."""
        if not self.why:
            return None
        return f"{self.why[:1].upper()}{self.why[1:]}. Connect a vision-language model, or group by appearance instead."


@dataclass(frozen=True, slots=True)
class Wording:
    """What chat models are told beside the criterion. All of it is part of the prompts and so of their call keys.

    Attributes:
        question: what step 1 asks of an image, where the criterion alone would not do.
        example: a description and the label it should get, shown to step 2a; two empty texts for none.
        sizes: "even" for groups of similar size, "data" for whatever the images give.
        grain: "coarse" or "fine" groups, "" for neither.
        never: what must play no part ("gender").
        language: of descriptions, labels and names; "" for English.
        edited: (form of message, prompt) rewritten by a person, see core.prompts.
        questions: (criterion, question) of further criteria, see Asking.also.
        again: what is said with the request for names where they are suggested again, "" otherwise.
    """

    question: str = ""
    example: tuple[str, str] = ("", "")
    sizes: Literal["data", "even"] = "data"
    grain: Literal["", "coarse", "fine"] = ""
    never: str = ""
    language: str = ""
    edited: tuple[tuple[str, str], ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    again: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """How chat models are asked: how sparingly, how surely.

    Attributes:
        exact: every description is assigned by itself; otherwise every distinct label is, and a description is read
            only where its label does not tell.
        items: texts in one request, at most.
        samples: ask so often for each assignment and take the agreement as confidence; 1 to ask once.
        with_label: the vision model gives the label with the description.
        also: further criteria to describe in the same call, for later runs; not together with with_label.
    """

    exact: bool = False
    items: int = 50
    samples: int = 1
    with_label: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything that decides a run's result. vision and text are "KIND[:MODEL]"; records is a JSONL path or "".

    Attributes:
        k: how many groups; 0 where the text model is to find out (see `Merging`).
        names: cluster names the person fixed beforehand.
        truth: the facet to score against, or "".
        limit: use the first so many images only; 0 for all.
        fallback: a model ("KIND:MODEL") to ask where the first fails or gives no usable names, or "".
        cap: US dollars that the run may cost, 0 for no cap.
        share: part of the images (0 to 1) that models look at; the rest gets its clusters from images like them. 1
            for all.
    """

    dataset_id: str
    criterion: str
    k: int
    vision: str = "builtin"
    text: str = "builtin"
    records: str = ""
    names: tuple[str, ...] = ()
    truth: str = ""
    limit: int = 0
    wording: Wording = Wording()
    asking: Asking = Asking()
    fallback: str = ""
    cap: float = 0.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class StepStats:
    """What a step did and what it cost.

    Attributes:
        cache_hits: items answered without asking a model.
        cost: US dollars.
        kinds: how many of the failures are of each FailureKind.
        prompts: the versions of the prompts that the step's models were given.
        evidence: the ids of the evidence that was measured with the answers (see `VisionModel.evidence_id`).
        under_way: how many calls that cost money may have begun and not be saved; a process that was killed leaves it.
        lost: how many such calls at most were made whose answers never came.
    """

    items: int = 0
    requests: int = 0
    cache_hits: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    kinds: Mapping[str, int] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    under_way: int = 0
    lost: int = 0

    @property
    def unanswered(self) -> int:
        """How many calls at most may have been paid for without an answer, besides those of `requests`."""
        return self.lost + self.under_way

    @property
    def unanswered_cost(self) -> float:
        """US dollars of these, if each cost what calls cost on average."""
        return self.unanswered * self.cost / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running step stands.

    Attributes:
        rate: items a second lately; seconds_left None until it can be told.
        latest: (item id, text) of the newest answer.
        seconds: since the step began in this pass.
        at: when this was said (monotonic seconds): from then on seconds count up, and seconds_left down.
    """

    step: Act
    done: int
    total: int
    failures: int = 0
    cache_hits: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    latest: tuple[str, str] = ("", "")
    errors: tuple[str, ...] = ()
    seconds: float = 0.0
    at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def since(self) -> float:
        """Seconds since this was said."""
        return max(time.monotonic() - self.at, 0.0)

    @property
    def left_now(self) -> float | None:
        """Seconds left by now; None where it cannot be told, or where it takes longer than was thought."""
        left = None if self.seconds_left is None else self.seconds_left - self.since
        return left if left is not None and left >= 0 else None


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One distinct image content: the original's format and upright size in pixels, and what was done to show it.

    look, colour: 64 bits that near copies share nearly all of, and the mean colour as 0xRRGGBB (core.ingest.pixels).
    """

    id: str
    format: str
    width: int
    height: int
    note: str = ""
    look: int = 0
    colour: int = 0


RunStatus = Literal["running", "waiting", "stopped", "interrupted", "failed", "done"]
"""waiting: for the person to look at the names. stopped: by the person, or paused with a sentence. interrupted: the
process that ran it is gone."""
ItemStatus = Literal["ready", "duplicate", "excluded", "skipped"]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One given file or record. status: all but "ready" have a reason.

    A person excludes images (near duplicates, say) and can take them back; the other states are found, not decided.
    """

    position: int
    item_id: str
    name: str
    status: ItemStatus = "ready"
    reason: str = ""


SourceKind = Literal["folder", "zip", "pdf", "csv", "upload", "bucket", "hub", "records"]


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a dataset came from, so that it can be found again.

    Attributes:
        path: a folder, a file, or an address outside this computer.
        limit: so many images only, 0 for all
        spread: evenly from all, not the first.
        pdf_pages: PDF files count as their pages.
        is_results: the rows of results made elsewhere.
        encoding: how file names were read that do not say what they are written in (in ZIP files, on Linux); "" where
            all do, or where an earlier version read them (as cp437).
        focus: the part of each image that counts as the image (core.ingest.focus), "" for all of it.
    """

    kind: SourceKind = "folder"
    path: str = ""
    limit: int = 0
    spread: bool = False
    pdf_pages: bool = False
    is_results: bool = False
    encoding: str = ""
    focus: str = ""

    @property
    def has_images(self) -> bool:
        """False for descriptions alone."""
        return self.kind != "records"

    @property
    def is_elsewhere(self) -> bool:
        """Whether it does not lie on this computer."""
        return self.kind in ("bucket", "hub")

    def whole(self) -> SourceAddress:
        """Where all the images lie of which this may be a part."""
        return replace(self, limit=0, spread=False, focus="")

    def to_json(self) -> dict[str, str]:
        """As it is stored. A dataset's id is a hash over this, so its form never changes."""
        stored = {"kind": self.kind, "path": self.path, "limit": str(self.limit)}
        if self.has_images:
            stored["spread"] = "yes" if self.spread else ""
        if self.pdf_pages:
            stored["pdf"] = "pages"
        if self.is_results:
            stored["form"] = "results"
        if self.encoding:
            stored["names"] = self.encoding
        if self.focus:
            stored["focus"] = self.focus
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> SourceAddress:
        """Read what `to_json` gives."""
        return cls(
            cast(SourceKind, stored.get("kind", "folder")),
            stored.get("path", ""),
            int(stored.get("limit", "0")),
            stored.get("spread") == "yes",
            stored.get("pdf") == "pages",
            stored.get("form") == "results",
            stored.get("names", ""),
            stored.get("focus", ""),
        )


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset with its counts: given = ready + duplicate + excluded + skipped (+ those not yet looked at).

    Attributes:
        source: where it came from.
        added: where later images came from.
    """

    id: str
    name: str
    source: SourceAddress
    given: int
    counts: Mapping[str, int]
    added: Sequence[SourceAddress] = ()

    @property
    def not_grouped(self) -> int:
        """How many of what was given are in no run: skipped, duplicate or excluded."""
        return sum(number for status, number in self.counts.items() if status != "ready")
