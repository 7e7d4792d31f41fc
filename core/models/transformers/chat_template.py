"""How a local checkpoint is asked: its own chat template, else the form it was trained with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import ModelUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

BLIP = ("blip-2", "instructblip")
_LLAVA = ("llava", "llava_next", "vipllava")
_DATE = "1 January 2025"
"""The date for chat templates that insert today's, so that the same request gets the same reply on any day."""


class Asking:
    """Makes a model's inputs. processor: None for a model of text alone."""

    def __init__(self, model: Any, processor: Any, tokenizer: Any) -> None:
        """Raises ModelUnavailable where the checkpoint's chat template cannot be used: every request would fail."""
        from jinja2 import TemplateError

        self._kind: str = model.config.model_type
        self._known = frozenset(inspect.signature(model.forward).parameters)
        self._processor, self._tokenizer = processor, tokenizer
        image = getattr(processor, "image_token", None) or "<image>"
        self._image = str(getattr(image, "content", image))
        self._steering = self._find_steering()
        try:
            self.prompt("Hello", sees=processor is not None)
        except (TemplateError, ValueError, TypeError, KeyError):
            raise ModelUnavailable(
                "The chat template of this model cannot be used. Download the model again, or choose another."
            ) from None

    def prompt(self, text: str, *, sees: bool) -> str:
        """A request's text as this model was trained to be asked; sees: with an image."""
        text = self._steering.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
        if self._kind == "florence2":
            return "<MORE_DETAILED_CAPTION>" if sees else text
        if getattr(self._processor, "chat_template", None):
            image = [{"type": "image"}] if sees else []
            return self._chat(self._processor, [*image, {"type": "text", "text": text}])
        if self._tokenizer.chat_template:
            return self._chat(self._tokenizer, f"{self._image}\n{text}" if sees else text)
        if self._kind in BLIP:  # the processor puts the image in
            return f"Question: {text} Answer:"
        if self._kind in _LLAVA:
            return f"USER: {self._image}\n{text} ASSISTANT:" if sees else f"USER: {text} ASSISTANT:"
        return f"{self._image}\n{text}" if sees else text

    def inputs(self, prompts: Sequence[str], images: Sequence[Image]) -> Any:
        """The inputs of a batch as one BatchFeature, padded, in main memory; images: one a prompt, or none at all."""
        from transformers import BatchFeature

        texts = list(prompts)
        options: dict[str, Any] = {"padding": True, "return_tensors": "pt"}
        bos = self._tokenizer.bos_token
        templated = self._tokenizer.chat_template or getattr(self._processor, "chat_template", None)
        if templated and (self._processor is None or (bos and texts[0].startswith(bos))):
            options["add_special_tokens"] = False  # the template has put them in
        if images:
            inputs = self._processor(text=texts, images=[[image] for image in images], **options)
        else:
            inputs = self._tokenizer(texts, **options)
        kept = {key: value for key, value in inputs.items() if key != "token_type_ids" or key in self._known}
        return BatchFeature(kept)

    def _chat(self, of: Any, content: Any) -> str:
        message = [{"role": "user", "content": content}]
        # Thinking aloud is switched off: only the answer is used, and thoughts take minutes.
        wishes: dict[str, Any] = {"date_string": _DATE, "enable_thinking": False}
        options = {name: wish for name, wish in wishes.items() if name in str(of.chat_template)}
        return str(of.apply_chat_template(message, tokenize=False, add_generation_prompt=True, **options))

    def _find_steering(self) -> re.Pattern[str]:
        """Finds what would steer the model if a description held it: the end of a turn, the place of an image."""
        words = {str(token) for token in self._tokenizer.added_tokens_decoder.values() if token.special}
        words = {word for word in words | {self._image} if len(word) > 2}
        return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
