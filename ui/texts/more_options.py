"""Texts of the folded part of the form: More choices."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count, images

MORE: Final = "More choices"
MORE_SET: Final = "Chosen besides"
MORE_RESET: Final = "As it was"
MORE_RESET_HELP: Final = "Forget all of these choices."
MORE_BUILTIN: Final = (
    "With a connected model there are more choices here: rules for the groups, the exact question, a spending cap."
)
MORE_SECTIONS: Final = {
    "groups": "Groups",
    "question": "Question",
    "asking": "How to ask",
    "limits": "Limits",
    "words": "Exact words",
}
MORE_NAMES: Final = {
    "names": "own group names",
    "sizes": "groups of even size",
    "grain": "coarse or fine",
    "never": "what never to consider",
    "language": "language",
    "preset": "own question",
    "overnight": "answers overnight",
    "exact": "every description read",
    "with-label": "label with the description",
    "also": "further criteria",
    "samples": "asked several times",
    "items": "texts a request",
    "fallback": "a second model",
    "cap": "spending cap",
    "share": "part of the images",
    "edited": "own prompts",
}
OWN_NAMES: Final = "Group names that you know already"
OWN_NAMES_HINT: Final = "one per line"
OWN_NAMES_HELP: Final = "All or some of the groups; the others are found. Leave it empty to have all groups found."
SIZES: Final = "Sizes of the groups"
SIZES_OF: Final = {"data": "As the images give", "even": "About even"}
GRAIN: Final = "How fine?"
GRAINS: Final = {"": "Either", "coarse": "Broad groups", "fine": "Exact groups"}
NEVER: Final = "Never consider"
NEVER_HINT: Final = "for example: gender"
NEVER_HELP: Final = "What must play no part: models are told not to consider or mention it, at every step."
LANGUAGE: Final = "Language of descriptions and names"
LANGUAGE_HINT: Final = "English"
PRESET: Final = "Kind of criterion"
PRESET_HELP: Final = "Brings a question to ask of each image, and an example of a good label."
PRESET_NONE: Final = "None: the criterion alone"
PRESET_OWN: Final = "My own words"
PRESET_AUTO_NONE: Final = "By itself: none fits"
QUESTION: Final = "Question asked of each image"
QUESTION_HINT: Final = "for example: What is the person doing? Name the action and what it is done with."
EXAMPLE: Final = "Example of a description"
EXAMPLE_LABEL: Final = "Label it should get"
PRESET_NAME: Final = "Name for these words"
PRESET_SAVE: Final = "Save as a preset"
PRESET_SAVE_HELP: Final = "Offered for every grouping from now on, and chosen by itself for what you group by here."
PRESET_DELETE: Final = "Delete this preset"
PRESET_RESTORE: Final = "Put back the presets that came with Facetry"
PRESET_SAVED: Final = "The preset is saved."
PRESET_DELETED: Final = "The preset is deleted."
PRESET_RESTORED: Final = "The presets that came with Facetry are back; your own ones stay."
OVERNIGHT: Final = "Overnight at half the price (OpenAI Batch API)"
OVERNIGHT_NOTE: Final = (
    "Answers come within a day. Stop does not cancel what was sent: it is answered and paid for, and Continue finds it."
)
OVERNIGHT_HELP: Final = "For OpenAI and other servers that have it. Fewer than ten requests are answered at once."
EXACT: Final = "Read every description"
WITH_LABEL: Final = "Ask for the label with the description"
WITH_LABEL_HELP: Final = (
    "The model that looks gives the label too, so that no request is needed for labels. Needs a capable model."
)
ALSO: Final = "Describe for further criteria in the same call"
ALSO_HINT: Final = "for example: mood, place"
ALSO_HELP: Final = (
    "Each image is sent once for all of them. A later grouping by one of these then needs no image again. "
    "Not together with the label."
)
SAMPLES: Final = "How sure? Ask so many times"
SAMPLES_HELP: Final = (
    "More than once: each assignment is asked so often, and the share of answers that agree is shown as confidence. "
    "It multiplies the requests of the last step."
)
ITEMS: Final = "Texts in one request"
ITEMS_HELP: Final = "Many are cheap and quick; small models do better with few."
FALLBACK: Final = "Second model"
FALLBACK_HELP: Final = "Asked where the first one fails or gives no usable names. Choose from the models you connected."
FALLBACK_NONE: Final = "None"
CAP: Final = "Spending cap in US dollars"
CAP_HELP: Final = (
    "The run stops cleanly when it is reached, and goes on when you raise it. 0 for no cap. It counts models whose "
    "price is known."
)
SHARE: Final = "Images that models look at"
SHARE_NOTE: Final = (
    "Below 100 %, models look at that part, spread over all images. The rest is sorted by likeness to them and marked "
    "so."
)
WORDS: Final = "Message"
WORDS_OF: Final = {
    "describe": "Describe an image",
    "describe_label": "Describe and label an image",
    "describe_several": "Describe an image for several criteria",
    "label": "Label descriptions",
    "name": "Find the groups",
    "assign": "Sort descriptions into groups",
    "assign_labels": "Sort labels into groups",
}
WORDS_TEMPLATE: Final = "What the model is told"
WORDS_TEMPLATE_HELP: Final = "Words after a $ are filled in for each request. What is empty leaves no line."
WORDS_PREVIEW: Final = "The exact text that will be sent"
WORDS_RESET: Final = "Back to the text that came with Facetry"
STAND_IN_CRITERION: Final = "(what you group by)"
STAND_IN_GROUP: Final = "(here the names of the groups with their meanings)"
STAND_IN_LABELS: Final = "(here the labels, each with its number of images)"


def stand_in(number: int, what: str) -> str:
    """What stands in a preview for texts that are not known yet."""
    return _("(here the {what} of up to {images})").format(what=what, images=images(number))


def preset_by_itself(name: str) -> str:
    return _("By itself: {name}").format(name=name)


def exact_costs(requests: int) -> str:
    return _(
        "Each description is sorted by itself, not each different label once. More exact where labels are vague; takes "
        "up to {count}."
    ).format(count=count(requests, "request"))


def looked_at(number: int, total: int) -> str:
    return _("{images} of {total:,}").format(images=images(number), total=total)
