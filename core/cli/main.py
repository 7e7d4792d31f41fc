"""The command line: `python -m core COMMAND ...` does what the app does, unattended, and writes files.

Exit status: 0 done, 1 done with failures listed (or ended early, with what was answered written), 2 unusable input with
one clear sentence on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from core.cli.options import parser
from core.errors import FacetryError, sentence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        options = parser().parse_args(arguments)
        return int(resolve_name(options.act)(options))
    except FacetryError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        if not sentence(error):
            raise
        print(sentence(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the same command continues.", file=sys.stderr)
        return 130
