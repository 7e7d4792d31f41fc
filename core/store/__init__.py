"""Everything that is kept: one DuckDB file a workspace, behind one class."""

from core.store.store import Store

__all__ = ["Store"]
