"""
What each call of the Open Loyalty API answers, for its OpenAPI document.

`answers.json` says it: `shapes` have names; `answers` has the body of what went well, by verb and
address, and `jobs` that of a 202. Whatever test calls the API fails where the body is another one,
or has a key too many.

    string, number, integer, bool, object, any    what they say
    uuid, date-time    a text of this format
    moment    a text like 2019-03-14T10:29:05+0100, where RFC 3339 has a colon
    Name    the shape of this name
    a|b    either
    [shape]    a list of such
    {"*": shape}    an object whose keys come with the data
    {key: shape}    an object; a key with ? may be null, one with ! may be missing; "..."
                    stands before the shape whose keys it has, too
    {"|": [shape, shape]}    either, where they have no names
    file    no JSON: a picture, a document, a table
    nothing    an empty body
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("answers.json")

Schema = dict[str, Any]

SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "bool": {"type": "boolean"},
    "object": {"type": "object"},
    "any": {},
    "uuid": {"type": "string", "format": "uuid"},
    "date-time": {"type": "string", "format": "date-time"},
    "moment": {
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{4}$",
        "examples": ["2019-03-14T10:29:05+0100"],
    },
}
# The shapes of refusals, by status.
REFUSALS = {
    "400": "Refusal",
    "401": "NotSignedIn",
    "403": "Error",
    "404": "Error",
    "422": "Error",
    "429": "TooMany",
}


@cache
def read() -> Mapping[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text())
    return told


def describe(document: dict[str, Any]) -> None:
    """Write into an OpenAPI document what each of its calls answers."""
    told = read()
    schemas = document["components"]["schemas"]
    for name, shape in told["shapes"].items():
        assert name not in schemas, f"A form is called {name}, too."
        schemas[name] = schema_of(shape)
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            route, responses = route_of(verb, path), operation["responses"]
            _describe_refusals(responses)
            if route in told["answers"]:
                _describe(responses["200"], told["answers"][route])
            if route in told["jobs"]:
                _describe(responses["202"], told["jobs"][route])


def route_of(verb: str, path: str) -> str:
    """Return how `answers.json` calls an operation: `GET customer/{customer}`."""
    return f"{verb.upper()} {path.removeprefix('/api/').removeprefix('{store_code}/')}"


def schema_of(shape: Any) -> Schema:
    """Return the JSON Schema of a shape."""
    if isinstance(shape, str):
        alternatives = [_named(name) for name in shape.split("|")]
        return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
    if isinstance(shape, list):
        return {"type": "array", "items": schema_of(shape[0])}
    if "|" in shape:
        return {"anyOf": [schema_of(each) for each in shape["|"]]}
    if "*" in shape:
        return {"type": "object", "additionalProperties": schema_of(shape["*"])}
    shape = _with_inherited(shape)
    return {
        "type": "object",
        "properties": {key.rstrip("?!"): _property(key, value) for key, value in shape.items()},
        "required": [key.rstrip("?") for key in shape if not key.endswith("!")],
    }


def _with_inherited(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the keys of the shape that is named after "..." in that place."""
    keys: dict[str, Any] = {}
    for key, value in shape.items():
        keys |= _with_inherited(read()["shapes"][value]) if key == "..." else {key: value}
    return keys


def _named(name: str) -> Schema:
    return dict(SCALARS[name]) if name in SCALARS else {"$ref": f"#/components/schemas/{name}"}


def _property(key: str, shape: Any) -> Schema:
    schema = schema_of(shape)
    if "?" not in key or not schema:
        return schema
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _describe_refusals(responses: dict[str, Any]) -> None:
    for status, name in REFUSALS.items():
        if status in responses:
            responses[status]["content"] = _json(_named(name))


def _describe(response: dict[str, Any], shape: Any) -> None:
    if shape == "file":
        response["content"] = {"*/*": {}}
    elif shape != "nothing":
        response["content"] = _json(schema_of(shape))


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
