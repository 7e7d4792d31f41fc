"""The store as the rest of Facetry sees it."""

from __future__ import annotations

from pathlib import Path

from core.store.answers import Answers
from core.store.database import Database
from core.store.datasets import Datasets
from core.store.placements import Placements
from core.store.preferences import Preferences
from core.store.runs import Runs


class Store:
    """One workspace's database. Safe to use from any thread of one process.

    datasets: what was given. answers: what models said. runs: what was asked for and what the person decided.
    placements: where each item of a run is, to search and page through. preferences: what holds for new runs.
    """

    def __init__(self, folder: Path) -> None:
        """Open or make the database in `folder`. Raises WorkspaceBusy when another process has it open."""
        self._db = Database(folder)
        self.datasets = Datasets(self._db)
        self.answers = Answers(self._db)
        self.runs = Runs(self._db)
        self.placements = Placements(self._db)
        self.preferences = Preferences(self._db)

    @property
    def restored_from(self) -> Path | None:
        """Where a damaged database file was put when this store was rebuilt from its copies; None normally."""
        return self._db.restored_from

    def snapshot(self, folder: Path) -> None:
        """Copy every table as Parquet into a folder of this workspace, all as of one moment."""
        self._db.snapshot(folder)

    def load(self) -> None:
        """Fill an empty store from the copies in this workspace's `backup` folder. Raises BadInput."""
        self._db.load()

    def close(self) -> None:
        self._db.close()
