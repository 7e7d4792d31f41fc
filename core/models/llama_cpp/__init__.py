"""GGUF files through llama-cpp-python in this process, as a chat backend."""
