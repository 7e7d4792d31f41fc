"""Puts a damaged database together again: from what can be read of it and of its log, and from the copies of finished
steps."""
