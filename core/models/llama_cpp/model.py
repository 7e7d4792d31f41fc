"""GGUF files through llama-cpp-python as a chat backend, loaded in a process of its own (core/models/worker). With an
mmproj file it sees images.

Replies are held to a grammar made from the wanted JSON Schema, so that even a tiny model answers in form. The same
request gets the same reply: nothing of an earlier one is reused, as that changes the numbers slightly.
"""

from __future__ import annotations

import base64
import ctypes
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import threads
from core.config import config
from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.chat.backend import Can, Reply, Request, Token
from core.models.chat.bounded_schema import brief
from core.models.chat.image_encoding import as_jpeg, part_of_id
from core.models.llama_cpp import gguf_file, grammar
from core.models.llama_cpp.amx import extra_buffers_off
from core.models.parts import next_step
from core.typed_path import typed_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORM = "llama_cpp:/path/to/model.gguf"
SEEING_FORM = f"{FORM}+/path/to/mmproj.gguf"
_VERSION = 3
"""Raised whenever the way of asking changes what is answered."""
_TEMPERATURE = 0.7
_CANDIDATES = 20
_LIKELIEST = 512
_HUB = re.compile(r"([\w.-]+/[\w.-]+):([^:]+\.gguf)", re.IGNORECASE)
_BOTH = re.compile(r"(?<=\.gguf)\+", re.IGNORECASE)


class LlamaChat:
    """One GGUF model. It answers one request at a time: its state is one conversation."""

    def __init__(self, spec: str, on_load: Callable[[str], None] | None = None) -> None:
        """spec: `MODEL.gguf`, or `MODEL.gguf+MMPROJ.gguf` for a model that sees.

        Each is a file on this computer or `REPO/NAME:FILE.gguf` on the Hugging Face hub. on_load: told what is done
        while it loads. Raises ModelUnavailable when a file or the package is missing, a file is none of the right
        kind, or memory does not suffice.
        """
        model, mmproj = files(spec)
        try:
            import llama_cpp
        except ImportError:
            raise ModelUnavailable(
                f"GGUF models run on llama-cpp-python, which is not installed. {next_step('llama_cpp')}"
            ) from None
        header = gguf_file.read(model)
        _check_kind(model, header, mmproj)
        eyes = gguf_file.read(mmproj) if mmproj else None
        self.id = f"llama_cpp:{model.name}:{header.fingerprint}:{_VERSION}"
        if mmproj and eyes:
            self.id += f"+{mmproj.name}:{eyes.fingerprint}{part_of_id(config().image_side)}"
        needed = header.memory + (eyes.size if eyes else 0)
        _check_memory(model, needed, header.context)
        if on_load:
            on_load(f"Loading about {needed / 2**30:.1f} GB.")
        self.can = Can(vision=mmproj is not None, schema=True, probabilities=True)
        self._lock = threading.Lock()
        self._context = header.context
        self._chats = bool(header.chat_template) or mmproj is not None
        self._control = header.control_tokens
        spare = threads.spare()
        handler = chat_handler(model.name, header, str(mmproj)) if mmproj else None
        try:
            with extra_buffers_off(llama_cpp.llama_cpp):
                self._model: Any = llama_cpp.Llama(
                    str(model),
                    n_ctx=self._context,
                    n_threads=spare,  # a core stays with the pages; threads that wait for a busy core slow all down
                    n_threads_batch=spare,
                    chat_handler=handler,
                    verbose=False,
                )
        except (ValueError, RuntimeError, OSError):
            raise ModelUnavailable(
                f"“{model.name}” cannot be loaded: llama-cpp-python does not know this kind of model"
                f" ({header.architecture or 'unnamed'}), or the file is damaged. Download it again, or take another."
            ) from None
        if handler is not None and mmproj is not None:
            try:
                handler._init_mtmd_context(self._model)  # now, not at the first image: a mismatch shows at once
            except (ValueError, RuntimeError, OSError):
                raise ModelUnavailable(
                    f"“{mmproj.name}” does not work with “{model.name}”. Take the mmproj file of the same model."
                ) from None

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        """Answer one request. A reply in form that ran out of room is asked once more with less in it."""
        if request.image is not None and not self.can.vision:
            return Failed("This model cannot see images. Choose another vision model.")
        with self._lock:
            try:
                answer = self._ask(request)
                if answer.cut and request.schema is not None:
                    room = min(request.max_tokens, self._context - answer.prompt_tokens)
                    again = self._ask(request, room=room)
                    return answer if again.cut else again
                return answer
            except (ValueError, RuntimeError, OSError) as error:
                text = str(error).lower()
                if "context" in text or "n_ctx" in text:
                    return Failed(f"The text is too long for this model ({self._context:,} tokens).", "too long")
                return Failed("The model could not answer this request.")
            finally:
                self._model.reset()

    def _ask(self, request: Request, room: int = 0) -> Reply:
        """room: tokens within which the answer must end, where it is told to be brief; 0 otherwise."""
        watch = None
        if request.schema is not None or request.probabilities:
            rules = _grammar(request, room) if request.schema is not None else None
            watch = _Watch(self._model, rules, sampled=request.sample > 0, noting=request.probabilities)
        options: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "temperature": _TEMPERATURE if request.sample else 0.0,
            "seed": request.sample,
            "repeat_penalty": 1.0,  # the same label for many images is wanted
            "logits_processor": [watch] if watch else None,
        }
        self._model.reset()
        try:
            if self._chats:
                message = {"role": "user", "content": self._content(request)}
                answer = self._model.create_chat_completion([message], **options)
                text = answer["choices"][0]["message"].get("content") or ""
            else:  # a base model only continues texts
                stop = None if request.schema is not None else ["\n\n"]
                answer = self._model.create_completion(f"{self._plain(request.text)}\n\nAnswer:", stop=stop, **options)
                text = answer["choices"][0]["text"]
        finally:
            noted = watch.close() if watch else ()
        usage = answer.get("usage", {})
        return Reply(
            text.strip(),
            usage.get("prompt_tokens", 0),
            usage.get("completion_tokens", 0),
            noted,
            cut=answer["choices"][0].get("finish_reason") == "length",
        )

    def _content(self, request: Request) -> str | list[dict[str, Any]]:
        text = self._plain(request.text)
        if request.image is None:
            return text
        data = base64.b64encode(as_jpeg(request.image)).decode()
        image = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
        return [image, {"type": "text", "text": text}]

    def _plain(self, text: str) -> str:
        """The text with the model's control tokens broken: a description must not be able to end the turn."""
        for token in self._control:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


def files(spec: str) -> tuple[Path, Path | None]:
    """The model's file and its mmproj file, fetched from the hub where they are named so. Raises ModelUnavailable."""
    if typed_path(spec).is_file():
        return typed_path(spec), None
    model, *rest = _BOTH.split(spec, maxsplit=1)
    found = _file(model)
    if not rest:
        return found, None
    hub = _HUB.fullmatch(model)
    name = rest[0]
    if "/" not in name and not Path(name).is_file():  # only a name: it lies beside the model
        return found, _file(f"{hub[1]}:{name}" if hub and not Path(model).is_file() else str(found.with_name(name)))
    return found, _file(name)


def _file(name: str) -> Path:
    file = typed_path(name)
    if file.is_file():
        return file
    hub = _HUB.fullmatch(name)
    if hub:
        first, *_ = [_from_hub(hub[1], part) for part in gguf_file.part_names(hub[2])]
        return first
    raise ModelUnavailable(f"There is no GGUF file “{name}”. Give one as {FORM}")


def _from_hub(repo: str, name: str) -> Path:
    """A file of a repository on the Hugging Face hub; from its cache on this computer where it holds it."""
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError:
        raise ModelUnavailable(
            "Models of the Hugging Face hub need huggingface_hub. Add it with: python3 start.py"
        ) from None
    try:
        return Path(huggingface_hub.hf_hub_download(repo, name, local_files_only=True))
    except (errors.LocalEntryNotFoundError, OSError, ValueError):
        pass
    try:
        return Path(huggingface_hub.hf_hub_download(repo, name))
    except errors.GatedRepoError:
        raise ModelUnavailable(f"“{repo}” asks for consent. Give it on its page, then run: hf auth login") from None
    except (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError, errors.HFValidationError):
        raise ModelUnavailable(f"The Hugging Face hub has no file “{name}” in “{repo}”. Check the names.") from None
    except (errors.LocalEntryNotFoundError, OSError, ValueError):
        raise ModelUnavailable(
            f"“{name}” is not on this computer and the Hugging Face hub cannot be reached."
            f" Where there is internet, run: hf download {repo} {name}"
        ) from None


def _check_kind(model: Path, header: gguf_file.Header, mmproj: Path | None) -> None:
    if header.architecture == "clip":
        raise ModelUnavailable(f"“{model.name}” is an mmproj file, the eyes of a model. Give both as {SEEING_FORM}")
    if mmproj is not None and gguf_file.read(mmproj).architecture != "clip":
        raise ModelUnavailable(f"“{mmproj.name}” is no mmproj file. Give both as {SEEING_FORM}")


def _check_memory(model: Path, needed: int, context: int) -> None:
    free = gguf_file.free_memory()
    if free is not None and needed > free:
        raise ModelUnavailable(
            f"“{model.name}” needs about {needed / 2**30:.1f} GB of memory with {context:,} tokens of context, and"
            f" {free / 2**30:.1f} GB are free. Take a smaller model or a smaller quantisation (such as Q4_K_M)."
        )


def chat_handler(name: str, header: gguf_file.Header, mmproj: str) -> Any:
    """What puts an image before a model: by the model's own chat template, or in the form its family is known for."""
    from llama_cpp import llama_chat_format as forms

    family = f"{name} {header.metadata.get('general.name', '')}".lower()
    if "moondream" in family:  # its files carry a template that is not its own
        return forms.MoondreamChatHandler(clip_model_path=mmproj, verbose=False)
    if header.chat_template:
        return _templated(forms, header.chat_template)(clip_model_path=mmproj, verbose=False)
    for word, handler in (
        ("minicpm", forms.MiniCPMv26ChatHandler),
        ("qwen2", forms.Qwen25VLChatHandler),
        ("nanollava", forms.NanoLlavaChatHandler),
        ("1.6", forms.Llava16ChatHandler),
        ("llama-3", forms.Llama3VisionAlphaChatHandler),
    ):
        if word in f"{family} {header.architecture}":
            return handler(clip_model_path=mmproj, verbose=False)
    return forms.Llava15ChatHandler(clip_model_path=mmproj, verbose=False)


def _templated(forms: Any, template: str) -> Any:
    """The library's handler by the model's template; a template that takes only texts gets the image's mark in one."""
    if re.search(r"""['"]type['"]|\.type\b""", template):
        return forms.MTMDChatHandler

    class OneText(forms.MTMDChatHandler):  # type: ignore[misc]  # the library has no type information
        def _get_template_messages(self, messages: Any, media_marker: str) -> list[Any]:
            converted = super()._get_template_messages(messages, media_marker)
            return [{**message, "content": _joined(message["content"])} for message in converted]

    return OneText


def _joined(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def _grammar(request: Request, room: int) -> str:
    assert request.schema is not None
    try:
        return grammar.grammar(brief(request.schema, room) if room else request.schema, room or request.max_tokens)
    except ValueError:  # a keyword that ours does not know
        import json

        from llama_cpp import llama_grammar

        return str(llama_grammar.json_schema_to_gbnf(json.dumps(dict(request.schema))))


class _Watch:
    """Holds an answer to a grammar and notes what the model held likely, token by token.

    The library applies a grammar to the whole vocabulary at every token, which takes longer than a small model does.
    Here the likeliest token is checked, then the next likeliest, and all others only where none of these fits.
    """

    def __init__(self, model: Any, grammar: str | None, *, sampled: bool, noting: bool) -> None:
        import llama_cpp

        self._lib: Any = llama_cpp
        self._model = model
        self._sampled, self._noting = sampled, noting
        self._started = False
        self._last: tuple[NDArray[np.float32], NDArray[np.bool_] | None] | None = None
        self._tokens: list[Token] = []
        self._sampler: Any = None
        if grammar is not None:
            vocabulary = llama_cpp.llama_model_get_vocab(model.model)
            self._sampler = llama_cpp.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
            if not self._sampler:
                raise ValueError("the grammar cannot be read")

    def __call__(self, given: NDArray[np.intc], logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """given: the tokens so far; logits: one for each of the vocabulary. Returns -inf for what is not allowed."""
        if self._started:
            self._chosen(int(given[-1]))
        self._started = True
        logits = np.array(logits, dtype=np.float32)
        if self._sampler is None:
            self._last = (logits, None)
            return logits
        if not self._sampled and not self._noting:
            for likeliest in (1, min(_LIKELIEST, len(logits))):
                best = np.argpartition(logits, -likeliest)[-likeliest:]
                fitting = best[self._allowed(best, logits)]
                if len(fitting):
                    chosen = fitting[logits[fitting].argmax()]
                    held = np.full_like(logits, -np.inf)
                    held[chosen] = logits[chosen]
                    return held
        allowed = self._allowed(np.arange(len(logits)), logits)
        self._last = (logits, allowed)
        return np.where(allowed, logits, np.float32(-np.inf)).astype(np.float32)

    def _allowed(self, ids: NDArray[np.intp], logits: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether the grammar takes each of these tokens next."""
        lib = self._lib
        rows = np.zeros(len(ids), dtype=np.dtype([("id", np.intc), ("logit", np.single), ("p", np.single)], align=True))
        rows["id"], rows["logit"] = ids, logits[ids]
        offered = lib.llama_token_data_array(
            data=rows.ctypes.data_as(lib.llama_token_data_p), size=len(ids), selected=-1, sorted=False
        )
        lib.llama_sampler_apply(self._sampler, ctypes.byref(offered))
        fits: NDArray[np.bool_] = np.isfinite(rows["logit"])
        return fits

    def _chosen(self, token: int) -> None:
        if self._sampler is not None:
            self._lib.llama_sampler_accept(self._sampler, token)
        if self._noting and self._last is not None:
            self._tokens.append(self._token(token, *self._last))

    def _token(self, token: int, logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> Token:
        """The candidates with their shares among the tokens that fit the form: as the answer was chosen among these."""
        possible = (
            logits.astype(np.float64) if allowed is None else np.where(allowed, logits.astype(np.float64), -np.inf)
        )
        weights = np.exp(possible - possible.max())
        offered = weights / weights.sum()
        best = np.argsort(-offered)[:_CANDIDATES]
        candidates: dict[str, float] = {}
        for place in best[offered[best] > 0]:
            piece = self._text(int(place))
            candidates[piece] = candidates.get(piece, 0.0) + float(offered[place])
        return Token(self._text(token), candidates)

    def _text(self, token: int) -> str:
        return str(self._model.detokenize([token]).decode("utf-8", errors="replace"))

    def close(self) -> tuple[Token, ...]:
        """Free the grammar; the tokens noted, without the last of a reply that was cut off."""
        if self._sampler is not None:
            self._lib.llama_sampler_free(self._sampler)
            self._sampler = None
        return tuple(self._tokens)
