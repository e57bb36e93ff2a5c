"""`/api/v1/openapi.json`: the API as OpenAPI 3.1, made of the calls themselves. Nothing in it is written twice."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import current_app, jsonify
from pydantic.json_schema import models_json_schema
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

from blueprints.api.calls import CALLS, Call, bp
from blueprints.api.schemas import Problem

_REF = "#/components/schemas/{model}"
_PLACE = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_]+)>")
_MORE = {428: "Precondition Required", 429: "Too Many Requests", 422: "Unprocessable Content", 460: "Checksum Mismatch"}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TAGS = {
    "me": "people",
    "people": "people",
    "feed": "posts",
    "posts": "posts",
    "comments": "comments",
    "journal": "journal",
    "search": "search",
    "conversations": "messages",
    "messages": "messages",
}


@bp.get("/openapi.json")
def openapi() -> Response:
    """The document."""
    return jsonify(document(current_app.config["SESSION_COOKIE_NAME"]))


def path_of(rule: str) -> str:
    """`/posts/<id:number>` → `/posts/{number}`."""
    return _PLACE.sub(lambda match: "{" + match["name"] + "}", rule)


@cache
def document(cookie: str) -> dict[str, Any]:
    """The whole document; `cookie` is the name of the session's cookie."""
    schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for line in CALLS:
        paths.setdefault(path_of(line.rule), {})[line.method.lower()] = _operation(line, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cohortium",
            "version": "1",
            "description": (
                "What the pages can, for programs. Lists answer `items` and `next`: send it as `cursor` for what follows. What "
                "can be edited has an ETag: send it as `If-Match`, and a stale edit is refused with 412. What creates honours "
                "`Idempotency-Key`. What you may not see does not exist: 404. Faults are problem documents (RFC 9457)."
            ),
        },
        "servers": [{"url": bp.url_prefix}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["components"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made under /settings/tokens."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie,
                    "description": "The browser's session. What changes something needs X-CSRFToken besides.",
                },
            },
        },
    }


def _schemas() -> dict[str, Any]:
    asked = [(model, "validation") for line in CALLS for model in (line.query, line.given) if model is not None]
    given = [(model, "serialization") for line in CALLS for model in (line.answer, *line.others) if model is not None]
    wanted = dict.fromkeys([*asked, *given, (Problem, "serialization")])
    refs, made = models_json_schema(list(wanted), ref_template=_REF)  # type: ignore[arg-type]
    components = made["$defs"]
    for schema in components.values():
        for field in schema.get("properties", {}).values():
            if "default" in field and field["default"] is None and "anyOf" not in field:
                del field["default"]  # what is left out of a PATCH stays: null is not its value
    queries = {refs[model, "validation"]["$ref"].rpartition("/")[2] for model, mode in asked if _is_query(model)}
    return {
        "refs": refs,
        "all": components,
        "components": {name: schema for name, schema in sorted(components.items()) if name not in queries},
    }


def _is_query(model: Any) -> bool:
    return any(line.query is model for line in CALLS)


def _operation(line: Call, schemas: dict[str, Any]) -> dict[str, Any]:
    noun = next(
        (part for part in line.rule.split("/")[3:4] if line.rule.startswith("/spaces/")), line.rule.split("/")[1]
    ).split("<")[0]
    made: dict[str, Any] = {
        "operationId": line.name,
        "summary": line.words,
        "description": line.more,
        "tags": [_TAGS.get(noun, noun or "spaces")],
        "parameters": [*_places(line), *_questions(line, schemas), *_headers(line)],
        "responses": _responses(line, schemas),
    }
    if line.given is not None:
        schema = schemas["refs"][line.given, "validation"]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if line.sends:
        made["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return made


def _places(line: Call) -> list[dict[str, Any]]:
    kinds = {"id": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}
    return [
        {
            "name": match["name"],
            "in": "path",
            "required": True,
            "schema": kinds.get(match["kind"] or "", {"type": "string", "minLength": 1}),
        }
        for match in _PLACE.finditer(line.rule)
    ]


def _questions(line: Call, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if line.query is None:
        return []
    schema = schemas["all"][schemas["refs"][line.query, "validation"]["$ref"].rpartition("/")[2]]
    return [
        _question(name, dict(field), name in schema.get("required", ())) for name, field in schema["properties"].items()
    ]


def _question(name: str, field: dict[str, Any], required: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "in": "query", "required": required}
    words = field.pop("description", "")
    if words:
        made["description"] = words
    if field.pop("allowEmptyValue", False):
        made["allowEmptyValue"] = True
        field = {"enum": ["", "1", "true", "0", "false"], "default": "false"}
    options = [option for option in field.pop("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:  # what may be null may be left out of an address
        field |= options[0]
        field.pop("default", None)
    field.pop("title", None)
    return made | {"schema": field}


def _headers(line: Call) -> list[dict[str, Any]]:
    made = []
    if line.bases:
        made.append(_header("If-Match", "The ETag of what you read: a stale edit is refused with 412."))
    if line.method == "GET":
        made.append(_header("If-None-Match", "An ETag that you hold: 304 when it is still the same."))
    if line.once:
        made.append(_header("Idempotency-Key", "Any text: the same request with the same key is done once."))
    return made


def _header(name: str, words: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": words, "schema": {"type": "string"}}


def _responses(line: Call, schemas: dict[str, Any]) -> dict[str, Any]:
    models = [model for model in (line.answer, *line.others) if model is not None]
    shapes = [schemas["refs"][model, "serialization"] for model in models]
    good: dict[str, Any] = {"description": "Done."}
    if shapes:
        shape = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        good["content"] = {"application/json": {"schema": shape}}
        good["headers"] = {"ETag": {"description": "Which state this is.", "schema": {"type": "string"}}}
    if line.gives:
        good["content"] = {**good.get("content", {}), line.gives: {}}
    made: dict[str, Any] = {str(line.status): good}
    if line.method == "GET" and (line.answer or line.gives):
        made["304"] = {"description": "Not Modified"}
    codes = {401, 403, 404, 429, *(code for code in line.also if code >= 400)}
    if line.query is not None or line.given is not None or line.sends:
        codes |= {400, 422}
    if line.given is not None or line.sends:
        codes |= {413, 415}
    if line.method != "GET":
        codes |= {400, 409, 422}
    if line.bases:
        codes.add(412)
    for code in line.also:
        if code < 400:
            made[str(code)] = good if code < 300 else {"description": HTTP_STATUS_CODES[code]}
    for code in sorted(codes):
        made[str(code)] = {"description": _MORE.get(code) or HTTP_STATUS_CODES[code], "content": _PROBLEM}
    made["default"] = {"description": "Anything else that goes wrong.", "content": _PROBLEM}
    return made
