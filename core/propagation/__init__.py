"""Spreads the clusters of a few images to all that are like them."""
