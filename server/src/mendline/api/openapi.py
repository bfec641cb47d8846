"""`/api/v1/openapi.json`: what the API takes and answers, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline import __version__
from mendline.access.rules import rule_for

PATH = "/api/v1/openapi.json"
_ABOUT = (
    "Every page has a twin with the same data under its path with `.json`. Telemetry is sent by OTLP to `/v1/traces`,"
    " `/v1/logs` and `/v1/metrics`. Times are ISO 8601, durations end in their unit."
)
_ERROR = {
    "description": "Refused, with a sentence for people and a code for programs.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key; an open server asks for none (docs/reference/keys.md).",
}


def build_routes() -> list[Route]:
    """The document."""

    def tell(_: Request) -> Response:
        return JSONResponse(document())

    return [Route(PATH, tell, methods=["GET"])]


@cache
def document() -> Mapping[str, Any]:
    """The whole OpenAPI document; nobody may change it."""
    told = yaml.safe_load(files("mendline.api").joinpath("openapi.yaml").read_text("utf-8"))
    paths = {
        path: {method: _operation(path, method, one) for method, one in methods.items()}
        for path, methods in told["paths"].items()
    }
    error = {"type": "object", "required": ["code", "message"], "properties": _texts("code", "message")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mendline", "version": __version__, "description": _ABOUT},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "parameters": {name: _parameter(name, **one) for name, one in told["parameters"].items()},
            "schemas": {"Error": error},
            "responses": {"Refused": _ERROR},
            "securitySchemes": {"key": _BEARER},
        },
    }


def _operation(path: str, method: str, told: Mapping[str, Any]) -> dict[str, Any]:
    rule = rule_for(path.partition("{")[0] + "x" if "{" in path else path)
    needed = rule.needed if method == "get" else rule.changes
    own = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    operation: dict[str, Any] = {
        "summary": told["is"],
        "operationId": "_".join([method, *re.findall(r"\w+", path.removeprefix("/api/v1"))]).replace("-", "_"),
        "tags": [path.split("/")[3].removesuffix(".json")],
        "description": f"Takes a key of scope `{needed}`, or one that may more.",
        "parameters": own + [{"$ref": f"#/components/parameters/{name}"} for name in told.get("query", ())],
        "responses": {
            str(told.get("status", 200)): _answer(told),
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }
    if "body" in told:
        schema = {"type": "object", "example": told["body"]}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _answer(told: Mapping[str, Any]) -> dict[str, Any]:
    if told.get("status") == 204:
        return {"description": "Done."}
    if "media" in told:
        return {"description": "A text.", "content": {told["media"]: {"schema": {"type": "string"}}}}
    schema: dict[str, Any] = {"type": "object"}
    if "answer" in told:
        schema["properties"] = {name: {} for name in told["answer"]}
    return {"description": "An object.", "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, **told: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": told["is"],
        "schema": {"type": told["type"]},
        "example": told["example"],
    }


def _texts(*names: str) -> dict[str, Any]:
    return {name: {"type": "string"} for name in names}
