"""Why a set-up failed, as one sentence for a person."""

from __future__ import annotations

import re


class SetupError(Exception):
    """Set-up cannot go on; the text is for the person and says what to do next."""


REASONS = (
    (r"No space left on device|Errno 28", "the disk is full. Make room, then try again"),
    (
        r"CMAKE_CXX?_COMPILER|Could not find compiler|No CMAKE_\w+ could be found|command '\S*(?:gcc|cc|g\+\+)' failed",
        "llama-cpp-python is compiled here and found no working C and C++ compiler. "
        "On Debian and Ubuntu: sudo apt install build-essential",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "a package is not the one that was pinned, so nothing was installed. Run this again; if it stays, report it",
    ),
    (r"CERTIFICATE_VERIFY_FAILED", "the package index's certificate was not accepted. Check the date and the proxy"),
    (
        r"Temporary failure in name resolution|NewConnectionError|Network is unreachable|Connection refused"
        r"|ConnectTimeout|ReadTimeout|Max retries exceeded|Connection aborted|ProxyError|Could not connect",
        "the package index could not be reached. Check the network (or the proxy) and run this again; "
        "what was downloaded is kept",
    ),
    (
        r"No matching distribution found for (?P<what>\S+)",
        "pip finds no build of {what} for this Python on this kind of computer. Facetry is tested with Python 3.11 on "
        "64-bit Linux",
    ),
    (r"Permission denied|Errno 13", "a file may not be written here. Check who owns this folder and .venv"),
)
"""What to say for the words in pip's output: the first that fits, as a log may also hold network faults it got over."""


def explain(output: str, what: str) -> str:
    """One sentence for a failed step, from the words of the tool that failed."""
    for pattern, reason in REASONS:
        if found := re.search(pattern, output):
            return f"{what} failed: {reason.format(**found.groupdict())}."
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no reason was given"]
    errors = [line for line in lines if line.lower().startswith("error")]
    return f"{what} failed: {(errors or lines[-1:])[0].rstrip('.')}."
