"""Texts of the page Connect a model."""

from __future__ import annotations

from typing import Final

from ui.language import _

CONNECT_NOTE: Final = (
    "The built-in engine sees subjects, colours, styles and light, and reads text. A vision-language model describes "
    "images in free words, so it can group by mood, action or almost anything else. Any server that speaks the OpenAI "
    "protocol works, on this computer or elsewhere."
)
BUILTIN: Final = "Built-in engine"
CONNECT_SERVERS: Final = {
    "Ollama": "http://localhost:11434/v1",
    "LM Studio": "http://localhost:1234/v1",
    "llama.cpp": "http://localhost:8080/v1",
    "vLLM": "http://localhost:8000/v1",
    "SGLang": "http://localhost:30000/v1",
    "OpenAI": "https://api.openai.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
    "Azure": "https://{your-resource}.openai.azure.com/openai/v1",
}
CONNECT_SERVER: Final = "1. Server"
CONNECT_KNOWN: Final = "Known servers"
CONNECT_URL: Final = "Address"
CONNECT_URL_HELP: Final = "The base URL of the server; it usually ends in /v1."
CONNECT_BAD_URL: Final = "This is not an address of a server. It looks like http://localhost:11434/v1."
CONNECT_PLAIN_URL: Final = "Leave keys and names out of the address; the key has its own field."
CONNECT_KEY: Final = "Key"
CONNECT_KEY_HINT: Final = "empty for servers that need none"
CONNECT_KEY_HELP: Final = (
    "Kept in memory for this browser session only: never stored, shown or logged. After a reload it is asked again. "
    "To avoid that, set OPENAI_API_KEY (and OPENAI_BASE_URL for another server) before you start Facetry, or write "
    '"ADDRESS" = "KEY" below [keys] in .streamlit/secrets.toml.'
)
CONNECT_KEY_BAD: Final = (
    "This is not a key: it holds a space, a line break or a character that keys do not have. Copy it once more."
)
CONNECT_KEY_ENV: Final = "The key for this server is taken from OPENAI_API_KEY."
CONNECT_KEY_FILE: Final = "The key for this server is taken from .streamlit/secrets.toml."
CONNECT_KEY_KEPT: Final = "A key for this server is kept for this session."
CONNECT_KEY_OPEN: Final = (
    "This address is not encrypted (http), so the key can be read on the way. Use https if you can."
)
CONNECT_LIST: Final = "Show its models"
CONNECT_LISTED: Final = "The server answers."
CONNECT_MODELS: Final = "2. Models"
CONNECT_VISION: Final = "Describes the images"
CONNECT_VISION_HELP: Final = "Choose a model that can see (a vision-language model, VLM)."
CONNECT_TEXT: Final = "Labels, names and sorts"
CONNECT_TEXT_HELP: Final = "Works from the descriptions; any chat model will do (a large language model, LLM)."
CONNECT_TEST: Final = "Test"
CONNECT_TEST_HELP: Final = "Sends one small picture that Facetry draws and one sentence. None of your images is sent."
CONNECT_TESTING: Final = "Waiting for the answer"
CONNECT_TEST_BUILTIN: Final = "The built-in engine needs no test."
CONNECT_TEST_SCHEMA: Final = (
    'What colour is fresh grass? Answer with one JSON object such as {"colour": "word"} and nothing else.'
)
CONNECT_CAN: Final = "What it can do"
CAN_SEE: Final = "sees images"
CAN_HOLD: Final = "answers are held to a form"
CAN_HINT: Final = "answers follow a form when asked (not held to it; each is checked)"
CAN_IGNORE: Final = "did not follow the form (forgiving reading and a second question help)"
CAN_SURE: Final = "tells how sure it is"
CAN_UNSURE: Final = "does not tell how sure it is"
LOCAL_TITLE: Final = "A model without a server"
LOCAL_NOTE: Final = (
    "It runs inside Facetry, on this computer; nothing leaves it. Loading can take a minute and several gigabytes of "
    "memory. Test it before you use it."
)
LOCAL_KINDS: Final = {"transformers": "Hugging Face checkpoint", "llama_cpp": "GGUF file"}
LOCAL_KIND: Final = "What is it?"
LOCAL_PLACE: Final = {"transformers": "Folder or repository", "llama_cpp": "File"}
LOCAL_HINT: Final = {
    "transformers": "/models/Qwen2.5-VL-3B-Instruct or Qwen/Qwen2.5-VL-3B-Instruct@revision",
    "llama_cpp": "/models/model.gguf",
}
LOCAL_PLACE_HELP: Final = {
    "transformers": (
        "A folder with config.json and safetensors files, or the name of a repository on the Hugging Face Hub. "
        "Add @ and a revision to stay with one state of it."
    ),
    "llama_cpp": "The path of a .gguf file on this computer.",
}
LOCAL_MMPROJ: Final = "File that lets it see (mmproj)"
LOCAL_MMPROJ_HINT: Final = "empty for models that only read"
LOCAL_ADD: Final = "Offer it below"
LOCAL_ADDED: Final = "It can be chosen below now."
LOCAL_EMPTY: Final = "Type where the model is."
PART_MISSING: Final = {
    "transformers": "Hugging Face checkpoints run on PyTorch and transformers, which are not installed yet.",
    "llama_cpp": "GGUF files run on llama-cpp-python, which is not installed yet and is compiled here.",
}
PART_ADD: Final = "Add it"
PART_CANCELLED: Final = "Cancelled. Packages that had come whole are kept for the next try."
PART_AGAIN: Final = "Try again"
PART_CANCEL: Final = "Cancel"
PART_ADDING: Final = {"transformers": "PyTorch and transformers", "llama_cpp": "llama-cpp-python"}
PART_BEGINS: Final = "begins"
PART_HERE: Final = "All that this kind of model runs on is installed. Name one below."
PART_FAILED: Final = "It could not be added"
ON_THIS_COMPUTER: Final = "on this computer"
YOUR_EXAMPLES: Final = "your examples"
IN_BATCHES: Final = "overnight"
CONNECT_ASKED_IMAGE: Final = "Shown a red circle on white"
CONNECT_ASKED_TEXT: Final = "Asked for the colour of grass"
CONNECT_EMPTY_REPLY: Final = "The answer was empty."
CONNECT_USE: Final = "Use these models"
CONNECT_WHERE: Final = (
    "A model's name alone does not say where it runs: type its server's address above, or the kind before the name "
    "(openai:NAME for OpenAI)."
)
CONNECT_USED: Final = "New runs use these models."
CONNECT_CHECK: Final = "Check the server and its key"
CONNECT_RESET: Final = "Back to the built-in engine"
CONNECT_NOW: Final = "In use for new runs"
CONNECT_LEAVES: Final = "What leaves this computer"
LEAVES_NOTHING: Final = "Nothing leaves this computer."
LEAVES_LOCAL: Final = "Nothing leaves this computer, unless the server on it passes it on."
LEAVES_IMAGES: Final = (
    "Small copies of your images (at most {side} pixels), without their file names, and what you group by go to {host}."
)
LEAVES_TEXT: Final = "Descriptions of your images and what you group by go to {host}."
LEAVES_AGAIN: Final = (
    "Where the first model fails, small copies of your images (at most {side} pixels), without their file names, their "
    "descriptions and what you group by go to {host}."
)
LEAVES_TEXT_AGAIN: Final = (
    "Where the first model fails, descriptions of your images and what you group by go to {host}."
)
LEAVES_NO_IMAGE: Final = "The images stay here."
LEAVES_NO_IMAGE_LOCAL: Final = "The images stay here, unless the server on this computer passes them on."
OLLAMA_TITLE: Final = "No model yet? Ollama in three lines"
OLLAMA_LINES: Final = "curl -fsSL https://ollama.com/install.sh | sh\nollama pull qwen2.5vl:7b\nollama serve"
OLLAMA_NOTE: Final = (
    "Free, and your images stay on this computer. The model takes about 6 GB; a computer with a graphics card answers "
    "in seconds. On Windows and macOS, install it from ollama.com instead of the first line. Then choose Ollama here."
)


def replied(seconds: float, model: str) -> str:
    return _("{model} answered in {seconds:.1f} s").format(model=model, seconds=seconds)


def part_needs(fetch_gb: float, disk_gb: float, free_gb: float, minutes: int) -> str:
    return _(
        "To download: about {fetch_gb:g} GB. On disk: up to {disk_gb:g} GB while it is installed; {free_gb:.0f} GB are "
        "free. Time: about {minutes} minutes at 100 Mbit/s. You can use Facetry meanwhile."
    ).format(fetch_gb=fetch_gb, disk_gb=disk_gb, free_gb=free_gb, minutes=minutes)
