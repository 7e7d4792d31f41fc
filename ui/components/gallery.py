"""Images on a page: a lazily loading wall of thumbnails and one large picture, both fetched by URL from our own route.

Inline Components-v2, because a thousand thumbnails through st.image are sent with every rerun and cannot be clicked.
The JavaScript sets text and attributes only; nothing from a model or a file name is ever read as HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

_WALL_CSS = """
.wall { display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--tile), 1fr)); gap: 0.5rem; }
.tile {
  all: unset; box-sizing: border-box; display: flex; flex-direction: column; min-width: 0;
  border-radius: var(--st-base-radius); font-family: var(--st-font); color: var(--st-text-color);
}
button.tile { cursor: pointer; }
button.tile:focus-visible { outline: 3px solid var(--st-link-color); outline-offset: 2px; }
button.tile[aria-pressed=true] img, button.tile[aria-pressed=true] .words {
  outline: 4px solid var(--st-primary-color); outline-offset: -4px;
}
button.tile[aria-pressed] { position: relative; }
button.tile[aria-pressed]::after {
  content: ""; position: absolute; top: 0.4rem; right: 0.4rem; width: 1.1rem; height: 1.1rem; border-radius: 50%;
  border: 2px solid #fff; background: rgb(0 0 0 / 45%); color: #fff; font: bold 0.8rem/1.1rem var(--st-font);
  text-align: center;
}
button.tile[aria-pressed=true]::after { content: "✓"; background: var(--st-primary-color); }
button.tile:hover img, button.tile:hover .words { filter: brightness(0.92); }
img, .words {
  width: 100%; aspect-ratio: 1; object-fit: cover; display: block; border-radius: var(--st-base-radius);
  background: var(--st-secondary-background-color);
}
.words { box-sizing: border-box; padding: 0.5rem; overflow: hidden; font-size: 0.75rem; line-height: 1.35; }
.caption {
  font-size: 0.8rem; line-height: 1.35; padding: 0.25rem 0.1rem 0; overflow: hidden; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: var(--lines); opacity: 0.85;
}
"""

_WALL_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue, setStateValue } = component
  const wall = parentElement.querySelector(".wall")
  wall.style.setProperty("--tile", data.size + "px")
  wall.style.setProperty("--lines", data.lines)
  wall.setAttribute("aria-label", data.label)
  wall.onclick = event => {
    const tile = event.target.closest("button.tile")
    if (!tile) return
    if (!data.selectable) {
      tile.blur()  // arrow keys belong to the page that opens now
      return setTriggerValue("opened", tile.dataset.id)
    }
    select(wall, tile, event.shiftKey)
    setStateValue("selected", pressed(wall).map(one => one.dataset.id))
  }
  wall.onkeydown = event => {
    const next = neighbour(wall, document.activeElement?.shadowRoot?.activeElement ?? event.target, event.key)
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    next.focus()
  }
  // Keep the tiles that stay: replacing them would fetch and paint every image anew at each poll.
  const have = new Map([...wall.children].map(tile => [tile.dataset.id, tile]))
  const want = data.tiles.map(tile => have.get(tile.id) ?? make(tile, data.clickable))
  if (want.length !== wall.children.length || want.some((tile, place) => wall.children[place] !== tile))
    wall.replaceChildren(...want)
  data.tiles.forEach((tile, place) => {
    const caption = want[place].querySelector(".caption")
    if (caption.textContent !== tile.caption) caption.textContent = tile.caption
    caption.hidden = !tile.caption
    if (!data.clickable) return
    if (!data.selectable) want[place].removeAttribute("aria-pressed")
    else if (!want[place].hasAttribute("aria-pressed")) want[place].setAttribute("aria-pressed", "false")
    want[place].setAttribute("aria-label", tile.alt)
  })
}

function pressed(wall) {
  return [...wall.querySelectorAll("[aria-pressed=true]")]
}

// A click turns one tile over; with Shift, all from the last one clicked to this one become as that one is.
function select(wall, tile, range) {
  const tiles = [...wall.children]
  const from = tiles.findIndex(one => one.dataset.id === wall.dataset.last)
  if (range && from >= 0) {
    const to = tiles.indexOf(tile)
    const state = tiles[from].getAttribute("aria-pressed")
    for (const one of tiles.slice(Math.min(from, to), Math.max(from, to) + 1)) one.setAttribute("aria-pressed", state)
  } else tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") !== "true"))
  wall.dataset.last = tile.dataset.id
}

// The tile that an arrow key leads to from this one: the wall is a grid, so up and down are a row's length away.
function neighbour(wall, tile, key) {
  const tiles = [...wall.children]
  const at = tiles.indexOf(tile.closest(".tile"))
  const row = getComputedStyle(wall).gridTemplateColumns.split(" ").length
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -at, End: tiles.length - 1 - at }
  return at >= 0 && key in steps ? tiles[at + steps[key]] : undefined
}

function make(tile, clickable) {
  const cell = document.createElement(clickable ? "button" : "div")
  cell.className = "tile"
  cell.dataset.id = tile.id
  if (clickable) cell.type = "button"
  if (tile.picture) {
    const image = document.createElement("img")
    image.loading = "lazy"
    image.decoding = "async"
    image.alt = tile.alt
    image.title = tile.alt
    image.src = "/images/thumb/" + encodeURIComponent(tile.id)
    cell.append(image)
  } else {
    const words = document.createElement("div")
    words.className = "words"
    words.textContent = tile.alt
    cell.append(words)
  }
  const caption = document.createElement("div")
  caption.className = "caption"
  cell.append(caption)
  return cell
}
"""

_PICTURE_CSS = """
img {
  display: block; width: 100%; max-height: 72vh; object-fit: contain; margin: 0 auto;
  border-radius: var(--st-base-radius);
}
"""

_PICTURE_JS = """
export default function (component) {
  const { data, parentElement } = component
  const image = parentElement.querySelector("img")
  const source = "/images/view/" + encodeURIComponent(data.id)
  image.onload = () => { image.style.maxWidth = 2 * image.naturalWidth + "px" }  // small pictures: twice, not blurred
  if (!image.src.endsWith(source)) image.src = source
  image.alt = data.alt
  // The neighbours, so that an arrow key shows the next picture at once.
  for (const id of data.near) new Image().src = "/images/view/" + encodeURIComponent(id)
}
"""

_wall = st.components.v2.component(
    "facetry_wall", html="<div class='wall' role='group'></div>", css=_WALL_CSS, js=_WALL_JS
)
_picture = st.components.v2.component("facetry_picture", html="<img alt=''>", css=_PICTURE_CSS, js=_PICTURE_JS)


@dataclass(frozen=True, slots=True)
class Tile:
    """One image on a wall. alt: what it shows, in words. picture: False for a record without an image."""

    id: str
    alt: str
    caption: str = ""
    picture: bool = True


def wall(
    tiles: Sequence[Tile],
    label: str,
    *,
    key: str,
    size: int = 148,
    lines: int = 1,
    on_open: Callable[[str], None] | None = None,
    selectable: bool = False,
) -> list[str]:
    """Show thumbnails at least `size` pixels wide, as many a row as fit; label names the wall to a screen reader.

    Args:
        lines: how many lines of caption are shown.
        on_open: called with the item's id when a person clicks a thumbnail.
        selectable: a click selects instead, with Shift a range.

    Returns the ids of the selected tiles. Arrow keys go from tile to tile.
    """

    def opened() -> None:
        # A click may arrive from a wall that the page has just replaced; its state is gone, and so is its meaning.
        item = st.session_state.get(key, {}).get("opened")
        if item and on_open:
            on_open(str(item))

    data: dict[str, Any] = {
        "tiles": [asdict(tile) for tile in tiles],
        "label": label,
        "size": size,
        "lines": lines,
        "clickable": on_open is not None,
        "selectable": selectable,
    }
    shown = _wall(
        key=key, data=data, default={"selected": []}, on_opened_change=opened, on_selected_change=lambda: None
    )
    there = {tile.id for tile in tiles}
    return [str(item) for item in shown.selected or () if selectable and item in there]


def picture(item_id: str, alt: str, *, key: str, near: Sequence[str] = ()) -> None:
    """Show one image as large as fits; alt says what it shows. near: images that may come next, fetched ahead."""
    _picture(key=key, data={"id": item_id, "alt": alt, "near": list(near)})
