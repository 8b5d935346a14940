"""What is documented: each endpoint, and each printed example. And which calls replay them."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.api.access import plain
from tests.api.reference.facts import Call

ENDPOINTS = Path(__file__).with_name("catalogue.json")
PRINTED = Path(__file__).with_name("printed.json")


@dataclass(frozen=True)
class Endpoint:
    """`route`: verb and address without a store. `reads`: what the front ends read of an answer."""

    route: str
    status: int
    reads: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@cache
def read_endpoints() -> dict[str, Endpoint]:
    return {
        route: Endpoint(
            route=route,
            status=facts["status"],
            reads=tuple(facts.get("reads", ())),
            aliases=tuple(facts.get("aliases", ())),
        )
        for route, facts in json.loads(ENDPOINTS.read_text()).items()
    }


def read_printed() -> list[str]:
    """Return verb, address and status of each printed example; some are printed several times."""
    printed: list[str] = json.loads(PRINTED.read_text())
    return printed


def route_of(call: Call) -> str | None:
    """Return the route that a call goes to: of those that fit, the one that says most."""
    asked = _route(call)
    fitting = [route for route in _routes() if _pattern(route).fullmatch(asked)]
    return min(fitting, key=lambda route: route.count("<>"), default=None)


def endpoint_of(call: Call) -> Endpoint:
    """Return the endpoint that a call goes to, by its own address or by an older one."""
    route = route_of(call)
    assert route is not None, f"{call.id} goes to no endpoint of the catalogue."
    return _routes()[route]


def unanswered(calls: Iterable[Call]) -> list[str]:
    """Return the routes to which no call goes that gets, or is printed with, their status."""
    told = {(route_of(call), status) for call in calls for status in call.statuses_printed}
    return [route for route, endpoint in _routes().items() if (route, endpoint.status) not in told]


def unreplayed(calls: Iterable[Call]) -> list[str]:
    """Return the printed examples that are printed more often than there are calls for them."""
    replayed = Counter(
        f"{call.method_printed} {call.path_printed.split('?')[0]} {status}"
        for call in calls
        for status in call.statuses_printed
    )
    return list((Counter(read_printed()) - replayed).elements())


@cache
def _routes() -> dict[str, Endpoint]:
    endpoints = read_endpoints()
    aliases = {alias: each for each in endpoints.values() for alias in each.aliases}
    return endpoints | aliases


def _route(call: Call) -> str:
    path = call.path.split("?")[0].removeprefix("/").removeprefix("api/").removeprefix("DEFAULT/")
    return f"{call.method} {plain(path)}"


@cache
def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.escape(route).replace("<>", "[^/]+"))
