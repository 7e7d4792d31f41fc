"""Every sentence a person reads, in one place. Plain words: "group", not "cluster"; K and the like only in help texts.

Values that come from images, models or file names are put in by the caller, after `ui.safe.safe_md`.
"""

from __future__ import annotations

from typing import Final

APP: Final = "Facetry"
TAGLINE: Final = "Give it a folder of images, say what to group by, and get named groups that you can check."
UNEXPECTED: Final = "Something unexpected went wrong. The details are in the terminal window that runs Facetry."
BUSY_TITLE: Final = "This workspace is open elsewhere"

# -- menu
START_PAGE: Final = "Start"
IMAGES: Final = "Images"
GROUP: Final = "Group"
NAMES: Final = "Names"
BROWSE: Final = "Browse"
EVALUATE: Final = "Evaluate"
EXPORT: Final = "Export"
CONNECT: Final = "Connect a model"
START_PAGE_HELP: Final = "Choose images, try the demo, or go on with an earlier run."
IMAGES_HELP: Final = "What was given, what can be used, and labels to compare with."
GROUP_HELP: Final = "Say what to group by and how many groups, and watch the work."
NAMES_HELP: Final = "Check the proposed groups: rename, add, merge or delete them."
EVALUATE_HELP: Final = "How well the groups match labels you have."
EXPORT_HELP: Final = "Take the groups with you: a table, or a folder a group."
CONNECT_HELP: Final = "Let a vision-language model or a language model do steps of the work."
BROWSE_HELP: Final = "Look through the groups and correct single images."

# -- start
START_TITLE: Final = "Group your images"
MINE: Final = "My images"
MINE_NOTE: Final = "Drop images, a folder or a ZIP file into the browser."
FOLDER_CHOICE: Final = "A folder on this computer"
FOLDER_CHOICE_NOTE: Final = "For many images: nothing is uploaded, your files stay as they are."
DEMO: Final = "The demo"
DEMO_NOTE: Final = "216 pictures, sorted by kind of thing with the built-in engine. One click, half a minute."
CHOOSE: Final = "Choose"
SHOW_DEMO: Final = "Show me"
DEMO_PICTURE: Final = "A picture of the demo"
DEMO_CRITERION: Final = "kind of thing"
DEMO_GONE: Final = "The demo images are missing (data/demo). Get Facetry again, or use images of your own."

# -- images
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

# -- group: the form
GROUP_TITLE: Final = "What should they be grouped by?"
NO_IMAGES_TITLE: Final = "No images yet"
NO_IMAGES: Final = "Choose images first; then say what to group them by."
TO_IMAGES: Final = "Choose images"
TO_THESE: Final = "See the images"
STILL_OPENING: Final = "The images are still being opened. Grouping can start when that is done."
CRITERION: Final = "Group by"
CRITERION_HINT: Final = "for example: colour"
CRITERION_HELP: Final = "Type anything that you could tell a person: what the images should be grouped by."
EXAMPLES: Final = ("Colour", "Kind of animal", "Kind of garment", "Species", "Art style", "Day or night")
EXAMPLES_LABEL: Final = "Examples"
K: Final = "How many groups?"
K_HELP: Final = "The number of groups, called K in the literature. You can merge, add and delete groups afterwards."
MODELS: Final = "Who does the work"
OTHER_MODELS: Final = "Change the models"
START: Final = "Start"
SIGHT_TITLE: Final = "This may be beyond the built-in engine"
SIGHT_APPEARANCE: Final = "Group by appearance instead"
SIGHT_CONNECT: Final = "Connect a vision-language model"
SIGHT_RECORDED: Final = "Use the demo's recorded descriptions"
RECORDED_NOTE: Final = (
    "Recorded descriptions were written by hand for the demo: they show what a vision-language model would add."
)
APPEARANCE: Final = "main subject"
VERSIONS: Final = "Groupings of these images"
VERSIONS_NOTE: Final = "Another criterion or number of groups makes a new one; what was described already is reused."
TRY_HELP: Final = "All steps on a few images from all over, to see whether the groups make sense."
TRY_MEANWHILE: Final = "Curious? Names for a few images are ready long before all are described."
SAMPLE_DONE: Final = "This is a sample, spread over all images."
ALL_IMAGES: Final = "Group all images this way"

# -- run: at work
STEPS: Final = {"describe": "Describe", "label": "Label", "name": "Name groups", "assign": "Sort into groups"}
STEPS_DOING: Final = {
    "ingest": "Opening the images",
    "describe": "Describing",
    "label": "Labelling",
    "name": "Finding groups and names",
    "assign": "Sorting into groups",
}
READYING: Final = "Getting ready"
STOP: Final = "Stop"
STOPPING: Final = "Stopping"
CONTINUE: Final = "Continue"
AGAIN: Final = "Try again"
NEW_RUN: Final = "New run"
LATEST: Final = "Latest"
ERRORS: Final = "Errors so far"
TO_NAMES: Final = "Check the names"
TO_BROWSE: Final = "Look at the groups"
NAMES_READY: Final = "The groups have names. Check them, then sort the images into them."
DONE: Final = "All images are sorted."
STOPPED: Final = "Stopped. What was finished is kept."
INTERRUPTED: Final = "This run was interrupted. What was finished is kept."
FAILED_TITLE: Final = "This run could not go on"
SHOW: Final = "Show progress"
RECENT: Final = "Recent runs"
NO_RECENT: Final = "Your runs will be listed here."
OPEN: Final = "Open"
STATUS: Final = {
    "running": "At work",
    "waiting": "Names to check",
    "new": "Not started",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "failed": "Failed",
    "done": "Done",
}
SKIPPED: Final = "Skipped"
SKIPPED_NOTE: Final = "Files that could not be used, and exact duplicates. Correct them and run again."
FILE: Final = "File"
REASON: Final = "Reason"

# -- names
NAMES_TITLE: Final = "Check the names"
NAMES_NOTE: Final = "Groups found by {criterion}, from {images}. Click a name to change it."
NAMES_EMPTY_TITLE: Final = "No groups to name yet"
NAMES_EMPTY: Final = "Groups get their names after all images are described and labelled."
NO_RUN: Final = "No run is open. Start one, or open a recent one."
TO_RUN: Final = "Go to Start"
NAME: Final = "Name"
NEEDS_NAME: Final = "needs a name"
NEEDS_NAME_HELP: Final = "The engine is not sure what these have in common. Look at the examples and type a name."
ADDED: Final = "added by you"
LABELS: Final = "Labels inside"
NO_EXAMPLES: Final = "No images yet."
CHANGE: Final = "Change"
MEANING: Final = "What belongs here"
MEANING_SAVE: Final = "Save"
MERGE_INTO: Final = "Merge into"
MERGE: Final = "Merge"
DELETE: Final = "Delete this group"
ADD: Final = "Add a group"
ADD_NAME: Final = "Name of the new group"
ADD_NAME_HINT: Final = "for example: pink"
UNDO: Final = "Undo"
NOTHING_TO_UNDO: Final = "Nothing to undo"
ASSIGN: Final = "Sort images into groups"
ASSIGN_AGAIN: Final = "Bring them up to date"
CHECK_ALL: Final = "Check all again"
CHECK_ALL_HELP: Final = "Sort every image anew under the names as they stand now. Images that you moved by hand stay."
AT_WORK: Final = "This run is at work. Names can be changed when it is done."
NO_STALE: Final = "No image needs to be sorted again."

# -- browse
BROWSE_EMPTY_TITLE: Final = "Nothing is sorted yet"
BROWSE_SOON: Final = "The groups appear here as soon as the images are sorted into them."
BROWSE_EMPTY: Final = "Check the names first; then the images are sorted into the groups."
UNASSIGNED: Final = "Not sure"
UNASSIGNED_NOTE: Final = "Images that fit none of the groups well enough."
FAILED: Final = "Failed"
FAILED_NOTE: Final = "Images without an answer. They are asked again when the run continues."
PENDING: Final = "Still to be sorted"
PENDING_NOTE: Final = "Images that the run has not reached."
SEE_ALL: Final = "See all"
ALL_GROUPS: Final = "All groups"
BACK_TO: Final = "Back to {group}"
ORDER: Final = "Show first"
ORDERS: Final = {"sure": "Best matches", "unsure": "Least certain", "given": "As in the folder"}
PREVIOUS: Final = "Previous"
NEXT: Final = "Next"
CONFIDENCE: Final = "Confidence"
CONFIDENCE_HELP: Final = "How sure the engine is of this group, from 0 to 100 %."
SECOND: Final = "Second choice"
LABEL: Final = "Label"
YOUR_LABEL: Final = "Your label"
DESCRIPTION: Final = "Description"
BY_PERSON: Final = "moved by you"
EARLIER: Final = "sorted under earlier names"
MOVE_TO: Final = "Move to"
MOVE: Final = "Move"
SAID: Final = "The answer was"
WHY: Final = "Why"
ADD_AS_GROUP: Final = "Add it as a group"
SCORES: Final = "All scores"
ACC: Final = "Accuracy (ACC)"
ACC_HELP: Final = (
    "Share of images in the group that matches their label, when groups and labels are paired as well as possible."
)
NMI: Final = "NMI"
NMI_HELP: Final = "Normalised mutual information: how much the groups tell about your labels. 0 is nothing, 1 is all."
ARI: Final = "ARI"
ARI_HELP: Final = "Adjusted Rand index: agreement on pairs of images. 0 is chance, 1 is perfect."
NAME_ACC: Final = "Name accuracy"
NAME_ACC_HELP: Final = "Share of images whose group's name is, or means, their label."
GONE_RUN: Final = "That run does not exist (any more). Open another one, or start a new one."
GONE_GROUP: Final = "That group does not exist any more."
GONE_IMAGE: Final = "That image is not in this run."

# -- evaluate
EVALUATE_EMPTY: Final = "Scores compare the finished groups with your labels. First the images have to be sorted."
NO_LABELS_TITLE: Final = "No labels to compare with yet"
NO_LABELS: Final = (
    "If you already know where some of these images belong, Facetry can tell how well its groups match. "
    "Say where your labels are; they are used for scores only, never to group."
)
LABELS_FROM_NOTE: Final = {
    "folder": "Each image's label is the name of the folder it lies in, for example roses/1.jpg.",
    "filename": "Each image's label stands in its file name after a number, for example 12_rose.jpg.",
    "table": "One column names the images and another holds the labels; the first line names the columns.",
}
COMPARING: Final = "Comparing with your labels"
LABELS_USE: Final = "Compare"
LABELS_CHANGE: Final = "Compare with other labels"
CONFUSION: Final = "Where the images of each label went"
CONFUSION_NOTE: Final = "A row is one of your labels, a column one of the groups. Click a field to see its images."
CONFUSION_CUT: Final = "Only the {count} most frequent are shown."
CONFUSION_LABEL: Final = "Your label"
CONFUSION_GROUP: Final = "Group"
CONFUSION_IMAGES: Final = "Images"
CONFUSION_SHARE: Final = "Share of the label"
NO_GROUP: Final = "No group"
PER_CLASS: Final = "Label by label"
PER_CLASS_GROUP: Final = "Its group"
PER_CLASS_GROUP_HELP: Final = "The group that this label is paired with; each label gets at most one group."
RECALL: Final = "Found"
RECALL_HELP: Final = "Called recall: the share of this label's images that are in its group."
PRECISION: Final = "Correct"
PRECISION_HELP: Final = "Called precision: the share of the group's images that have this label."
F1_HELP: Final = "Found and correct in one number (their harmonic mean)."

# -- export
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

# -- connect a model
CONNECT_NOTE: Final = (
    "The built-in engine sees subjects, colours, styles and light. A vision-language model describes images in free "
    "words, so it can group by mood, action, brand or almost anything else. Any server that speaks the OpenAI "
    "protocol works, on this computer or elsewhere."
)
BUILTIN: Final = "Built-in engine"
CONNECT_SERVERS: Final = {
    "Ollama": "http://localhost:11434/v1",
    "LM Studio": "http://localhost:1234/v1",
    "llama.cpp": "http://localhost:8080/v1",
    "OpenAI": "https://api.openai.com/v1",
}
CONNECT_SERVER: Final = "1. Server"
CONNECT_KNOWN: Final = "Known servers"
CONNECT_URL: Final = "Address"
CONNECT_URL_HELP: Final = "The base URL of the server; it usually ends in /v1."
CONNECT_BAD_URL: Final = "This is not an address of a server. It looks like http://localhost:11434/v1."
CONNECT_PLAIN_URL: Final = "Leave keys and names out of the address; the key has its own field."
CONNECT_KEY: Final = "Key"
CONNECT_KEY_HINT: Final = "empty for servers that need none"
CONNECT_KEY_HELP: Final = (
    "Kept in memory for this browser session only: never stored, shown or logged. After a reload it is asked again. "
    "To avoid that, set OPENAI_API_KEY (and OPENAI_BASE_URL for another server) before you start Facetry."
)
CONNECT_KEY_ENV: Final = "The key for this server is taken from OPENAI_API_KEY."
CONNECT_KEY_KEPT: Final = "A key for this server is kept for this session."
CONNECT_KEY_OPEN: Final = (
    "This address is not encrypted (http), so the key can be read on the way. Use https if you can."
)
CONNECT_LIST: Final = "Show its models"
CONNECT_LISTED: Final = "The server answers."
CONNECT_MODELS: Final = "2. Models"
CONNECT_VISION: Final = "Describes the images"
CONNECT_VISION_HELP: Final = "Choose a model that can see (a vision-language model, VLM)."
CONNECT_TEXT: Final = "Labels, names and sorts"
CONNECT_TEXT_HELP: Final = "Works from the descriptions; any chat model will do (a large language model, LLM)."
CONNECT_TEST: Final = "Test"
CONNECT_TEST_HELP: Final = "Sends one small picture that Facetry draws and one sentence. None of your images is sent."
CONNECT_TESTING: Final = "Waiting for the answer"
CONNECT_TEST_IMAGE: Final = "What is in this picture? Answer in one short sentence."
CONNECT_TEST_TEXT: Final = "What colour is fresh grass? Answer in one word."
CONNECT_TEST_BUILTIN: Final = "The built-in engine needs no test."
CONNECT_ASKED_IMAGE: Final = "Shown a red circle on white"
CONNECT_ASKED_TEXT: Final = "Asked for the colour of grass"
CONNECT_EMPTY_REPLY: Final = "The answer was empty."
CONNECT_USE: Final = "Use these models"
CONNECT_USED: Final = "New runs use these models."
CONNECT_CHECK: Final = "Check the server and its key"
CONNECT_RESET: Final = "Back to the built-in engine"
CONNECT_NOW: Final = "In use for new runs"
CONNECT_LEAVES: Final = "What leaves this computer"
LEAVES_NOTHING: Final = "Nothing leaves this computer."
LEAVES_LOCAL: Final = "Nothing leaves this computer, unless the server on it passes it on."
LEAVES_IMAGES: Final = (
    "Small copies of your images (at most 1,024 pixels), without their file names, and what you group by go to {host}."
)
LEAVES_TEXT: Final = "Descriptions of your images and what you group by go to {host}."
LEAVES_NO_IMAGE: Final = "The images stay here."
OLLAMA_TITLE: Final = "No model yet? Ollama in three lines"
OLLAMA_LINES: Final = "curl -fsSL https://ollama.com/install.sh | sh\nollama pull qwen2.5vl:7b\nollama serve"
OLLAMA_NOTE: Final = (
    "Free, and your images stay on this computer. The model takes about 6 GB; a computer with a graphics card answers "
    "in seconds. On Windows and macOS, install it from ollama.com instead of the first line. Then choose Ollama here."
)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 image", "1,200 images"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def images(number: int) -> str:
    return count(number, "image")


def try_some(number: int) -> str:
    return f"Try {images(number)} first"


def only(number: int) -> str:
    return f"sample of {images(number)}"


def labelled(labelled_: int, all_: int, classes: int) -> str:
    return f"{labelled_:,} of {images(all_)} have a label; {count(classes, 'different label')}:"


def too_many(number: int) -> str:
    return (
        f"{number:,} files are more than the 500 that the browser can hand over safely. "
        "Drop them as one ZIP file, or name their folder on this computer."
    )


def found(number: int) -> str:
    return f"{count(number, 'file')} found."


def run_name(dataset: str, criterion: str, k: int) -> str:
    return f"{dataset} by {criterion}, {count(k, 'group')}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def matches(acc: float, number: int) -> str:
    return f"Matches your labels for {percent(acc)} of {images(number)}."


def left(number: int, step: str) -> str:
    """How much is still to do: what a person needs to know before they click Continue."""
    verb = {"describe": "described", "label": "labelled", "assign": "sorted"}.get(step, "done")
    return f"{images(number)} {'is' if number == 1 else 'are'} still to be {verb}."


def replied(seconds: float, model: str) -> str:
    return f"{model} answered in {seconds:.1f} s"


def place(number: int, total: int) -> str:
    return f"{number:,} of {total:,}"


def more_labels(number: int) -> str:
    return f"and {number:,} more"


def all_labels(number: int) -> str:
    return f"All {number:,} labels"


def labelled_some(labelled: int, number: int) -> str:
    return f"{labelled:,} of {images(number)} have a label; the scores are about these."


def kinds_and_groups(kinds: int, groups: int) -> str:
    return f"Your labels have {count(kinds, 'kind')}; there {'is' if groups == 1 else 'are'} {count(groups, 'group')}."


def in_field(number: int, label: str, group: str) -> str:
    return f"{images(number)} with your label “{label}” in “{group}”"


def first_shown(number: int) -> str:
    return f"The first {number:,} are shown."


def folders_note(files: int, originals: int) -> str:
    """What the ZIP holds: originals, or our copies where these have gone."""
    if originals == files:
        return f"{count(files, 'file')} in one folder a group: your original files, unchanged."
    copies = f"{count(files - originals, 'file')} as the app's own copy (JPEG, at most 1,024 pixels)"
    if not originals:
        return f"The original files are not where they were, so these are {copies}."
    return f"{count(originals, 'original file')}, and {copies} because the original is not where it was."


NAME_LEFT: Final = "Only the groups are still to be found and named."


def out_of_date(number: int) -> str:
    return f"{images(number)} {'is' if number == 1 else 'are'} out of date since you edited the groups."


def failed(number: int) -> str:
    return f"{images(number)} failed. Browse shows the reasons."


def will_be_stale(number: int) -> str:
    if not number:
        return NO_STALE
    return f"{images(number)} will have to be sorted again."


def they_say(number: int, answer: str) -> str:
    return f"{images(number)} {'says' if number == 1 else 'say'} “{answer}”."


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "3 min", "1 h 10 min"."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    if seconds < 86_400:
        return f"{duration(max(seconds, 90))} ago"
    return f"{count(round(seconds / 86_400), 'day')} ago"


def doing(step: str, done: int, total: int, rate: float, seconds_left: float | None) -> str:
    """One line on a step at work: "Describing: 120 of 533 · 31 a second · 13 s left"."""
    parts = [f"{STEPS_DOING[step]}: {done:,} of {total:,}" if total > 1 else STEPS_DOING[step]]
    if rate >= 0.05 and done < total:
        parts.append(f"{rate:.0f} a second" if rate >= 2 else f"{rate:.1f} a second")
    if seconds_left is not None and done < total:
        parts.append(f"{duration(seconds_left)} left")
    return " · ".join(parts)
