"""A network that runs in ONNX Runtime, on the CPU: a graph of this folder with weights from elsewhere.

Half of the processor time of PyTorch for the same convolutions, in the same float32, and a tenth of the space on the
disk. The numbers do not depend on what else is in a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.errors import ModelUnavailable

Weights = Mapping[str, NDArray[np.float32]]
_ERRORS_ONLY = 3


class Graph:
    """NAME.onnx of this folder with its weights. Safe to call from several threads."""

    def __init__(self, name: str, weights: Weights) -> None:
        """weights: by the names in the graph, in its shapes, all that it has and no others. They are copied.

        Raises ModelUnavailable when ONNX Runtime is not installed.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelUnavailable(
                "The built-in engine needs a package that is not installed; run: pip install onnxruntime"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads.spare()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait leave the core
        options.log_severity_level = _ERRORS_ONLY
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value)) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
        path = Path(__file__).with_name(f"{name}.onnx")
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[np.float32]:
        """The graph's output for its inputs, by name."""
        found: NDArray[np.float32] = self._session.run(None, inputs)[0]
        return found
