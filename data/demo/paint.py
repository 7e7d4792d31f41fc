"""One finished picture: the thing's materials under the light, set into its scene, graded and made small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scenes
from PIL import Image
from raymarch import Camera, Light, Traced, floor_light, local_points, occlusion, shadow, trace
from shapes import THINGS, Array

SIDE = 400
_OVER = 2


@dataclass(frozen=True, slots=True)
class Shot:
    """All that decides one picture. body: hex code of the thing's colour. sun: degrees from behind the camera."""

    kind: str
    body: str
    setting: str
    mood: str
    camera: Camera
    sun: float
    seed: int


@dataclass(frozen=True, slots=True)
class Material:
    """code: hex colour, "" for the thing's own. gloss: share of mirror-like reflection seen head on; sharp: of its
    highlight; fuzz: light caught by fibres at the rim; grain: unevenness."""

    code: str = ""
    gloss: float = 0.0
    sharp: float = 60.0
    fuzz: float = 0.0
    grain: float = 0.0


MATERIALS = {
    "glaze": Material("", 0.055, 140.0),
    "paint": Material("", 0.06, 90.0),
    "fabric": Material("", 0.0, 10.0, 0.22, 0.10),
    "plush": Material("", 0.0, 8.0, 0.40, 0.34),
    "cream plush": Material("efe0c4", 0.0, 8.0, 0.35, 0.26),
    "button": Material("17130f", 0.08, 160.0),
    "coffee": Material("3a1d0d", 0.05, 200.0),
    "chrome": Material("b9bcc0", 0.35, 120.0),
    "wood": Material("8a5a34", 0.02, 30.0, 0.0, 0.25),
}


def paint(shot: Shot, side: int = SIDE) -> Image.Image:
    """Render a shot; deterministic."""
    rng = np.random.default_rng(shot.seed)
    noise = scenes.Noise(rng)
    mood = scenes.MOODS[shot.mood]
    paper = str(rng.choice(mood.paper))
    base = scenes.floor_colour(shot.setting, paper)
    light = scenes.light_of(mood, shot.setting, shot.sun, base)
    traced = trace(THINGS[shot.kind], shot.camera, side * _OVER)
    picture = _scene(shot, mood, base, light, traced, noise, rng)
    picture = _graded(picture, mood, rng)
    return Image.fromarray(picture).resize((side, side), Image.Resampling.BOX)


def _scene(
    shot: Shot, mood: scenes.Mood, base: Array, light: Light, traced: Traced, noise: scenes.Noise,
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    side = traced.side
    rows = np.where(np.isfinite(traced.floor).reshape(side, side).any(axis=1))[0]
    horizon_row = float(rows[0]) if len(rows) else float(side)
    picture = scenes.sky_picture(shot.setting, mood, base, traced, noise, rng)
    if horizon_row > 0 and shot.setting != "studio":
        picture = scenes.lights_behind(picture, shot.mood, horizon_row, rng)
    picture, level = _floor(shot, mood, base, light, traced, picture, noise)
    # The far distance is out of focus; the sharp floor fades in towards the thing.
    soft = scenes.blurred(picture, side / 70)
    far = np.clip((np.where(np.isfinite(traced.floor), traced.floor, 1e3) - shot.camera.distance * 1.25) / 3, 0, 1)
    focus = far.reshape(side, side, 1)
    picture = picture * (1 - focus) + soft * focus
    if shot.setting == "meadow":
        picture = scenes.grass(picture, traced, mood, level, rng, front=False)
        picture = picture * (1 - focus) + scenes.blurred(picture, side / 90) * focus
    flat = picture.reshape(-1, 3)
    flat[traced.hit] = _thing(shot, light, mood, traced, noise)
    picture = flat.reshape(side, side, 3)
    if shot.setting == "meadow":
        picture = scenes.grass(picture, traced, mood, level, rng, front=True)
    return scenes.weather(picture, shot.setting, shot.mood, rng)


def _floor(
    shot: Shot, mood: scenes.Mood, base: Array, light: Light, traced: Traced, behind: Array, noise: scenes.Noise
) -> tuple[Array, Array]:
    side = traced.side
    sun, openness = floor_light(traced, light)
    level = light.sky.mean() * openness + light.sun.mean() * max(light.towards[1], 0.0) * sun
    lit = light.sky * openness[..., None] + light.sun * np.float32(max(light.towards[1], 0.0)) * sun[..., None]
    flat = behind.reshape(-1, 3).copy()
    below = np.flatnonzero(traced.floor < 80)
    far = traced.floor[below]
    place = traced.eye + traced.rays[below] * far[:, None]
    albedo = scenes.floor_albedo(shot.setting, place[:, 0], place[:, 2], base, noise)
    detail = np.clip(6.0 / far, 0, 1)[:, None]
    albedo = albedo * detail + base * (1 - detail) * 0.92
    shade = albedo * lit.reshape(-1, 3)[below]
    if shot.setting == "table":
        shade = shade + _gleam(traced.rays[below], light) * np.float32(0.05)
    pale = 1 - np.exp(-mood.haze * np.maximum(far - shot.camera.distance, 0))
    if shot.setting == "studio":
        pale = np.clip((far - shot.camera.distance) / 7, 0, 1)
        pale = pale * pale * (3 - 2 * pale)
        flat[below] = shade * (1 - pale[:, None]) + scenes.backdrop(base, mood) * pale[:, None]
    elif shot.setting == "beach":
        shore = place[:, 2] + 0.5 * np.sin(place[:, 0] * 0.5) + 0.8 * noise.at(place[:, 0] * 0.4, place[:, 2] * 0.1)
        wet = np.clip((-5.2 - shore) * 0.9, 0, 1)[:, None]
        water = behind.reshape(-1, 3)[below]
        foam = np.exp(-((shore + 6.6) ** 2) * 2.0)[:, None] * 0.75
        flat[below] = (shade * (1 - 0.35 * np.minimum(wet * 3, 1))) * (1 - wet) + water * wet
        flat[below] = flat[below] * (1 - foam) + scenes.linear("ffffff") * 0.8 * mood.ambient * foam
    else:
        flat[below] = shade * (1 - pale[:, None]) + scenes.linear(mood.horizon) * pale[:, None] * 0.85
        if shot.setting == "table":
            edge = np.clip((far - shot.camera.distance - 3.4) * 3, 0, 1)[:, None]
            flat[below] = shade * (1 - edge) + behind.reshape(-1, 3)[below] * edge
    return flat.reshape(side, side, 3), level


def _gleam(rays: Array, light: Light) -> Array:
    glance = (1 - np.clip(-rays[:, 1], 0, 1)) ** 4
    return glance[:, None] * light.horizon * 3


def _thing(shot: Shot, light: Light, mood: scenes.Mood, traced: Traced, noise: scenes.Noise) -> Array:
    points, normals, local = traced.points, traced.normals, local_points(traced)
    view = -traced.rays[traced.hit]
    towards = np.array(light.towards, dtype=np.float32)
    kinds = [MATERIALS[name] for name in traced.materials]
    own = scenes.linear(shot.body)
    albedo = np.stack([scenes.linear(kind.code) if kind.code else own for kind in kinds])[traced.part]
    gloss, sharp, fuzz, grain = (
        np.array([getattr(kind, name) for kind in kinds], dtype=np.float32)[traced.part]
        for name in ("gloss", "sharp", "fuzz", "grain")
    )
    around = np.arctan2(local[:, 0], local[:, 2])
    fibre = noise.rough(around * 9 + local[:, 1] * 5, local[:, 1] * 16 + local[:, 2] * 9, 4) - 0.5
    fine = noise.at(local[:, 0] * 55 + local[:, 2] * 31, local[:, 1] * 60 + local[:, 2] * 17) - 0.5
    albedo = albedo * (1 + grain * (1.1 * fibre + 0.5 * fine))[:, None]
    facing = normals @ towards
    wrap = np.where(fuzz > 0, 0.25, 0.05).astype(np.float32)
    sunlit = np.clip((facing + wrap) / (1 + wrap), 0, 1) * shadow(traced, points + normals * np.float32(0.02), light)
    openness = occlusion(traced, points, normals)[:, None]
    up = normals[:, 1:2]
    ambient = np.where(up > 0, light.horizon * (1 - up) + light.sky * up, light.horizon * (1 + up) - light.bounce * up)
    fill = np.clip(normals @ np.array([-0.5, 0.3, 0.8], dtype=np.float32), 0, 1)[:, None] * light.horizon * 0.30
    out = albedo * (ambient * openness + fill * openness + light.sun * sunlit[:, None])
    level = np.clip(np.sum(normals * view, axis=1), 0, 1)
    rim = (1 - level) ** 3
    out = out + (fuzz * rim)[:, None] * (albedo * 0.7 + 0.12) * (ambient + light.sun * 0.25) * openness
    mirrored = 2 * np.sum(normals * view, axis=1, keepdims=True) * normals - view
    fresnel = gloss + (1 - gloss) * np.where(gloss > 0.03, (1 - level) ** 5, 0) * 0.6
    out = out + fresnel[:, None] * _surroundings(mirrored, light, mood) * np.sqrt(openness)
    half = view + towards
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    spark = np.clip(np.sum(normals * half, axis=1), 0, 1) ** sharp * gloss * 7 * (0.25 + sunlit) / (1 + 8 * light.soft)
    return np.asarray(out + spark[:, None] * light.sun, dtype=np.float32)


def _surroundings(ways: Array, light: Light, mood: scenes.Mood) -> Array:
    """What a mirror would show in these directions: sky over floor, and a bright window to the left."""
    up = ways[:, 1:2]
    out = np.where(up > 0, light.horizon * (1 - up) + light.sky * up, light.bounce * 0.9 + light.horizon * 0.12)
    across, high = np.arctan2(ways[:, 0], ways[:, 2]), np.arcsin(np.clip(ways[:, 1], -1, 1))
    pane = np.minimum(0.34 - np.abs(across + 0.75), 0.36 - np.abs(high - 0.62))
    bars = np.minimum(np.abs(across + 0.75), np.abs(high - 0.62))
    window = np.clip(pane * 22, 0, 1) * np.clip((bars - 0.012) * 60, 0, 1)
    return np.asarray(out + window[:, None] * light.horizon * np.float32(3.2 + 1.5 * mood.sun), dtype=np.float32)


def _graded(picture: Array, mood: scenes.Mood, rng: np.random.Generator) -> Array:
    """Exposure, saturation, vignette, a soft shoulder for the lights, a little grain; to sRGB bytes."""
    side = len(picture)
    glow = scenes.blurred(np.maximum(picture - 0.8, 0), side / 40)
    value = (picture + 0.35 * glow) * np.float32(mood.exposure)
    grey = (value @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32))[..., None]
    value = np.maximum(grey + (value - grey) * np.float32(mood.chroma), 0)
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    away = axis[:, None] ** 2 + axis[None] ** 2
    value *= (1 - mood.vignette * np.clip(away - 0.25, 0, 1.5) / 1.5)[..., None]
    knee = 0.72
    value = np.where(value > knee, knee + (1 - knee) * (1 - np.exp(-(value - knee) / (1 - knee))), value)
    srgb = np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-6) ** (1 / 2.4) - 0.055)
    srgb += rng.normal(0, 0.006, (side, side, 1)).astype(np.float32)
    return np.clip(srgb * 255 + 0.5, 0, 255).astype(np.uint8)
