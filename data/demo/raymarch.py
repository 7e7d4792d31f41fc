"""Rays, shadows and light for one thing on a floor: sphere tracing (Hart, The Visual Computer 1996) in numpy.

Colours are linear light, not sRGB. Soft shadows and ambient occlusion are Inigo Quilez' approximations
(https://iquilezles.org/articles/rmshadows). No reflections of the thing in itself, no light from more than one bounce.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from shapes import Array, Thing

_STEPS = 80
_NEAR = 0.002


@dataclass(frozen=True, slots=True)
class Camera:
    """Where one looks from. elevation, turn: degrees above the floor, and of the thing about its axis.

    distance: from the thing's middle. aim: shifts of the picture (right, up), in its units. view: degrees across.
    """

    elevation: float
    turn: float
    distance: float
    aim: tuple[float, float]
    view: float = 26.0


@dataclass(frozen=True, slots=True)
class Light:
    """sun: its direction (towards it) and colour; sky, horizon, bounce: light from above, the side and the floor.

    soft: how wide the sun is (0.03 sharp, 0.3 overcast).
    """

    towards: tuple[float, float, float]
    sun: Array
    sky: Array
    horizon: Array
    bounce: Array
    soft: float


@dataclass(frozen=True, slots=True)
class Traced:
    """What the rays of a side x side picture found, row by row.

    eye (3,), rays (n, 3). hit: indices of rays that meet the thing; points, normals (m, 3) there; part: its material.
    floor: (n,) distance to the floor, inf above the horizon. local: turns world coordinates into the thing's own.
    """

    side: int
    eye: Array
    rays: Array
    hit: NDArray[np.intp]
    points: Array
    normals: Array
    part: NDArray[np.intp]
    materials: tuple[str, ...]
    floor: Array
    thing: Thing
    turn: float


def trace(thing: Thing, camera: Camera, side: int) -> Traced:
    """Send side x side rays."""
    up, eye_angle = np.radians(camera.elevation), camera.distance
    middle = np.array([camera.aim[0], thing.centre + camera.aim[1], 0.0])
    back = np.array([0.0, np.sin(up), np.cos(up)])
    eye = middle + back * eye_angle
    upward = np.array([0.0, np.cos(up), -np.sin(up)])
    axis = (np.arange(side) + 0.5) / side * 2 - 1
    u, v = np.meshgrid(axis, -axis)
    span = np.tan(np.radians(camera.view / 2))
    rays = -back + u.reshape(-1, 1) * span * np.array([1.0, 0, 0]) + v.reshape(-1, 1) * span * upward
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    rays, eye = rays.astype(np.float32), eye.astype(np.float32)
    with np.errstate(divide="ignore"):
        floor = np.where(rays[:, 1] < -1e-4, -eye[1] / rays[:, 1], np.inf).astype(np.float32)
    hit, points = _march(thing, camera.turn, eye, rays, floor)
    parts = thing.parts(*_local(points, camera.turn))
    part = np.argmin([distance for distance, _ in parts], axis=0)
    normals = _normals(thing, camera.turn, points)
    materials = tuple(name for _, name in parts)
    return Traced(side, eye, rays, hit, points, normals, part, materials, floor, thing, camera.turn)


def _local(points: Array, turn: float) -> tuple[Array, Array, Array]:
    c, s = np.float32(np.cos(np.radians(turn))), np.float32(np.sin(np.radians(turn)))
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    return c * x - s * z, y, s * x + c * z


def local_points(traced: Traced) -> Array:
    """The points that were hit, in the thing's own coordinates."""
    return np.stack(_local(traced.points, traced.turn), axis=1)


def _distance(thing: Thing, turn: float, points: Array) -> Array:
    found = thing.parts(*_local(points, turn))
    nearest = found[0][0]
    for distance, _ in found[1:]:
        nearest = np.minimum(nearest, distance)
    return nearest


def _march(thing: Thing, turn: float, eye: Array, rays: Array, floor: Array) -> tuple[NDArray[np.intp], Array]:
    middle = np.array([0, thing.centre, 0], dtype=np.float32)
    towards = eye - middle
    b = rays @ towards
    inside = b * b - (towards @ towards - thing.radius**2)
    active = np.flatnonzero(inside > 0)
    root = np.sqrt(inside[active])
    along = (-b[active] - root).astype(np.float32)
    end = np.minimum(-b[active] + root, floor[active])
    found: list[NDArray[np.intp]] = []
    places: list[Array] = []
    for _ in range(_STEPS):
        if not len(active):
            break
        step = _distance(thing, turn, eye + rays[active] * along[:, None])
        done = step < _NEAR
        found.append(active[done])
        places.append(along[done])
        going = ~done & (along < end)
        active, end = active[going], end[going]
        along = along[going] + 0.9 * step[going]
    hit = np.concatenate(found)
    reach = np.concatenate(places)
    order = np.argsort(hit)
    hit, reach = hit[order], reach[order]
    return hit, eye + rays[hit] * reach[:, None]


def _normals(thing: Thing, turn: float, points: Array) -> Array:
    out = np.zeros_like(points)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        way = np.array(corner, dtype=np.float32)
        out += way * _distance(thing, turn, points + way * np.float32(0.003))[:, None]
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)


def shadow(traced: Traced, points: Array, light: Light, lift: float = 0.03) -> Array:
    """(n,) how much of the sun reaches each point, 0 to 1."""
    towards = np.array(light.towards, dtype=np.float32)
    lit = np.ones(len(points), dtype=np.float32)
    along = np.full(len(points), lift, dtype=np.float32)
    active = np.arange(len(points))
    for _ in range(26):
        if not len(active):
            break
        at = points[active] + towards * along[active][:, None]
        distance = _distance(traced.thing, traced.turn, at)
        lit[active] = np.minimum(lit[active], 0.5 + 0.5 * distance / (light.soft * along[active]))
        along[active] += np.clip(distance, 0.03, 0.35)
        active = active[(lit[active] > 0.0) & (along[active] < 2 * traced.thing.radius + 1.5)]
    lit = np.clip(lit, 0, 1)
    return lit * lit * (3 - 2 * lit)


def occlusion(traced: Traced, points: Array, normals: Array, reach: float = 0.5) -> Array:
    """(n,) how open the surroundings of each point are, 0 (closed) to 1."""
    closed = np.zeros(len(points), dtype=np.float32)
    for share, weight in ((0.15, 1.0), (0.4, 0.7), (0.7, 0.45), (1.0, 0.3)):
        far = reach * share
        near = points + normals * np.float32(far)
        distance = np.minimum(_distance(traced.thing, traced.turn, near), np.maximum(near[:, 1], 0.0))
        closed += weight * np.maximum(far - distance, 0) / far
    return np.clip(1 - 0.42 * closed, 0.05, 1)


def floor_light(traced: Traced, light: Light) -> tuple[Array, Array]:
    """(side, side) sun and openness on the floor, worked out coarsely: both change slowly."""
    side, stride = traced.side, 4
    rows = np.arange(stride // 2, side, stride)
    index = (rows[:, None] * side + rows[None]).ravel()
    sun = np.ones(len(index), dtype=np.float32)
    open_sky = np.ones(len(index), dtype=np.float32)
    near = np.isfinite(traced.floor[index]) & (traced.floor[index] < 60)
    points = traced.eye + traced.rays[index[near]] * traced.floor[index[near]][:, None]
    points[:, 1] = 0.0
    close = np.linalg.norm(points, axis=1) < 3.2 * traced.thing.radius + 1
    where = np.flatnonzero(near)[close]
    points = points[close]
    upward = np.zeros_like(points)
    upward[:, 1] = 1.0
    sun[where] = shadow(traced, points, light)
    closed = np.zeros(len(points), dtype=np.float32)
    for far, weight in ((0.06, 0.35), (0.2, 0.3), (0.5, 0.25), (0.9, 0.15)):
        distance = _distance(traced.thing, traced.turn, points + upward * np.float32(far))
        closed += weight * np.clip(1 - distance / far, 0, 1)
    open_sky[where] = np.clip(1 - 0.9 * closed, 0.05, 1)
    out = []
    for values in (sun, open_sky):
        small = Image.fromarray(values.reshape(len(rows), len(rows)))
        smooth = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), dtype=np.float32)
        out.append(np.clip(smooth, 0.0, 1.0))  # bicubic curves overshoot
    return out[0], out[1]
