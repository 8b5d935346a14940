"""
A store's levels as every purchase and every status needs them: in order, without a query.

A ladder is read once per process and store, and again when the store's `rules_version` has moved.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from accounts.models import Level
from loyalty.core.models import Store

LADDERS_MAX = 1024
DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Step:
    """A level, without its rewards' details. `names`: locale → name."""

    id: int
    uuid: UUID
    is_active: bool
    condition_value: Decimal
    reward_value: Decimal
    names: Mapping[str, str]

    @property
    def percent(self) -> str:
        """Return the reward as Open Loyalty prints it: 0.15 is `15.00%`."""
        return percent(self.reward_value)

    def name(self, locale: str = DEFAULT_LOCALE) -> str:
        return (
            self.names.get(locale)
            or self.names.get(DEFAULT_LOCALE)
            or next((name for name in self.names.values() if name), "")
        )


@dataclass(frozen=True, slots=True)
class Ladder:
    """All levels of a store, worst first: by condition, then by reward."""

    steps: tuple[Step, ...]
    by_id: Mapping[int, Step] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {step.id: step for step in self.steps})

    def target(self, amount: Decimal) -> Step | None:
        """
        Return the active level with the greatest condition that `amount` meets.

        Of several with one condition, that with the greater reward. None: it meets none (LV-1).
        """
        reached = (s for s in self.steps if s.is_active and s.condition_value <= amount)
        return max(reached, key=_rank, default=None)

    def next_after(self, amount: Decimal, current: Step | None) -> Step | None:
        """Return the next active level to aim for; None at the top. Source: LV 4.6."""
        floor = max(amount, current.condition_value) if current else amount
        above = [s for s in self.steps if s.is_active and s.condition_value > floor]
        nearest = min((s.condition_value for s in above), default=None)
        return max((s for s in above if s.condition_value == nearest), key=_rank, default=None)


def is_worse(level: Level | Step, than: Level | Step) -> bool:
    """
    Compare two levels by their reward (LV-2).

    Of two with one reward that with the lower condition is worse: a program whose levels give no
    percentage must climb all the same.
    """
    return (level.reward_value, level.condition_value) < (than.reward_value, than.condition_value)


def percent(fraction: Decimal) -> str:
    """Print a fraction as a percentage with two decimals."""
    return f"{(fraction * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}%"


def get_ladder(store: Store) -> Ladder:
    """Return the store's levels as of its `rules_version`; one or two queries after a change."""
    with _lock:
        version, ladder = _ladders.get(store.pk, (None, None))
    if ladder is not None and version == store.rules_version:
        return ladder
    ladder = _read(store)
    with _lock:
        if store.pk not in _ladders and len(_ladders) >= LADDERS_MAX:
            # Whichever came first; reading one again is cheap, and nobody has that many stores.
            del _ladders[next(iter(_ladders))]
        _ladders[store.pk] = (store.rules_version, ladder)
    return ladder


_lock = threading.Lock()
# Store → the version of its rules, and the levels as of it.
_ladders: dict[int, tuple[int, Ladder]] = {}


def _read(store: Store) -> Ladder:
    levels = Level.objects.in_store(store).prefetch_related("translations")
    steps = [
        Step(
            id=level.pk,
            uuid=level.uuid,
            is_active=level.is_active,
            condition_value=level.condition_value,
            reward_value=level.reward_value,
            names={text.locale: text.name for text in level.translations.all()},
        )
        for level in levels
    ]
    return Ladder(steps=tuple(sorted(steps, key=_rank)))


def _rank(step: Step) -> tuple[Decimal, Decimal, int]:
    return step.condition_value, step.reward_value, step.id
