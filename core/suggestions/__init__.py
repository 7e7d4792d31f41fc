"""Criteria worth trying for a dataset, each with a number of groups and what the groups would look like.

`suggest.py` makes them: from label columns that were given (`labels.py`), from a sample that the built-in engine looks
at (`sample.py`, `from_evidence.py`, `from_texts.py`), and, where a person asks for it, from a chat model
(`from_chat.py`). X-Cluster (Liu et al., arXiv 2410.05217) set the task: to propose
the criteria of a collection as well as its groups.
"""
