"""Learns from what a person showed, says what to ask next, and how good the groups are. Pure: no store, no model."""
