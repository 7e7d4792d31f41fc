"""Where the things stand and how the light falls: settings, moods, floors, skies and weather.

Colours are linear light unless they are given as hex codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from raymarch import Light, Traced
from shapes import Array


def linear(code: str) -> Array:
    """A hex code of sRGB as linear light (3,)."""
    value = np.array(list(bytes.fromhex(code)), dtype=np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Mood:
    """How a scene is lit and what is in the air. Colours are hex codes of sRGB.

    sun, ambient: strength. soft: width of the sun. height: of the sun, degrees. haze: how soon the distance pales.
    """

    sun: float
    sun_colour: str
    ambient: float
    zenith: str
    horizon: str
    soft: float
    height: float
    haze: float
    clouds: float
    chroma: float
    exposure: float
    vignette: float
    paper: tuple[str, ...]


MOODS: dict[str, Mood] = {
    "cheerful": Mood(
        1.55, "fff2d8", 0.72, "3f96e8", "bfe2fb", 0.05, 52, 0.008, 0.55, 1.12, 0.80, 0.06,
        ("b5dcee", "f3d9a6", "c3e3c8", "ecd3e6"),
    ),
    "calm": Mood(
        0.75, "ffe9e0", 1.15, "b9cbe4", "f6e3df", 0.30, 40, 0.05, 0.15, 0.92, 1.0, 0.08,
        ("e6e4ee", "dfe8e6", "f0e6e0"),
    ),
    "gloomy": Mood(
        0.25, "dfe4ea", 0.90, "5c6670", "8b949c", 0.40, 65, 0.05, 0.9, 0.98, 0.92, 0.50,
        ("7c858d", "6f777d", "858a8c"),
    ),
    "romantic": Mood(
        1.9, "ffc07a", 0.50, "5a5f8c", "ffb877", 0.09, 20, 0.012, 0.3, 1.05, 0.95, 0.34,
        ("b98a5e", "a8785a", "c09a70"),
    ),
}  # fmt: skip
SETTINGS = ("studio", "table", "meadow", "beach", "snow")
_TILE = 256


class Noise:
    """Smooth repeatable noise over the plane from one tile of random numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._tile = rng.random((_TILE, _TILE), dtype=np.float32)

    def at(self, u: Array, v: Array) -> Array:
        """Values from 0 to 1, one feature a unit."""
        fu, fv = np.floor(u), np.floor(v)
        i, j = fu.astype(np.int64) % _TILE, fv.astype(np.int64) % _TILE
        a, b = (u - fu).astype(np.float32), (v - fv).astype(np.float32)
        a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
        i2, j2, tile = (i + 1) % _TILE, (j + 1) % _TILE, self._tile
        out: Array = (tile[i, j] * (1 - b) + tile[i, j2] * b) * (1 - a) + (tile[i2, j] * (1 - b) + tile[i2, j2] * b) * a
        return out

    def rough(self, u: Array, v: Array, octaves: int = 4) -> Array:
        """Several sizes of noise on top of each other, about 0 to 1."""
        total, scale, gain = np.zeros(np.shape(u), dtype=np.float32), 1.0, 0.5
        for octave in range(octaves):
            total = total + gain * self.at(u * scale + 17.3 * octave, v * scale + 9.1 * octave)
            scale, gain = scale * 2.03, gain * 0.5
        return total / (1 - 0.5**octaves)


def light_of(mood: Mood, setting: str, angle: float, floor: Array) -> Light:
    """The mood's light. angle: where the sun stands, degrees from behind the camera (positive: right)."""
    up, around = np.radians(mood.height), np.radians(angle)
    towards = (
        float(np.cos(up) * np.sin(around)),
        float(np.sin(up)),
        float(np.cos(up) * np.cos(around)),
    )
    sky = linear(mood.zenith) * 0.35 + np.float32(0.65) * linear(mood.zenith).mean() + np.float32(0.10)
    sky = sky / sky.mean() * np.float32(0.62 * mood.ambient)
    horizon = linear(mood.horizon) * 0.4 + np.float32(0.6) * linear(mood.horizon).mean()
    horizon = horizon / horizon.mean() * np.float32(0.55 * mood.ambient)
    warm = linear(mood.sun_colour)
    warm = warm / warm.mean() * np.float32(0.5) + np.float32(0.5)
    bounce = floor * np.float32(0.35 * (mood.ambient + 0.4 * mood.sun))
    if setting in ("studio", "table"):
        sky = np.full(3, sky.mean(), dtype=np.float32) * 0.6 + sky * 0.4
    return Light(towards, warm * np.float32(mood.sun), sky, horizon, bounce, mood.soft)


_Range = tuple[str, float, float, float]
"""Colour, height in degrees, how many hills a degree, how uneven."""
FLOORS = {"table": "a9764a", "meadow": "55803a", "beach": "e2cfa4", "snow": "e8edf5"}


def floor_colour(setting: str, paper: str) -> Array:
    """The floor's mean colour."""
    return linear(FLOORS.get(setting, paper))


def floor_albedo(setting: str, x: Array, z: Array, base: Array, noise: Noise) -> Array:
    """(n, 3) what the floor looks like at each place."""
    if setting == "studio":
        return np.broadcast_to(base, (len(x), 3)) * (0.97 + 0.06 * noise.rough(x * 0.8, z * 0.8))[:, None]
    if setting == "table":
        row = np.floor(z / 0.62)
        shade = 0.72 + 0.5 * noise.at(row * 7.7 + 3.1, np.zeros_like(row) + 0.5)
        bend = x * 0.55 + 11.0 * row + 0.35 * noise.at(x * 0.5, z * 1.2)
        grain = noise.rough(bend, z * 14.0 + 3.0 * noise.at(x * 0.7, z * 2.0), 5)
        gap = np.clip(np.abs(z / 0.62 - row - 0.5) * 2 - 0.965, 0, 0.035) / 0.035
        return base * ((0.55 + 0.85 * grain) * shade * (1 - 0.6 * gap))[:, None]
    if setting == "meadow":
        patch = noise.rough(x * 0.9, z * 0.9)
        fine = noise.rough(x * 9, z * 5)
        tint = base * (0.45 + 0.6 * fine + 0.5 * patch)[:, None]
        return tint * (1 + np.array([0.5, 0.15, -0.2], dtype=np.float32) * (patch - 0.5)[:, None])
    if setting == "beach":
        ripple = 0.5 + 0.5 * np.sin(z * 7 + 4 * noise.at(x * 0.6, z * 0.6) + 1.2 * x)
        grains = noise.at(x * 60, z * 60)
        return base * (0.80 + 0.14 * ripple * noise.at(x, z) + 0.16 * grains + 0.12 * noise.rough(x, z))[:, None]
    drift = noise.rough(x * 0.7, z * 0.7)
    return base * (0.86 + 0.22 * drift + 0.05 * noise.at(x * 40, z * 40))[:, None]


def backdrop(paper: Array, mood: Mood) -> Array:
    """The light that a sheet of paper hung behind the thing sends back (3,)."""
    return paper * np.float32(0.62 * mood.ambient + 0.30 * mood.sun * np.sin(np.radians(mood.height)))


def sky_picture(
    setting: str, mood: Mood, paper: Array, traced: Traced, noise: Noise, rng: np.random.Generator
) -> Array:
    """(side, side, 3) what lies behind, out of focus."""
    side = traced.side
    rays = traced.rays.reshape(side, side, 3)
    height = np.degrees(np.arcsin(np.clip(rays[..., 1], -1, 1)))
    across = np.degrees(np.arctan2(rays[..., 0], -rays[..., 2]))
    zenith, horizon = linear(mood.zenith), linear(mood.horizon)
    if setting == "studio":
        share = np.clip(height / 14, 0, 1)[..., None]
        return backdrop(paper, mood) * (1 - 0.22 * share)
    if setting == "table":
        return _room(side, mood, height, across, rng)
    share = np.clip(height / 16, 0, 1)[..., None] ** 0.7
    sky = horizon * (1 - share) + zenith * share
    cloud = noise.rough(across * 0.10 + 5, height * 0.28, 5)
    cover = np.clip((cloud - (0.78 - 0.34 * mood.clouds)) * 4, 0, 1)[..., None] * min(1.0, mood.clouds * 1.4)
    lit = np.maximum(horizon, linear("ffffff") * (0.95 if mood.sun > 1 else 0.55))
    if mood.vignette > 0.45:
        lit = horizon * 0.75
    sky = sky * (1 - cover * 0.9) + lit * cover * 0.9
    if setting == "meadow":
        sky = _hills(sky, height, across, mood, noise, (("5f8f6a", 3.4, 0.06, 2.6), ("4c7a3c", 1.5, 0.11, 1.8)))
    if setting == "snow":
        sky = _hills(sky, height, across, mood, noise, (("b9c8dc", 4.2, 0.05, 3.4),))
        sky = _pines(sky, height, across, mood, rng)
    if setting == "beach":
        sea = linear("2f87a8") if mood.sun > 1 else linear("6d8a96")
        sea = sea * 0.75 + horizon * 0.25
        wave = 0.85 + 0.3 * noise.rough(across * 0.8, height * 9, 4)
        mask = np.clip((0.2 - height) * 8, 0, 1)[..., None]
        sky = sky * (1 - mask) + sea * wave[..., None] * mask
    return sky


def _hills(sky: Array, height: Array, across: Array, mood: Mood, noise: Noise, ranges: tuple[_Range, ...]) -> Array:
    """Ranges of hills from the farthest to the nearest, each paler the farther it is."""
    for number, (code, top, wide, wobble) in enumerate(ranges):
        crest = top - wobble + 2 * wobble * noise.rough(across * wide + 31 * number, np.zeros_like(across) + number, 3)
        mask = np.clip((crest - height) * 3, 0, 1)[..., None]
        far = min(0.85, 0.25 + mood.haze * 9 + 0.2 * (len(ranges) - 1 - number))
        tone = (
            linear(code) * (0.35 + 0.35 * mood.ambient + 0.12 * mood.sun) * (1 - far) + linear(mood.horizon) * far * 0.9
        )
        sky = sky * (1 - mask) + tone * mask
    return sky


def _pines(sky: Array, height: Array, across: Array, mood: Mood, rng: np.random.Generator) -> Array:
    far = min(0.7, 0.15 + mood.haze * 8)
    tone = linear("2d4a45") * (0.5 + 0.4 * mood.ambient) * (1 - far) + linear(mood.horizon) * far
    for at, tall in zip(rng.uniform(-18, 18, 26), rng.uniform(2.0, 6.0, 26), strict=True):
        level = height / tall
        wide = (1 - level) * tall * 0.26 * (0.72 + 0.4 * np.abs((level * 6) % 1 - 1))
        mask = np.clip((wide - np.abs(across - at)) * 4, 0, 1) * (level < 1)
        sky = sky * (1 - mask[..., None]) + tone * mask[..., None]
    return sky


def _room(side: int, mood: Mood, height: Array, across: Array, rng: np.random.Generator) -> Array:
    """A wall with a window and a plant; the table's far edge lies some eight degrees below the eye."""
    height = height + 8
    wall = linear("d9cfc0") * (0.34 + 0.22 * mood.ambient)
    if mood.height < 30:
        wall = linear("8a5f45") * 0.45
    if mood.vignette > 0.45:
        wall = linear("6b7076") * 0.55
    out = np.broadcast_to(wall, (side, side, 3)) * (1 + 0.015 * height)[..., None]
    at = float(rng.choice([-6.5, 6.5]) + rng.uniform(-1, 1))
    pane = np.minimum(4.2 - np.abs(across - at), np.minimum(height - 3.0, 17 - height))
    frame = np.clip(pane * 2, 0, 1)
    bars = np.clip((np.minimum(np.abs(across - at), np.abs(height - 8.5)) - 0.22) * 5, 0, 1)
    view = linear(mood.horizon) * (1.15 if mood.sun > 0.5 else 0.8)
    if mood.height < 30:
        view = linear("3b4168") * 0.8
    out = (
        out * (1 - frame[..., None])
        + (linear("f4efe6") * 0.6 * (1 - bars[..., None]) + view * bars[..., None]) * frame[..., None]
    )
    pot = -at * 1.1
    leaf = linear("4f7a4a") * (0.35 + 0.3 * mood.ambient)
    for dx, dy, r in zip(rng.normal(0, 1.5, 16), rng.uniform(2.4, 7.5, 16), rng.uniform(0.7, 1.5, 16), strict=True):
        mask = np.clip((r - np.hypot((across - pot - dx) * 1.2, height - dy)) * 3, 0, 1)[..., None]
        out = out * (1 - mask) + leaf * rng.uniform(0.7, 1.2) * mask
    mask = np.clip(np.minimum(1.5 - np.abs(across - pot), np.minimum(height + 2.5, 2.6 - height)) * 4, 0, 1)[..., None]
    return out * (1 - mask) + linear("cbb9a6") * 0.55 * mask


def blurred(picture: Array, radius: float) -> Array:
    """Out of focus; works on linear light."""
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., i], dtype=np.float32)) for i in range(3)]
    return np.stack([_blur(plane, radius) for plane in planes], axis=-1)


def _blur(plane: Image.Image, radius: float) -> Array:
    # Pillow blurs bytes only; 16 steps below one are lost to nobody's eye once the picture is out of focus.
    values = np.asarray(plane)
    top = max(float(values.max()), 1e-6)
    small = Image.fromarray(np.round(np.sqrt(np.clip(values / top, 0, 1)) * 255).astype(np.uint8))
    soft = np.asarray(small.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / 255
    return soft * soft * np.float32(top)


def lights_behind(picture: Array, mood_name: str, horizon_row: float, rng: np.random.Generator) -> Array:
    """Discs of light far behind, as a wide-open lens draws them."""
    side = len(picture)
    count = 22 if mood_name == "romantic" else 0
    out = picture.copy()
    yy, xx = np.mgrid[0:side, 0:side].astype(np.float32)
    for _ in range(count):
        x, y = rng.uniform(0, side), horizon_row - rng.uniform(0.02, 0.5) * side
        radius = rng.uniform(0.014, 0.038) * side
        glow = np.clip((radius - np.hypot(xx - x, yy - y)) / (0.08 * radius), 0, 1)
        tint = linear(str(rng.choice(["ffc36b", "ffd79a", "ff9f5a"])))
        out += glow[..., None] * tint * np.float32(rng.uniform(0.12, 0.45))
    return out


def grass(
    picture: Array, traced: Traced, mood: Mood, light_level: Array, rng: np.random.Generator, front: bool
) -> Array:
    """Blades of grass and a few daisies drawn over a picture; `front`: those that stand before the thing."""
    side = traced.side
    size = (side, side)
    blades = Image.new("RGB", size)
    mask = Image.new("L", size)
    draw, cover = ImageDraw.Draw(blades), ImageDraw.Draw(mask)
    rows = traced.floor.reshape(side, side)
    eye_y = float(traced.eye[1])
    steep = float(np.degrees(np.arcsin(min(1.0, eye_y / max(float(np.linalg.norm(traced.eye)), 1e-6)))))
    middle_z = 0.0
    count = 500 if front else 5200
    ys = rng.integers(0, side, count)
    xs = rng.integers(0, side, count)
    order = np.argsort(ys, kind="stable")
    for x, y in zip(xs[order].tolist(), ys[order].tolist(), strict=True):
        far = float(rows[y, x])
        if not np.isfinite(far) or far > 40:
            continue
        ray = traced.rays[y * side + x]
        z = float(traced.eye[2] + ray[2] * far)
        if front and z < middle_z + traced.thing.radius * 0.55:
            continue
        tall = side * rng.uniform(0.10, 0.22) / far * (1.2 if steep < 30 else 0.7)
        lean = rng.normal(0, 0.35) * tall
        wide = max(1.0, side * 0.011 / far)
        level = float(light_level[y, x]) * rng.uniform(0.65, 1.25)
        tone = linear("6f9c3f") * (1 - 0.3 * rng.random()) + linear("2f5a22") * 0.3 * rng.random()
        code = tuple(int(255 * min(1.0, max(0.0, float(c) * level * 0.8)) ** 0.5) for c in tone)
        shape = [(x - wide, y), (x + wide, y), (x + lean, y - tall)]
        draw.polygon(shape, fill=code)
        cover.polygon(shape, fill=255)
        if rng.random() < (0.010 if not front else 0.004):
            _daisy(draw, cover, x + lean, y - tall, side * 0.030 / far, level, mood)
    layer = (np.asarray(blades, dtype=np.float32) / 255) ** 2
    alpha = (np.asarray(mask, dtype=np.float32) / 255)[..., None]
    return picture * (1 - alpha) + layer * alpha


def _daisy(
    draw: ImageDraw.ImageDraw, cover: ImageDraw.ImageDraw, x: float, y: float, r: float, level: float, mood: Mood
) -> None:
    white = tuple(int(255 * min(1.0, 0.8 * level) ** 0.5) for _ in range(3))
    for angle in np.arange(0, 2 * np.pi, np.pi / 4):
        px, py = x + r * np.cos(angle) * 0.7, y + r * np.sin(angle) * 0.5
        for one, fill in ((draw, white), (cover, 255)):
            one.ellipse((px - r * 0.42, py - r * 0.36, px + r * 0.42, py + r * 0.36), fill=fill)
    heart = (int(255 * min(1.0, 0.75 * level) ** 0.5), int(255 * min(1.0, 0.45 * level) ** 0.5), 20)
    draw.ellipse((x - r * 0.36, y - r * 0.3, x + r * 0.36, y + r * 0.3), fill=heart)


def weather(picture: Array, setting: str, mood_name: str, rng: np.random.Generator) -> Array:
    """What falls or floats in front: rain when it is gloomy outside, snowflakes on a calm snowy day."""
    side = len(picture)
    layer = Image.new("L", (side, side))
    draw = ImageDraw.Draw(layer)
    outside = setting in ("meadow", "beach", "snow")
    strength = 0.0
    if mood_name == "gloomy" and outside:
        for x, y, long in zip(
            rng.uniform(0, 1.1, 190) * side, rng.uniform(-0.1, 1, 190) * side, rng.uniform(0.03, 0.08, 190) * side,
            strict=True,
        ):  # fmt: skip
            draw.line((x, y, x - long * 0.22, y + long), fill=int(rng.uniform(60, 190)), width=max(1, side // 420))
        strength = 0.30
    elif mood_name == "calm" and setting == "snow":
        for x, y, r in zip(
            rng.uniform(0, side, 90), rng.uniform(0, side, 90), rng.uniform(0.002, 0.007, 90) * side, strict=True
        ):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=int(rng.uniform(120, 255)))
        layer = layer.filter(ImageFilter.GaussianBlur(side / 500))
        strength = 0.8
    alpha = (np.asarray(layer, dtype=np.float32) / 255)[..., None] * np.float32(strength)
    return picture * (1 - alpha) + alpha * np.float32(0.85)
