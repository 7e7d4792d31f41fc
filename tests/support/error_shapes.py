"""How servers say that something is wrong: the shapes of an error, and the words for each meaning.

Words are those of vendors and programs as they document or print them, the shapes those in which they come. A case is
any shape with any words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Shape = Callable[[int, str, str], tuple[int, Any]]
"""HTTP status, message and code of an error -> the status and the body that are sent."""


def _page(status: int, message: str, _: str) -> tuple[int, Any]:
    style = "<style>body { color: red }</style><script>let seed = 1</script>"
    return status, f"<html><head>{style}<title>{status}</title></head><body><h1>{message}</h1><hr>nginx</body></html>"


SHAPES: dict[str, Shape] = {
    "mapping": lambda status, message, code: (status, {"error": {"message": message, "type": "error", "code": code}}),
    "text": lambda status, message, _: (status, {"error": message}),
    "list of mappings": lambda status, message, _: (status, [{"error": {"code": status, "message": message}}]),
    "list of texts": lambda status, message, _: (status, {"errors": ["Bad request.", message]}),
    "detail": lambda status, message, _: (status, {"detail": message}),
    "detail as a list": lambda status, message, _: (
        status,
        {"detail": [{"type": "value_error", "loc": ["body"], "msg": message, "input": {"prompt": "a seed, flagged"}}]},
    ),
    "message alone": lambda status, message, code: (status, {"object": "error", "message": message, "code": code}),
    "message holds a list": lambda status, message, _: (status, {"object": "Error", "message": [{"msg": message}]}),
    "reason beside": lambda status, message, _: (
        status,
        {"statusCode": status, "error": "Bad Request", "message": message},
    ),
    "nested": lambda status, message, _: (status, {"error": {"error": {"error": {"message": message}}}}),
    "JSON in a text": lambda status, message, code: (
        status,
        {"error": {"message": f"upstream said: {json.dumps({'error': {'message': message, 'code': code}})} (id 1)"}},
    ),
    "JSON in JSON": lambda status, message, _: (status, json.dumps(json.dumps({"error": {"message": message}}))),
    "Python in a text": lambda status, message, code: (
        status,
        {"detail": f"BadRequestError: Error code: {status} - {({'error': {'message': message, 'code': code}})}"},
    ),
    "provider's own": lambda status, message, _: (
        status,
        {"error": {"message": "Provider returned error", "code": status, "metadata": {"raw": message}}},
    ),
    "plain": lambda status, message, _: (status, message),
    "page": _page,
    "status 200": lambda status, message, _: (200, {"error": {"message": message, "code": status}}),
    "status 200, text": lambda _, message, __: (200, {"error": message}),
    "status 200, number as a text": lambda status, message, _: (
        200,
        {"success": False, "code": str(status), "detail": message},
    ),
}  # fmt: skip

Words = tuple[int, str, str]
"""HTTP status, message, code."""
WORDS: dict[str, list[Words]] = {
    "too long": [
        (400, "This model's maximum context length is 700 tokens.", "context_length_exceeded"),
        (400, "The prompt has 900 tokens to keep, more than the context length of 700 (n_keep, n_ctx).", ""),
        (400, "the request exceeds the available context size. try increasing the context size", ""),
        (400, "Prompt contains 900 tokens, too large for model with 700 maximum context length", ""),
        (400, "The input token count (900) exceeds the maximum number of tokens allowed (700).", ""),
        (422, "Input validation error: `inputs` must have less than 700 tokens. Given: 900: input is too long", ""),
        (400, "prompt is too long: 900 tokens > 700 maximum", ""),
        (400, "Range of input length should be [1, 700]", ""),
        (500, "The input (900 tokens) is longer than the model's context length (700 tokens).", ""),
        (400, "too many tokens: the prompt may have 700 at most", ""),
        (413, "Payload Too Large", ""),
        (400, "Requested tokens (900) exceed context window of 700", ""),
        (400, "Request exceeds token limit: 900 tokens > 700", ""),
        (400, "Input prompt is too big compared to KV size", ""),
        (429, "Request too large for small-9 on tokens per min (TPM): Limit 700, Requested 900.", ""),
        (400, "Please provide a shorter prompt.", ""),
    ],
    "key": [
        (401, "Incorrect API key provided: sk-very-secret-key.", "invalid_api_key"),
        (400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
        (401, "Unauthorized", ""),
        (403, "Could not validate credentials", ""),
        (400, "Authentication failed: the access token has expired", ""),
        (500, "AuthenticationError: missing API key", ""),
        (401, "Not authenticated", ""),
        (400, "invalid x-api-key", ""),
        (403, "No API key found in request", ""),
        (400, "Please pass a valid API key", ""),
    ],
    "model": [
        (404, "The model `small-9` does not exist or you do not have access to it.", "model_not_found"),
        (404, "model 'small-9' not found, try pulling it first", ""),
        (400, "small-9 is not a valid model ID", ""),
        (400, "Invalid model name passed in model=small-9", ""),
        (403, "Project does not have access to model small-9", ""),
        (400, "The model small-9 has been decommissioned and is no longer supported", ""),
        (404, "The API deployment for this resource does not exist.", "DeploymentNotFound"),
        (404, "No endpoints found for small-9.", ""),
        (400, "There is no model named small-9 here", ""),
        (404, "This is not a chat model", ""),
        (400, "small-9 is not in the list of served models: large", ""),
    ],
    "unloaded": [
        (404, "No models loaded. Please load a model in the developer page.", ""),
        (404, "No model is loaded on this server; load one first.", ""),
        (400, "model is not loaded", ""),
        (503, "no model is currently loaded", ""),
        (400, "Failed to load model small-9: insufficient memory", ""),
    ],
    "credit": [
        (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
        (402, "This request requires more credits, or fewer max_tokens.", ""),
        (402, "Insufficient Balance", ""),
        (400, "Your credit balance is too low to access this API. Go to Plans & Billing.", ""),
        (403, "Access denied: the account is in arrearage.", "Arrearage"),
        (400, "Budget has been exceeded! Current cost: 10.1, max budget: 10", ""),
        (429, "Your prepayment credits are depleted.", ""),
        (400, "The balance is insufficient", ""),
    ],
    "limit": [
        (429, "Rate limit reached for requests per day (RPD): limit 200, used 200.", ""),
        (429, "Quota exceeded for GenerateRequestsPerDayPerProject", ""),
        (429, "You have reached your monthly limit of requests", ""),
    ],
    "busy": [
        (429, "Rate limit reached for requests", "rate_limit_exceeded"),
        (429, "Too Many Requests", ""),
        (503, "The model is currently overloaded", ""),
        (503, "Loading model", ""),
        (529, "Overloaded", "overloaded_error"),
        (429, "Limit 10000 tokens per minute exceeded", ""),
        (503, "Model small-9 is currently loading", ""),
        (429, "Server busy, slow down", ""),
        (429, "Quota exceeded for tokens. Please retry in 34.07s.", "RESOURCE_EXHAUSTED"),
        (503, "The model is at capacity", ""),
    ],
    "blind": [
        (400, "image input is not supported - hint: if this is unexpected, provide the mmproj", ""),
        (400, "Failed to deserialize: unknown variant `image_url`, expected `text`", ""),
        (404, "No endpoints found that support image input", ""),
        (400, "This model does not support images.", ""),
        (422, "small-9 is not a multimodal model", ""),
        (400, "At most 0 image(s) may be provided in one request.", ""),
    ],
    "filtered": [
        (400, "The response was filtered by the content management policy.", "content_filter"),
        (403, "Your input was flagged", ""),
        (400, "Output data may contain inappropriate content.", "data_inspection_failed"),
    ],
    "address": [
        (404, "Not Found", ""),
        (404, "404 page not found", ""),
        (404, "Invalid URL (POST /chat/completions)", ""),
        (404, "Unexpected endpoint or method. (POST /chat/completions)", ""),
        (405, "Method Not Allowed", ""),
        (400, "The plain HTTP request was sent to HTTPS port", ""),
        (404, "The requested resource was not found", ""),
    ],
    "logprobs": [
        (400, 'Invalid JSON payload received. Unknown name "logprobs": Cannot find field.', ""),
        (422, "logprobs: Extra inputs are not permitted", ""),
        (400, "For the model small-9 logprobs are not available", ""),
        (400, "You are not allowed to request logprobs from this model", ""),
        (500, "Completion.create() got an unexpected keyword argument 'top_logprobs'", ""),
        (400, "Log probabilities are unavailable. Supported: temperature, max_tokens, seed, response_format.", ""),
    ],
    "response_format": [
        (400, "'response_format.type' must be 'text'", ""),
        (400, "Unrecognized request argument supplied: response_format", ""),
        (422, "response_format is not supported by small-9", ""),
    ],
    "seed": [
        (400, "Unsupported parameter: 'seed'", ""),
        (422, "seed: Extra inputs are not permitted", ""),
        (400, 'Unknown name "seed": Cannot find field.', ""),
    ],
    "max_tokens": [
        (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "unsupported_parameter"),
        (400, "max_tokens must be less than or equal to 1024", ""),
        (422, "max_tokens: Extra inputs are not permitted", ""),
    ],
    "temperature": [
        (400, "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is.", ""),
        (400, "temperature may only be 1 for small-9", ""),
        (422, "temperature: Extra inputs are not permitted", ""),
    ],
}  # fmt: skip
