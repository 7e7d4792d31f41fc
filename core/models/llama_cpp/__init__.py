"""GGUF files through llama-cpp-python, as a chat backend."""
