"""Errors written for the person who reads them: one clear sentence and, where there is one, the next step."""

import errno
import os

_FULL = (errno.ENOSPC, errno.EDQUOT)


class FacetryError(Exception):
    """Base of all errors whose text may be shown to a person as it is."""


class BadInput(FacetryError):
    """What the person gave cannot be used; nothing was changed."""


class ModelUnavailable(FacetryError):
    """A model cannot be loaded or reached; the text names the command or setting that helps."""


class Paused(FacetryError):
    """The run waits for something outside it (a server, more credit, a higher cap); nothing is lost, it can go on."""


class TooFewAnswers(FacetryError):
    """Too many items failed for the run to go on; each is kept with its reason."""


class WorkspaceUnavailable(FacetryError):
    """The workspace cannot be opened now: another process has it, or the reason stands in the text. It is as it was."""


class Cancelled(FacetryError):
    """The person stopped the work; what was finished is kept."""

    def __init__(self, said: str = "Stopped. What was finished is kept.") -> None:
        super().__init__(said)


def sentence(error: BaseException) -> str:
    """What an error tells a person, for the places where errors of every kind arrive.

    The text of one of ours; of the system's, what is wrong with which file; "" for a fault of the program.
    """
    if isinstance(error, FacetryError):
        return str(error)
    if not isinstance(error, OSError) or error.errno is None:  # those of network libraries have no number
        return ""
    if error.errno in _FULL:
        return "The disk is full. What was saved is kept. Make room, then try again."
    named = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    shown = named.encode("utf-8", "replace").decode()  # names of files may be any bytes
    return f"{shown or 'A file'} could not be used ({error.strerror or 'unknown reason'})."


def told(error: BaseException) -> str:
    """As `sentence`, with one for a fault of the program too: what stands with work that it ended."""
    return sentence(error) or f"Something unexpected went wrong: {type(error).__name__}."
