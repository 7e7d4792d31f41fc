"""Puts a damaged database together again: exactly where its own checksums allow it, else from what can be read of it
and from the copies of finished steps."""
