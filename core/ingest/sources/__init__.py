"""Where images come from, a file a kind of source."""
