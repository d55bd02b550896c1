"""The JSON Schema dialect that constrained decoding accepts, made from a pydantic model.

Both vendors take a subset: every property required, no extra properties, no lengths or ranges, nothing beside
`$ref` (OpenAI: guides/structured-outputs; Anthropic: build-with-claude/structured-outputs). What is dropped
is written into the description, and pydantic still enforces it on the answer.
"""

from typing import Any

from pydantic import BaseModel

SILENT = {"title", "default", "additionalProperties", "required", "discriminator", "examples"}


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A strict JSON Schema of the model; the model itself is not changed."""
    return _strict(model.model_json_schema())


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node and "$defs" not in node:
        return {"$ref": node["$ref"]}
    strict: dict[str, Any] = {}
    limits: list[str] = []
    for key, value in node.items():
        match key:
            case "properties":
                strict["properties"] = {name: _strict(child) for name, child in value.items()}
                strict["required"] = list(value)
            case "$defs":
                strict["$defs"] = {name: _strict(child) for name, child in value.items()}
            case "items":
                strict["items"] = _strict(value)
            case "anyOf" | "oneOf":
                strict["anyOf"] = [_strict(child) for child in value]
            case "$ref" | "type" | "enum" | "const" | "description":
                strict[key] = value
            case _ if key not in SILENT:
                limits.append(f"{key}: {value}")
    if strict.get("type") == "object":
        strict["additionalProperties"] = False
    if limits:
        strict["description"] = f"{strict.get('description', '')} ({', '.join(limits)})".strip()
    return strict
