"""Asks models: one loop that knows no store and no model."""
