"""Hugging Face checkpoints as a chat backend, loaded in a process of their own (core/models/worker): models that see
(BLIP-2, LLaVA, SmolVLM, Qwen-VL ...) and models of text. Requests are answered in batches.

There is no grammar here: a wanted JSON Schema is a hint in the prompt, and replies are read forgivingly. Florence-2
knows tasks instead of questions: it gives its detailed caption, whatever is asked of an image.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.config import config
from core.domain import Failed
from core.models.chat.backend import BackendLost, Can, Reply, Request, Token
from core.models.chat.image_encoding import part_of_id, reduced
from core.models.transformers.chat_template import BLIP, Asking
from core.models.transformers.loading import load
from core.models.transformers.token_choice import Choose

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 8
_VERSION = 3
"""Part of the id: raise it whenever a reply changes (how a prompt is wrapped, how an image is fitted)."""
_NO_SIGHT = "This model cannot see images. Choose another vision model."
_TOO_LARGE = Failed("This request alone does not fit into the memory. Choose a smaller model, or close other programs.")


@dataclass(frozen=True, slots=True)
class _Row:
    """A request as the model is asked it: its wrapped text, and the picture if there is one."""

    request: Request
    prompt: str
    image: Image | None


class TransformersChat:
    """One checkpoint. Calls take turns, as a batch uses the whole machine."""

    def __init__(self, spec: str, on_load: Callable[[str], None] | None = None) -> None:
        """spec: `PATH_OR_NAME[@REVISION]`. on_load: told what is done while it loads. Raises ModelUnavailable."""
        loaded = load(spec, on_load)
        side = part_of_id(config().image_side) if loaded.processor is not None else ""
        self.id = f"transformers:{loaded.identity}:v{_VERSION}{side}"
        self.can = Can(vision=loaded.processor is not None, probabilities=True, batch=BATCH)
        self.device, self.dtype = loaded.device, loaded.dtype
        self._model, self._tokenizer = loaded.model, loaded.tokenizer
        self._rewrites = bool(_language_model(loaded.model).config.is_encoder_decoder)
        self._context = _context(loaded.model.config, loaded.tokenizer)
        self._eos = _greedy(loaded.model, loaded.tokenizer)
        # An encoder counts positions from the left; where there is none, the answer must follow the text at once.
        self._tokenizer.padding_side = "right" if self._rewrites else "left"
        self._asking = Asking(loaded.model, loaded.processor, loaded.tokenizer)
        self._batch = BATCH
        self._lock = threading.Lock()

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend. An image that cannot be read, or a text that is too long, fails by itself."""
        answers: dict[int, Reply | Failed] = {}
        seeing: list[tuple[int, _Row]] = []
        reading: list[tuple[int, _Row]] = []
        for number, request in enumerate(requests):
            row = self._row(request)
            if isinstance(row, Failed):
                answers[number] = row
            else:
                (reading if row.image is None else seeing).append((number, row))
        with self._lock:
            before = self._batch
            for rows in (seeing, reading):
                answers.update(zip((n for n, _ in rows), self._answer([row for _, row in rows]), strict=True))
            if _TOO_LARGE in answers.values():  # only that part was too large
                self._batch = before
        return [answers[number] for number in range(len(requests))]

    def _row(self, request: Request) -> _Row | Failed:
        if request.image is None:
            return _Row(request, self._asking.prompt(request.text, sees=False), None)
        if not self.can.vision:
            return Failed(_NO_SIGHT)
        try:
            picture = reduced(request.image)
        except (OSError, ValueError):
            return Failed("This image cannot be read.")
        return _Row(request, self._asking.prompt(request.text, sees=True), picture)

    def _answer(self, rows: list[_Row]) -> list[Reply | Failed]:
        """Answer rows of one kind, all with or all without an image, in parts that fit into the memory."""
        if len(rows) > self._batch:
            part = self._batch
            return self._answer(rows[:part]) + self._answer(rows[part:])
        if not rows:
            return []
        try:
            return self._generate(rows)
        except (RuntimeError, MemoryError, ValueError, LookupError, TypeError, AttributeError) as error:
            full, name = _is_memory(error), type(error).__name__
            if not full and _is_lost(error):
                raise BackendLost("error of the graphics card") from None
        # Past the except clause, as the error holds on to what filled the memory.
        if full:
            _release(self.device)
            self._batch = max(1, len(rows) // 2)
        if len(rows) == 1:
            return [_TOO_LARGE if full else Failed(f"The model could not answer this request ({name}).")]
        if full:
            return self._answer(rows)
        return [answer for row in rows for answer in self._answer([row])]  # one odd row loses no other

    def _generate(self, rows: list[_Row]) -> list[Reply | Failed]:
        """Answer a batch. Raises what the model raises."""
        import torch

        inputs = self._asking.inputs([row.prompt for row in rows], [row.image for row in rows if row.image is not None])
        lengths: list[int] = inputs["attention_mask"].sum(1).tolist()
        if self._context and max(lengths) >= self._context:
            fits = [length < self._context for length in lengths]
            some = iter(self._answer([row for row, fit in zip(rows, fits, strict=True) if fit]))
            return [
                next(some) if fit else Failed(_too_long(length, self._context), "too long")
                for fit, length in zip(fits, lengths, strict=True)
            ]
        limits = [self._limit(row, length) for row, length in zip(rows, lengths, strict=True)]
        shared = min(limits)
        choose = Choose([(row.request.sample, row.prompt) for row in rows], [row.request.probabilities for row in rows])
        model = self._model
        if rows[0].image is None and model.config.model_type in BLIP:  # its own generate takes no text without an image
            model = _language_model(model)
        with torch.inference_mode():
            sequences = model.generate(
                **inputs.to(self.device, getattr(torch, self.dtype)),
                max_new_tokens=shared,
                do_sample=False,
                num_beams=1,
                eos_token_id=self._eos,
                pad_token_id=self._tokenizer.pad_token_id,
                logits_processor=[choose],
            )
        # Whether the prompt is repeated before the answer differs from model to model; the steps were counted.
        answers = sequences[:, -choose.steps :].tolist()
        replies: list[Reply | Failed] = []
        for number, (row, ids) in enumerate(zip(rows, answers, strict=True)):
            end = next((place for place, token in enumerate(ids) if token in self._eos), None)
            if end is None and shared < limits[number]:  # it was ended by a neighbour that may say less
                replies += self._answer([row])
                continue
            replies.append(self._read(ids[:end], lengths[number], end is None, choose, number))
        return replies

    def _read(self, ids: list[int], prompt_tokens: int, cut: bool, choose: Choose, number: int) -> Reply:
        """The reply in the token ids before the end of an answer."""
        text = self._tokenizer.decode(ids, skip_special_tokens=True).strip()
        tokens: list[Token] = []
        for token, step in zip(ids, choose.seen[number], strict=False):  # empty where nobody asked
            candidates: dict[str, float] = {}
            for candidate, probability in step.items():  # parts of one character look the same
                word = self._word(candidate)
                candidates[word] = candidates.get(word, 0.0) + probability
            tokens.append(Token(self._word(token), candidates))
        return Reply(text, prompt_tokens, len(ids) + (not cut), tuple(tokens), cut)

    def _word(self, token: int) -> str:
        text = str(self._tokenizer.decode([token]))
        starts = str(self._tokenizer.convert_ids_to_tokens(token)).startswith("▁")
        return f" {text}" if starts and not text.startswith(" ") else text

    def _limit(self, row: _Row, length: int) -> int:
        """The longest answer in tokens that was asked for and that the model can hold."""
        if not self._context:
            return row.request.max_tokens
        room = self._context - 1 if self._rewrites else self._context - length
        return max(1, min(row.request.max_tokens, room))


def _language_model(model: Any) -> Any:
    """The part that writes: of BLIP-2 one inside, otherwise the model itself."""
    return model.language_model if model.config.model_type in BLIP else model


def _context(config: Any, tokenizer: Any) -> int | None:
    """How many tokens a prompt and its answer may have together; None where the model does not say."""
    said = getattr(config.get_text_config(), "max_position_embeddings", None) or tokenizer.model_max_length
    return said if isinstance(said, int) and 0 < said < 10**7 else None  # tokenizers say 10**30 for "any"


def _greedy(model: Any, tokenizer: Any) -> list[int]:
    """Set the checkpoint's own habits of choosing aside (sampling, beams, penalties); the ids that end an answer.

    The most likely answer is wanted, and labels are words of the prompt, which a penalty would push away.
    """
    ends: set[int] = set()
    for part in {id(module): module for module in (model, _language_model(model))}.values():
        habits = part.generation_config
        found = habits.eos_token_id
        ends.update(found if isinstance(found, list) else [] if found is None else [found])
        for name in ("temperature", "top_k", "top_p", "min_p", "typical_p", "max_length", "forced_eos_token_id"):
            if hasattr(habits, name):
                setattr(habits, name, None)
        habits.do_sample, habits.num_beams, habits.repetition_penalty = False, 1, 1.0
        habits.early_stopping = False
    if not ends and tokenizer.eos_token_id is not None:
        ends.add(tokenizer.eos_token_id)
    return sorted(ends)


def _is_memory(error: BaseException) -> bool:
    """Whether memory ran out: each device says so in its own words."""
    text = str(error).lower()
    signs = ("out of memory", "not enough memory", "allocate memory")
    return isinstance(error, MemoryError) or any(sign in text for sign in signs)


def _is_lost(error: BaseException) -> bool:
    """Whether the graphics card gave an error that stays: every later call of this process fails with it too."""
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in ("CUDA error", "HIP error"))


def _release(device: str) -> None:
    import torch

    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


def _too_long(length: int, context: int) -> str:
    return f"The text is too long for this model: {length:,} tokens of at most {context:,}."
