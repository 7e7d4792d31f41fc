"""Checks settings before anything is opened, asked or paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core import prompts
from core.domain import ItemRow, RunSettings, folded, is_reserved
from core.errors import BadInput
from core.models.baseline.recipe import is_baseline
from core.models.model_spec import BUILTIN, OPENAI_BATCH, ModelSpec
from core.models.prices import FREE, Price, price_of
from core.models.supplied import examples, imported

_FEWEST = 2
_SAMPLE = 20
_SAMPLE_A_GROUP = 3
MOST_SAMPLES = 15


def check_settings(settings: RunSettings, given: int, skipped: Sequence[ItemRow] = ()) -> None:
    """Raise BadInput with one sentence for what cannot work. given: how many items there are at most. skipped: some of
    those that cannot be used, which are named where too few are left."""
    if not settings.criterion.strip():
        raise BadInput("Type what the images should be grouped by, for example colour.")
    if settings.text == examples.KIND and (len(settings.names) < settings.k or settings.k < _FEWEST):
        raise BadInput("Groups made by examples need names: give at least two, one a line.")
    counts = settings.k == 0 and can_count(settings)
    if settings.k < 1 and not counts:
        raise BadInput(f"The number of groups must be at least 1, not {settings.k}.")
    if settings.k > given:
        reasons = {item.reason: item.name for item in reversed(skipped)}
        left = "".join(f" Not used: {name}: {reason}" for reason, name in [*reasons.items()][-3:][::-1])
        there = {0: "there is none", 1: "there is 1"}.get(given, f"there are {given}")
        need = f"{settings.k} groups need at least {settings.k} images" if settings.k > 1 else "A group needs an image"
        raise BadInput(f"{need}; {there}.{left}")
    _check_names(settings)
    if not 0 < settings.share <= 1:
        raise BadInput("The share of images that models look at must be more than 0 and at most 1 (all).")
    if counts and settings.share < 1:
        raise BadInput("How many groups there are shows only when models look at all images. Give a number of groups.")
    if settings.share < 1 and settings.records:
        raise BadInput(
            "A share of the images needs the images: descriptions that were brought in cannot be spread out."
        )
    if settings.cap < 0:
        raise BadInput("The spending cap must be 0 (none) or more.")
    asking = settings.asking
    if asking.items < 1:
        raise BadInput("At least one text must go into a request.")
    if not 1 <= asking.samples <= MOST_SAMPLES:
        raise BadInput(f"A model can be asked 1 to {MOST_SAMPLES} times for each assignment, not {asking.samples}.")
    if asking.with_label and asking.also:
        raise BadInput(
            "The label with the description and further criteria in the same call do not go together. Leave one out."
        )
    for name, text in settings.wording.edited:
        form = prompts.form_of(name)
        prompts.check(form, text)
        if form not in prompts.used(asking):
            sent = ", ".join(prompts.used(asking))
            raise BadInput(f"The prompt for “{form}” would not be used: what is sent is {sent}. Leave it out.")


def can_count(settings: RunSettings) -> bool:
    """Whether the text model can find out how many groups there are: it is asked in words (see `Merging`)."""
    own = (BUILTIN, imported.KIND, examples.KIND)
    return ModelSpec.parse(settings.text).kind not in own and not is_baseline(settings.text)


def _check_names(settings: RunSettings) -> None:
    if len(settings.names) > settings.k > 0:
        raise BadInput(
            f"{len(settings.names)} names were given for {settings.k} groups. Ask for more groups or give fewer names."
        )
    names = [folded(name) for name in settings.names]
    if "" in names or len(set(names)) < len(names):
        raise BadInput("Group names must not be empty and must differ from each other.")
    if reserved := [name for name in settings.names if is_reserved(name)]:
        raise BadInput(f"“{reserved[0]}” is what images without a group are called. Choose another name.")


def check_share(settings: RunSettings, number: int) -> None:
    """Raise BadInput where the share of so many images that models look at is smaller than the number of groups."""
    budget = math.ceil(settings.share * number)
    if budget < settings.k:
        raise BadInput(
            f"{settings.share:.0%} of {number} images are {budget}; {settings.k} groups need more. "
            "Let models look at a larger share."
        )


def check_cap(settings: RunSettings, table: Sequence[Price]) -> None:
    """Raise BadInput with one sentence for a spending cap that could not hold. table: what tokens cost."""
    if not settings.cap:
        return
    vision = "" if settings.records else settings.vision
    for spec in (vision, settings.text, settings.fallback):
        model = ModelSpec.parse(spec)
        price = price_of(spec, table)
        if price is None:
            raise BadInput(
                f"A spending cap needs the price of “{model.name}”, which is not known. Add it in the app on "
                "the page “Connect a model”, under Prices, or leave the cap out."
            )
        if model.kind == OPENAI_BATCH and price != FREE:
            raise BadInput(
                f"A spending cap cannot hold with {OPENAI_BATCH}: thousands of requests are on their way before the "
                f"first one's cost is known. Use {model.of_kind('openai')} with the cap, or leave the cap out."
            )


def sample_size(k: int) -> int:
    """How many images, spread over all, show whether a grouping makes sense: 20, or three a group if that is more."""
    return max(_SAMPLE, _SAMPLE_A_GROUP * k)
