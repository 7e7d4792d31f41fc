"""Runs: their settings, where they stand, what they cost, and what a person decided in them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
from pydantic import TypeAdapter, ValidationError

from core.domain import RunSettings, RunStatus, StepStats
from core.errors import BadInput
from core.store.database import Database, insert_rows, now
from core.store.stale_groups import Apart, Kind, Mark, counted, kinds_as_values, members, values


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as stored.

    Attributes:
        name: what a person called it, or "".
        parent: the id of the run that it is a new version of, or "".
    """

    id: str
    settings: RunSettings
    status: RunStatus
    message: str
    stats: Mapping[str, StepStats]
    created_at: datetime
    name: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class EditRow:
    """One decision of a person, as JSON. version: names the state of the run's decisions up to this one. at: UTC."""

    seq: int
    value: str
    version: str
    at: datetime


_APART = Apart()


class Runs:
    """Tables run, edit and left_out."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, settings: RunSettings) -> str:
        """Store a new run and return its id (unguessable, safe in a URL)."""
        run_id = secrets.token_hex(6)
        row = (run_id, settings.dataset_id, _write(settings), "waiting", "", "{}", now(), now(), *_NOT_YET)
        self._db.insert(_TABLE, [row], about=[run_id, _TABLE])
        return run_id

    def get(self, run_id: str) -> RunRow | None:
        """None where there is none, or it was deleted. Raises BadInput for a run whose settings cannot be read."""
        rows = self._db.read_kept([run_id], f"{_SELECT} AND id = ?", [run_id])
        found = _readable(rows)
        if rows and not found:
            raise BadInput(
                "The settings of this run cannot be read: another version of Facetry made it, or they are damaged. "
                "Open it with that version, or start a new run; descriptions that are here are used again."
            )
        return found[0] if found else None

    def recent(self, limit: int = 20) -> list[RunRow]:
        """The runs that can be read, the newest first."""
        return _readable(self._db.read_kept([_TABLE], f"{_SELECT} ORDER BY changed_at DESC LIMIT ?", [limit]))

    def of_dataset(self, dataset_id: str) -> list[RunRow]:
        """The runs on one dataset that can be read, the newest first."""
        sql = f"{_SELECT} AND dataset_id = ? ORDER BY changed_at DESC"
        return _readable(self._db.read_kept([_TABLE], sql, [dataset_id]))

    def alike(self, run: RunRow) -> list[RunRow]:
        """The runs that would be called the same as this one: on the same images, by the same words, into as many
        groups, and without a name of their own."""
        sql = (
            f"{_SELECT} AND dataset_id = ? AND name = '' AND lower(settings->>'$.criterion') = lower(?) "
            "AND (settings->>'$.k')::INTEGER = ?"
        )
        asked = [run.settings.dataset_id, run.settings.criterion, run.settings.k]
        return _readable(self._db.read_kept([_TABLE], sql, asked))

    def unreadable(self) -> int:
        """How many runs have settings that cannot be read."""
        rows = self._db.read_kept([_TABLE], _SELECT)
        return len(rows) - len(_readable(rows))

    def set_status(self, run_id: str, status: RunStatus, message: str = "") -> None:
        with self._db.write(run_id, _TABLE) as cursor:
            sql = "UPDATE run SET status = ?, message = ?, changed_at = ? WHERE id = ?"
            cursor.execute(sql, [status, message, now(), run_id])

    def set_truth(self, run_id: str, truth: str) -> None:
        """Score a run against other labels from now on; nothing that a model is asked depends on them."""
        self._set(run_id, truth=truth)

    def set_cap(self, run_id: str, cap: float) -> None:
        """Let a run cost so many US dollars in all from now on, 0 for no cap; no answer depends on it."""
        self._set(run_id, cap=cap)

    def _set(self, run_id: str, **changed: Any) -> None:
        """Change settings that decide no answer."""
        with self._db.write(run_id, _TABLE) as cursor:  # before they are read, or two at once would undo each other
            run = self.get(run_id)
            if run:
                settings = _write(replace(run.settings, **changed))
                cursor.execute("UPDATE run SET settings = ?, changed_at = ? WHERE id = ?", [settings, now(), run_id])

    def set_stats(self, run_id: str, stats: Mapping[str, StepStats]) -> None:
        with self._db.write(run_id, _TABLE) as cursor:
            write_stats(cursor, run_id, stats)

    def set_estimate(self, run_id: str, estimate: str) -> None:
        """Keep what a run is expected to cost (JSON), to stand beside what it did cost."""
        with self._db.write(run_id, _TABLE) as cursor:
            cursor.execute("UPDATE run SET estimate = ? WHERE id = ?", [estimate, run_id])

    def estimate(self, run_id: str) -> str:
        """What `set_estimate` kept, or ""."""
        found = self._db.read_kept([run_id], "SELECT estimate FROM run WHERE id = ?", [run_id])
        return str(found[0][0] or "") if found else ""

    def set_left_out(self, run_id: str, value: str) -> None:
        """Keep which rows of results made elsewhere are not in the run (JSON): whoever opens it later should know."""
        self._db.insert("left_out", [(run_id, value)], about=[run_id])

    def left_out(self, run_id: str) -> str:
        """What `set_left_out` kept, or ""."""
        found = self._db.read_kept([run_id], "SELECT value FROM left_out WHERE run_id = ?", [run_id])
        return str(found[0][0]) if found else ""

    def interrupt_running(self) -> list[str]:
        """Mark runs that a dead process left "running"; return their ids. Called once when a server starts."""
        rows = self._db.read("SELECT id FROM run WHERE status = 'running'")
        for (run_id,) in rows:
            self.set_status(run_id, "interrupted")
        return [run_id for (run_id,) in rows]

    def kinds(self, run_id: str, apart: Apart = _APART) -> list[tuple[Kind, int]]:
        """The kinds of a run's assignments and how many images are of each."""
        found = self._db.read(counted(apart), values(run_id, apart))
        return [((chosen, other, moved), number) for chosen, other, moved, number in found]

    def deciding(self) -> AbstractContextManager[None]:
        """In the block nobody else decides anything: what was checked there still holds when it is stored."""
        return self._db.alone()

    def add_edit(self, run_id: str, value: str, marks: Sequence[Mark] = ()) -> int:
        """Append a decision and mark the assignments of these kinds, in one transaction; return its number."""
        with self._db.write(run_id) as cursor:
            (last,) = cursor.execute("SELECT coalesce(max(seq), 0) FROM edit WHERE run_id = ?", [run_id]).fetchall()[0]
            insert_rows(cursor, "edit", [(run_id, last + 1, value, "{}", now())])
            for mark in marks:
                if mark.kinds:
                    _mark(cursor, run_id, last + 1, mark)
        return int(last) + 1

    def keep_for_undo(self, run_id: str, items: Sequence[str]) -> None:
        """Before these items are assigned again: undoing the newest decision, under which that is done, will give back
        what they have now. Nothing where nobody has decided anything."""
        with self._db.write(run_id) as cursor:
            edits = self.edits(run_id)
            if edits and items:
                touched = (
                    "run_id = $run AND step = 'assign' AND failure = '' AND item_id IN (FROM unnest($items::VARCHAR[]))"
                )
                _record(cursor, edits[-1].seq, touched, {"run": run_id, "items": list(items)})

    def undo_edit(self, run_id: str, version: str = "") -> EditRow | None:
        """Remove a decision and give what it touched its earlier answer back (it is still in the cache).

        What a later decision touched too stays out of date until that one is undone.

        Args:
            version: the version of the decision; "" for the newest.

        Returns the decision, or None when there is none.
        """
        with self._db.write(run_id) as cursor:
            edits = self.edits(run_id)
            undone = next((edit for edit in reversed(edits) if version in ("", edit.version)), None)
            if undone is None:
                return None
            if undone is not edits[-1]:
                _pass_on(cursor, run_id, undone.seq)
            for_edit = {"run": run_id, "seq": undone.seq}
            cursor.execute(
                "UPDATE result SET stale = true WHERE run_id = $run AND step = 'assign' AND item_id IN "
                f"(SELECT item_id FROM {_TOUCHED} WHERE call_key = '')",
                for_edit,
            )
            cursor.execute(
                "INSERT OR REPLACE INTO result SELECT $run, 'assign', old.item_id, old.call_key, '', false, '' FROM "
                f"{_TOUCHED} WHERE old.call_key <> ''",
                for_edit,
            )
            cursor.execute("DELETE FROM edit WHERE run_id = ? AND seq = ?", [run_id, undone.seq])
        return undone

    def edits(self, run_id: str) -> list[EditRow]:
        """The decisions in order. A number may be given again after an undo; a version is not."""
        sql = "SELECT seq, value, created_at FROM edit WHERE run_id = ? ORDER BY seq"
        rows = self._db.read_kept([run_id], sql, [run_id])
        return [EditRow(seq, value, f"{seq}@{made.isoformat()}", made) for seq, value, made in rows]


def write_stats(cursor: duckdb.DuckDBPyConnection, run_id: str, stats: Mapping[str, StepStats]) -> None:
    """Keep what a run's steps did, in the transaction of `cursor`."""
    value = json.dumps({step: asdict(of_step) for step, of_step in stats.items()})
    cursor.execute("UPDATE run SET stats = ? WHERE id = ?", [value, run_id])


_TOUCHED = (
    "(SELECT unnest(map_keys(held)) AS item_id, unnest(map_values(held)) AS call_key FROM "
    "(SELECT CAST(CAST(stale AS JSON) AS MAP(VARCHAR, VARCHAR)) AS held FROM edit "
    "WHERE run_id = $run AND seq = $seq)) old"
)
"""The items that an edit put out of date, each with the answer that undo gives back; "" where it was stale before."""


def _mark(cursor: duckdb.DuckDBPyConnection, run_id: str, seq: int, mark: Mark) -> None:
    touched = f"run_id = $run AND step = 'assign' AND item_id IN ({members(mark.apart)})"
    asked = values(run_id, mark.apart) | kinds_as_values(mark.kinds)
    _record(cursor, seq, touched, asked)
    cursor.execute(f"UPDATE result SET stale = true WHERE {touched}", asked)


def _record(cursor: duckdb.DuckDBPyConnection, seq: int, touched: str, values: Mapping[str, Any]) -> None:
    """Record each of some items with the answer that undoing an edit gives back. One that is stale already has none:
    undo makes it stale again, as any answer given since was given with this edit in force. What was recorded before
    stays.

    touched: a condition on the table result, for these values.
    """
    cursor.execute(
        "UPDATE edit SET stale = (SELECT json_merge_patch(coalesce(json_group_object(item_id, CASE WHEN stale THEN '' "
        f"ELSE call_key END), '{{}}'), edit.stale) FROM result WHERE {touched}) WHERE run_id = $run AND seq = $seq",
        {**values, "seq": seq},
    )


def _pass_on(cursor: duckdb.DuckDBPyConnection, run_id: str, seq: int) -> None:
    """Give what an edit that is to be undone holds to the next later edit that touched the same items: what those items
    were before is what undoing that one gives back, and they stay out of date until then."""
    sql = "SELECT seq, stale FROM edit WHERE run_id = ? AND seq >= ? ORDER BY seq"
    (_, own), *later = cursor.execute(sql, [run_id, seq]).fetchall()
    held: dict[str, str] = json.loads(own)
    for number, value in later:
        touched: dict[str, str] = json.loads(value)
        both = held.keys() & touched.keys()
        if both:
            touched |= {item: held.pop(item) for item in both}
            _keep_touched(cursor, run_id, number, touched)
    _keep_touched(cursor, run_id, seq, held)


def _keep_touched(cursor: duckdb.DuckDBPyConnection, run_id: str, seq: int, touched: Mapping[str, str]) -> None:
    sql = "UPDATE edit SET stale = ? WHERE run_id = ? AND seq = ?"
    cursor.execute(sql, [json.dumps(touched), run_id, seq])


# Settings and counts of older and newer versions are read too: what is missing is as it was before there was a choice.
_SETTINGS: TypeAdapter[RunSettings] = TypeAdapter(RunSettings)
_STATS: TypeAdapter[dict[str, StepStats]] = TypeAdapter(dict[str, StepStats])
_TABLE = "run"
_SELECT = (
    f"SELECT id, settings, status, message, stats, created_at, name, parent FROM {_TABLE} WHERE deleted_at IS NULL"
)
_NOT_YET = ("", "", "", "", None)
"""The columns after changed_at of a new run."""


def _readable(rows: Sequence[tuple[Any, ...]]) -> list[RunRow]:
    found = []
    for row in rows:
        with suppress(ValidationError):
            found.append(_row(row))
    return found


def _row(row: tuple[Any, ...]) -> RunRow:
    run_id, settings, status, message, stats, *kept = row
    return RunRow(run_id, _SETTINGS.validate_json(settings), status, message, _STATS.validate_json(stats), *kept)


def _write(settings: RunSettings) -> str:
    return _SETTINGS.dump_json(settings).decode()
