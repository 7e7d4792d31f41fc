"""What the built-in engine makes of descriptions and labels."""
