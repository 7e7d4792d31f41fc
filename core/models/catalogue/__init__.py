"""Models that can be had at a button: which there are, what lies here of them, and how they are fetched and tried."""
