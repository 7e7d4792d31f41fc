"""Every sentence a person reads, as `text.NAME`: gathered from `ui/texts`, a file a page, in the language they chose.

Plain words: "group", not "cluster"; K and the like only in help texts. Values that come from images, models or file
names are put in by the caller, after `ui.components.safe.safe_md`. A text is looked up when it is used: one that is
used while a module is imported stays English.
"""

# ruff: noqa: F403 - this module is the list of what it gathers
from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ui import texts
from ui.language import tr

if TYPE_CHECKING:
    from ui.texts.baseline import *
    from ui.texts.browse import *
    from ui.texts.catalogue import *
    from ui.texts.check import *
    from ui.texts.clusters import *
    from ui.texts.common import *
    from ui.texts.compare import *
    from ui.texts.connect import *
    from ui.texts.door import *
    from ui.texts.edits import *
    from ui.texts.estimate import *
    from ui.texts.evaluate import *
    from ui.texts.export import *
    from ui.texts.focus import *
    from ui.texts.group import *
    from ui.texts.help import *
    from ui.texts.images import *
    from ui.texts.import_results import *
    from ui.texts.map import *
    from ui.texts.more_options import *
    from ui.texts.names import *
    from ui.texts.outliers import *
    from ui.texts.place_image import *
    from ui.texts.run import *
    from ui.texts.start import *
    from ui.texts.suggestions import *

_ALL: dict[str, Any] = {
    name: value
    for module in iter_modules(texts.__path__)
    for name, value in vars(import_module(f"ui.texts.{module.name}")).items()
    if not name.startswith("_")
}


def __getattr__(name: str) -> Any:
    try:
        value = _ALL[name]
    except KeyError:
        raise AttributeError(f"no text is called {name}") from None
    return tr(value) if name.isupper() else value
