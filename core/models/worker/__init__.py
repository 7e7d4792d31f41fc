"""Local chat models in a process of their own, so that a crash of their native code ends no other."""
