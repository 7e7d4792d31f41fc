"""Detectors of the true architectures with random numbers, saved as their makers save them; see tiny_checkpoints.py."""

from __future__ import annotations

from pathlib import Path

from on_use import torch
from on_use import transformers as hf
from tiny_checkpoints import _save, _tokenizer

_LAYERS = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}


def owl(folder: Path) -> Path:
    """OWLv2."""
    torch.manual_seed(0)
    tokens = _tokenizer()
    text = {"vocab_size": len(tokens), "max_position_embeddings": 40, "pad_token_id": 0, "bos_token_id": 1}
    config = hf.Owlv2Config(
        text_config={**_LAYERS, **text, "eos_token_id": 2},
        vision_config={**_LAYERS, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    tokens.model_max_length = 40
    pictures = hf.Owlv2ImageProcessor(size={"height": 64, "width": 64})
    return _save(folder, hf.Owlv2ForObjectDetection(config), hf.Owlv2Processor(pictures, tokens), spread=0.1)


def grounding_dino(folder: Path) -> Path:
    """Grounding DINO; its full stop and its ends of text have the numbers that the model knows them by."""
    torch.manual_seed(0)
    words = [f"[unused{number}]" for number in range(1040)]
    named = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
    for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz"):
        named |= {200 + place: letter, 300 + place: f"##{letter}"}
    for place, word in named.items():
        words[place] = word
    tokens = hf.BertTokenizer(vocab={word: place for place, word in enumerate(words)}, do_lower_case=True)
    config = hf.GroundingDinoConfig(
        backbone_config=hf.SwinConfig(
            image_size=64, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 2], window_size=2,
            out_features=["stage2", "stage3", "stage4"],
        ),
        text_config={"model_type": "bert", "vocab_size": len(words), "max_position_embeddings": 64, **_LAYERS},
        num_queries=20, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
        encoder_attention_heads=4, decoder_attention_heads=4, d_model=32, max_text_len=64, num_feature_levels=4,
        disable_custom_kernels=True,
    )  # fmt: skip
    pictures = hf.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    processor = hf.GroundingDinoProcessor(pictures, tokens)
    return _save(folder, hf.GroundingDinoForObjectDetection(config), processor, spread=0.1)
