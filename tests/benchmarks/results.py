"""What a benchmark found."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """
    `value` against `target`, the least that is asked for. `details`: how it came about.

    Usually `value` is itself a ratio: a rate by that of a floor, measured in the same run.
    """

    name: str
    value: float
    target: float
    details: str = ""

    @property
    def is_met(self) -> bool:
        return self.value >= self.target

    def __str__(self) -> str:
        mark = "ok  " if self.is_met else "LOW "
        value = f"{self.value:.2f}" if self.value < 100 else f"{self.value:.0f}"
        return f"{mark} {self.name:<52} {value:>8}  (at least {self.target:g})  {self.details}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"is_met": self.is_met}


def results_of(returned: Any) -> Iterable[Result]:
    """Read what a module's `run()` returned: results, or (name, value, target, …)."""
    if isinstance(returned, Result):
        return [returned]
    if isinstance(returned, tuple) and returned and isinstance(returned[0], str):
        name, value, target, *_ = returned
        return [Result(name, float(value), float(target))]
    return (result for part in returned for result in results_of(part))
