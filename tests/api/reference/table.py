"""Write down how each documented endpoint answers, as a page to read."""

from collections.abc import Iterable
from pathlib import Path

from tests.api.reference import catalogue
from tests.api.reference.facts import Call

FILE = Path(__file__).with_name("conformance.md")
HEAD = """# The documented API, endpoint by endpoint

Written by `python -m tests.api.reference`; a test fails when it is out of date, for an endpoint
without a call, and for an example of the reference that no call replays. In each test run all
calls are sent to the demo store, and answered with the documented status, keys and types, and
with the keys that the vendor's own front ends read: an endpoint stands here as long as it conforms.
Addresses stand without `/api` and the code of a store. A number in brackets points to a slip of the
documentation, at the end.
"""
COLUMNS = """| Endpoint | Documented | Calls | Conforms |
|---|---|---|---|"""


def write(calls: Iterable[Call]) -> str:
    calls = list(calls)
    slips = list(dict.fromkeys(call.slip for call in calls if call.slip))
    by_route: dict[str, list[Call]] = {}
    for call in calls:
        by_route.setdefault(catalogue.route_of(call) or "", []).append(call)
    rows = [
        _row(endpoint, route, by_route.get(route, []), slips)
        for endpoint in catalogue.read_endpoints().values()
        for route in (endpoint.route, *endpoint.aliases)
    ]
    notes = [f"{number}. {slip}" for number, slip in enumerate(slips, 1)]
    return "\n".join([HEAD, COLUMNS, *rows, "", "## Slips of the documentation\n", *notes, ""])


def _row(endpoint: catalogue.Endpoint, route: str, calls: list[Call], slips: list[str]) -> str:
    verb, _, address = route.partition(" ")
    names = "<br>".join(_name(call, slips) for call in calls)
    conforms = "yes" if any(endpoint.status in call.statuses_printed for call in calls) else "no"
    return f"| {verb} `/{address}` | {endpoint.status} | {names} | {conforms} |"


def _name(call: Call, slips: list[str]) -> str:
    statuses = "/".join(map(str, call.statuses))
    note = f" ({slips.index(call.slip) + 1})" if call.slip else ""
    return f"{call.id}: {statuses}{note}"
