"""Texts of the page for one image: where does this one go?"""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count

WHERE_PAGE: Final = "One image"
WHERE_HELP: Final = "See where a single image goes, for everything these images were grouped by."
WHERE_TITLE: Final = "Where does this one go?"
WHERE_EMPTY: Final = "Group some images first; then a single one can be placed among the groups."
WHERE_RECORDS: Final = "This run has descriptions but no images, so there is nothing to compare an image with."
WHERE_DROP: Final = "Drop an image here"
WHERE_NOTE: Final = "It is compared with the groups and not added to them, unless you ask for it."
WHERE_WORKING: Final = "Looking at it"
WHERE_NOWHERE: Final = "Not sure"
WHERE_OTHERS: Final = "In the other groupings of these images:"
WHERE_SAID: Final = "It looks like “{said}” instead."
WHERE_OPEN: Final = "Open the group"
WHERE_ADD: Final = "Add it to these images"
WHERE_ADD_HELP: Final = "It joins the images and is in its group from now on, for every criterion shown here."
WHERE_BUSY: Final = "One of these runs is at work. Add the image when it is done."


def where_by(criterion: str) -> str:
    return _("By {criterion}").format(criterion=criterion)


def where_added(groupings: int) -> str:
    return _("The image is in its group now, in {count}.").format(count=count(groupings, "grouping"))


def where_known(groupings: int) -> str:
    return _("This image was among them already, in {count}.").format(count=count(groupings, "grouping"))
