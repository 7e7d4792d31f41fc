"""One picture as large as fits, fetched by URL from our own route; those that may come next are fetched ahead."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_CSS = """
img {
  display: block; width: 100%; height: min(62vh, 36rem); object-fit: contain; border-radius: var(--st-base-radius);
}
@media (max-width: 640px) { img { height: auto; max-height: 50vh; } }
"""
_JS = """
export default function ({ data, parentElement }) {
  const image = parentElement.querySelector("img")
  const source = "/images/view/" + encodeURIComponent(data.id)
  if (!image.src.endsWith(source)) image.src = source
  image.alt = data.alt
  for (const id of data.next) new Image().src = "/images/view/" + encodeURIComponent(id)
}
"""
_picture = st.components.v2.component("facetry_checked_picture", html="<img alt=''>", css=_CSS, js=_JS)


def picture(item_id: str, alt: str, *, key: str, following: Sequence[str] = ()) -> None:
    """Show an image. alt: what it shows, in words. following: ids of those that may come next."""
    _picture(key=key, data={"id": item_id, "alt": alt, "next": list(following)})
