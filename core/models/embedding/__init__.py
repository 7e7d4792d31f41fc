"""Sentence embeddings, computed on this computer."""
