"""The cache of what models said (by call key) and measured (by item), and what each run holds of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from core.domain import Held, StepStats, Vector
from core.engine.in_flight import Claims
from core.engine.requests import Outcome
from core.store.database import Database, insert_rows, now
from core.store.runs import write_stats


class HeldAnswer(NamedTuple):
    """What a run holds of an item for one step. failure: why there is no answer, or "". stale: an edit touched it."""

    key: str
    failure: str = ""
    stale: bool = False


class Answers:
    """Tables answer, evidence, result. claims: the keys that are being asked about now by users of this store."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.claims = Claims()

    def lookup(self, keys: Sequence[str]) -> dict[str, str]:
        """Call key -> stored value (JSON), for the keys that were answered before."""
        rows = self._db.read(
            "SELECT call_key, value FROM answer WHERE call_key IN (SELECT unnest(?::VARCHAR[]))", [list(keys)]
        )
        return dict(rows)

    def save(
        self,
        run_id: str | None,
        step: Held,
        model: str,
        evidence_model: str | None,
        outcomes: Sequence[Outcome],
        stats: Mapping[str, StepStats] | None = None,
    ) -> None:
        """Keep new answers with their evidence, and note for every outcome what the run now holds. One transaction.

        run_id: None if no run holds them; they are kept for later requests. stats: what the run's steps did and cost
        with these answers, so that after a crash both are known or neither.
        """
        new = [outcome for outcome in outcomes if outcome.answer is not None]
        with self._db.write(run_id or "answer", *(["run"] if stats else [])) as cursor:
            answers = [(o.work.key, step, model, o.answer.value, now()) for o in new if o.answer]
            if answers:
                insert_rows(cursor, "answer", answers)
            vectors = [
                (evidence_model, o.work.item_id, space, vector.astype(np.float16).tobytes())
                for o in new
                if o.answer and o.answer.asked and evidence_model
                for space, vector in o.answer.evidence.items()
            ]
            if vectors:
                insert_rows(cursor, "evidence", vectors)
            extra = [(key, step, model, value, now()) for o in new if o.answer for key, value in o.answer.also]
            if extra:
                insert_rows(cursor, "answer", extra)
            raw = {o.work.key: (hashlib.sha256(o.raw.encode()).hexdigest(), o.raw) for o in outcomes if o.raw}
            if raw:
                insert_rows(cursor, "reply", list(set(raw.values())))
                insert_rows(cursor, "replied", [(key, reply) for key, (reply, _) in raw.items()])
            held = {
                o.work.item_id: (run_id, step, o.work.item_id, o.work.key, o.failure, False, o.kind) for o in outcomes
            }
            if held and run_id is not None:
                insert_rows(cursor, "result", list(held.values()))
            if stats and run_id is not None:
                write_stats(cursor, run_id, stats)

    def raw(self, key: str) -> str:
        """What the model said, word for word, when a key was last asked; "" where nothing was kept."""
        found = self._db.read("SELECT text FROM reply JOIN replied ON reply.id = reply_id WHERE call_key = ?", [key])
        return str(found[0][0]) if found else ""

    def kinds(self, run_id: str) -> dict[str, dict[str, int]]:
        """Step -> kind of failure -> how many items a run holds as failed so, the commonest first."""
        rows = self._db.read_kept(
            [run_id],
            "SELECT step, kind, count(*) AS number FROM result WHERE run_id = ? AND failure <> '' GROUP BY ALL "
            "ORDER BY number DESC, kind",
            [run_id],
        )
        found: dict[str, dict[str, int]] = {}
        for step, kind, number in rows:
            found.setdefault(step, {})[kind or "failed"] = number
        return found

    def held(self, run_id: str, step: Held, items: Sequence[str] | None = None) -> dict[str, HeldAnswer]:
        """Item id -> what a run holds for a step, for all items or some."""
        sql = "SELECT item_id, call_key, failure, stale FROM result WHERE run_id = ? AND step = ?"
        values: list[Any] = [run_id, step]
        if items is not None:
            sql += " AND item_id IN (SELECT unnest(?::VARCHAR[]))"
            values.append(list(items))
        rows = self._db.read(sql, values)
        return {item: HeldAnswer(key, failure, stale) for item, key, failure, stale in rows}

    def values(self, run_id: str, step: Held, items: Sequence[str] | None = None) -> dict[str, str]:
        """Item id -> value (JSON) of the answers a run holds, for all items or some; failures are left out."""
        sql = "SELECT r.item_id, a.value FROM result r JOIN answer a USING (call_key) WHERE r.run_id = ? AND r.step = ?"
        values: list[Any] = [run_id, step]
        if items is not None:
            sql += " AND r.item_id IN (SELECT unnest(?::VARCHAR[]))"
            values.append(list(items))
        return dict(self._db.read(sql + " AND r.failure = ''", values))

    def answered(self, run_id: str, dataset_id: str, *steps: Held) -> list[str]:
        """The usable items of a dataset, in the order given, of which a run holds an answer for each of these steps."""
        columns = self._db.read_columns(
            "SELECT i.item_id FROM dataset_item i SEMI JOIN (SELECT item_id FROM result "
            "WHERE run_id = $1 AND failure = '' AND step IN (SELECT unnest($3::VARCHAR[])) "
            "GROUP BY item_id HAVING count(*) = $4) r ON r.item_id = i.item_id "
            "WHERE i.dataset_id = $2 AND i.status = 'ready' ORDER BY i.position",
            [run_id, dataset_id, list(steps), len(steps)],
        )
        found: list[str] = columns["item_id"].tolist()
        return found

    def value(self, run_id: str, step: Held, item: str) -> str | None:
        """The answer (JSON) that a run holds of one item, or None."""
        rows = self._db.read_kept(
            [run_id],
            "SELECT a.value FROM result r JOIN answer a USING (call_key) "
            "WHERE r.run_id = ? AND r.step = ? AND r.item_id = ? AND r.failure = ''",
            [run_id, step, item],
        )
        return str(rows[0][0]) if rows else None

    def drop(self, run_id: str, step: Held) -> None:
        """The run holds nothing for this step any more; the answers stay known by their keys."""
        with self._db.write(run_id) as cursor:
            cursor.execute("DELETE FROM result WHERE run_id = ? AND step = ?", [run_id, step])

    def evidence(self, model: str, ids: Sequence[str]) -> dict[str, Vector]:
        """Space -> (len(ids), d) float32 of what `model` measured; rows of NaN where an item has none."""
        columns = self._db.read_columns(
            "SELECT item_id, space, vector FROM evidence WHERE model = ? AND item_id IN (SELECT unnest(?::VARCHAR[]))",
            [model, list(ids)],
        )
        place = {item: row for row, item in enumerate(ids)}
        spaces: dict[str, Vector] = {}
        for item, space, blob in zip(columns["item_id"], columns["space"], columns["vector"], strict=True):
            vector = np.frombuffer(blob, dtype=np.float16)
            if space not in spaces:
                spaces[space] = np.full((len(ids), len(vector)), np.nan, dtype=np.float32)
            spaces[space][place[item]] = vector
        return spaces

    def models(self, run_id: str) -> dict[str, list[str]]:
        """Step -> the ids of the models whose answers a run holds."""
        rows = self._db.read(
            "SELECT r.step, list(DISTINCT a.model ORDER BY a.model) FROM result r JOIN answer a USING (call_key) "
            "WHERE r.run_id = ? AND r.failure = '' GROUP BY r.step",
            [run_id],
        )
        return dict(rows)

    def evidence_models(self, run_id: str) -> list[str]:
        """The ids of the evidence that there is of the images that a run has described."""
        rows = self._db.read(
            "SELECT DISTINCT model FROM evidence WHERE item_id IN "
            "(SELECT item_id FROM result WHERE run_id = ? AND step = 'describe' AND failure = '') ORDER BY model",
            [run_id],
        )
        return [model for (model,) in rows]

    def step_counts(self, run_id: str) -> Mapping[str, tuple[int, int]]:
        """Step -> (items held, of which failed)."""
        rows = self._db.read_kept(
            [run_id],
            "SELECT step, count(*), count(*) FILTER (failure <> '') FROM result WHERE run_id = ? GROUP BY step",
            [run_id],
        )
        return {step: (held, failed) for step, held, failed in rows}

    def answered_apart(self, run_id: str, other: str) -> int:
        """For how many images two runs hold assignments that were asked for otherwise."""
        rows = self._db.read_kept(
            [run_id, other],
            "SELECT count(*) FROM result a JOIN result b USING (item_id, step) "
            "WHERE a.run_id = ? AND b.run_id = ? AND step = 'assign' AND a.call_key <> b.call_key",
            [run_id, other],
        )
        return int(rows[0][0])

    def backup(self, run_id: str, step: Held) -> None:
        """Copy what a finished step wrote to Parquet, so that a damaged database file loses nothing paid for."""
        of_step = "SELECT call_key FROM result WHERE run_id = ? AND step = ?"
        queries: dict[str, tuple[str, Sequence[Any]]] = {
            "answer": (f"SELECT * FROM answer WHERE call_key IN ({of_step})", [run_id, step]),
            "replied": (f"SELECT * FROM replied WHERE call_key IN ({of_step})", [run_id, step]),
            "reply": (
                f"SELECT * FROM reply WHERE id IN (SELECT reply_id FROM replied WHERE call_key IN ({of_step}))",
                [run_id, step],
            ),
        }
        if step == "describe":
            of_items = "SELECT item_id FROM result WHERE run_id = ? AND step = ?"
            queries["evidence"] = (f"SELECT * FROM evidence WHERE item_id IN ({of_items})", [run_id, step])
        self._db.backup(f"{run_id}-{step}", queries)
