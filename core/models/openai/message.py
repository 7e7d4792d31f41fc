"""A request as a message of the protocol."""

from __future__ import annotations

import base64
from typing import Any

from core.domain import Failed
from core.models.chat.backend import Request
from core.models.chat.image_encoding import as_jpeg

NO_IMAGE = Failed("The image's copy in the workspace cannot be read any more.")


def message_of(request: Request, side: int) -> dict[str, Any]:
    """A request as a chat message. side: see OpenAIChat. Raises OSError for an image that cannot be read."""
    if request.image is None:
        return {"role": "user", "content": request.text}
    url = f"data:image/jpeg;base64,{base64.b64encode(as_jpeg(request.image, side)).decode()}"
    content = [{"type": "text", "text": request.text}, {"type": "image_url", "image_url": {"url": url}}]
    return {"role": "user", "content": content}
