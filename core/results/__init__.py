"""What a run says, with what the person decided."""
