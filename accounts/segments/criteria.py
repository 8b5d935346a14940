"""
The registry of segment criteria, and the check of what people write with them.

This room knows the criteria about customers; the rooms above plug in their own when they are ready,
as `transactions` does with those about purchases. Source: SG-1, SG-3, SG-4.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.segments.parameters import BLANK, Fault, Parameter
from accounts.segments.queries import Compile
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store

PARTS_MAX = 20
CRITERIA_MAX = 50
EXTRA = "This form should not contain extra fields."
NO_TYPE = "The value you selected is not a valid choice."
# What the 3.2 API page calls it → the name that is kept and answered.
ALIASES = {"customer_has_labels_with_values": "customer_with_labels_values"}

Errors = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """
    A kind of criterion.

    `range_of`: the names of a range's ends, of which one at least is given, and the first may not
    exceed the second. `follows_purchases`: a purchase can change who fits.
    """

    type: str
    parameters: tuple[Parameter, ...]
    compile: Compile
    range_of: tuple[str, str] | None = None
    follows_purchases: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters)


@dataclass(frozen=True)
class CriterionData:
    """A criterion as a door hands it over: only what was given is in `values`."""

    type: str
    values: Mapping[str, Any]


PartData = Sequence[CriterionData]

_criteria: dict[str, Criterion] = {}


def register(*criteria: Criterion) -> None:
    """Take criteria into the registry. Called once by each room, when it is ready."""
    for criterion in criteria:
        assert _criteria.get(criterion.type) in {None, criterion}, f"Two {criterion.type}."
        _criteria[criterion.type] = criterion


def get(type: str) -> Criterion:
    return _criteria[type]


def all_types() -> tuple[str, ...]:
    return tuple(_criteria)


def compilers() -> Mapping[str, Compile]:
    return {name: criterion.compile for name, criterion in _criteria.items()}


def follows_purchases(parts: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a purchase can change who fits."""
    return any(
        _criteria[criterion["type"]].follows_purchases
        for part in parts
        for criterion in part["criteria"]
    )


def clean(parts: Sequence[PartData], store: Store) -> list[dict[str, Any]]:
    """
    Check a segment's parts and return them as they are kept.

    :raises InvalidFields: by paths such as `parts.0.criteria.1.days` (SG-1, SG-4).
    """
    errors: dict[str, list[str]] = defaultdict(list)
    if not parts:
        errors["parts"].append(BLANK)
    if len(parts) > PARTS_MAX:
        errors["parts"].append(f"A segment may have at most {PARTS_MAX} parts.")
    kept = []
    for number, criteria in enumerate(parts[:PARTS_MAX]):
        path = f"parts.{number}.criteria"
        if not criteria:
            errors[path].append(BLANK)
        if len(criteria) > CRITERIA_MAX:
            errors[path].append(f"A part may have at most {CRITERIA_MAX} criteria.")
        rows = [
            _cleaned(criterion, f"{path}.{place}", store, errors)
            for place, criterion in enumerate(criteria[:CRITERIA_MAX])
        ]
        kept.append({"id": str(uuid.uuid4()), "criteria": rows})
    if errors:
        raise InvalidFields(errors)
    return kept


def _cleaned(
    data: CriterionData, path: str, store: Store, errors: dict[str, list[str]]
) -> dict[str, Any]:
    name = ALIASES.get(data.type, data.type)
    criterion = _criteria.get(name)
    if criterion is None:
        errors[f"{path}.type"].append(NO_TYPE)
        return {}
    for extra in data.values.keys() - criterion.names:
        errors[f"{path}.{extra}"].append(EXTRA)
    kept: dict[str, Any] = {"id": str(uuid.uuid4()), "type": name}
    for parameter in criterion.parameters:
        if parameter.name in data.values:
            try:
                kept[parameter.name] = parameter.clean(data.values[parameter.name], store)
            except Fault as fault:
                errors[f"{path}.{parameter.name}"].append(str(fault))
        elif parameter.is_required:
            errors[f"{path}.{parameter.name}"].append(BLANK)
    if criterion.range_of is not None:
        _check_range(criterion.range_of, data.values, kept, path, errors)
    return kept


def _check_range(
    names: tuple[str, str],
    given: Mapping[str, Any],
    kept: Mapping[str, Any],
    path: str,
    errors: dict[str, list[str]],
) -> None:
    """Refuse a range without an end, and one that ends before it begins."""
    first, last = names
    if first not in given and last not in given:
        errors[f"{path}.{first}"].append(BLANK)
    if first in kept and last in kept and given[first] > given[last]:
        errors[f"{path}.{last}"].append("The range ends before it begins.")
