"""The store as the rest of Facetry sees it."""

from __future__ import annotations

from pathlib import Path

from core.store.answers import Answers
from core.store.catalogue import Catalogue
from core.store.database import Database
from core.store.datasets import Datasets
from core.store.explorations import Explorations
from core.store.measures import Measures
from core.store.placements import Placements
from core.store.preferences import Preferences
from core.store.readings import Readings
from core.store.restorations import Restorations
from core.store.runs import Runs
from core.store.suggestions import Suggestions
from core.store.text_vectors import TextVectors


class Store:
    """One workspace's database. Safe to use from any thread of one process.

    datasets: what was given. answers: what models said. text_vectors: texts as the
    embedder sees them. readings: what was read in images. runs: what was asked for and what the person decided.
    catalogue: what runs are called, which are versions of which, and which were deleted.
    placements: where each item of a run is, to search and page through. measures: what was
    measured of them, as arrays. preferences: what holds for new runs.
    restorations: what became of a damaged database. suggestions: criteria worth trying.
    explorations: maps, unlike images, and which of these a person keeps.
    """

    def __init__(self, folder: Path) -> None:
        """Open or make the database in `folder`. Raises WorkspaceUnavailable when another process has it open."""
        self._db = Database(folder)
        self.datasets = Datasets(self._db)
        self.answers = Answers(self._db)
        self.text_vectors = TextVectors(self._db)
        self.readings = Readings(self._db)
        self.runs = Runs(self._db)
        self.catalogue = Catalogue(self._db)
        self.placements = Placements(self._db)
        self.measures = Measures(self._db)
        self.preferences = Preferences(self._db)
        self.restorations = Restorations(self._db)
        self.suggestions = Suggestions(self._db)
        self.explorations = Explorations(self._db)

    def snapshot(self, folder: Path) -> None:
        """Copy every table as Parquet into a folder of this workspace, all as of one moment."""
        self._db.snapshot(folder)

    def load(self, folder: Path) -> None:
        """Fill an empty store from what `snapshot` wrote into a folder of this workspace. Raises BadInput."""
        self._db.load(folder)

    def close(self) -> None:
        self._db.close()
