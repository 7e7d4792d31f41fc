"""Opens the dialog of the page Names that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from core.pipeline.split import members
from core.results.edited import Edited
from ui.clusters import opened
from ui.clusters.group_data import Group
from ui.clusters.name_cards import Board
from ui.clusters.name_sets import sets_dialog
from ui.clusters.several import merge_dialog
from ui.clusters.split_dialog import labels_dialog, split_dialog
from ui.clusters.suggest_again import suggest_dialog
from ui.session import state


def show(board: Board, edited: Edited, groups: Sequence[Group]) -> None:
    """Draw what is open; a dialog about a group that has gone closes."""
    kind, about = opened.asked(board.run.id)
    by_id = {group.cluster.id: group for group in groups}
    own = [by_id[key] for key in about if key in by_id]
    match kind:
        case "suggest":
            suggest_dialog(board.run, edited, int(about[0]) if about else 0)
        case "sets":
            sets_dialog(board.run, edited.clusters)
        case "merge" if len(own) == len(about) > 1:
            merge_dialog(board.run, [group.counted() for group in own])
        case "split" if own:
            cluster = own[0].cluster
            held = members(state.workspace().store, board.run, cluster.id)
            split_dialog(board.run, cluster, held, board.others(cluster))
        case "labels" if own:
            labels_dialog(board.run, own[0].cluster, own[0].labels, board.others(own[0].cluster))
        case _:
            opened.close()
