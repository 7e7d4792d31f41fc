"""Routing of criteria on phrases that are not among its anchors, and the sentence a person gets when it cannot see."""

from __future__ import annotations

import pytest

from core.models.builtin.aspect_routing import _ANCHORS, route

DEVELOPMENT = {
    "subject": (
        "kind of fish", "type of boat", "dog breed", "animals", "what animal is this", "garment type", "type of shoe",
        "bag", "hat", "species of tree", "wild animal", "bird species", "flower species", "kind of fruit",
        "vegetables", "type of food", "dessert", "kind of vehicle", "motorcycle type", "aircraft type", "instrument",
        "string instrument", "furniture type", "chair design", "kind of chair", "gadget", "electronic product",
        "kitchen appliance", "household item", "main object", "which object", "what is in the picture",
        "what thing is it", "building", "landmark", "sports equipment", "kind of ball", "mushroom", "insect species",
        "reptile", "dinosaur", "jewellery", "bottle", "plant species", "leaf type", "type of truck",
        "type of clothes", "what kind of toy", "cheese", "drinks", "kind of tool", "hand tool", "shellfish",
        "sea creature", "butterfly", "pet", "farm animal", "product type",
    ),
    "colour": (
        "color", "main color", "the colour of the flower", "hair colour", "colour of the shirt",
        "what color is the car", "petal color", "paint colour", "predominant hue", "shade", "coat colour",
        "is it red or blue", "tone of colour", "wall color", "color of clothing", "skin of the fruit: colour",
    ),
    "style": (
        "photo or painting", "style of art", "artistic style", "drawing or photograph", "cartoon or photo",
        "sketch or photo", "kind of illustration", "painting or sketch", "artwork type", "art medium",
        "is it a drawing", "photographic or drawn", "type of rendering", "art form", "real or drawn",
    ),
    "light": (
        "daytime or night", "time of the day", "brightness of the image", "dark or bright", "lighting conditions",
        "night or day", "how dark", "amount of light", "bright vs dim", "light level", "sunset or noon",
        "exposure level",
    ),
    "blind": (
        "emotion of the person", "happy or sad", "facial emotion", "what is the man doing", "human activity", "sport",
        "type of activity", "age", "age group", "child or adult", "wearer", "sex", "male or female",
        "gender of the person", "body pose", "posture", "who made it", "brand of the shoe", "car brand",
        "company logo", "cost", "how expensive", "price range", "image quality", "how beautiful", "aesthetic quality",
        "orientation of the object", "viewpoint", "camera position", "which way it is facing", "spring or winter",
        "season of the year", "rain or sunshine", "weather conditions", "wedding or birthday", "kind of event",
        "country", "city", "where is it", "where the photo was taken", "surroundings", "indoors or outdoors",
        "room type", "people count", "how many people", "number of animals", "count of objects", "what it says",
        "text in the image", "language of the sign", "kind of damage", "type of defect", "is it damaged",
        "disease of the leaf", "ripe or rotten", "freshness", "fabric", "made of wood or metal", "material",
        "striped or plain", "surface texture", "size of the object", "big or small", "interaction between people",
        "relationship", "hobby", "job", "profession", "nationality", "race", "era", "decade", "historical period",
        "vibe", "ambience", "tone of the scene", "sentiment", "danger level", "intention", "personality",
        "who is the author", "artist name", "title", "meaning of the symbol", "hairstyle", "wearing glasses",
        "occluded or visible", "close-up or wide shot", "depth of field", "blurry or sharp", "background", "setting",
        "environment", "religion", "political party", "alcohol content", "calories", "genre of the film",
        "music genre", "usage", "function", "cleanliness", "clean or dirty", "open or closed", "moving or still",
        "broken or intact", "full or empty", "tidy or messy", "new or old", "formal or casual", "popularity",
        "safe or unsafe", "edible or poisonous",
    ),
}  # fmt: skip
"""Looked at while the anchors were written."""

HELD_OUT = {
    "subject": (
        "kind of dog", "vehicles", "type of animal", "what the object is", "name of the plant", "butterfly species",
        "berries", "type of bread", "sofa, chair or table", "guitar or violin", "footwear", "outfit type",
        "piece of clothing", "handbag", "watch", "laptop, phone or camera", "birds", "fish species", "breed of horse",
        "wildflowers", "what is depicted", "main subject", "bicycle or motorbike", "type of aircraft",
        "kind of building", "kitchenware", "cutlery", "office supplies", "ball", "gemstone", "cars", "fungi",
        "snake species", "sweets", "rodents", "woodwind or brass instrument",
    ),
    "colour": (
        "COLOR", "colour of the car", "colors", "dress color", "what colour are the petals", "eye color",
        "colour tone", "red vs green", "primary colour", "hue of the background",
    ),
    "style": (
        "painting or photo", "cartoon vs realistic", "kind of drawing", "art technique", "photograph or illustration",
        "visual art style", "sketch, painting or photo", "digital art or photo", "artistic medium",
    ),
    "light": (
        "day vs night", "bright or dark", "light conditions", "time of day it was taken", "how bright",
        "illumination level", "dusk, noon or night", "daylight",
    ),
    "blind": (
        "feelings", "ambiance", "expression on the face", "what people are doing", "activities", "sports activity",
        "gender", "age of the people", "old or young", "manufacturer of the car", "car maker", "who painted it",
        "price category", "photo quality", "direction of travel", "angle of the shot", "seasons", "type of weather",
        "is it raining", "party or meeting", "festival", "continent", "tourist destination",
        "kitchen, bedroom or bathroom", "indoor vs outdoor", "how many animals", "number of objects",
        "number of wheels", "words on the sign", "language", "damage", "type of damage to the car",
        "scratched or intact", "ripeness", "plant disease", "made of plastic or glass", "kind of material",
        "stripes or dots", "pattern on the fabric", "large or small", "friendship or rivalry", "occupation",
        "nationality of the person", "century", "happy, sad or angry", "is the person smiling", "posture of the body",
        "facing left or right", "blurred", "camera distance", "religious meaning", "purpose of the tool",
        "usefulness", "hygiene", "messy or tidy room", "is the door open", "running or walking", "broken",
        "brand new or used", "dress code", "trustworthiness", "is it dangerous", "can you eat it",
        "has glasses or not", "with or without hat", "hair style", "left-handed or right-handed",
        "who is the photographer", "story behind it", "political message", "humour", "what time it is on the clock",
        "temperature outside", "team", "country of origin",
    ),
}  # fmt: skip
"""Written afterwards; it scored 0.91 at first sight, and two general rules and a few anchors came out of that."""

UNTOUCHED = {
    "subject": (
        "kind of tree", "type of cheese", "reptiles and amphibians", "bags", "hats", "cookware", "aircraft model",
        "instrument family", "dog or cat breed", "sneaker or boot", "crustacean", "kind of pasta", "lizard",
        "what object", "tableware", "type of building", "pastry", "truck",
    ),
    "colour": (
        "petal colour", "COLOURS", "colour of fur",
    ),
    "style": (
        "drawn or photographed", "style of the picture",
    ),
    "light": (
        "night or daytime", "how well lit it is", "sunrise or midday",
    ),
    "blind": (
        "state of mind", "facial emotions", "how old", "job", "who is it", "home country", "environment",
        "water or land background", "cost", "condition of the item", "wear and tear", "number of fingers",
        "gesture of the hand", "hair type", "ethnic group", "sporting event", "wedding guests", "hobby shown",
        "viewing angle", "full body or portrait", "written language", "font", "trend", "owner of the dog",
        "suitability for children", "how dangerous", "wind", "humidity", "is it moving", "ownership",
    ),
}  # fmt: skip
"""Written last; nothing was changed after it was first tried (0.98)."""


def _routed(phrase: str) -> str:
    sight = route(phrase)
    return "blind" if sight.warning else sight.aspect


@pytest.mark.parametrize("phrases", [DEVELOPMENT, HELD_OUT, UNTOUCHED], ids=["development", "held-out", "untouched"])
def test_unseen_phrases_are_routed(phrases: dict[str, tuple[str, ...]]) -> None:
    answers = [(aspect, _routed(phrase), phrase) for aspect, group in phrases.items() for phrase in group]
    wrong = [(phrase, got) for aspect, got, phrase in answers if got != aspect]
    false_sight = [phrase for aspect, got, phrase in answers if aspect == "blind" and got != "blind"]
    false_warning = [phrase for aspect, got, phrase in answers if aspect != "blind" and got == "blind"]
    blind = sum(aspect == "blind" for aspect, _, _ in answers)
    assert 1 - len(wrong) / len(answers) >= 0.95, wrong
    assert len(false_sight) / blind <= 0.06, false_sight
    assert len(false_warning) / (len(answers) - blind) <= 0.03, false_warning


def test_the_lists_hold_no_anchors() -> None:
    anchors = {phrase.lower() for group in _ANCHORS.values() for phrase in group}
    assert sum(len(group) for group in HELD_OUT.values()) >= 80
    shared = {p.lower() for group in HELD_OUT.values() for p in group} & anchors
    assert len(shared) <= 2, shared


@pytest.mark.parametrize(
    "phrase",
    ["garment", "flower", "fruit", "bird species", "vehicle", "furniture", "food", "species", "Object", "breed"],
)
def test_visible_things_never_warn(phrase: str) -> None:
    sight = route(phrase)
    assert sight.aspect == "subject"
    assert sight.warning is None


@pytest.mark.parametrize(
    "phrase", ["mood", "action", "brand", "what the person is doing", "age", "location", "Emotion?"]
)
def test_what_it_cannot_see_gets_one_clear_sentence(phrase: str) -> None:
    sight = route(phrase)
    assert sight.aspect == "subject"
    assert sight.warning is not None
    assert phrase.rstrip("?") in sight.warning
    assert "vision-language model" in sight.warning
    assert "appearance" in sight.warning


def test_spelling_and_case_do_not_matter() -> None:
    for phrase in ("color", "COLOUR", " Colour ", "main color of the car?"):
        assert route(phrase).aspect == "colour"
        assert route(phrase).warning is None
