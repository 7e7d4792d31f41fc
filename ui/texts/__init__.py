"""The catalogue of texts, a file a page; `ui.text` gathers them."""
