"""Finds Hugging Face checkpoints in a folder or on the hub, compares them with the free memory, and loads them.

Only weights in safetensors files are read and only model code that transformers ships is run: neither a pickle nor a
program that comes with a checkpoint is ever opened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from core import threads
from core.errors import ModelUnavailable
from core.models.parts import next_step
from core.models.transformers.checkpoint_files import (
    FLOATS,
    INDEX,
    SINGLE,
    all_memory,
    count_stored,
    fingerprint,
    free_bytes,
    gigabytes,
    needed_bytes,
    no_safetensors,
)
from core.typed_path import typed_path

NAME_ONE = "Give a folder or a name on the hub: transformers:/path/to/model or transformers:OWNER/NAME[@REVISION]"
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?(@[\w./-]+)?")

_TOLD_BY_MODEL = ("patch_size", "vision_feature_select_strategy", "num_query_tokens")
"""What older checkpoints say in the model's configuration only, and their processors need today."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A checkpoint before it is loaded.

    place: a folder or a hub name, as from_pretrained takes it. commit: the hub's commit hash, None for a folder.
    folder: where its files lie, as far as they are on this computer. name: what people call it.
    """

    place: str
    commit: str | None
    folder: Path
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """What every from_pretrained is told: this revision, and no code of the checkpoint's own."""
        return {"revision": self.commit or "main", "trust_remote_code": False}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to answer.

    Attributes:
        processor: makes inputs of text and images, None for a model of text alone.
        identity: stands for the checkpoint's contents and the number format, which decide on the replies.
    """

    model: Any
    processor: Any
    tokenizer: Any
    identity: str
    device: str
    dtype: str


def load(spec: str, on_load: Say | None = None, *, detects: bool = False) -> Loaded:
    """Load `PATH_OR_NAME[@REVISION]`. on_load: told what is done, one short sentence each time. detects: it is to find
    things in images by their names, not to answer.

    Raises ModelUnavailable with one sentence and the next step: a package, the folder or the name is not there, it is
    no model of this kind, it has no safetensors weights, or it does not fit into the free memory.
    """
    say = on_load or (lambda text: None)
    started = monotonic()
    _check_packages()
    import torch

    torch.set_num_threads(threads.spare())
    with _quiet():
        say("Looking at the model’s files.")
        source = find(spec)
        config = _config(source)
        family = _detector(config, source) if detects else _family(config, source)
        weights = stored(source, config, family)
        device = _device()
        dtype = _dtype(device, weights)
        need = needed_bytes(weights, dtype)
        for place in dict.fromkeys((device, "cpu")):  # it is read into main memory first, wherever it will work
            _check_memory(need, free_bytes(place), place)
        say(f"Loading about {gigabytes(need)} on {device} as {dtype}.")
        processor, tokenizer = _processor(source, family, config)
        model = _model(source, family, config, dtype)
        identity = f"{source.name}@{source.commit or fingerprint(source.folder)}:{dtype}"
        try:
            model = model.to(device).eval()
        except RuntimeError:  # another program took the memory of the graphics card
            raise ModelUnavailable(f"This model did not fit on {device}. Choose a smaller one.") from None
    say(f"Ready after {monotonic() - started:.0f} s.")
    return Loaded(model, processor, tokenizer, identity, device, dtype)


def find(spec: str) -> Source:
    """Where a checkpoint is; from the hub, only its config.json is fetched. Raises ModelUnavailable."""
    local = typed_path(spec)
    if spec and local.is_dir():
        if not (local / "config.json").is_file():
            raise ModelUnavailable(f"“{local.name}” holds no model: it has no config.json. {NAME_ONE}")
        return Source(str(local.resolve()), None, local.resolve(), local.resolve().name)
    if not _HUB_NAME.fullmatch(spec):
        raise ModelUnavailable(f"There is no folder “{spec}”. {NAME_ONE}")
    from transformers.utils.hub import cached_file

    name, _, revision = spec.partition("@")
    try:
        file = Path(str(cached_file(name, "config.json", revision=revision or "main")))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(_hub_sentence(name, revision, error)) from None
    return Source(name, file.parent.name, file.parent, name)  # the hub's cache names its folders by commit


def _hub_sentence(name: str, revision: str, error: BaseException) -> str:
    causes = ""
    seen: BaseException | None = error
    while seen is not None:
        causes += f" {type(seen).__name__}"
        seen = seen.__cause__ or seen.__context__
    if "Gated" in causes:
        return f"“{name}” asks you to accept its terms: do so on https://huggingface.co/{name}, then set HF_TOKEN."
    if "RevisionNotFound" in causes:
        return f"“{name}” has no revision “{revision}”. Leave “@{revision}” out, or copy one from its page on the hub."
    if "RepositoryNotFound" in causes or "HFValidationError" in causes:
        return f"There is no model “{name}” on the hub, or it is private. Check the name, or set HF_TOKEN. {NAME_ONE}"
    if "RemoteEntryNotFound" in causes:
        return f"“{name}” on the hub holds no model: it has no config.json. {NAME_ONE}"
    return (
        f"“{name}” is neither a folder here nor fetched before, and the hub cannot be reached. Go online, or fetch it "
        f"elsewhere with `hf download {name}` and give the folder."
    )


def stored(source: Source, config: Any, family: Any) -> Counter[str]:
    """How many numbers the weights hold, by their format as safetensors names it (F32, BF16, I8 ...).

    No weights are read; of a hub model that was not fetched yet, they are counted on a model without any.
    """
    if source.commit is None or any((source.folder / name).is_file() for name in (SINGLE, INDEX)):
        try:
            return count_stored(source.folder)
        except ModelUnavailable:
            if source.commit is None:  # of a hub model, what is missing is fetched
                raise
    import torch

    with torch.device("meta"):
        model = family.from_config(config, trust_remote_code=False)
    name = str(getattr(config, "dtype", None) or "torch.float32").removeprefix("torch.")
    kinds = {value: key for key, value in FLOATS.items()}
    return Counter({kinds.get(name, "F32"): sum(parameter.numel() for parameter in model.parameters())})


def _check_memory(need: int, free: int | None, place: str) -> None:
    if free is not None and need > free:
        where = "of the graphics card " if place != "cpu" else ""
        raise ModelUnavailable(
            f"This model needs about {gigabytes(need)} of memory; {gigabytes(free)} {where}are free. "
            "Choose a smaller one, or close other programs."
        )


def _check_packages() -> None:
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        raise ModelUnavailable(
            f"Hugging Face models run on PyTorch and transformers, which are not installed. {next_step('transformers')}"
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no notes on the console while loading: what matters becomes a sentence."""
    from logging import CRITICAL

    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _config(source: Source) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(source.place, **source.options)
    except (ValueError, KeyError, OSError, TypeError, AttributeError, ImportError) as error:
        if "trust_remote_code" in str(error):
            raise ModelUnavailable(
                f"“{source.name}” brings program code of its own, which Facetry never runs. Choose another model."
            ) from None
        raise ModelUnavailable(
            f"“{source.name}” is of a kind that this version of transformers does not know, or its config.json is "
            "damaged. Choose another model."
        ) from None


def _family(config: Any, source: Source) -> Any:
    """The Auto class that loads this kind of model: one that sees, one that continues text, or one that rewrites it."""
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoModelForSeq2SeqLM

    families = [AutoModelForImageTextToText, AutoModelForCausalLM, AutoModelForSeq2SeqLM]
    if any(str(name).endswith("ForCausalLM") for name in config.architectures or ()):
        families.sort(key=lambda kind: kind is not AutoModelForCausalLM)  # some kinds come with and without eyes
    for family in families:
        if type(config) in family._model_mapping:  # type: ignore[operator]
            return family
    raise ModelUnavailable(
        f"“{source.name}” ({config.model_type}) neither answers in words nor describes images. "
        "Choose a chat model or an image-text-to-text model."
    )


def _detector(config: Any, source: Source) -> Any:
    """The Auto class of models that find things in images by their names."""
    from transformers import AutoModelForZeroShotObjectDetection

    if type(config) in AutoModelForZeroShotObjectDetection._model_mapping:
        return AutoModelForZeroShotObjectDetection
    raise ModelUnavailable(
        f"“{source.name}” ({config.model_type}) does not find things in images by their names. Choose a detector, "
        "such as OWLv2 or Grounding DINO."
    )


def _processor(source: Source, family: Any, config: Any) -> tuple[Any, Any]:
    """What turns text, and images if the model sees, into the model's inputs: (processor or None, tokenizer)."""
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoProcessor, AutoTokenizer

    sees = family not in (AutoModelForCausalLM, AutoModelForSeq2SeqLM)
    try:
        found = (AutoProcessor if sees else AutoTokenizer).from_pretrained(source.place, **source.options)
    except ImportError as error:
        raise ModelUnavailable(_package_sentence(source.name, error)) from None
    # Damaged or missing files surface as nearly anything; the Rust tokenizer even raises plain Exception.
    except Exception:  # noqa: BLE001
        raise ModelUnavailable(
            f"The tokenizer or the image settings of “{source.name}” are missing or damaged. Download it again."
        ) from None
    tokenizer = getattr(found, "tokenizer", found)
    if tokenizer.pad_token is None:  # Llama has none; padding is masked, so that any token will do
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    for name in _TOLD_BY_MODEL:
        if getattr(found, name, 0) is None:
            part = config.vision_config if name == "patch_size" else config
            setattr(found, name, getattr(part, name, None))
    sees = getattr(found, "image_processor", None) is not None
    return (found if sees else None), tokenizer


def _model(source: Source, family: Any, config: Any, dtype: str) -> Any:
    import torch
    from safetensors import SafetensorError
    from transformers.utils.hub import cached_file

    if source.commit:  # else transformers would ask a service on the internet to convert a pickle
        files = [
            cached_file(source.place, name, revision=source.commit, _raise_exceptions_for_missing_entries=False)
            for name in (INDEX, SINGLE)
        ]
        if not any(files):
            raise ModelUnavailable(no_safetensors(source.name))
    try:
        model, report = family.from_pretrained(
            source.place,
            config=config,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            output_loading_info=True,
            **source.options,
        )
    except ImportError as error:
        raise ModelUnavailable(_package_sentence(source.name, error)) from None
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError):
        raise ModelUnavailable(
            f"The weights of “{source.name}” cannot be loaded: they are damaged, or not those of its config.json. "
            "Download the model again."
        ) from None
    missing = len(report.get("missing_keys", ())) + len(report.get("mismatched_keys", ()))
    if missing:  # transformers would fill them with random numbers
        raise ModelUnavailable(
            f"“{source.name}” lacks {missing} of its weights (it may be a part of a model). Download it again, or "
            "choose another."
        )
    return model


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(device: str, weights: Mapping[str, int]) -> str:
    """The number format to work in; the same at every start on the same computer, as replies depend on it.

    Graphics cards work in 16 bits, in the checkpoint's own kind if they can. Processors work in 32 bits, unless the
    checkpoint has 16 and the processor multiplies those itself, or 32 would not fit into the computer's memory.
    """
    import torch

    own = FLOATS.get(max(weights, key=lambda kind: weights[kind], default="F32"), "float32")
    half = own in {"float16", "bfloat16"}
    if device == "cuda":
        bfloat = torch.cuda.is_bf16_supported()
        return own if half and (bfloat or own == "float16") else "bfloat16" if bfloat else "float16"
    if device == "mps":
        return own if half else "float32"
    quick = own == "bfloat16" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
    total = all_memory()
    tight = half and total is not None and needed_bytes(weights, "float32") > 0.8 * total
    return "bfloat16" if quick or tight else "float32"


def _package_sentence(name: str, error: ImportError) -> str:
    package = re.search(r"pip install (?:-\S+ )*[`'\"]?([A-Za-z][\w.-]*)", str(error))
    what = f": .venv/bin/pip install {package[1]}" if package else ". Choose another model."
    return f"“{name}” needs a package that is not installed{what}"
