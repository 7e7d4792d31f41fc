"""Texts of the page Map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ui.language import _, tr
from ui.texts.common import count, images, percent

MAP: Final = "Map"
MAP_HELP: Final = "All images as points: like ones side by side, in the colours of the groups."
MAP_EMPTY: Final = "The map shows the groups in colours. First the images have to be sorted into them."
MAP_BY: Final = "Alike in"
MAP_BYS: Final = {"seen": "what is seen", "colours": "colours", "texts": "descriptions"}
MAP_BY_HELP: Final = (
    "What the built-in network sees in an image, the shares of its colours, or what was written about it in this run."
)
MAP_METHOD: Final = "Method"
MAP_METHODS: Final = {"tsne": "t-SNE", "pca": "PCA", "umap": "UMAP"}
MAP_METHOD_HELP: Final = (
    "t-SNE and UMAP keep neighbours together; distances between heaps, their sizes and the axes mean nothing. PCA "
    "keeps large distances as far as two or three axes can; many unlike images fall onto each other."
)
MAP_DIMENSIONS: Final = "Dimensions"
MAP_DIMENSION: Final = {"2": "2-D", "3": "3-D"}
MAP_COLOUR: Final = "Colours show"
MAP_COLOURS: Final = {"group": "groups", "truth": "labels", "confidence": "confidence"}
MAP_DRAW: Final = "Draw the map"
MAP_UMAP_MISSING: Final = (
    "UMAP is a part of its own. Stop Facetry, run `python3 start.py install umap`, and start it again; or take t-SNE."
)
MAP_LIMITS: Final = (
    "**Near on the map does not mean near in truth.** An image has hundreds of measured values, the map has two or "
    "three: whatever the method, some like images end apart and some unlike ones side by side. Look at the images "
    "before you conclude anything from a heap."
)
MAP_LIMITS_BUTTON: Final = "What the map means"
MAP_TABLE: Final = "The same as a table"
MAP_TABLE_NOTE: Final = "Spread is the median distance of a group's images from its middle; the map is 2 wide."
MAP_KIND: Final = "Colour"
MAP_IMAGES: Final = "Images"
MAP_SPREAD: Final = "Spread"
MAP_NEAREST: Final = "Nearest on the map"
MAP_CHOSEN: Final = "Images chosen on the map"
MAP_CHOOSE_HINT: Final = "Draw around points to see their images here; a click takes one, with Shift they are added."
MAP_OTHERS: Final = "other groups"
MAP_NO_LABEL: Final = "no label"
MAP_UNKNOWN: Final = "unknown"
MAP_NOT_THERE: Final = "not in that run"
MAP_NOT_SORTED: Final = "in no group"
MAP_SURE: Final = ("90 % and more", "70 to 90 %", "50 to 70 %", "below 50 %")
MAP_TOOLS: Final = {
    "tools": "Tools of the map",
    "lasso": "Lasso",
    "box": "Box",
    "move": "Move",
    "closer": "Closer",
    "further": "Further",
    "reset": "Whole map",
    "clear": "Choose none",
    "png": "Picture (PNG)",
    "chosen": "{n} chosen",
}


def map_colour_of_run(name: str) -> str:
    return _("groups of “{name}”").format(name=name)


def map_title(name: str, method: str, by: str, colours: str) -> str:
    """Above the saved picture."""
    return _("{name}: {map_methods} by {map_bys}; colours show {colours}").format(
        name=name, map_methods=tr(MAP_METHODS)[method], map_bys=tr(MAP_BYS)[by], colours=colours
    )


def map_said(number: int, method: str, by: str, colours: str, closest: Sequence[str], loosest: str) -> str:
    """What the map shows, in words. closest: the two kinds that stand nearest to each other. loosest: the kind that is
    most spread out."""
    parts = [
        _("A map of {images} by {map_bys} ({map_methods}); colours show {colours}.").format(
            images=images(number), map_bys=tr(MAP_BYS)[by], map_methods=tr(MAP_METHODS)[method], colours=colours
        )
    ]
    if len(closest) == 2:
        parts.append(
            _("“{closest}” and “{closest2}” stand nearest to each other; “{loosest}” is most spread out.").format(
                closest=closest[0], closest2=closest[1], loosest=loosest
            )
        )
    return " ".join(parts)


def map_quality(neighbours: float, held: float | None, laid_out: int, number: int, missing: int) -> str:
    """How far the map can be trusted, and what was left out of it."""
    said = _("Of the ten images most like one, {neighbours:.0f} {verb} also nearest ").format(
        neighbours=neighbours, verb=_("is") if round(neighbours) == 1 else _("are")
    )
    parts = [said + _("to it on the map, on average.")]
    if held is not None:
        parts.append(_("The axes hold {percent} of the differences between the images.").format(percent=percent(held)))
    if laid_out < number:
        parts.append(
            _("{laid_out:,} were laid out; each of the others stands among those that it is most like.").format(
                laid_out=laid_out
            )
        )
    if missing:
        parts.append(
            _("{images} could not be placed: nothing was measured or written of them.").format(images=images(missing))
        )
    return " ".join(parts)


def map_cost(number: int) -> str:
    return _("{images}: this can take some minutes. It goes on in the background, and is kept.").format(
        images=images(number)
    )


def map_count(number: int) -> str:
    return count(number, "image") + _(" chosen")
