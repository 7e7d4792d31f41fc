"""One short request to the text model before a run asks anything else: what would end the later steps is found out
before the first ones are paid for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from core.domain import Failed
from core.engine.requests import Answer, Ask, Work
from core.errors import FacetryError
from core.models.roles import Rehearsing, TextModel


class Rehearsal:
    """The rehearsal of one pass. Safe to use from the threads that ask."""

    def __init__(self, model: TextModel) -> None:
        self._model: TextModel | None = model
        self._error: FacetryError | None = None
        self._lock = threading.Lock()

    def before(self, ask: Ask) -> Ask:
        """The same, but the model is rehearsed before the first call. Raises what that raised, in every call."""

        def call(batch: Sequence[Work]) -> Sequence[Answer | Failed]:
            with self._lock:
                model, self._model = self._model, None
                if isinstance(model, Rehearsing):
                    try:
                        model.rehearse()
                    except FacetryError as error:
                        self._error = error
            if self._error is not None:
                raise type(self._error)(str(self._error))
            return ask(batch)

        return call
