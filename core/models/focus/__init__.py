"""Finds the part of an image that a person wants looked at: a block of text, the main subject, a thing by its name."""
