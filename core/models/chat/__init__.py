"""Any chat model in both roles: what a backend is, what it is asked, how its answers are read."""
