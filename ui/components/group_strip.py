"""What the groups of a suggestion would look like: for each its name and a few thumbnails, side by side.

Inline Components-v2, as the wall (gallery.py): one element for all groups of a card.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_CSS = """
.groups { display: flex; flex-wrap: wrap; gap: 0.4rem 0.8rem; font-family: var(--st-font); }
figure { margin: 0; width: min-content; min-width: calc(3 * var(--side) + 4px); }
figure.wide { width: 100%; }
figure.words { width: auto; min-width: 0; }
.pictures { display: flex; flex-wrap: wrap; gap: 2px; height: var(--side); overflow: hidden; }
.wide .pictures { gap: 6px; }
img {
  width: var(--side); height: var(--side); object-fit: cover; display: block; border-radius: 4px;
  background: var(--st-secondary-background-color);
}
figcaption {
  font-size: 0.8rem; line-height: 1.35; color: var(--st-text-color); overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
}
"""
_JS = """
export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector(".groups")
  root.style.setProperty("--side", data.side + "px")
  root.replaceChildren(...data.groups.map(group => {
    const figure = document.createElement("figure")
    figure.classList.toggle("wide", data.wide)
    const caption = document.createElement("figcaption")
    caption.textContent = group.caption
    if (group.items.length) {
      const pictures = document.createElement("div")
      pictures.className = "pictures"
      for (const item of group.items) {
        const image = document.createElement("img")
        image.loading = "lazy"
        image.alt = ""
        image.src = "/images/thumb/" + encodeURIComponent(item)
        pictures.append(image)
      }
      figure.append(pictures)
    } else figure.className = "words"
    figure.append(caption)
    return figure
  }))
}
"""
_groups = st.components.v2.component("facetry_group_strip", html="<div class='groups'></div>", css=_CSS, js=_JS)


def group_strip(groups: Sequence[tuple[str, Sequence[str]]], *, key: str, side: int = 44, wide: bool = False) -> None:
    """groups: the caption of each, and the ids of images that are shown of it, none for a caption alone.

    wide: each takes a row of its own, with as many of its images as there is room for.
    """
    shown = [{"caption": caption, "items": list(items)} for caption, items in groups]
    _groups(key=key, data={"groups": shown, "side": side, "wide": wide})
