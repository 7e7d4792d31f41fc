"""Hugging Face checkpoints as a chat backend."""
