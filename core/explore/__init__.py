"""Looks over images without asking a model: maps of them, and those that are unlike the others."""
