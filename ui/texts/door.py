"""Words at the door: for who is refused, and for the terminal window in which Facetry was started."""

from __future__ import annotations

from typing import Final

REFUSED_TITLE: Final = "Facetry is not open to you here"
REFUSED: Final = (
    "The right address stands in the terminal window in which Facetry was started, in the line that has “token=”."
)
LOGIN_LOCAL: Final = "  From another account or computer: {address}"
LOGIN_OPEN: Final = "  Everybody needs this address, you included: {address}"
LOGIN_HIDDEN: Final = (
    "  Others need an address with a token. It is not printed, as other accounts can read the file that this goes to."
)
