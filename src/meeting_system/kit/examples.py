"""Examples for every body of an OpenAPI document, by the names of its fields.

A field that knows better says so with `Field(examples=[…])`; a test checks that all examples are valid.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

BY_NAME: Mapping[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6ImNvbmZpZ3VyZWQiLCJ0eXAiOiJhdCtqd3QifQ…",
    "address": "198.51.100.7",
    "after_seq": 41,
    "body": "Good morning!",
    "detail": {},
    "device_id": "laptop-7f3a",
    "display_name": "Ada Lovelace",
    "email": "ada@example.org",
    "host_name": "Ada Lovelace",
    "join_url": "https://meet.example.org/m/123456789",
    "meeting_no": "123456789",
    "name": "Ada Lovelace",
    "password": "correct horse battery",
    "refresh_token": "m1-9cV3nQ0b2yq6r8s4t0u2w4x6y8z0A2B4C6D8E0F",
    "sdp": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
    "signaling_url": "/ws/signaling",
    "slug": "abc-defg-hjk",
    "ticket": "q7V1m0Zc5sYt2LwXh9RkNg",
    "title": "Weekly planning",
    "token": "q7V1m0Zc5sYt2LwXh9RkNg",
    "url": "https://hooks.example.org/meetings",
    "urls": ["stun:meet.example.org:3478"],
    "version": "0.1.0",
}
ID = "0198f2a6-6a7e-7c1b-9d51-0f3a6c1e5b7d"
MOMENT = "2026-11-26T09:30:00Z"
DEEPEST = 6


def add_examples(document: Json) -> None:
    """Give every JSON body, asked and answered, an example."""
    schemas = document.get("components", {}).get("schemas", {})
    for item in [*document["paths"].values(), *document.get("webhooks", {}).values()]:
        for operation in item.values():
            bodies = [operation.get("requestBody"), *operation.get("responses", {}).values()]
            for body in bodies:
                for content in (body or {}).get("content", {}).values():
                    if "schema" in content and not {"example", "examples"} & content.keys():
                        content["example"] = example_of(content["schema"], schemas)


def example_of(schema: Json, schemas: Mapping[str, Json], name: str = "", depth: int = 0) -> Any:
    """Return a value that `schema` allows."""
    if depth > DEEPEST:
        return None
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            options = [option for option in schema[key] if option.get("type") != "null"] or schema[key]
            return example_of(options[0], schemas, name, depth)
    return _plain(schema, schemas, name, depth)


def _plain(schema: Json, schemas: Mapping[str, Json], name: str, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return {
            field: example_of(each, schemas, field, depth + 1)
            for field, each in schema.get("properties", {}).items()
        }
    if kind == "array":
        known = BY_NAME.get(name)
        return (
            known
            if isinstance(known, list)
            else [
                example_of(schema.get("items", {}), schemas, name, depth + 1)
                for _ in range(max(1, schema.get("minItems", 1)))
            ]
        )
    if kind == "string":
        return _text(schema, name)
    if kind in {"integer", "number"}:
        known = BY_NAME.get(name)
        return known if isinstance(known, int) else max(schema.get("minimum", 1), 1)
    return True if kind == "boolean" else None


def _text(schema: Json, name: str) -> str:
    if schema.get("format") == "date-time" or name.endswith("_at"):
        return MOMENT
    if name.endswith("_id") and name not in BY_NAME:
        return ID
    known = BY_NAME.get(name)
    return known if isinstance(known, str) else name.removesuffix("s").replace("_", " ") or "text"
