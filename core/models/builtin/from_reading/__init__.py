"""What the built-in engine makes of the text that was read in images."""
