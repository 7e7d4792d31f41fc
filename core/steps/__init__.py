"""The four steps of IC|TC, and the plan of what each asks."""
