"""Where the items of one run are in another: the join of their placements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GROUP = "if({0}.cluster_id = '', {0}.state, {0}.cluster_id)"
"""The group that a placement is in: a cluster's id, or its state outside all clusters."""
COUNT = (
    f"SELECT {GROUP.format('here')}, {GROUP.format('there')}, count(*) FROM placement here JOIN placement there "
    "USING (item_id) WHERE here.run_id = ? AND there.run_id = ? GROUP BY ALL"
)
"""(group in the first run, group in the second, how many items) over the items that both hold."""

EACH = (
    f"SELECT here.position, here.name, {GROUP.format('here')}, {GROUP.format('there')} FROM placement here "
    "JOIN placement there USING (item_id) WHERE here.run_id = ? AND there.run_id = ? AND here.position > ? "
    "ORDER BY 1 LIMIT ?"
)
"""(position, name, group in the first run, group in the second) of the next of these items, in the order given."""


GROUPS = f"SELECT item_id, name, {GROUP.format('placement')} FROM placement WHERE run_id = ? ORDER BY position"
"""(item, name, group) of a run's items, in the order given."""
AGAINST = (
    "SELECT class, cluster_id, count(*) FROM placement JOIN truth USING (item_id) "
    "WHERE run_id = ? AND truth.dataset_id = ? AND facet = ? AND class <> '' GROUP BY ALL"
)
"""(class, cluster id or "", how many items) over the items that a column of ground truth labels, whatever the run was
compared with."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A condition on the items of a run: in which groups they are in it and in another run.

    Attributes:
        run_id: the other run, whose placements must be as they would be made now.
        pairs: any of these (group here, group there); a group is a cluster's id or a state outside all clusters.
    """

    run_id: str
    pairs: tuple[tuple[str, str], ...]

    def where(self, run_id: str) -> tuple[str, list[Any]]:
        """The condition on items of a run, and its values."""
        sql = (
            "item_id IN (SELECT item_id FROM placement here JOIN placement there USING (item_id) "
            f"WHERE here.run_id = ? AND there.run_id = ? AND ({GROUP.format('here')}, {GROUP.format('there')}) "
            "IN (SELECT (unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))))"
        )
        return sql, [run_id, self.run_id, [here for here, _ in self.pairs], [there for _, there in self.pairs]]
