"""Texts of the page Images."""

from __future__ import annotations

from typing import Final

from ui.texts.common import count, images

IMAGES_TITLE: Final = "Choose your images"
WAYS: Final = {"files": "Files or a ZIP", "directory": "A folder to upload", "path": "A folder on this computer"}
FILES: Final = "Drop images or one ZIP file here"
DIRECTORY: Final = "Drop a folder here"
UPLOAD_NOTE: Final = "Up to 500 files; for more, drop a ZIP or name a folder on this computer. They go no further."
FOLDER: Final = "Folder on this computer"
FOLDER_HINT: Final = "/home/me/Pictures/shop"
FOLDER_HELP: Final = (
    "A ZIP file, or a CSV file that lists images, works too. "
    "Small copies are made for the app; your files stay as they are."
)
NO_FOLDER: Final = "Say which folder holds the images."
FOLDER_NOTE: Final = "Subfolders are included. Nothing leaves this computer."
LOOK: Final = "Use these images"
ONE_ZIP: Final = "Drop a ZIP file by itself, one at a time."
NO_IMAGES_DROPPED: Final = "There is no image among these files."
UPLOADED: Final = "my images"
SAVING: Final = "Saving the images"
ROOTS: Final = "Images may be read from: {folders}"
NOT_GROUPED: Final = "Not grouped"
LOOK_STOPPED: Final = "Not all files were looked at yet."
LOOK_ON: Final = "Look at the rest"
OTHER_IMAGES: Final = "Other images"
USABLE: Final = "Images to group"
DUPLICATES: Final = "Exact duplicates"
DUPLICATES_HELP: Final = "The same picture given more than once is grouped once."
SKIPPED_HELP: Final = "Files that could not be used. The list below says why, and what to do."
PREVIEW: Final = "Preview"
PREVIEW_NOTE: Final = "{shown} of {all}, from all over."
NONE_USABLE: Final = "None of these files can be used. The list says why."
GONE_IMAGES: Final = "Those images are not in the workspace (any more). Choose them again."
TO_GROUP: Final = "Choose what to group by"
TRUTH: Final = "Compare with labels you have"
TRUTH_NOTE: Final = "Optional. Your labels are used for scores only, never to group."
TRUTH_HELP: Final = "Called ground truth: the right group of each image, to measure how well the groups match it."
TRUTH_KINDS: Final = {
    "": "No labels",
    "folder": "Names of subfolders",
    "filename": "File names like 12_rose.jpg",
    "table": "A table (CSV)",
}
TABLE: Final = "Table with a column of file names and a column of labels"
TABLE_HINT: Final = "/home/me/Pictures/labels.csv"
TABLE_PATH: Final = "or where it lies on this computer"
TABLE_UPLOAD: Final = "Drop the table here (CSV)"
COLUMN: Final = "Column with the labels"
TRUTH_OF_RUN: Final = "This run is compared with: {truth}. To change that, start a new run."


def labelled(labelled_: int, all_: int, classes: int) -> str:
    return f"{labelled_:,} of {images(all_)} have a label; {count(classes, 'different label')}:"


def too_many(number: int) -> str:
    return (
        f"{number:,} files are more than the 500 that the browser can hand over safely. "
        "Drop them as one ZIP file, or name their folder on this computer."
    )


def found(number: int) -> str:
    return f"{count(number, 'file')} found."
