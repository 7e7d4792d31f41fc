"""What a viewer would say of each demo image: hand-written phrases, put together from what is true of the picture.

They stand in for a recorded vision-language model: two or three sentences on the thing, its colour and place, the side
it is seen from and the mood, in changing words and order. No model wrote them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_KIND = {
    "mug": ("coffee mug", "mug with a handle", "ceramic mug", "plain mug"),
    "teapot": ("teapot", "round ceramic teapot", "glazed teapot", "pot-bellied teapot"),
    "teddy bear": ("teddy bear", "plush teddy bear", "stuffed bear", "soft toy bear"),
    "piggy bank": ("piggy bank", "ceramic piggy bank", "pig-shaped money box", "glossy piggy bank"),
    "sofa": ("two-seat sofa", "small sofa", "couch with rounded arms", "upholstered sofa"),
    "mailbox": (
        "mailbox on a wooden post",
        "metal mailbox on a post",
        "American-style mailbox",
        "letter box on a post",
    ),
}
_KIND_FROM_ABOVE = {
    "mug": ("coffee mug", "mug filled with coffee", "mug of black coffee", "full cup of coffee"),
    "mailbox": ("mailbox", "metal mailbox", "American-style mailbox", "letter box with a round roof"),
}
"""Where the view from above shows something else: the coffee, but not the post."""
_COLOUR = {
    "red": ("red", "bright red", "cherry-red", "tomato-red"),
    "yellow": ("yellow", "golden-yellow", "mustard-yellow", "deep yellow"),
    "green": ("green", "leaf-green", "bottle-green", "grass-green"),
    "blue": ("blue", "royal blue", "cobalt-blue", "strong blue"),
    "white": ("white", "off-white", "plain white", "cream-white"),
    "pink": ("pink", "rose-pink", "candy-pink", "pale pink"),
}
_SETTING = {
    "studio": (
        "on seamless paper in a studio",
        "on a plain studio floor",
        "in front of nothing but coloured paper",
        "in an otherwise empty studio",
        "on a bare, even surface",
    ),
    "table": (
        "on a wooden table",
        "on brown wooden boards",
        "on a table top of stained wood",
        "on a polished wooden surface",
        "on a table made of long planks",
    ),
    "meadow": (
        "in a meadow with tiny daisies",
        "on a green lawn",
        "in the grass",
        "on grass dotted with small white flowers",
        "out on a grassy field",
    ),
    "beach": (
        "on a sandy beach",
        "on pale sand",
        "on the sand of a beach",
        "on fine rippled sand",
        "out on a stretch of sand",
    ),
    "snow": (
        "in the snow",
        "on a field of snow",
        "on smooth white snow",
        "outdoors on fresh snow",
        "on snow-covered ground",
    ),
}
_OPENINGS = (
    "A {thing} {stands} {where}.",
    "There is a {thing} {where}.",
    "The picture shows a {thing} {where}.",
    "This is a {thing}; it {stands} {where}.",
    "One {thing} {stands} {where}.",
    "In this picture a {thing} {stands} {where}.",
    "Just one {thing} has been placed {where}.",
    "The main object is a {thing} {where}.",
)
_STANDS = {"teddy bear": ("sits", "is sitting", "has been set down")}
_STANDING = ("stands", "is standing", "has been put")

_SIDE = {
    "front": (
        "front-on and forward-facing",
        "front-on, facing us",
        "front-facing, front-on",
        "forward-facing, straight front-on",
        "front-on, at eye level",
        "forward-facing and front-on",
        "front-on, so that it is forward-facing",
    ),
    "side": (
        "side-on, facing {hand}",
        "sideways, side-on, heading {hand}",
        "sideways in side-on profile, turned {hand}",
        "side-on, pointing sideways to the {hand}",
        "sideways, side-on, its front to the {hand}",
        "side-on, so that it faces sideways to the {hand}",
        "in profile, side-on, turned sideways to the {hand}",
    ),
    "above": (
        "from a high-angle",
        "high-angle, from overhead",
        "high-angle, from above",
        "high-angle, with its upper surface on show",
        "in a high-angle shot from overhead",
        "high-angle, from well above",
        "from above in a steep high-angle shot",
    ),
}
_SIDE_FRAMES = (
    "It is shown {how}.",
    "It appears {how}.",
    "It is presented {how}.",
    "The object is pictured {how}.",
    "It is depicted {how}.",
    "It has been captured {how}.",
)
_OPENINGS_WITH_VIEW = (
    "A {thing}, shown {how}, {stands} {where}.",
    "There is a {thing}, depicted {how}, {where}.",
    "The picture shows a {thing} {how}; it {stands} {where}.",
    "This {thing}, captured {how}, {stands} {where}.",
)

_MOOD = {
    "cheerful": ("cheerful", "joyful", "happy", "happy and cheerful", "cheerful, lively", "joyful and upbeat"),
    "calm": ("calm", "peaceful", "calm and quiet", "peaceful and serene", "tranquil, peaceful", "quiet, calm"),
    "gloomy": (
        "gloomy",
        "sad and gloomy",
        "melancholy",
        "gloomy, melancholy",
        "bleak and sad",
        "gloomy and depressing",
    ),
    "romantic": ("romantic", "warm and romantic", "romantic, intimate", "romantic and cosy", "tender, romantic"),
}
_LIGHT = {
    "cheerful": ("bright sunshine", "clear daylight", "crisp sunlight", "vivid colours and clean light", "strong sun"),
    "calm": (
        "soft, hazy light",
        "pale, even light",
        "milky light",
        "muted tones",
        "diffuse light almost without shadows",
    ),
    "gloomy": (
        "dull grey light",
        "dim, cold light",
        "darkness and flat light",
        "a leaden grey cast",
        "grey half-light",
    ),
    "romantic": (
        "low golden light",
        "amber evening light",
        "an orange glow",
        "candle-coloured light",
        "long shadows in golden light",
    ),
}
_MOOD_FRAMES = (
    "The atmosphere is {mood}, with {light}.",
    "In {light}, the scene is {mood}.",
    "Overall it feels {mood}, in {light}.",
    "{Light}: a {mood} atmosphere.",
    "The scene has a {mood} atmosphere thanks to {light}.",
    "With {light} the picture is {mood}.",
    "A {mood} scene in {light}.",
    "It is a {mood} picture, lit by {light}.",
)
_RAIN = (
    "Fine rain is falling.",
    "Rain streaks through the air.",
    "It is raining.",
    "Thin lines of rain cross the view.",
)
_FLAKES = ("A few snowflakes drift by.", "Some flakes are coming down.", "Light snow is falling.")


def describe(kind: str, colour: str, setting: str, side: str, mood: str, turn: float, rng: np.random.Generator) -> str:
    """Two to four sentences that are true of one picture. turn: degrees, positive when the thing faces right."""

    def one_of(phrases: Sequence[str]) -> str:
        return phrases[int(rng.integers(len(phrases)))]

    kinds = _KIND_FROM_ABOVE.get(kind, _KIND[kind]) if side == "above" else _KIND[kind]
    thing = f"{one_of(_COLOUR[colour])} {one_of(kinds)}"
    stands, where = one_of(_STANDS.get(kind, _STANDING)), one_of(_SETTING[setting])
    how = one_of(_SIDE[side]).format(hand="right" if turn > 0 else "left")
    light = one_of(_LIGHT[mood])
    feeling = one_of(_MOOD_FRAMES).format(mood=one_of(_MOOD[mood]), light=light, Light=light.capitalize())
    if mood == "gloomy" and setting in ("meadow", "beach", "snow") and rng.random() < 0.6:
        feeling = f"{one_of(_RAIN)} {feeling}"
    elif mood == "calm" and setting == "snow":
        feeling = f"{one_of(_FLAKES)} {feeling}"
    if rng.random() < 0.4:
        opening = one_of(_OPENINGS_WITH_VIEW).format(how=how, thing=thing, stands=stands, where=where)
        return f"{opening} {feeling}"
    opening = one_of(_OPENINGS).format(thing=thing, stands=stands, where=where)
    return f"{opening} {one_of(_SIDE_FRAMES).format(how=how)} {feeling}"
