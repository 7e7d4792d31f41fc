"""Texts of the page Export."""

from __future__ import annotations

from typing import Final

from ui.texts.common import count

EXPORT_EMPTY: Final = "There is something to take with you once the images are sorted into groups."
EXPORT_TABLE: Final = "Table (CSV)"
EXPORT_TABLE_NOTE: Final = (
    "One line an image: file name, group, how sure, description, label. Opens in Excel, Numbers and LibreOffice."
)
EXPORT_TABLE_GET: Final = "Download the table"
EXPORT_FOLDERS: Final = "Folders (ZIP)"
EXPORT_FOLDERS_GET: Final = "Download the folders"
EXPORT_RECORDS: Final = "This run has descriptions but no images, so there is nothing to put into folders."
EXPORT_PREVIEW: Final = "Folders in the ZIP"
EXPORT_AT_WORK: Final = "This run is at work. What you download now is how far it has come."


def folders_note(files: int, originals: int) -> str:
    """What the ZIP holds: originals, or our copies where these have gone."""
    if originals == files:
        return f"{count(files, 'file')} in one folder a group: your original files, unchanged."
    copies = f"{count(files - originals, 'file')} as the app's own copy (JPEG, at most 1,024 pixels)"
    if not originals:
        return f"The original files are not where they were, so these are {copies}."
    return f"{count(originals, 'original file')}, and {copies} because the original is not where it was."
