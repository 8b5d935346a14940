"""The dashboard …"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Level
from accounts.selectors import points_statistics
from accounts.services import points
from loyalty.cockpit import charts, dashboard
from loyalty.cockpit.charts import Part
from loyalty.core.actors import SYSTEM
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RECENT = NOW - timedelta(days=3)
BEFORE = NOW - timedelta(days=40)


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


@pytest.fixture
def program(store):
    """Alice bought twice, 40 and 3 days ago; Bob joined lately; somebody unknown bought, too."""
    LevelFactory(store, name="Bronze")
    LevelFactory(store, name="Silver", condition_value=100_000)
    EarningRuleFactory(store=store)
    alice = CustomerFactory(store, created_at=BEFORE - timedelta(days=1))
    CustomerFactory(store, first_name="Bob", created_at=RECENT)
    SaleFactory(alice, "100.00", purchased_at=BEFORE, now=BEFORE)
    SaleFactory(alice, "150.00", purchased_at=RECENT, now=RECENT)
    UnmatchedSaleFactory(store, "50.00", purchased_at=RECENT, now=RECENT)
    points.spend(customer=alice, amount=Decimal(30), issuer="api", now=RECENT)
    return store


def read(store, days="30"):
    figures = dashboard.count(store, dashboard.chosen(days), NOW)
    return dashboard.read(store, SYSTEM, figures, NOW)


def tiles(page):
    return {tile.label: (f"{tile.value} {tile.unit}".strip(), tile.change) for tile in page.tiles}


def test_counts_a_period_and_compares_it_with_the_one_before(program):
    assert tiles(read(program)) == {
        "Members": ("2", ""),
        "Active members": ("1", "±0%"),
        "Member sales": ("150 EUR", "+50.0%"),
        "Orders": ("1", "±0%"),
        "Average order": ("150.00 EUR", "+50.0%"),
        "Match rate": ("50.0%", "−50.0 pp"),
        "Redemption rate": ("20.0%", "+20.0 pp"),
        "Outstanding points": ("120", ""),
    }


def test_ends_with_today_in_the_stores_time_zone(store):
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    page = dashboard.read(store, SYSTEM, dashboard.count(store, dashboard.chosen("7"), late), late)

    assert (page.start.isoformat(), page.last_day.isoformat()) == ("2026-11-16", "2026-11-22")


@pytest.mark.parametrize(("days", "columns"), [("7", 7), ("30", 30), ("90", 14), ("365", 13)])
def test_draws_a_column_for_each_part_of_the_period(program, days, columns):
    page = read(program, days)

    assert {len(card.chart.columns) for card in page.charts} == {columns}


@pytest.mark.parametrize("days", ["7", "30", "90", "365"])
def test_draws_every_point_that_was_earned(program, days):
    store = program
    choice = dashboard.chosen(days)
    period = dashboard.period_of(choice, store, NOW)
    parts = points_statistics.flow_by_part(store, period)

    drawn = set(dashboard.parts_of(period, store))
    assert set(parts) <= drawn
    total = points_statistics.sum_flow(store, period.start, period.end)
    assert sum(flow.earned for flow in parts.values()) == total.earned
    assert sum(flow.expired for flow in parts.values()) == total.expired


def test_shows_how_many_members_each_level_has(program):
    rows = read(program).funnel

    assert [(row.name, row.count, row.width) for row in rows] == [
        ("Bronze", "2", "100.00"),
        ("Silver", "0", "0.00"),
    ]


def test_lists_what_waits_for_somebody(program):
    [task] = read(program).todo

    assert (task.count, "matched=0" in task.url) == ("1", True)


def test_warns_when_no_rule_is_active(store):
    [task] = read(store).todo

    assert task.text == "No earning rule is active: purchases earn nothing"


def test_leads_only_where_the_rights_do(cockpit, program):
    page = cockpit("ANALYTICS:VIEW").get(reverse("admin:index")).content.decode()

    assert "Outstanding points" in page
    assert reverse("admin:accounts_customer_changelist") not in page


def test_reads_in_a_fixed_number_of_queries(program, django_assert_num_queries):
    for number in range(3):
        SaleFactory(CustomerFactory(program), "10.00", purchased_at=RECENT, now=RECENT)
        LevelFactory(program, condition_value=number + 1)
    assert Level.objects.count() == 5

    with django_assert_num_queries(19):
        read(program)


def test_counts_anew_when_the_figures_are_a_minute_old(program):
    choice = dashboard.chosen("30")
    first = dashboard.count_lately(program, choice, NOW)
    CustomerFactory(program, created_at=RECENT)

    assert dashboard.count_lately(program, choice, NOW) == first
    cache.clear()
    assert dashboard.count_lately(program, choice, NOW) != first


def test_shows_an_empty_store_without_dividing_by_nothing(store):
    values = tiles(read(store))

    assert values["Average order"][0].startswith("–")
    assert values["Match rate"][0] == "–"


# Charts


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 2), (1, 2), (3, 4), (5, 6), (9, 10), (10, 10), (11, 20), (37, 40), (4999, 6000)],
)
def test_rounds_the_scale_up_to_a_number_with_a_whole_half(value, top):
    assert charts.nice_ceiling(Decimal(value)) == top


def test_stacks_the_series_of_a_column():
    chart = charts.stacked_bars([Part("Mon", "Monday", (Decimal(4), Decimal(6)))], str)

    [column] = chart.columns
    assert [(piece.series, piece.y, piece.height) for piece in column.pieces] == [
        (1, "60.000", "40.000"),
        (2, "0.000", "60.000"),
    ]
