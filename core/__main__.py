"""`python -m core`."""

import gc
import os
import sys
import threading

_OBJECTS = 50_000
"""Made between two sweeps for circles: at 700, sweeping what a large run holds took a sixth of its processor time."""

if __name__ == "__main__":
    gc.set_threshold(_OBJECTS)
    from core.cli.main import main  # here: a spawned process may load this module again, and needs nothing of it

    status = main()
    if any(thread.daemon and thread.name.startswith("facetry") for thread in threading.enumerate()):
        # A call to a server that nobody waits for any more would hold what the database library then calls leaks.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
