"""Texts on what a run will take, what it took, and the price table."""

from __future__ import annotations

from typing import Final

from ui.language import _, digits
from ui.texts.common import count, duration, images

NOTHING_SENT: Final = "Nothing is sent and it costs nothing"
NOT_COUNTED: Final = "What is known already is not counted beforehand for so many images; it is never asked again."
FROM_BEFORE: Final = "Reckoned from earlier runs of the same models. What is known already is not asked again."
RULE_OF_THUMB: Final = (
    "A rule of thumb, as these models have not been used here yet. How long answers are, and how many different labels "
    "there are, shows only when they come."
)
FREE: Final = "no cost"
PRICES: Final = "Prices"
PRICES_NOTE: Final = (
    "US dollars for a million tokens. Facetry fetches no prices, as they change without notice: look them up with your "
    "provider. A line also holds for dated versions of its model. Models on this computer or in your network cost "
    "nothing unless you add a line."
)
PRICES_ADD: Final = "Add it"
PRICES_SAVE: Final = "Save"
PRICES_SAVED: Final = "The prices are saved."
PRICES_RESET: Final = "Put back the table that came with Facetry"
PRICES_BACK: Final = "The price table is as it came."
PRICES_COLUMNS: Final = {
    "model": "Model",
    "prompt": "For what is sent ($)",
    "completion": "For what is answered ($)",
    "as_of": "As of",
    "source": "Source",
}
AGAINST: Final = "Estimate and what it took"
AGAINST_HEAD: Final = ("", "Estimate", "Actual")
AGAINST_ROWS: Final = {"requests": "Requests", "tokens": "Tokens", "cost": "Cost", "seconds": "Time at work"}
UNKNOWN: Final = "unknown"


def money(dollars: float) -> str:
    """US dollars as a person says them."""
    if dollars <= 0:
        return "$0"
    return _("less than $0.01") if dollars < 0.01 else f"${digits(dollars, ',.2f')}"


def rounded(number: float) -> str:
    """An estimated number without digits that nobody can know: "1,200", "250,000", "1.3 million"."""
    if number >= 1e6:
        return _("{number:.1f} million").format(number=number / 1e6)
    whole = round(number)
    places = max(len(str(whole)) - 2, 0)
    return digits(round(whole, -places))


def to_look_at(number: int, known: int) -> str:
    """known: how many are known already."""
    return _("{images} to look at").format(images=images(number)) + (
        _(", {known:,} known already").format(known=known) if known else ""
    )


def requests(number: float) -> str:
    return _("about {rounded} {request}").format(
        rounded=rounded(number), request=_("request") if round(number) == 1 else _("requests")
    )


def tokens(number: float) -> str:
    return _("{rounded} tokens").format(rounded=rounded(number))


def about(seconds: float) -> str:
    return _("about {duration}").format(duration=duration(max(seconds, 1)))


def costs(dollars: float) -> str:
    return money(dollars) if 0 < dollars < 0.01 else _("about {money}").format(money=money(dollars))


def no_price(names: str) -> str:
    return _("No price is known for {names}.").format(names=names)


def cost_so_far(spent: float, cap: float) -> str:
    return _("Cost so far: {money}").format(money=money(spent)) + (
        _(" of at most ${cap:,.2f}").format(cap=cap) if cap else ""
    )


def unanswered(calls: int, cost: float) -> str:
    """What may have been paid besides: calls that were under way when a run was stopped or its process ended."""
    return _("Up to {count} given up unanswered, about {money}").format(
        count=count(calls, "more request was", "more requests were"), money=money(cost)
    )
