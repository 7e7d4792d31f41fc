"""Texts of the page Images."""

from __future__ import annotations

from typing import Final

from core.ingest.name_matching import Way
from ui.language import _
from ui.texts.common import count, images

IMAGES_TITLE: Final = "Choose your images"
WAYS: Final = {"files": "Drop or choose files", "path": "A folder on this computer"}
UPLOADER: Final = {
    "numbers": "en-US",
    "label": "Your images",
    "drop": "Drop images, folders or ZIP files here",
    "note": (
        "A ZIP file counts as a folder, a single table (CSV, TSV, JSON Lines, Parquet) as labels to compare with, "
        "or alone as a list of addresses of images. "
        "Copies go to Facetry's own folder on this computer and no further."
    ),
    "files": "Choose files",
    "folder": "Choose a folder",
    "cancel": "Cancel",
    "again": "Try again",
    "use": "Use what is here",
    "remove": "Remove",
    "listing": "Looking through the folder: {count} so far",
    "asking": "Getting ready to send {count}",
    "sending": "{here} of {all}",
    "left": "{here} of {all}, {time} left",
    "seconds": "{number} s",
    "minutes": "{number} min",
    "bytes": "{here} of {all} MB",
    "out": "Not sent, as they are no images: {count}.",
    "unreadable": "Could not be read and were not sent: {count}. The first: {name}",
    "waiting": "The connection is lost. What arrived is kept, and it goes on by itself.",
    "cancelled": "Cancelled. Nothing was kept.",
    "whole": "All {all} are here.",
}
"""What the uploader says; its JavaScript puts in the numbers."""
NO_ACCESS: Final = "Open Facetry in this browser first, then try again."
BAD_REQUEST: Final = "This is no request of the uploader. Load the page again and choose the files again."
FOLDER: Final = "Folder on this computer"
FOLDER_HINT: Final = "/home/me/Pictures/shop"
FOLDER_HELP: Final = (
    "A ZIP file, or a CSV file that lists images, works too. "
    "Small copies are made for the app; your files stay as they are."
)
NO_FOLDER: Final = "Say which folder holds the images."
FOLDER_NOTE: Final = "Subfolders are included. Nothing leaves this computer."
FOLDERS_OPEN: Final = "Choose a folder"
FOLDERS_TITLE: Final = "Choose a folder"
FOLDERS_TOP: Final = "This computer"
FOLDERS_HOME: Final = "My home folder"
FOLDERS_NONE: Final = "There is no folder that images may be read from."
FOLDERS_NO_MORE: Final = "No folders in here."
FOLDERS_HERE: Final = "**{images}** in this folder and those in it"
FOLDERS_USE: Final = "Use this folder"
LISTS_NOTHING: Final = (
    "No row of {table} leads to an image, for example {name}. Drop the images together with it, or name the table by "
    "its path on this computer. A table of groups made elsewhere: Bring results in, on Start."
)
LOOK: Final = "Use these images"
FILE_NAMES: Final = "File names were taken for"
FILE_NAMES_HELP: Final = "They do not say what they are written in. If they look wrong, choose another."
TABLE_WRITTEN: Final = "The table was taken for"
TABLE_WRITTEN_HELP: Final = "It does not say what it is written in. If its words look wrong, choose another."
UPLOADED: Final = "my images"
ROOTS: Final = "Images may be read from: {folders}"
NOT_GROUPED: Final = "Not grouped"
LOOK_STOPPED: Final = "Not all files were looked at yet."
LOOK_ON: Final = "Look at the rest"
OTHER_IMAGES: Final = "Other images"
USABLE: Final = "Images to group"
DUPLICATES: Final = "Exact duplicates"
DUPLICATES_HELP: Final = "The same picture given more than once is grouped once."
LEFT_OUT: Final = "Left out by you"
LEFT_OUT_HELP: Final = "You left them out: the list says why. You can take them back below, or on the page Odd images."
SKIPPED_HELP: Final = "Files that could not be used. The list below says why, and what to do."
NOTED: Final = "Read in part or otherwise"
NOTED_NOTE: Final = "These images are grouped. The note says what is not shown of them, or what is shown instead."
NOTE: Final = "Note"
NEAR: Final = "Nearly the same"
NEAR_NOTE: Final = "Another size, format or quality of the same picture, most likely. The largest of each is kept."
NEAR_KEPT: Final = "Stays"
NEAR_KEEP: Final = "Keep one of each"
NEAR_BACK: Final = "Take them back"
PREVIEW: Final = "Preview"
PREVIEW_NOTE: Final = "{shown} of {all}, from all over."
NONE_USABLE: Final = "None of these files can be used. The list says why."
FIRST: Final = 5
"""How many examples are named."""
GONE_IMAGES: Final = "Those images are not in the workspace (any more). Choose them again."
TO_GROUP: Final = "Choose what to group by"
TRUTH: Final = "Compare with labels you have"
TRUTH_NOTE: Final = "Optional. Your labels are used for scores only, never to group."
TRUTH_HELP: Final = "Called ground truth: the right group of each image, to measure how well the groups match it."
TRUTH_KINDS: Final = {
    "": "No labels",
    "folder": "Names of subfolders",
    "filename": "File names like 12_rose.jpg",
    "table": "A table",
}
TABLE: Final = "Table with a column of file names and a column of labels"
TABLE_HINT: Final = "/home/me/Pictures/labels.csv"
TABLE_DROPPED: Final = "The table that you dropped"
TABLE_OTHER: Final = "Another table"
TABLE_PATH: Final = "or where it lies on this computer"
TABLE_UPLOAD: Final = "Drop the table here (CSV, JSON Lines, Parquet …)"
TABLE_LARGE: Final = "Up to {size}. A larger table is better named by its path, below."
TABLE_READING: Final = "Reading the labels"
TABLE_HOW: Final = "How the table was read: {how}."
COLUMN: Final = "Column with the labels"
NAMING_COLUMN: Final = "Column that names the images: {column}"
ALIKE: Final = "Count as one label: {labels}"
ALIKE_UNDO: Final = "Count each spelling by itself again"
ALIKE_HELP: Final = "They differ only in case, spaces or how a number is written. Scores then count them as one."
TWO_LABELS_NOTE: Final = "One picture, two labels: one of them is wrong, most likely. Scores use the first."
NEAR_LABELS_NOTE: Final = "They look nearly the same and have different labels. Scores use the label of each."
TRUTH_OF_RUN: Final = "This run is compared with: {truth}. To change that, start a new run."


def broken_off(name: str, so_far: str) -> str:
    return _("{name}: {so_far} are here. Choose the same again and only the rest is sent.").format(
        name=name, so_far=so_far
    )


def being_sent(name: str, so_far: str) -> str:
    return _("{name}: {so_far} are here. Another tab or window is sending the rest.").format(name=name, so_far=so_far)


def near(groups: int, copies: int) -> str:
    return _("{images} {looks} nearly like another ({count})").format(
        images=images(copies), looks=_("looks") if copies == 1 else _("look"), count=count(groups, "group")
    )


def left_out_by_you(number: int) -> str:
    return _("{images} {verb} left out of all runs because you said so.").format(
        images=images(number), verb=_("is") if number == 1 else _("are")
    )


def left_out(number: int) -> str:
    return _("{images} {verb} left out because another looks nearly the same.").format(
        images=images(number), verb=_("is") if number == 1 else _("are")
    )


def first_groups(number: int) -> str:
    return _("The first {count} are shown.").format(count=count(number, "group"))


def labelled(labelled_: int, all_: int, classes: int) -> str:
    return _("{labelled:,} of {images} have a label; {count}:").format(
        labelled=labelled_, images=images(all_), count=count(classes, "different label")
    )


def met(way: Way) -> str:
    name, image = way.example
    labels = count(way.number, "label")
    return _("{labels} met {theirs} {how}: {name} → {image}").format(
        labels=labels,
        theirs=_("its image") if way.number == 1 else _("their images"),
        how=_(way.words),
        name=name,
        image=image,
    )


def two_labels(number: int) -> str:
    return _("{images} with two labels").format(images=images(number))


def near_labels(number: int) -> str:
    return _("{count} of near duplicates with different labels").format(count=count(number, "group"))


def unlabelled(number: int, first: str) -> str:
    return _("{images} {has} no label: {first}{more}").format(
        images=images(number), has=_("has") if number == 1 else _("have"), first=first, more=_more(number)
    )


def unmatched(number: int, first: str) -> str:
    names = _("{count} in the table {belongs}").format(
        count=count(number, "name"), belongs=_("belongs") if number == 1 else _("belong")
    )
    return _("{names} to no image here: {first}{more}").format(names=names, first=first, more=_more(number))


def _more(number: int) -> str:
    return " …" if number > FIRST else ""


def found(number: int) -> str:
    return _("{count} found.").format(count=count(number, "file"))


def folders_at_least(number: int) -> str:
    return _("{number:,} images or more").format(number=number) if number else _("more than can be counted here")


def folders_left_out(number: int) -> str:
    return _("{count} not listed. Type where it is.").format(count=count(number, "more folder"))
