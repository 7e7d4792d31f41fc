"""Which map a person looks at. The address holds all of it, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import streamlit as st

from core.explore.layout import Method
from core.pipeline.maps import Wanted
from core.pipeline.places import By
from core.store.runs import RunRow
from ui import text

_FIELDS = ("by", "method", "dimensions", "colour")


@dataclass(frozen=True, slots=True)
class MapPlace:
    """Attributes:
    colour: "group", "truth", "confidence", or the id of another run, whose groups the colours show.
    """

    by: By = "seen"
    method: Method = "tsne"
    dimensions: int = 2
    colour: str = "group"

    def wanted(self, run: RunRow) -> Wanted:
        """The map that this is of a run's images."""
        of_run = run.id if self.by == "texts" else ""
        return Wanted(run.settings.dataset_id, self.method, self.dimensions, self.by, of_run)


def here(pictures: bool) -> MapPlace:
    """What the address says; what makes no sense in it is left out. pictures: whether there is anything to measure."""
    said = {name: st.query_params.get(name, "") for name in _FIELDS}
    by = said["by"] if said["by"] in text.MAP_BYS else "seen"
    return MapPlace(
        cast(By, by if pictures else "texts"),
        cast(Method, said["method"] if said["method"] in text.MAP_METHODS else "tsne"),
        3 if said["dimensions"] == "3" else 2,
        said["colour"] or "group",
    )


def set_field(name: str, key: str) -> None:
    """For fields: write what was chosen into the address."""
    st.query_params[name] = str(st.session_state[key])
