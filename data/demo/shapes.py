"""The things in the demo images as signed distance functions, measured point by point with numpy.

A thing is a function of the coordinates x, y, z of n points (each (n,), y up, the floor at 0, the front towards +z)
that gives a list of (distance (n,), material). Its surface is where the least distance is zero. The basic bodies follow
Inigo Quilez' collection of distance functions (https://iquilezles.org/articles/distfunctions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Parts = list[tuple[Array, str]]


@dataclass(frozen=True, slots=True)
class Thing:
    """parts: the distance functions. centre: height of the middle. radius: of a ball around it that holds the thing."""

    parts: Callable[[Array, Array, Array], Parts]
    centre: float
    radius: float


def _length(*axes: Array) -> Array:
    total = axes[0] * axes[0]
    for axis in axes[1:]:
        total = total + axis * axis
    return np.sqrt(total)


def _ball(x: Array, y: Array, z: Array, at: tuple[float, float, float], radius: float) -> Array:
    return _length(x - at[0], y - at[1], z - at[2]) - radius


def _egg(x: Array, y: Array, z: Array, at: tuple[float, float, float], r: tuple[float, float, float]) -> Array:
    """An ellipsoid; its distance is a good estimate near the surface."""
    px, py, pz = x - at[0], y - at[1], z - at[2]
    outer = _length(px / r[0], py / r[1], pz / r[2])
    inner = _length(px / r[0] ** 2, py / r[1] ** 2, pz / r[2] ** 2)
    return outer * (outer - 1.0) / np.maximum(inner, 1e-4)


def _box(
    x: Array, y: Array, z: Array, at: tuple[float, float, float], half: tuple[float, float, float], edge: float
) -> Array:
    """A box of these half sides with rounded edges."""
    qx, qy, qz = (np.abs(v - c) - (h - edge) for v, c, h in zip((x, y, z), at, half, strict=True))
    outside = _length(np.maximum(qx, 0), np.maximum(qy, 0), np.maximum(qz, 0))
    return outside + np.minimum(np.maximum(np.maximum(qx, qy), qz), 0) - edge


def _rod(
    x: Array, y: Array, z: Array, a: tuple[float, float, float], b: tuple[float, float, float], ra: float, rb: float
) -> Array:
    """A rod with round ends from a to b whose radius changes from ra to rb."""
    ax, ay, az = (q - p for p, q in zip(a, b, strict=True))
    px, py, pz = x - a[0], y - a[1], z - a[2]
    along = np.clip((px * ax + py * ay + pz * az) / (ax * ax + ay * ay + az * az), 0, 1)
    return _length(px - along * ax, py - along * ay, pz - along * az) - (ra + (rb - ra) * along)


def _disc(across: Array, along: Array, radius: float, half: float, edge: float) -> Array:
    """A cylinder from the distance to its axis and the place along it, with a rounded edge."""
    qr, qh = across - (radius - edge), np.abs(along) - (half - edge)
    return _length(np.maximum(qr, 0), np.maximum(qh, 0)) + np.minimum(np.maximum(qr, qh), 0) - edge


def _ring(u: Array, v: Array, w: Array, radius: float, thick: float) -> Array:
    """A torus in the plane of u and v."""
    return _length(_length(u, v) - radius, w) - thick


def _melt(a: Array, b: Array, reach: float) -> Array:
    """Both bodies, flowing into each other."""
    near = np.maximum(reach - np.abs(a - b), 0) / reach
    return np.minimum(a, b) - near * near * reach * 0.25


def _slab(plane: Array, depth: Array, half: float, edge: float) -> Array:
    """A flat outline given thickness: `plane` is its distance, `depth` the place across; edges are rounded."""
    qp, qd = plane + edge, np.abs(depth) - (half - edge)
    return np.minimum(np.maximum(qp, qd), 0) + _length(np.maximum(qp, 0), np.maximum(qd, 0)) - edge


def mug(x: Array, y: Array, z: Array) -> Parts:
    across = _length(x, z)
    cup = np.maximum(_disc(across, y - 0.62, 0.56, 0.62, 0.07), -_disc(across, y - 0.80, 0.49, 0.70, 0.05))
    handle = np.maximum(_ring((y - 0.64) * 0.92, z - 0.54, x, 0.33, 0.075), 0.50 - z)
    return [(_melt(cup, handle, 0.10), "glaze"), (_disc(across, y - 0.5, 0.50, 0.48, 0.01), "coffee")]


def teapot(x: Array, y: Array, z: Array) -> Parts:
    across = _length(x, z)
    body = _egg(x, y, z, (0, 0.55, 0), (0.72, 0.54, 0.72))
    body = _melt(body, _disc(across, y - 0.05, 0.42, 0.05, 0.02), 0.08)
    spout = _melt(
        _rod(x, y, z, (0, 0.45, 0.55), (0, 0.66, 0.95), 0.20, 0.11),
        _rod(x, y, z, (0, 0.66, 0.95), (0, 1.00, 1.12), 0.11, 0.075),
        0.08,
    )
    spout = np.maximum(spout, -_rod(x, y, z, (0, 0.95, 1.10), (0, 1.10, 1.18), 0.045, 0.05))
    handle = np.maximum(_ring((y - 0.62) * 0.95, z + 0.70, x, 0.36, 0.065), z + 0.55)
    lid = _melt(
        _egg(x, y, z, (0, 1.03, 0), (0.40, 0.13, 0.40)), _rod(x, y, z, (0, 1.1, 0), (0, 1.2, 0), 0.05, 0.05), 0.05
    )
    lid = np.minimum(lid, _ball(x, y, z, (0, 1.27, 0), 0.095))
    groove = _ring(x, z, y - 1.005, 0.41, 0.018)
    return [(np.maximum(_melt(_melt(body, spout, 0.14), handle, 0.10), -groove), "glaze"), (lid, "glaze")]


def teddy(x: Array, y: Array, z: Array) -> Parts:
    ax = np.abs(x)
    body = _egg(x, y, z, (0, 0.62, 0), (0.50, 0.58, 0.44))
    head = _egg(x, y, z, (0, 1.38, 0.02), (0.47, 0.43, 0.42))
    limbs = np.minimum(
        _rod(ax, y, z, (0.44, 0.92, 0.06), (0.66, 0.50, 0.30), 0.16, 0.17),
        _rod(ax, y, z, (0.30, 0.22, 0.15), (0.46, 0.21, 0.66), 0.21, 0.22),
    )
    ears = _egg(ax, y, z, (0.37, 1.74, -0.02), (0.18, 0.18, 0.10))
    fur = _melt(_melt(_melt(body, head, 0.10), limbs, 0.07), ears, 0.05)
    inner = _egg(ax, y, z, (0.37, 1.74, 0.06), (0.11, 0.11, 0.05))
    soles = _egg(ax, y, z, (0.475, 0.21, 0.84), (0.15, 0.15, 0.06))
    muzzle = _egg(x, y, z, (0, 1.27, 0.38), (0.21, 0.17, 0.16))
    eyes = _ball(ax, y, z, (0.165, 1.46, 0.39), 0.055)
    nose = _egg(x, y, z, (0, 1.335, 0.53), (0.075, 0.05, 0.045))
    mouth = _rod(x, y, z, (0, 1.30, 0.535), (0, 1.22, 0.535), 0.012, 0.012)
    light = np.minimum(np.minimum(inner, soles), muzzle)
    return [(fur, "plush"), (light, "cream plush"), (np.minimum(np.minimum(eyes, nose), mouth), "button")]


def piggy(x: Array, y: Array, z: Array) -> Parts:
    ax = np.abs(x)
    body = _egg(x, y, z, (0, 0.72, -0.05), (0.60, 0.56, 0.74))
    head = _egg(x, y, z, (0, 0.86, 0.50), (0.42, 0.40, 0.36))
    snout = _disc(_length(x, y - 0.80), z - 0.84, 0.19, 0.14, 0.05)
    legs = np.minimum(
        _rod(ax, y, z, (0.32, 0.35, 0.33), (0.33, 0.13, 0.35), 0.17, 0.14),
        _rod(ax, y, z, (0.32, 0.35, -0.42), (0.33, 0.13, -0.44), 0.17, 0.14),
    )
    ears = _egg(ax * 0.94 + y * 0.34, y * 0.94 - ax * 0.34, z, (0.66, 1.07, 0.42), (0.15, 0.21, 0.07))
    tail = _ring(x, y - 0.90, z + 0.80, 0.09, 0.03)
    pig = _melt(_melt(_melt(body, head, 0.16), legs, 0.08), snout, 0.05)
    pig = _melt(_melt(pig, ears, 0.06), tail, 0.04)
    slot = _box(x, y, z, (0, 1.30, -0.08), (0.028, 0.12, 0.20), 0.01)
    holes = _disc(_length(ax - 0.07, y - 0.80), z - 0.98, 0.035, 0.06, 0.01)
    eyes = _ball(ax, y, z, (0.19, 1.02, 0.77), 0.05)
    dark = np.maximum(np.maximum(pig + 0.03, np.minimum(slot, holes)), -1.0)
    return [(np.maximum(pig, -np.minimum(slot, holes)), "glaze"), (np.minimum(eyes, dark), "button")]


def sofa(x: Array, y: Array, z: Array) -> Parts:
    ax = np.abs(x)
    base = _box(x, y, z, (0, 0.36, 0), (0.86, 0.18, 0.56), 0.06)
    lean = z + 0.18 * (y - 0.6)
    back = _box(x, y, lean, (0, 0.90, -0.46), (0.80, 0.50, 0.16), 0.13)
    arms = _melt(
        _box(ax, y, z, (0.86, 0.48, 0.03), (0.13, 0.30, 0.56), 0.08),
        _disc(_length(ax - 0.87, y - 0.78), z - 0.03, 0.16, 0.57, 0.05),
        0.05,
    )
    seats = _box(ax, y, z, (0.36, 0.60, 0.12), (0.355, 0.12, 0.47), 0.09)
    pads = _box(ax, y, lean, (0.36, 0.98, -0.27), (0.345, 0.32, 0.13), 0.12)
    feet = _rod(ax, y, np.abs(z), (0.78, 0.20, 0.46), (0.84, 0.03, 0.50), 0.05, 0.03)
    return [
        (np.minimum(_melt(base, back, 0.04), arms), "fabric"),
        (np.minimum(seats, pads), "fabric"),
        (feet, "wood"),
    ]


def mailbox(x: Array, y: Array, z: Array) -> Parts:
    plane = np.minimum(
        _length(x, y - 1.30) - 0.36,
        _length(np.maximum(np.abs(x) - 0.36, 0), np.maximum(np.abs(y - 1.12) - 0.18, 0))
        + np.minimum(np.maximum(np.abs(x) - 0.36, np.abs(y - 1.12) - 0.18), 0),
    )
    shell = _slab(plane, z, 0.72, 0.03)
    door = _slab(plane - 0.02, z - 0.73, 0.035, 0.015)
    pull = _box(x, y, z, (0, 1.50, 0.80), (0.045, 0.07, 0.04), 0.02)
    hinge = _ball(x, y, z, (0.385, 1.28, 0.30), 0.045)
    flag = np.minimum(
        _box(x, y, z, (0.395, 1.46, 0.30), (0.012, 0.22, 0.03), 0.008),
        _box(x, y, z, (0.395, 1.63, 0.19), (0.012, 0.075, 0.13), 0.008),
    )
    post = _box(x, y, z, (0, 0.46, 0), (0.085, 0.48, 0.085), 0.015)
    arm = _box(x, y, z, (0, 0.89, 0), (0.16, 0.05, 0.55), 0.015)
    return [
        (np.minimum(shell, door), "paint"),
        (np.minimum(np.minimum(pull, hinge), flag), "chrome"),
        (np.minimum(post, arm), "wood"),
    ]


THINGS: dict[str, Thing] = {
    "mug": Thing(mug, 0.62, 1.12),
    "teapot": Thing(teapot, 0.66, 1.32),
    "teddy bear": Thing(teddy, 0.95, 1.25),
    "piggy bank": Thing(piggy, 0.70, 1.20),
    "sofa": Thing(sofa, 0.70, 1.30),
    "mailbox": Thing(mailbox, 0.86, 1.20),
}
