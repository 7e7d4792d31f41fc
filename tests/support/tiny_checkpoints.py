"""Checkpoints of the true architectures, a few thousand random numbers each, saved as their makers save them.

Built here, tokenizer included, so that tests load what a person would load without fetching anything. Weights are
drawn wide: an answer then depends on the picture and on every word, instead of being the same for all.

With them come the pictures and the questions that their tests share.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from on_use import torch
from on_use import transformers as hf
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from core.domain import Failed
from core.models.chat.backend import Reply, Request

CHAT = (
    "{% for m in messages %}<|user|>{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_SPECIAL = ["<pad>", "<s>", "</s>", "<|user|>", "<|end|>", "<|assistant|>", "<image>"]
_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.3,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
_SIGHT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 28,
    "patch_size": 14,
}


def _tokenizer(*more: str, template: str | None = None, **named: str) -> Any:
    """One token a byte, and the special ones first; `named` gives special tokens a name, as vision models want."""
    special = [*_SPECIAL, *more]
    words = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    core = Tokenizer(models.BPE(vocab={word: number for number, word in enumerate(words)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        chat_template=template,
        extra_special_tokens=named,
        additional_special_tokens=["<|user|>", "<|end|>", "<|assistant|>", *more],
    )


def _save(folder: Path, model: Any, processor: Any, spread: float = 0.3) -> Path:
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "embed" not in name:
                weight.normal_(0.0, spread)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def llama(folder: Path, seed: int = 0, context: int = 1024, template: str | None = CHAT) -> Path:
    torch.manual_seed(seed)
    tokens = _tokenizer(template=template)
    model = hf.LlamaForCausalLM(hf.LlamaConfig(vocab_size=len(tokens), max_position_embeddings=context, **_TEXT))
    return _save(folder, model, tokens)


def t5(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens = _tokenizer()
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
    config = hf.T5Config(
        vocab_size=len(tokens), decoder_start_token_id=0, pad_token_id=0, eos_token_id=2, dropout_rate=0.0, **sizes
    )
    return _save(folder, hf.T5ForConditionalGeneration(config), tokens)


def llava(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens = _tokenizer(image_token="<image>")
    config = hf.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **_SIGHT},
        text_config={"model_type": "llama", "vocab_size": len(tokens), "max_position_embeddings": 1024, **_TEXT},
        image_token_index=tokens.image_token_id,
    )
    pictures = hf.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = hf.LlavaProcessor(
        pictures, tokens, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1
    )
    return _save(folder, hf.LlavaForConditionalGeneration(config), processor)


def onevision(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens = _tokenizer("<video>", image_token="<image>", video_token="<video>")
    grid = [[28, 28], [28, 56], [56, 28], [56, 56]]
    config = hf.LlavaOnevisionConfig(
        vision_config={"model_type": "siglip_vision_model", "vision_use_head": False, **_SIGHT},
        text_config={"model_type": "qwen2", "vocab_size": len(tokens), "max_position_embeddings": 1024, **_TEXT},
        image_token_index=tokens.image_token_id,
        video_token_index=tokens.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=grid,
    )
    square = {"height": 28, "width": 28}
    processor = hf.LlavaOnevisionProcessor(
        hf.LlavaOnevisionImageProcessor(size=square, image_grid_pinpoints=grid),
        tokens,
        hf.LlavaOnevisionVideoProcessor(size=square),
        num_image_tokens=4,
        vision_feature_select_strategy="full",
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )
    return _save(folder, hf.LlavaOnevisionForConditionalGeneration(config), processor)


def blip2(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens = _tokenizer()
    text = {"model_type": "opt", "vocab_size": len(tokens), "max_position_embeddings": 512, "word_embed_proj_dim": 32}
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = hf.Blip2Config(
        vision_config={**_SIGHT, "initializer_range": 0.02},
        qformer_config={**sizes, "intermediate_size": 64, "encoder_hidden_size": 32, "vocab_size": len(tokens)},
        text_config={**text, **sizes, "ffn_dim": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0},
        num_query_tokens=4,
        image_token_index=tokens.convert_tokens_to_ids("<image>"),
    )
    processor = hf.Blip2Processor(hf.BlipImageProcessor(size={"height": 28, "width": 28}), tokens, num_query_tokens=4)
    return _save(folder, hf.Blip2ForConditionalGeneration(config), processor)


def smolvlm(folder: Path) -> Path:
    return _smolvlm(folder, "SmolVLM", video=True)


def idefics3(folder: Path) -> Path:
    """The kind that SmolVLM's first versions are."""
    return _smolvlm(folder, "Idefics3", video=False)


def _smolvlm(folder: Path, kind: str, *, video: bool) -> Path:
    torch.manual_seed(0)
    marks = ["<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "<video>"]
    places = [f"<row_{row}_col_{col}>" for row in (1, 2, 3) for col in (1, 2, 3)]
    tokens = _tokenizer(*marks, *places, image_token="<image>")
    config = getattr(hf, f"{kind}Config")(
        vision_config={**_SIGHT, "patch_size": 7},
        text_config={"model_type": "llama", "vocab_size": len(tokens), "max_position_embeddings": 2048, **_TEXT},
        image_token_id=tokens.image_token_id,
        scale_factor=2,
        pad_token_id=0,
    )
    small = {"size": {"longest_edge": 56}, "max_image_size": {"longest_edge": 28}}
    processor = getattr(hf, f"{kind}Processor")(
        getattr(hf, f"{kind}ImageProcessor")(**small),
        tokens,
        *([hf.SmolVLMVideoProcessor(**small)] if video else []),
        image_seq_len=4,
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )
    return _save(folder, getattr(hf, f"{kind}ForConditionalGeneration")(config), processor)


def _qwen_tokens() -> tuple[Any, list[int]]:
    """The tokenizer, and its ids of start, end, picture and video."""
    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokens = _tokenizer(*marks, image_token="<|image_pad|>", video_token="<|video_pad|>")
    return tokens, [tokens.convert_tokens_to_ids(mark) for mark in marks]


def qwen(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens, (start, end, picture, video) = _qwen_tokens()
    config = hf.Qwen2_5_VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [1],
            "window_size": 56,
        },
        text_config={
            "vocab_size": len(tokens),
            "max_position_embeddings": 2048,
            **_TEXT,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]},
        },
        vision_start_token_id=start,
        vision_end_token_id=end,
        image_token_id=picture,
        video_token_id=video,
    )
    small = {"shortest_edge": 28 * 28, "longest_edge": 28 * 28 * 16}
    processor = hf.Qwen2_5_VLProcessor(
        hf.Qwen2VLImageProcessor(size=small),
        tokens,
        hf.Qwen2VLVideoProcessor(size=small),
        chat_template=CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return _save(folder, hf.Qwen2_5_VLForConditionalGeneration(config), processor)


def qwen3(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens, (start, end, picture, video) = _qwen_tokens()
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2], "mrope_interleaved": True}
    config = hf.Qwen3VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 32,
            "deepstack_visual_indexes": [0],
            "num_position_embeddings": 16,
        },
        text_config={
            "vocab_size": len(tokens), "max_position_embeddings": 2048, "head_dim": 8, **_TEXT, "rope_parameters": rope
        },
        vision_start_token_id=start,
        vision_end_token_id=end,
        image_token_id=picture,
        video_token_id=video,
    )  # fmt: skip
    small = {"shortest_edge": 32 * 32, "longest_edge": 32 * 32 * 16}
    processor = hf.Qwen3VLProcessor(
        hf.Qwen2VLImageProcessor(size=small, patch_size=16),
        tokens,
        hf.Qwen3VLVideoProcessor(size=small),
        chat_template=CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return _save(folder, hf.Qwen3VLForConditionalGeneration(config), processor)


def florence2(folder: Path) -> Path:
    torch.manual_seed(0)
    tokens = _tokenizer(image_token="<image>")
    text = hf.BartConfig(
        vocab_size=len(tokens),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=256,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        decoder_start_token_id=2,
        forced_bos_token_id=1,
    )
    config = hf.Florence2Config(
        vision_config={
            "depths": [1, 1],
            "patch_size": [7, 3],
            "patch_stride": [4, 2],
            "patch_padding": [3, 1],
            "patch_prenorm": [False, True],
            "embed_dim": [16, 32],
            "num_heads": [2, 4],
            "num_groups": [2, 4],
            "window_size": 4,
            "projection_dim": 32,
        },
        text_config=text.to_dict(),
        image_token_id=tokens.image_token_id,
    )
    pictures = hf.CLIPImageProcessor(size={"height": 32, "width": 32}, do_center_crop=False, image_seq_length=17)
    processor = hf.Florence2Processor(pictures, tokens)
    return _save(folder, hf.Florence2ForConditionalGeneration(config), processor)


SEEING: dict[str, Callable[[Path], Path]] = {
    "blip2": blip2,
    "llava": llava,
    "onevision": onevision,
    "smolvlm": smolvlm,
    "qwen": qwen,
    "florence2": florence2,
}
READING: dict[str, Callable[[Path], Path]] = {"llama": llama, "t5": t5}
ALL = {**SEEING, **READING}
SIZES = [(1, 1), (1024, 3), (3, 1024), (300, 200), (200, 300), (64, 64), (5, 9), (33, 500)]


def build_all(folder: Path) -> Path:
    """A folder with every one."""
    hf.utils.logging.disable_progress_bar()  # of saving; loading is quiet by itself
    for name, build in ALL.items():
        build(folder / name)
    hf.utils.logging.enable_progress_bar()
    return folder


def draw_noise(folder: Path) -> list[Path]:
    """Noise in odd sizes, as the JPEG files that ingest would make of it."""
    dice = np.random.default_rng(0)
    for number, (width, height) in enumerate(SIZES):
        pixels = dice.integers(0, 255, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.jpg", quality=92)
    return sorted(folder.iterdir())


def texts(replies: list[Reply | Failed]) -> list[str]:
    assert all(isinstance(reply, Reply) for reply in replies), replies
    return [reply.text for reply in replies if isinstance(reply, Reply)]


def with_images(pictures: list[Path], **options: Any) -> list[Request]:
    """Questions of different lengths, so that a batch of them must be padded."""
    return [Request("What is it?" + "!" * n, picture, max_tokens=10, **options) for n, picture in enumerate(pictures)]


def without_images(count: int = 8, **options: Any) -> list[Request]:
    return [Request("of this, " * n + "name a group", max_tokens=10, **options) for n in range(count)]
