"""The command line: `python -m core COMMAND ...` does what the app does, unattended, and writes files.

Exit status: 0 done, 1 done with failures listed (or ended early, with what was answered written), 2 unusable input with
one clear sentence on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from core.cli.options import parser
from core.errors import BadInput, FacetryError, sentence
from core.typed_path import as_text, is_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        _check_words(sys.argv[1:] if arguments is None else arguments)
        options = parser().parse_args(arguments)
        return int(resolve_name(options.act)(options))
    except FacetryError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        said = sentence(error)
        if not said:
            raise
        print(said, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the same command continues.", file=sys.stderr)
        return 130


def _check_words(words: Sequence[str]) -> None:
    """Raise BadInput for what cannot be kept or shown."""
    for word in words:
        if not is_text(word):
            raise BadInput(f"“{as_text(word)}” is no text in UTF-8. Write it anew, or rename the file or folder.")
