"""`python -m core`."""

import os
import sys
import threading

if __name__ == "__main__":
    from core.cli.main import main  # here: a spawned process may load this module again, and needs nothing of it

    status = main()
    if any(thread.daemon and thread.name.startswith("facetry") for thread in threading.enumerate()):
        # A call to a server that nobody waits for any more would hold what the database library then calls leaks.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
