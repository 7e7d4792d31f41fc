"""`python -m core suggest`: criteria worth trying, each with a number of groups and the reason for it."""

from __future__ import annotations

import argparse
import sys
import threading
from dataclasses import replace

from core.cli import common
from core.domain import DatasetRow
from core.errors import BadInput
from core.ingest import source
from core.ingest.source import Source
from core.models import registry
from core.models.model_spec import BUILTIN, ModelSpec
from core.pipeline import intake
from core.suggestions import labels, suggest
from core.suggestions.joined import joined
from core.suggestions.number import counted_before, number_for
from core.suggestions.suggestion import Found, Group, Number, Suggestion
from core.workspace import Workspace

_SHOWN = 6
"""Groups that are named."""


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    if ModelSpec.parse(options.text).kind not in (BUILTIN, *registry.CHAT):
        raise BadInput(f"--text must be builtin or a chat model, not “{options.text}”.")
    place = common.place_of(options)
    origin = source.find(options.images, options.records, place, encoding=common.encoding_of_images(options))
    common.say(origin.note)
    with common.opened(place) as workspace:
        given = looked_at(workspace, origin)
        columns = labels.columns(workspace.store, given.id, common.truth_of(options))
        found = _builtin(workspace, given)
        asked = Found()
        if options.text != BUILTIN:
            asked = suggest.by_chat(workspace, given, options.text)
            cost = "cost unknown" if asked.cost is None else f"${asked.cost:.4f}"
            print(f"{asked.model} was asked: {asked.tokens:,} tokens, {cost}", file=sys.stderr)
        everything = joined(joined(labels.suggestions(columns), found.suggestions), asked.suggestions)
        found = replace(found, suggestions=everything)
        if options.criterion:
            number = number_for(options.criterion, found, columns)
            print(f"{options.criterion}: {number.k or 'no'} groups ({reason(number)})")
        else:
            show(found)
    return 0


def number_of(workspace: Workspace, origin: Source, criterion: str, truth: str, *, looks: bool = True) -> Number:
    """How many groups a criterion forms, with the reason; a sample of the images is measured for it, unless only what
    somebody has said is to count (looks). Raises FacetryError."""
    given = looked_at(workspace, origin)
    columns = labels.columns(workspace.store, given.id, truth)
    return number_for(criterion, _builtin(workspace, given), columns) if looks else counted_before(criterion, columns)


def _builtin(workspace: Workspace, given: DatasetRow) -> Found:
    """What the built-in engine suggests: what is kept, if that is fresh."""
    before = suggest.kept(workspace, given.id)
    if before.builtin and before.fresh:
        return before.builtin
    return suggest.by_builtin(workspace, given, threading.Event(), common.Line())


def show(found: Found) -> None:
    """A table of the suggestions on stdout."""
    if not found.suggestions:
        print(f"Nothing stands out in the {found.sampled} items that were looked at.")
    for one in found.suggestions:
        print(f"{one.criterion:24}{one.number.k:4}  {reason(one.number)}")
        print(f"{'':30}{_groups(one)}")


def reason(number: Number) -> str:
    """Why this number of groups."""
    share = "" if number.share is None else f"{number.share:.0%} of the sample"
    said = {
        "labels": f"the column {number.column} has {number.k} labels",
        "evidence": f"so many stand out: {share} stay in their group when the sample changes",
        "unclear": f"no number stands out: {share} stay in their group when the sample changes",
        "chat": "the model proposed so many",
        "typed": "the criterion says so",
    }
    return said.get(number.reason, "nothing tells")


def _groups(one: Suggestion) -> str:
    named = [_named(group) for group in one.groups if group.name]
    rest = len(one.groups) - len(named[:_SHOWN])
    more = f"{rest} more" if named else f"{rest} groups without a name"
    return ", ".join([*named[:_SHOWN], *([more] if rest else [])])


def _named(group: Group) -> str:
    return f"{group.name} ({group.size})" if group.size else group.name


def looked_at(workspace: Workspace, origin: Source) -> DatasetRow:
    """The dataset, with all of it looked at."""
    datasets = workspace.store.datasets
    given = datasets.get(origin.dataset_id)
    if not source.is_complete(given):
        intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), common.Line())
        given = datasets.get(origin.dataset_id)
    assert given is not None
    return given
