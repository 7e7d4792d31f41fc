"""Texts of the page Export."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count, images

EXPORT_EMPTY: Final = "There is something to take with you once the images are sorted into groups."
EXPORT_GROUPS: Final = "Groups"
EXPORT_ALL_GROUPS: Final = "All groups"
EXPORT_TEXT: Final = "Only images that mention"
EXPORT_TEXT_HINT: Final = "Any word in a name, description or label"
EXPORT_THESE: Final = "Export these"
EXPORT_REPORT: Final = "Report (HTML)"
EXPORT_REPORT_NOTE: Final = (
    "One page to send to somebody or to print: what was asked, how many images are in each group, examples, and the "
    "scores where you gave labels. All pictures are inside the file, small."
)
EXPORT_REPORT_GET: Final = "Download the report"
EXPORT_FIGURES: Final = "Figures (PNG, SVG)"
EXPORT_FIGURES_NOTE: Final = "Pictures for a slide or a paper, of the whole run. SVG stays sharp at any size."
EXPORT_FIGURES_NO_LABELS: Final = (
    "A picture for a slide or a paper, of the whole run. With labels on *Evaluate* there are two more: where the "
    "images of each label went, and the scores."
)
EXPORT_FIGURE: Final = {
    "sizes": "Images of each group",
    "confusion": "Where the images of each label went",
    "scores": "Scores with 95 % intervals",
}
EXPORT_TABLE: Final = "Table (CSV)"
EXPORT_TABLE_NOTE: Final = (
    "One line an image: file name, group, how sure, description, label, and why where one failed. "
    "Opens in Excel, Numbers and LibreOffice."
)
EXPORT_TABLE_GET: Final = "Download the table"
EXPORT_FOLDERS: Final = "Folders (ZIP)"
EXPORT_FOLDERS_GET: Final = "Download the folders"
EXPORT_RECORDS: Final = "This run has descriptions but no images, so there is nothing to put into folders."
EXPORT_PREVIEW: Final = "Folders in the ZIP"
EXPORT_PROGRAMS: Final = "For programs (JSON Lines, Parquet)"
EXPORT_PROGRAMS_NOTE: Final = (
    "The same lines as in the table, for scripts and notebooks: a JSON object a line, or columns for pandas."
)
EXPORT_JSONL_GET: Final = "JSON Lines"
EXPORT_PARQUET_GET: Final = "Parquet"
EXPORT_AT_WORK: Final = "This run is at work. What you download now is how far it has come."
PACK: Final = "Everything, for another computer (ZIP)"
PACK_NOTE: Final = (
    "All runs of this workspace with every answer, your decisions and the app's own copies of the images; no original "
    "files and no keys. On the other computer, in Facetry's folder:"
)
PACK_FILE: Final = "Facetry workspace"
NOT_PACKED: Final = "The workspace could not be packed ({reason}). Make room on the disk, then try again."
PACK_LINE: Final = '.venv/bin/python -m core unpack "Facetry workspace.zip"'
PACK_GET: Final = "Download the workspace"


def export_part(number: int, total: int) -> str:
    """What a filter leaves."""
    return _("Every download holds {number:,} of {images} and says so in its name.").format(
        number=number, images=images(total)
    )


def and_more(number: int) -> str:
    return _("and {number:,} more").format(number=number)


def folders_note(files: int, originals: int | None) -> str:
    """What the ZIP holds: originals, or our copies where these have gone."""
    if not files:
        return _("No images are left by this choice.")
    if originals is None:
        return _("{count} in one folder a group: your originals, or the app's own copy where one has gone.").format(
            count=count(files, "file")
        )
    if originals == files:
        return _("{count} in one folder a group: your original files, unchanged.").format(count=count(files, "file"))
    copies = _("{count} as the app's own copy (JPEG, at most 1,024 pixels)").format(
        count=count(files - originals, "file")
    )
    if not originals:
        return _("The original files are not where they were, so these are {copies}.").format(copies=copies)
    return _("{count}, and {copies} because the original is not where it was.").format(
        count=count(originals, "original file"), copies=copies
    )
