"""Where each item of a run belongs, as one table to search, count and page through without loading a whole dataset.

The table says nothing of its own: it is made in one statement from what models answered and what a person decided, and
made anew when one of those has changed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

from core.store.database import Database
from core.store.decisions import PLACED, ROUTED, Decisions
from core.store.flows import AGAINST, COUNT, EACH, GROUPS
from core.store.kept_rows import Rows, Version
from core.store.query import SURENESS, Query, before, order_by, where


@dataclass(frozen=True, slots=True)
class Placement:
    """One item of a run; the columns of the table of that name."""

    position: int
    item_id: str
    name: str
    state: str
    cluster_id: str
    source: str
    confidence: float | None
    label: str
    description: str
    truth: str
    reason: str
    earlier: bool


_OLDEST_SECONDS = 1.0
_AT_ONCE = 100_000
"""Rows that are made in one statement, which needs some 2 KB of memory for each."""


class Placements:
    """Tables placement and placed."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._making = threading.Lock()
        self._fresh: dict[str, tuple[Version, str, Decisions]] = {}
        """Run id -> what its placements were made from when they were last right."""
        self._made_from: dict[str, tuple[str, Decisions]] = {}
        """Run id -> the version of the answers, items and ground truth that they were made from, and the decisions."""
        self._made: dict[str, float] = {}
        """Run id -> when that was (monotonic seconds)."""

    def refresh(self, run_id: str, dataset_id: str, facet: str, decisions: Decisions) -> None:
        """Make the placements of a run, unless they are as they would be made now.

        Args:
            facet: the ground truth to show, or "".
            decisions: where a person put clusters and images. Names and meanings are not in the table: an edit that
                changes nothing else costs nothing here.
        """
        asked = (facet, decisions)  # compared too: another session may have read the edits a moment earlier
        if self._fresh.get(run_id) == (self._db.version(run_id, dataset_id), *asked):
            return
        if self._fresh.get(run_id, ())[1:] == asked and self._may_wait(run_id):
            return
        with self._making:  # one session makes them, those that wait find them made
            now = (self._db.version(run_id, dataset_id), *asked)
            if self._fresh.get(run_id) != now and self._is_made(run_id, dataset_id, facet, decisions):
                self._fresh[run_id], self._made[run_id] = now, time.monotonic()

    def _may_wait(self, run_id: str) -> bool:
        """Whether the placements may be a second old: a run at work saves many times a second, and all that look on
        would make them each time. When it ends, its status is new, and they are made."""
        rows = self._db.read_kept([run_id], "SELECT status FROM run WHERE id = ?", [run_id])
        return rows == [("running",)] and time.monotonic() - self._made[run_id] < _OLDEST_SECONDS

    def _is_made(self, run_id: str, dataset_id: str, facet: str, decisions: Decisions) -> bool:
        """Whether the placements are as they would be made now; if not, make them, or only those that a person has
        placed otherwise since."""
        data = self._version(run_id, dataset_id, facet) + _MAKE  # an earlier version's are made anew
        version = data + decisions.version
        if self._db.read("SELECT 1 FROM placed WHERE run_id = ? AND version = md5(?)", [run_id, version]):
            self._made_from[run_id] = (data, decisions)
            return True
        known, before = self._made_from.get(run_id, ("", Decisions()))
        differing = decisions.differing(before) if known == data else None
        placed = decisions if differing is None else decisions.only(differing)
        values = {"run": run_id, "dataset": dataset_id, "facet": facet, **placed.values()}
        values |= {"old": list(decisions.clusters), "new": list(decisions.clusters.values())}
        values["only"] = None if differing is None else sorted(differing)
        with self._db.write(run_id) as cursor:
            gone = "run_id = $run AND ($only IS NULL OR item_id IN (SELECT unnest($only::VARCHAR[])))"
            cursor.execute(f"DELETE FROM placement WHERE {gone}", {key: values[key] for key in ("run", "only")})
            sql = "SELECT coalesce(max(position), -1) + 1 FROM dataset_item WHERE dataset_id = ?"
            (number,) = cursor.execute(sql, [dataset_id]).fetchall()[0]
            for first in range(0, number, _AT_ONCE if differing is None else number):
                end = number if differing is not None else first + _AT_ONCE
                cursor.execute(_MAKE, values | {"first": first, "end": end})
            cursor.execute("INSERT OR REPLACE INTO placed VALUES (?, md5(?))", [run_id, version])
        self._made_from[run_id] = (data, decisions)
        return False

    def _version(self, run_id: str, dataset_id: str, facet: str) -> str:
        """What the placements are made from, a person's edits apart; changes whenever that does.

        A hash of several values ends with the plain XOR of the last one's, which two rows that change alike cancel out.
        So it is hashed once more.
        """
        of_row = "count(*), bit_xor(hash(hash({})))"
        held = f"SELECT {of_row.format('step, item_id, call_key, failure, stale')} FROM result WHERE run_id = ?"
        items = f"SELECT {of_row.format('item_id, status')} FROM dataset_item WHERE dataset_id = ?"
        truth = f"SELECT {of_row.format('item_id, class')} FROM truth WHERE dataset_id = ? AND facet = ?"
        asked = ((held, [run_id]), (items, [dataset_id]), (truth, [dataset_id, facet]))
        return repr([self._db.read(sql, values) for sql, values in asked])

    def search(self, run_id: str, query: Query, limit: int, offset: int = 0) -> list[Placement]:
        """At most `limit` items from place `offset` on. Costs the same at either end of a long list."""
        wanted, values = where(run_id, query)
        backwards = False
        if offset > limit:
            beyond = self.count(run_id, query) - offset
            if beyond < offset:  # nearer to the end: sort in the opposite order and reverse the page
                backwards, limit = True, min(limit, max(beyond, 0))
                offset = beyond - limit
        order = order_by(query.order, backwards)
        # Select the ids first and their rows afterwards: sorting whole rows would be most of the work.
        sql = (
            f"SELECT {_COLUMNS} FROM placement WHERE rowid IN "
            f"(SELECT rowid FROM placement WHERE {wanted} ORDER BY {order} LIMIT ? OFFSET ?) "
            f"ORDER BY {order_by(query.order)}"
        )
        return [Placement(*row) for row in self._read(run_id, sql, [*values, limit, max(offset, 0)], query)]

    def examples(self, run_id: str, number: int) -> list[Placement]:
        """The surest items of each cluster, and of each state outside all clusters, the surest first."""
        return [
            Placement(*row)
            for row in self._read(
                run_id,
                f"SELECT {_COLUMNS} FROM placement WHERE rowid IN (SELECT unnest(max_by(rowid, "
                f"{{'sure': {SURENESS}, 'place': -position}}, {number:d})) FROM placement WHERE run_id = ? "
                f"GROUP BY state, cluster_id) ORDER BY {order_by('sure')}",
                [run_id],
            )
        ]

    def count(self, run_id: str, query: Query) -> int:
        wanted, values = where(run_id, query)
        return int(self._read(run_id, f"SELECT count(*) FROM placement WHERE {wanted}", values, query)[0][0])

    def flow(self, run_id: str, other: str) -> list[tuple[str, str, int]]:
        """(group in one run, group in the other, how many items) over the items that both hold; see `Flow`."""
        rows = self._db.read_kept([run_id, other], COUNT, [run_id, other])
        return [(here, there, number) for here, there, number in rows]

    def paired(self, run_id: str, other: str, after: int, limit: int) -> list[tuple[int, str, str, str]]:
        """(position, name, group in one run, in the other) of the next so many of these items, in the order given."""
        return self._db.read(EACH, [run_id, other, after, limit])

    def groups(self, run_id: str) -> list[tuple[str, str, str]]:
        """(item id, name, group) of all items, in the order given; see `Flow` for what a group is."""
        return self._db.read(GROUPS, [run_id])

    def against(self, run_id: str, dataset_id: str, facet: str) -> list[tuple[str, str, int]]:
        """(class, cluster id or "", how many items) over the items that have a class in this facet."""
        return self._db.read_kept([run_id, dataset_id], AGAINST, [run_id, dataset_id, facet])

    def files(self, run_id: str, query: Query) -> dict[tuple[str, str], int]:
        """(state, cluster id) -> how many files there are of a query's items, exact duplicates included."""
        sql, values = _files(run_id, query)
        rows = self._db.read(f"SELECT state, cluster_id, count(*) {sql} GROUP BY ALL", values)
        return {(state, cluster): number for state, cluster, number in rows}

    def file_names(self, run_id: str, query: Query) -> list[str]:
        """What these files are called."""
        sql, values = _files(run_id, query)
        return [name for (name,) in self._db.read(f"SELECT i.name {sql}", values)]

    def filed(self, run_id: str, query: Query, after: int, limit: int) -> list[tuple[int, str, str, str, str]]:
        """(position, item id, name, state, cluster id) of the next so many of these files, in the order given."""
        sql, values = _files(run_id, query)
        sql = f"SELECT i.position, i.item_id, i.name, p.state, p.cluster_id {sql} AND i.position > ? ORDER BY 1 LIMIT ?"
        return self._db.read(sql, [*values, after, limit])

    def place(self, run_id: str, query: Query, item_id: str) -> int | None:
        """How many items of the query come before this one; None when it is not among them."""
        wanted, values = where(run_id, query)
        sql = (
            f"WITH found AS (SELECT item_id, position, name, {SURENESS} AS sureness FROM placement WHERE {wanted}), "
            "own AS (SELECT * FROM found WHERE item_id = ?) "
            f"SELECT (SELECT count(*) FROM found WHERE {before(query.order)}) FROM own"
        )
        found = self._read(run_id, sql, [*values, item_id], query)
        return int(found[0][0]) if found else None

    def counts(self, run_id: str) -> dict[tuple[str, str], int]:
        """(state, cluster id) -> how many items."""
        sql = "SELECT state, cluster_id, count(*) FROM placement WHERE run_id = ? GROUP BY ALL"
        rows = self._read(run_id, sql, [run_id])
        return {(state, cluster): number for state, cluster, number in rows}

    def earlier(self, run_id: str) -> int:
        """How many assignments an edit has made out of date."""
        sql = "SELECT count(*) FROM placement WHERE run_id = ? AND earlier"
        return int(self._read(run_id, sql, [run_id])[0][0])

    def confusion(self, run_id: str) -> list[tuple[str, str, int]]:
        """(class, cluster id or "", how many items) over the items with ground truth."""
        sql = "SELECT truth, cluster_id, count(*) FROM placement WHERE run_id = ? AND truth <> '' GROUP BY ALL"
        return [(name, cluster, number) for name, cluster, number in self._read(run_id, sql, [run_id])]

    def frequent(self, run_id: str, column: Literal["label", "reason"]) -> list[tuple[str, str, str, int]]:
        """(state, cluster id, value, how many items) for each value of a column, the commonest first."""
        sql = (
            f"SELECT state, cluster_id, {column}, count(*) FROM placement WHERE run_id = ? AND {column} <> '' "
            "GROUP BY ALL ORDER BY 4 DESC, 3"
        )
        return [(state, cluster, value, number) for state, cluster, value, number in self._read(run_id, sql, [run_id])]

    def _read(self, run_id: str, sql: str, values: list[Any], query: Query | None = None) -> Rows:
        about = [run_id, query.flow.run_id] if query and query.flow else [run_id]
        about += ["reading"] if query and query.words else []  # what is written in images is searched too
        return self._db.read_kept(about, sql, values)


_COLUMNS = ", ".join(Placement.__slots__)


def _files(run_id: str, query: Query) -> tuple[str, list[Any]]:
    wanted, values = where(run_id, query)
    return (
        f"FROM (SELECT run_id, item_id, state, cluster_id FROM placement WHERE {wanted}) p "
        "JOIN run ON run.id = p.run_id JOIN dataset_item i ON i.dataset_id = run.dataset_id AND i.item_id = p.item_id "
        "WHERE i.status IN ('ready', 'duplicate')"
    ), values


_MAKE = f"""
INSERT INTO placement
WITH part AS (
    SELECT position, item_id, name FROM dataset_item
    WHERE dataset_id = $dataset AND status = 'ready' AND position >= $first AND position < $end
        AND ($only IS NULL OR item_id IN (SELECT unnest($only::VARCHAR[])))
), held AS (
    SELECT item_id,
        max(value) FILTER (step = 'describe') AS described,
        max(value) FILTER (step = 'label') AS labelled,
        max(value) FILTER (step = 'assign') AS assigned,
        min({{'at': step_order, 'why': failure}}) FILTER (failure <> '') AS failed,
        coalesce(bool_or(stale) FILTER (step = 'assign'), false) AS stale
    FROM (
        SELECT r.item_id, r.step, r.failure, r.stale, if(r.failure = '', a.value, NULL) AS value,
            list_position(['describe', 'label', 'assign'], r.step) AS step_order
        FROM result r LEFT JOIN answer a USING (call_key)
        WHERE r.run_id = $run AND r.step IN ('describe', 'label', 'assign')
            AND r.item_id IN (SELECT item_id FROM part)
    )
    GROUP BY item_id
), today AS (
    SELECT unnest($old::VARCHAR[]) AS old, unnest($new::VARCHAR[]) AS new
), placed AS (
    {PLACED}
), routed AS (
    {ROUTED}
), labelled AS (
    SELECT *, coalesce(json_extract_string(labelled, '$'), '') AS label,
        json_extract_string(assigned, '$.cluster_id') AS chosen FROM held
), whole AS (
    SELECT i.position, i.item_id, i.name, h.assigned, h.stale, coalesce(p.place, r.place) IS NOT NULL AS moved,
        coalesce(p.source, 'person') AS source, p.confidence,
        coalesce(p.place, r.place, t.new, '') AS cluster_id, coalesce(h.failed.why, '') AS failure,
        coalesce(g.class, '') AS truth, coalesce(h.label, '') AS label,
        coalesce(json_extract_string(h.described, '$.text'), '') AS description
    FROM part i
    LEFT JOIN labelled h ON h.item_id = i.item_id
    LEFT JOIN placed p ON p.item_id = i.item_id
    LEFT JOIN routed r ON r.chosen = h.chosen AND r.label = h.label
    LEFT JOIN today t ON t.old = h.chosen
    LEFT JOIN truth g ON g.dataset_id = $dataset AND g.facet = $facet AND g.item_id = i.item_id
)
SELECT $run, position, item_id, name,
    CASE WHEN cluster_id <> '' THEN 'assigned' WHEN failure <> '' THEN 'failed'
        WHEN NOT moved AND json_extract(assigned, '$.undecided') = 'true' THEN 'pending'
        WHEN assigned IS NOT NULL OR moved THEN 'unassigned' ELSE 'pending' END,
    cluster_id,
    CASE WHEN moved THEN source WHEN cluster_id = '' THEN 'none'
        WHEN json_extract(assigned, '$.propagated') = 'true' THEN 'propagated' ELSE 'model' END,
    CASE WHEN cluster_id = '' THEN NULL WHEN moved THEN confidence
        ELSE json_extract_string(assigned, '$.confidence')::DOUBLE END,
    label, description, truth,
    CASE WHEN failure <> '' THEN failure
        WHEN assigned IS NOT NULL AND cluster_id = '' THEN coalesce(json_extract_string(assigned, '$.answer'), '')
        ELSE '' END,
    assigned IS NOT NULL AND NOT moved AND coalesce(stale, false),
    lower(concat_ws(chr(10), description, label, name))
FROM whole ORDER BY position
"""
