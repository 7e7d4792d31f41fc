"""The networks of the built-in engine as ONNX graphs without weights, and what runs them. `tools/make_graphs.py` makes
the graphs; the weights come from installed packages."""
