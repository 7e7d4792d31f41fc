"""The main script that Streamlit runs for every page; it only calls ui.frame.

Nothing is imported outside the guard, on purpose: the processes that decode images start by loading the main script of
the server again (multiprocessing's "spawn"), and there it must cost nothing and do nothing.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ui.frame import show

    show()
