"""Texts of the page for results made elsewhere."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count, images

BRING_PAGE: Final = "Bring results in"
BRING_HELP: Final = "Make a run from groups that were made elsewhere."
BRING_TITLE: Final = "Bring in groups made elsewhere"
BRING_LEAD: Final = "Already grouped with another program?"
BRING_NOTE: Final = (
    "They become a run to browse, compare with your labels and export. "
    "No model is asked, and nothing leaves this computer."
)
BRING_DROP: Final = "The groups: a table, or IC|TC's result files together"
BRING_DROP_HELP: Final = (
    "A table (CSV, TSV, Parquet) or JSON Lines with an image and its cluster (or group) in each row; description, "
    "label, confidence and truth are taken too. Of IC|TC: step1_result.jsonl, step2a_result.txt, step2b_result.txt "
    "and step3_result.txt; only the last is needed."
)
BRING_PATH: Final = "or where they lie on this computer"
BRING_PATH_HINT: Final = "/home/me/results, /home/me/groups.csv"
BRING_OTHER: Final = "Other results"
BRING_LARGE: Final = "These are large: they are looked at when you bring them in."
BRING_READING: Final = "Reading the results"
BRING_IMAGES: Final = "The images they belong to"
BRING_IMAGES_HELP: Final = "With its images, a run can be seen and be compared with other groupings of the same images."
BRING_NO_IMAGES: Final = "None: show file names and descriptions"
BRING_FOLDER: Final = "A folder on this computer"
BRING_NAME: Final = "Grouped by"
BRING_NAME_HELP: Final = "What the images were grouped by, as the run is called; without it, the name of the file."
BRING_START: Final = "Bring them in"
BRING_STOPPED: Final = "Stopped. Nothing was brought in."
BRING_NOWHERE: Final = "{path} does not exist."
BRING_GONE: Final = "These results are not here any more. Choose them again."
BRING_BY_HAND: Final = "These groups were made elsewhere and brought in."
BRING_FOR_THESE: Final = "Bring in groups made elsewhere"
BROUGHT_TRUTH: Final = "What came with the results"
RECORDS_TRUTH: Final = "What came with the descriptions"
LEFT_OUT_IMAGE: Final = "Row"


def bring_holds(rows: int, groups: int) -> str:
    return f"{count(rows, 'row')}, {count(groups, 'group')}:"


def bring_answers(answered: int, all_: int) -> str:
    return _("{answered:,} of {images} {has} a group.").format(
        answered=answered, images=images(all_), has=_("has") if answered == 1 else _("have")
    )


def bring_truth(number: int) -> str:
    return _("{images} {has} a label to compare with.").format(
        images=images(number), has=_("has") if number == 1 else _("have")
    )


def not_brought(number: int) -> str:
    return _("{images} {has} no group in what was brought in; see Failed.").format(
        images=images(number), has=_("has") if number == 1 else _("have")
    )


def rows_left_out(number: int) -> str:
    return _("{count} of the results {verb} not in this run").format(
        count=count(number, "row"), verb=_("is") if number == 1 else _("are")
    )


def rows_to_leave_out(number: int, first: str) -> str:
    return _("{count} cannot be used. The first: {first}").format(count=count(number, "row"), first=first)


def lines_unread(number: int) -> str:
    return _("{count} cannot be read; they will be listed.").format(count=count(number, "line"))
