"""An earning rule's page in the cockpit …"""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from earning.admin import place_drawing
from earning.models import EarningRule, RuleType
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory

PLACE = "admin:earning_earningrule_place"


def page_of(client, rule):
    return client.get(reverse("admin:earning_earningrule_change", args=[rule.pk])).content.decode()


def facts(page):
    """Return the panel of what a rule has given."""
    panel = page.partition("What it has given")[2].partition("</section>")[0]
    return [
        re.sub(r"<[^>]+>|\s+", " ", value).strip()
        for value in re.findall(r"<dd[^>]*>(.*?)</dd>", panel, re.DOTALL)
    ]


def test_says_how_often_it_gave_and_how_much(cockpit, store):
    LevelFactory(store)
    rule = EarningRuleFactory(store=store)
    alice = CustomerFactory(store)
    for amount in ("10.00", "2.50"):
        SaleFactory(alice, amount, now=timezone.now())

    often, points, last = facts(page_of(cockpit(), rule))

    assert (often, points) == ("2", "12.5")
    assert last != "–"


def test_says_that_it_gave_nothing_yet(cockpit, store):
    rule = EarningRuleFactory(store=store, type=RuleType.QRCODE)

    assert facts(page_of(cockpit(), rule)) == ["0", "0", "–"]


def test_draws_the_place_of_a_rule(cockpit, store):
    rule = EarningRuleFactory(store=store, type=RuleType.GEOLOCATION)

    page = page_of(cockpit(), rule)

    assert 'class="place__circle"' in page
    assert "52.23000° N, 21.01000° E" in page
    assert f'data-live="{reverse(PLACE)}"' in page


@pytest.mark.parametrize(
    ("latitude", "longitude", "radius", "is_drawn"),
    [
        ("-33.85", "151.21", "2.5", True),
        ("90", "180", "1", True),
        ("52", "21", "40000", True),
        ("91", "21", "5", False),
        ("52", "181", "5", False),
        ("", "21", "5", False),
        ("52", "21", "0", False),
        ("1e308", "NaN", "Infinity", False),
    ],
)
def test_draws_what_is_typed_and_keeps_nothing(
    cockpit, store, latitude, longitude, radius, is_drawn
):
    data = {"latitude": latitude, "longitude": longitude, "radius": radius}

    page = cockpit().post(reverse(PLACE), data).content.decode()

    assert ('class="place__circle"' in page) is is_drawn
    assert not EarningRule.objects.exists()


def test_draws_for_who_may_modify(cockpit, store):
    data = {"latitude": "1", "longitude": "1", "radius": "1"}

    assert cockpit("EARNING_RULE:VIEW").post(reverse(PLACE), data).status_code == 403
    assert cockpit().get(reverse(PLACE)).status_code == 405


def test_draws_no_map_elsewhere(cockpit, store):
    assert "place__circle" not in page_of(cockpit(), EarningRuleFactory(store=store))


def test_puts_the_graticule_where_its_degrees_are():
    drawing = place_drawing.draw(Decimal(0), Decimal(0), Decimal("111.32"))

    # One degree is as wide as the circle's radius.
    assert [(line.label, line.at) for line in drawing.parallels] == [
        ("1° S", "270.0"),
        ("0°", "160.0"),
        ("1° N", "50.0"),
    ]
    assert [line.label for line in drawing.meridians] == ["1° W", "0°", "1° E"]
    assert (drawing.scale, drawing.scale_width) == ("100", "98.8")


def test_leaves_meridians_out_at_a_pole():
    assert place_drawing.draw(Decimal(90), Decimal(0), Decimal(5)).meridians == ()


def test_makes_an_instant_reward_of_a_chosen_reward(cockpit, store):
    """INS-1, ER-14."""
    level = LevelFactory(store)
    voucher = CampaignFactory(store, level=level, name="Voucher")
    CampaignFactory(store, "cashback", level=level, name="Money")
    add = f"{reverse('admin:earning_earningrule_add')}?type=instant_reward"
    client = cockpit()
    choices = client.get(add).context["form"].fields["reward_campaign"].choices

    client.post(
        add,
        {
            "name": "Voucher for each purchase",
            "description": "A voucher",
            "is_active": "on",
            "reward_campaign": str(voucher.uuid),
            "target": "level",
            "levels": [str(level.uuid)],
            "is_all_time_active": "on",
        },
    )

    rule = EarningRule.objects.get()
    page = client.get(reverse("admin:earning_earningrule_change", args=[rule.pk]))
    assert [label for _, label in choices] == ["Voucher (Discount code)"]
    assert (rule.type, rule.reward_campaign) == ("instant_reward", voucher)
    assert page.context["form"]["reward_campaign"].value() == str(voucher.uuid)
