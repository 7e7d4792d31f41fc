"""Hugging Face checkpoints in this process, as a chat backend."""
