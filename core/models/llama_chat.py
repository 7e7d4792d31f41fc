"""GGUF files through llama-cpp-python, in this process, as a chat backend for the text steps.

Replies are constrained by a grammar made from the wanted JSON Schema, so that even a tiny model answers in form. Images
(an mmproj file beside the model) are not supported yet.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.backend import Can, Reply, Request

INSTALL = "python3 start.py install"
_CONTEXT = 4096
_MAX_TOKENS = 1024


class LlamaChat:
    """One GGUF model. It answers one request at a time: its state is one conversation."""

    can = Can(schema=True)

    def __init__(self, path: str) -> None:
        """path: a .gguf file on this computer. Raises ModelUnavailable when it, or the package, is not there."""
        file = Path(path).expanduser()
        if not path or not file.is_file():
            raise ModelUnavailable(f"There is no GGUF file “{path}”. Give one as llama_cpp:/path/to/model.gguf")
        try:
            import llama_cpp
        except ImportError:
            raise ModelUnavailable(
                f"GGUF models need llama-cpp-python, which compiles. Add it with: {INSTALL}"
            ) from None
        stat = file.stat()
        self.id = f"llama_cpp:{file.name}:{stat.st_size}"
        self._lock = threading.Lock()
        try:
            self._model: Any = llama_cpp.Llama(str(file), n_ctx=_CONTEXT, seed=0, verbose=False)
        except (ValueError, RuntimeError, OSError):
            raise ModelUnavailable(f"“{file.name}” cannot be loaded as a GGUF model. Download it again.") from None

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        """Answer one request; greedy, so that the same request gets the same reply."""
        if request.image is not None:
            return Failed("This model cannot see images. Choose another vision model.")
        options: dict[str, Any] = {}
        if request.schema is not None:
            options["response_format"] = {"type": "json_object", "schema": dict(request.schema)}
        messages = [{"role": "user", "content": request.text}]
        try:
            with self._lock:
                answer = self._model.create_chat_completion(
                    messages, temperature=0.0, max_tokens=_MAX_TOKENS, **options
                )
        except ValueError as error:
            if "context" in str(error).lower() or "tokens" in str(error).lower():
                return Failed(f"The text is too long for this model ({_CONTEXT:,} tokens).")
            return Failed("The model could not answer this request.")
        usage = answer.get("usage", {})
        text = answer["choices"][0]["message"].get("content") or ""
        return Reply(text, usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))
