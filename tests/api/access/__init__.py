"""The catalogue's endpoints, as `python -m tests.api.access CATALOGUE` has listed them."""

import json
import re
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("endpoints.json")
# What stands in the catalogue as one endpoint and is served otherwise: by views of another kind,
# or as one address for each word.
SERVED_AS = {
    "GET healthcheck": "GET ",
    "GET terms-conditions": "GET settings/terms-conditions",
    "POST campaign/<>/<>": "POST campaign/<>/active",
}


def plain(route: str) -> str:
    """Return a route without the names of its placeholders, and without a store's code."""
    return re.sub(r"\{(?!storeCode)[^}]*\}|<[^>]*>", "<>", route).replace("{storeCode}/", "")


def listed(catalogue: dict[str, Any]) -> list[str]:
    """Return the routes of a catalogue of endpoints, in order, each once."""
    routes = {
        plain(f"{endpoint['method']} {endpoint['path'].removeprefix('/api').lstrip('/')}")
        for endpoint in catalogue["endpoints"]
    }
    return sorted(routes)


def endpoints() -> list[str]:
    routes: list[str] = json.loads(FILE.read_text())
    return routes
