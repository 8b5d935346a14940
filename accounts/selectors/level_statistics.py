"""How many members levels had, and who moved, read backwards from today."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import Trunc

from accounts.models import Level, LevelChange
from accounts.selectors import levels
from loyalty.core import clock
from loyalty.core.models import Store

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class LevelCourse:
    """
    One level's weeks. `members`: at the end of each week that began on the key's Monday.

    `came`, `left`: how many moved in and out in all those weeks.
    """

    level: Level
    members: Mapping[date, int]
    came: int
    left: int


def list_courses(store: Store, *, weeks: int, now: datetime) -> list[LevelCourse]:
    """
    Return each level's course over the last weeks, the present one included. Five queries.

    Today's count is known; each move since then, taken back, gives the count before it. Who was
    deleted meanwhile is missing in the weeks before, too.
    """
    today = now.astimezone(store.zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - WEEK * number for number in range(weeks)]
    since = clock.start_of_day(mondays[-1], store.zone)
    moves = LevelChange.objects.filter(
        customer__store=store, changed_at__gte=since, changed_at__lte=now
    )
    came, left = (_by_week(moves, end, store) for end in ("new_level", "old_level"))
    found = list(levels.list_levels(store).order_by("condition_value", "pk"))
    present = levels.count_members([level.pk for level in found])
    return [
        LevelCourse(
            level,
            _backwards(present.get(level.pk, 0), level.pk, mondays, came, left),
            sum(came[level.pk, day] for day in mondays),
            sum(left[level.pk, day] for day in mondays),
        )
        for level in found
    ]


Moves = Counter[tuple[int, date]]


def _by_week(moves: "QuerySet[LevelChange]", end: str, store: Store) -> Moves:
    rows = (
        moves.exclude(**{end: None})
        .order_by()
        .values_list(end, Trunc("changed_at", "week", tzinfo=store.zone))
        .annotate(count=Count("*"))
    )
    return Counter({(level, week.date()): count for level, week, count in rows})


def _backwards(
    present: int, level: int, mondays: Sequence[date], came: Moves, left: Moves
) -> dict[date, int]:
    members = {}
    count = present
    for day in mondays:
        members[day] = max(count, 0)
        count += left[level, day] - came[level, day]
    return dict(sorted(members.items()))
