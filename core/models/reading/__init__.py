"""Reads what is written in images: text lines with their places, by a small network that comes with a package."""
