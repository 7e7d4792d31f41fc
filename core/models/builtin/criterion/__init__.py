"""What a person asks for when they type a criterion, and whether the built-in engine can see it."""
