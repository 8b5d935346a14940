"""Before a purchase is booked, a seller sees what it would earn …"""

import re
from decimal import Decimal
from html import unescape

import pytest

from accounts.models import CustomerStatus
from campaigns.models import Coupon
from earning.models import Evaluation, RuleType
from loyalty.core.models import AuditEntry, Event
from tests.factories.accounts import CustomerFactory, PosFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import document, line, register
from transactions.models import Transaction


@pytest.fixture
def address(alice) -> str:
    return f"/pos/customers/{alice.uuid}/basket/"


@pytest.fixture
def rule(store, level):
    return EarningRuleFactory(store=store, name="A point a euro")


@pytest.fixture
def level(alice):
    return alice.level


@pytest.fixture
def tea(alice):
    """Tea was sold once: two cups of fair tea for 5 euros."""
    cups = line("5.00", sku="TEA", quantity=Decimal(2), labels=[("origin", "fair")])
    return register(alice.store, document(None, lines=(cups,)))


def text_of(response) -> str:
    text = re.sub(r"<[^>]+>", " ", unescape(response.content.decode()))
    return re.sub(r"\s+", " ", text)


def points_of(response) -> str:
    return re.search(r'basket__points[^>]*">([^<]+)<', response.content.decode()).group(1)


def basket(*lines: tuple[str, str, str], **more: str) -> dict[str, list[str] | str]:
    skus, quantities, prices = (list(column) for column in zip(*lines, strict=True))
    return {"sku": skus, "quantity": quantities, "price": prices, **more}


def test_starts_empty(till, address):
    answer = till.get(address)

    assert answer.status_code == 200
    assert "The basket is empty" in text_of(answer)


def test_adds_what_was_sold_before_at_its_last_price(till, address, tea):
    answer = till.get(address, {"product": "TEA", "count": "3", "cost": ""})

    assert answer["Location"] == f"{address}?sku=TEA&quantity=3&price=2.5"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({"product": "tea"}, id="sku-in-small-letters"),
        pytest.param({"product": "Te"}, id="beginning-of-the-name"),
        pytest.param({"product": "3*TEA"}, id="as-tills-take-it"),
        pytest.param({"product": "TEA", "cost": "2,50"}, id="decimal-comma"),
    ],
)
def test_adds_with_few_keys(till, address, tea, typed):
    answer = till.get(address, {"count": "3", "cost": ""} | typed)

    assert answer["Location"] == f"{address}?sku=TEA&quantity=3&price=2.5"


def test_takes_a_new_product_with_its_price(till, address):
    answer = till.get(address, {"product": "Gift & card", "count": "", "cost": "1 000"})

    assert answer["Location"] == f"{address}?sku=Gift+%26+card&quantity=1&price=1000"


def test_adds_more_of_the_same_to_its_line(till, address, tea):
    sent = basket(("MUG", "1", "4"), ("TEA", "1", "2.5"), product="TEA", count="2", cost="")

    answer = till.get(address, sent)

    assert answer["Location"].endswith("?sku=MUG&quantity=1&price=4&sku=TEA&quantity=3&price=2.5")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        pytest.param({"product": ""}, "product", "Scan or type a product.", id="nothing"),
        pytest.param({"product": "Cup"}, "cost", "type its price", id="unknown"),
        pytest.param({"cost": "much"}, "cost", "such as 4.20", id="no-price"),
        pytest.param({"cost": "-1"}, "cost", "such as 4.20", id="below-nothing"),
        pytest.param({"cost": "1.005"}, "cost", "such as 4.20", id="half-a-cent"),
        pytest.param({"cost": "1000001"}, "cost", "such as 4.20", id="too-dear"),
        pytest.param({"cost": "NaN"}, "cost", "such as 4.20", id="no-number"),
        pytest.param({"count": "0"}, "count", "such as 2", id="none"),
        pytest.param({"count": "some"}, "count", "such as 2", id="no-quantity"),
        pytest.param({"count": "10001"}, "count", "such as 2", id="too-many"),
        pytest.param({"product": "T"}, "cost", "type its price", id="one-letter"),
    ],
)
def test_says_what_is_wrong_and_where(till, address, tea, typed, field, said):
    answer = till.get(address, {"product": "TEA", "count": "1", "cost": ""} | typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error"[^>]*>\s*<p>[^<]*{re.escape(said)}', page)
    [focused] = re.findall(r"<input[^>]*autofocus[^>]*>", page)
    assert f'name="{field}"' in focused


def test_asks_which_of_several_is_meant(till, alice, address):
    items = (line(sku="A", name="Green tea"), line(sku="B", name="Green apple"))
    register(alice.store, document(None, lines=items))

    answer = till.get(address, {"product": "green", "count": "1", "cost": ""})

    assert answer.status_code == 422
    assert "Which one: Green apple, Green tea?" in text_of(answer)


@pytest.mark.parametrize(
    ("deed", "left"),
    [
        ({"more": "0"}, "?sku=TEA&quantity=3&price=2.5&sku=MUG&quantity=1&price=4"),
        ({"less": "0"}, "?sku=TEA&quantity=1&price=2.5&sku=MUG&quantity=1&price=4"),
        ({"less": "1"}, "?sku=TEA&quantity=2&price=2.5"),
        ({"remove": "0"}, "?sku=MUG&quantity=1&price=4"),
    ],
)
def test_changes_a_line(till, address, deed, left):
    answer = till.get(address, basket(("TEA", "2", "2.5"), ("MUG", "1", "4")) | deed)

    assert answer["Location"] == address + left


def test_says_what_the_basket_earns_and_why(till, alice, address, tea, level, rule):
    give_points(alice, 100)
    EarningRuleFactory(
        store=alice.store,
        name="Fair pays twice",
        type=RuleType.MULTIPLY_BY_PRODUCT_LABELS,
        label_multipliers=[{"key": "origin", "value": "fair", "multiplier": "2.00"}],
    )
    EarningRuleFactory(store=alice.store, name="Large baskets", min_order_value=Decimal(500))

    answer = till.get(address, basket(("TEA", "4", "2.5"), ("MUG", "1", "4")))

    text = text_of(answer)
    assert points_of(answer) == "24"
    assert "€14.00" in text
    assert "With them the customer has 124 points." in text
    assert "A point a euro +14 Tea: 10 EUR × 1 = 10 points MUG: 4 EUR × 1 = 4 points" in text
    assert "Fair pays twice +10 Tea: 10 points × 2 = 20" in text
    assert "1 rule gave nothing Large baskets Below its minimum of 500 EUR" in text


def test_counts_the_shop_it_is_in(till, mona, alice, address, level):
    here = EarningRuleFactory(store=alice.store, name="Here", pos=[mona.pos])
    EarningRuleFactory(store=alice.store, name="Elsewhere", pos=[PosFactory(alice.store)])

    text = text_of(till.get(address, basket(("MUG", "1", "4"))))

    assert f"{here.name} +4" in text
    assert "Elsewhere It is for" in text


def test_says_that_a_rule_hands_a_reward_out(till, alice, address, level):
    cup = CampaignFactory(alice.store, name="Cup", coupons=("CUP-1",), cost_in_points=Decimal(0))
    EarningRuleFactory(
        store=alice.store, name="A cup", type=RuleType.INSTANT_REWARD, reward_campaign=cup
    )

    text = text_of(till.get(address, basket(("MUG", "1", "4"))))

    assert "It hands a reward out." in text
    assert not Coupon.objects.filter(customer=alice).exists()


def test_says_when_the_points_can_be_spent(till, alice, address, rule):
    alice.store.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 14}
    alice.store.save(update_fields=["setting_values"])

    text = text_of(till.get(address, basket(("MUG", "1", "4"))))

    assert "They can be spent after 14 days." in text


def test_says_why_a_blocked_customer_earns_nothing(till, alice, address, rule):
    alice.status = CustomerStatus.BLOCKED
    alice.save(update_fields=["status"])

    answer = till.get(address, basket(("MUG", "1", "4")))

    assert points_of(answer) == "0"
    assert "earn no points" in text_of(answer)


def test_refuses_more_points_than_can_be_kept(till, alice, address, level):
    EarningRuleFactory(store=alice.store, point_value=Decimal("99999999.00"))
    dear = ("MUG", "10000", "1000000")

    answer = till.get(address, basket(dear, dear))

    assert answer.status_code == 200
    assert "more points for this purchase than can be kept" in text_of(answer)


def test_writes_nothing(till, alice, address, tea, rule):
    def rows() -> list[int]:
        return [model.objects.count() for model in (Transaction, Evaluation, AuditEntry, Event)]

    before = rows()

    till.get(address, basket(("TEA", "1", "2.5")))

    assert rows() == before


def test_leaves_out_what_is_no_line(till, address):
    lines = [("", "1", "1"), ("A", "x", "1"), ("B", "1", ""), ("C", "1", "1\x00"), ("D", "1", "0")]

    page = till.get(address, basket(*lines)).content.decode()

    assert re.findall(r'name="sku" value="([^"]*)"', page) == ["D"]


def test_holds_forty_lines(till, address):
    full = basket(*[(f"SKU{number}", "1", "1") for number in range(41)])

    shown = till.get(address, full)
    refused = till.get(address, full | {"product": "ONE-MORE", "count": "1", "cost": "1"})

    assert shown.content.decode().count('name="sku"') == 40
    assert "holds no more lines" in text_of(refused)


def test_asks_no_more_for_many_lines(till, address, rule, django_assert_max_num_queries):
    def queries(count: int) -> int:
        lines = [(f"SKU{number}", "1", "1") for number in range(count)]
        with django_assert_max_num_queries(30) as asked:
            till.get(address, basket(*lines))
        return len(asked)

    queries(2)

    assert queries(2) == queries(20)


def test_is_for_customers_of_the_store(till):
    stranger = CustomerFactory(StoreFactory())

    answer = till.get(f"/pos/customers/{stranger.uuid}/basket/")

    assert answer.status_code == 404


def test_is_for_sellers(client, address):
    assert client.get(address)["Location"] == "/pos/sign-in/"


def test_is_one_press_from_the_customer(till, alice, address):
    assert f'href="{address}"' in till.get(f"/pos/customers/{alice.uuid}/").content.decode()
