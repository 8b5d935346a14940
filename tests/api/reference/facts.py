"""Read the reference's calls, and compare an answer with what the reference prints of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("calls.json")
SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "bool": (bool,),
    "object": (dict,),
    "list": (list,),
}


@dataclass(frozen=True)
class Call:
    """One documented call; the fields are those of `calls.json`."""

    id: str
    method: str
    path: str
    statuses: tuple[int, ...]
    role: str = ""
    body: tuple[str, ...] = ()
    json: Any = None
    after: tuple[str, ...] = field(default=())
    answer: Any = None
    slip: str = ""
    # What is printed where a slip is mended.
    printed: dict[str, Any] = field(default_factory=dict)

    @property
    def method_printed(self) -> str:
        return str(self.printed.get("method", self.method))

    @property
    def path_printed(self) -> str:
        return str(self.printed.get("path", self.path))

    @property
    def statuses_printed(self) -> tuple[int, ...]:
        return (self.printed["status"],) if "status" in self.printed else self.statuses


def read_calls() -> dict[str, Call]:
    chapters = json.loads(FILE.read_text())
    calls = [_call(chapter["chapter"], facts) for chapter in chapters for facts in chapter["calls"]]
    by_id = {call.id: call for call in calls}
    assert len(by_id) == len(calls), "Two calls of a chapter have one name."
    return by_id


def _call(chapter: str, facts: dict[str, Any]) -> Call:
    status = facts["status"]
    return Call(
        id=f"{chapter}: {facts['name']}",
        method=facts["method"],
        path=facts["path"],
        statuses=tuple(status) if isinstance(status, list) else (status,),
        role=facts.get("as", ""),
        body=tuple(facts.get("body", ())),
        json=facts.get("json"),
        after=tuple(facts.get("after", ())),
        answer=facts.get("answer"),
        slip=facts.get("slip", ""),
        printed=facts.get("printed", {}),
    )


def missing(value: Any, key: str, where: str = "") -> list[str]:
    """
    Return a line for each place where an answer lacks a key that clients read, as `a.b[].c`.

    Nothing is read of a null. A key with ! may be missing.
    """
    if not key or value is None:
        return []
    first, _, rest = key.partition(".")
    marked = first.removesuffix("!")
    name = marked.removesuffix("[]")
    if not isinstance(value, dict) or name not in value:
        return [f"{where}.{name} is missing"] if marked == first else []
    entries, where = [value[name]], f"{where}.{name}"
    if marked != name:
        entries, where = value[name] or [], f"{where}[]"
    if not isinstance(entries, list):
        return [f"{where}: {entries!r} is no list"]
    return [line for entry in entries for line in missing(entry, rest, where)]


def differences(value: Any, documented: Any, where: str = "") -> list[str]:
    """Return a line for each documented key that is missing in `value`, or is of another type."""
    if documented == "any":
        return []
    if isinstance(documented, str):
        return [] if _is_a(value, documented) else [f"{where}: {value!r} is no {documented}"]
    if isinstance(documented, list):
        return _differences_of_list(value, documented, where)
    if set(documented) == {"*"}:
        return _differences_of_map(value, documented["*"], where)
    return _differences_of_object(value, documented, where)


def _is_a(value: Any, name: str) -> bool:
    # A bool is an int to Python, and no number to a client.
    if name != "bool" and isinstance(value, bool):
        return False
    if name == "id":
        return isinstance(value, str) or (isinstance(value, dict) and "id" in value)
    return isinstance(value, SCALARS[name])


def _differences_of_list(value: Any, documented: list[Any], where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: {value!r} is no list"]
    return [line for entry in value for line in differences(entry, documented[0], f"{where}[]")]


def _differences_of_map(value: Any, documented: Any, where: str) -> list[str]:
    # The reference prints an empty map as [].
    if value == []:
        return []
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no map"]
    return [line for key in value for line in differences(value[key], documented, f"{where}.{key}")]


def _differences_of_object(value: Any, documented: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    lines: list[str] = []
    first = next(iter(documented))
    # Clients take the first key of a list's answer for the list, whatever it is called.
    if "total" in documented and isinstance(documented[first], list) and [*value][:1] != [first]:
        lines.append(f"{where}.{first} is not the first key")
    for marked, shape in documented.items():
        key = marked.rstrip("?!")
        if key not in value:
            lines += [] if marked.endswith("!") else [f"{where}.{key} is missing"]
        elif value[key] is not None or marked == key:
            lines += differences(value[key], shape, f"{where}.{key}")
    return lines
