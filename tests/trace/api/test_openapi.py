"""The document says what there is, and what is answered is as it says."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route
from tests.cast import CLIENT_SPAN, changed, named
from tests.contract.base import NewStore, accept
from tests.trace.api.client import Client

from clew.trace.api import ApiSettings, routes


def conforms(value: Any, schema: dict[str, Any], components: dict[str, Any]) -> bool:
    """Whether ``value`` is what ``schema`` says: the part of JSON Schema that our structs need."""
    if "$ref" in schema:
        return conforms(value, components[schema["$ref"].rsplit("/", 1)[1]], components)
    if "anyOf" in schema:
        return any(conforms(value, choice, components) for choice in schema["anyOf"])
    match schema["type"]:
        case "array":
            return isinstance(value, list) and all(
                conforms(item, schema["items"], components) for item in value
            )
        case "object":
            properties = schema.get("properties", value)
            return value.keys() == properties.keys() and all(
                conforms(value[name], part, components)
                for name, part in schema.get("properties", {}).items()
            )
        case "string" | "boolean" | "integer" | "null" as name:
            types = {"string": str, "boolean": bool, "integer": int, "null": type(None)}
            return type(value) is types[name]
    raise AssertionError(f"no such type: {schema}")


def test_the_document_describes_every_path_and_answer(new_store: NewStore) -> None:
    store = new_store()
    for service in ("web", "0.0.0.0/4140"):
        accept(store, changed(CLIENT_SPAN, local_endpoint=named(service)))
    served = routes(store, ApiSettings())
    client = Client(served)
    document = client.get("/api/clew/openapi.json").json()
    paths = {route.path for route in served if isinstance(route, Route)}
    assert set(document["paths"]) == {path for path in paths if path.startswith("/api/clew/")}
    for path, item in document["paths"].items():
        answer = client.get(path)
        (media_type, content), *_ = item["get"]["responses"]["200"]["content"].items()
        assert answer.headers["content-type"] == media_type
        assert conforms(answer.json(), content["schema"], document["components"]["schemas"])
    assert not conforms([{"name": 1}], {"type": "array", "items": {"type": "string"}}, {})
