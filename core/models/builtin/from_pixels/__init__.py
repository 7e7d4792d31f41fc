"""What the built-in engine makes of pixels."""
