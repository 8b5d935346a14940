"""Events, codes and places: which rules pay, and why the others do not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from earning import engine
from earning.engine import Period, Reason, distance
from tests.factories.earning import LEVEL_ID, occasion_rule

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
LOGIN = engine.Happening("login")
HERE = engine.Presence(Decimal("52.23"), Decimal("21.01"))


def on_login(points, **fields):
    return occasion_rule(engine.EarnOnEvent(Decimal(points), "login"), **fields)


def by_code(points, code="abc", **fields):
    return occasion_rule(engine.EarnByCode(Decimal(points), code), **fields)


def nearby(points, *, north="0", radius="5"):
    latitude = HERE.latitude + Decimal(north)
    grant = engine.EarnNearby(Decimal(points), latitude, HERE.longitude, Decimal(radius))
    return occasion_rule(grant)


def ask(*rules, occasion=LOGIN, status="active", level_id=LEVEL_ID, **fields):
    context = engine.OccasionContext(
        occasion=occasion,
        happened_at=NOW,
        customer=engine.CustomerFacts(level_id=level_id, status=status),
        **fields,
    )
    return engine.evaluate_occasion(engine.compile_occasions(rules), context)


def reasons(found):
    return [outcome.reason for outcome in found.outcomes]


def test_pays_only_the_best_event_rule_er18():
    small, best, other = on_login(5), on_login(20), on_login(10)

    found = ask(small, best, other)

    assert found.points == Decimal(20)
    assert reasons(found) == [Reason.NOT_BEST, None, Reason.NOT_BEST]
    assert found.outcomes[0].detail == {"by": best.id}


def test_pays_the_last_edited_of_equal_event_rules_er18():
    newer, older = on_login(5), on_login(5)

    found = ask(older, newer)

    assert [outcome.rule_id for outcome in found.effective] == [newer.id]


def test_takes_no_custom_event_for_one_of_the_platform():
    found = ask(on_login(5), occasion=engine.Happening("login", is_custom=True))

    assert (found.points, found.is_known) == (0, False)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"is_active": False}, Reason.INACTIVE, id="switched off"),
        pytest.param({"starts_at": NOW + timedelta(days=1)}, Reason.WINDOW, id="too early"),
        pytest.param({"ends_at": NOW - timedelta(days=1)}, Reason.WINDOW, id="too late"),
        pytest.param({"level_ids": frozenset({99})}, Reason.TARGET, id="another level"),
        pytest.param({"pos_ids": frozenset({4})}, Reason.POS, id="another POS"),
    ],
)
def test_says_why_a_rule_does_not_apply(fields, reason):
    found = ask(on_login(5, **fields), pos_id=3)

    assert reasons(found) == [reason]
    assert not found.is_known


@pytest.mark.parametrize("edge", ["starts_at", "ends_at"])
def test_counts_both_ends_of_a_window_er3(edge):
    assert ask(on_login(5, **{edge: NOW})).points == 5


def test_asks_the_customers_own_pos_er5():
    assert ask(on_login(5, pos_ids=frozenset({4})), pos_id=4).points == 5


def test_pays_everybody_where_a_rule_is_for_everybody_er1():
    rule = on_login(5, level_ids=frozenset(), is_for_everybody=True)

    assert ask(rule, level_id=None).points == 5


def test_pays_nothing_to_a_status_that_does_not_earn_er6():
    found = ask(on_login(5), status="blocked")

    assert (found.points, found.refusal) == (0, engine.Refusal.CUSTOMER_STATUS)


def test_does_not_ask_for_the_status_of_a_new_account_er6():
    assert ask(on_login(5), status="new", asks_status=False).points == 5


def test_pays_every_rule_with_this_code_er21():
    found = ask(by_code(5), by_code(7), by_code(9, code="ABC"), occasion=engine.Scan("abc"))

    assert found.points == 12


def test_pays_one_rule_alone_where_it_is_named_er21():
    named, other = by_code(5), by_code(7)

    assert ask(named, other, occasion=engine.Scan("abc"), only_rule=named.uuid).points == 5


def test_drops_rules_over_their_limit_one_by_one_er23():
    used_up = by_code(5, limit=engine.Limit(Period.DAY, 2))
    left = by_code(7, limit=engine.Limit(Period.DAY, 3))

    found = ask(used_up, left, occasion=engine.Scan("abc"), uses={used_up.id: 2, left.id: 2})

    assert (found.points, found.is_used_up) == (7, False)
    assert found.outcomes[0].detail == {"uses": 2, "limit": 2, "period": "day"}


def test_says_when_all_are_used_up_er23():
    rule = by_code(5, limit=engine.Limit(Period.DAY, 0))

    found = ask(rule, occasion=engine.Scan("abc"))

    assert (found.points, found.is_known, found.is_used_up) == (0, True, True)


def test_rounds_each_rules_points_half_up():
    assert ask(on_login("2.5"), decimals=0).points == 3


@pytest.mark.parametrize(
    ("north", "pays"),
    [
        pytest.param("0.03", True, id="3.336 km"),
        pytest.param("-0.03", True, id="3.336 km south"),
        pytest.param("0.05", False, id="5.559 km"),
    ],
)
def test_pays_within_the_radius_er22(north, pays):
    found = ask(nearby(5, north=north), occasion=HERE)

    assert bool(found.points) is pays
    if not pays:
        assert found.outcomes[0].reason is Reason.DISTANCE
        assert found.outcomes[0].detail == {"distance": "5.559", "radius": "5"}


@pytest.mark.parametrize(
    ("start", "end", "kilometres"),
    [
        pytest.param(("0", "0"), ("1", "0"), 111.1896, id="a degree of latitude"),
        pytest.param(("60", "0"), ("60", "1"), 55.5943, id="a degree of longitude at 60"),
        pytest.param(("0", "179.5"), ("0", "-179.5"), 111.1896, id="over the date line"),
        pytest.param(("90", "0"), ("90", "120"), 0, id="the pole is one point"),
        pytest.param(("0", "0"), ("0", "180"), 20014.1238, id="half around"),
    ],
)
def test_measures_along_the_great_circle_er22(start, end, kilometres):
    found = distance.between(*map(Decimal, (*start, *end)))

    assert found == pytest.approx(kilometres, abs=0.001)


WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("period", "now", "start"),
    [
        pytest.param("day", "2026-03-14T23:30", "2026-03-14T00:00", id="day"),
        pytest.param("week", "2026-03-15T23:59", "2026-03-09T00:00", id="sunday ends a week"),
        pytest.param("week", "2026-03-16T00:00", "2026-03-16T00:00", id="monday begins one"),
        pytest.param("month", "2026-03-31T12:00", "2026-03-01T00:00", id="month"),
        pytest.param("3months", "2026-06-30T12:00", "2026-04-01T00:00", id="quarter"),
        pytest.param("6months", "2026-06-30T12:00", "2026-01-01T00:00", id="first half"),
        pytest.param("6months", "2026-07-01T00:00", "2026-07-01T00:00", id="second half"),
        pytest.param("year", "2026-12-31T23:59", "2026-01-01T00:00", id="year"),
    ],
)
def test_counts_in_calendar_periods_of_the_stores_clock_er25(period, now, start):
    local = datetime.fromisoformat(now).replace(tzinfo=WARSAW)

    found = engine.start_of(Period(period), local.astimezone(UTC), WARSAW)

    assert found == datetime.fromisoformat(start).replace(tzinfo=WARSAW)


def test_forever_begins_before_everything_er25():
    assert engine.start_of(Period.FOREVER, NOW, WARSAW) < datetime(2000, 1, 1, tzinfo=UTC)
