"""A purchase becomes points: the whole story, through the API only."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Segment
from loyalty.core.models import Event
from tests.factories import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient
from tests.transactions.api.test_register import PRINTED

pytestmark = pytest.mark.django_db


def test_a_purchase_becomes_points_and_a_return_takes_them_back(store):
    LevelFactory(store, name="Base", condition_value=0)
    gold = LevelFactory(store, name="Gold", condition_value=1000, reward_value=Decimal("0.15"))
    alice = CustomerFactory(store, email="tomasztest8@wp.pl")
    EarningRuleFactory(store=store, point_value=Decimal("0.50"))
    till, portal = ApiClient(StaffFactory(is_super=True)), ApiClient(alice)

    def status() -> dict:
        return portal.get(f"DEFAULT/customer/{alice.uuid}/status").data

    def purchase(number: str) -> dict:
        [found] = portal.get("DEFAULT/customer/transaction", {"documentNumber": number}).data[
            "transactions"
        ]
        return found

    # The reference's purchase of 1500.00, sent as printed: matched, priced, settled.
    assert till.form("POST", "DEFAULT/transaction", PRINTED).status_code == 200
    bought = purchase("214124124125")
    assert bought["customerId"] == str(alice.uuid)
    assert bought["pointsEarned"] == 750
    after = status()
    assert (after["points"], after["totalEarnedPoints"]) == (750, 750)
    assert (after["transactionsAmount"], after["transactionsCount"]) == (1500, 1)
    assert (after["levelName"], after["level"]) == ("Gold", "15.00%")
    [transfer] = till.get("DEFAULT/points/transfer").data["transfers"]
    assert (transfer["value"], transfer["type"]) == (750, "adding")
    assert transfer["transactionDocumentNumber"] == "214124124125"

    # She spends some, and brings a third of the goods back.
    spend = {"customer": str(alice.uuid), "points": "100"}
    assert till.post("DEFAULT/points/transfer/spend", {"transfer": spend}).status_code == 200
    returned = PRINTED | {
        "transaction[transactionData][documentNumber]": "R-1",
        "transaction[transactionData][documentType]": "return",
        "transaction[revisedDocument]": "214124124125",
        "transaction[items][0][grossValue]": "600.00",
        "transaction[customerData][email]": alice.email,
    }
    assert till.form("POST", "DEFAULT/transaction", returned).status_code == 200
    back = purchase("R-1")
    # 750 × 600 ÷ 1500 (TX-19).
    assert (back["pointsEarned"], back["pointsRevoked"]) == (0, 300)
    assert back["revisedDocument"] == "214124124125"
    after = status()
    assert (after["points"], after["usedPoints"]) == (350, 400)
    assert (after["transactionsAmount"], after["transactionsCount"]) == (900, 1)
    assert after["levelName"] == "Base"

    # What the customer has seen is what the books say.
    assert gold.is_active
    report = StringIO()
    call_command("check_ledger", stdout=report)
    assert report.getvalue().strip() == "The books are right."


def test_a_purchase_makes_somebody_a_member_before_anyone_asks(store):
    """SG-5, SG-6: lists, rewards and the next purchase's rules know it, with no job between."""
    LevelFactory(store, name="Base", condition_value=0)
    alice = CustomerFactory(store, email="tomasztest8@wp.pl")
    staff, portal = ApiClient(StaffFactory(is_super=True)), ApiClient(alice)
    criteria = [{"type": "transaction_count", "min": 1, "max": 9}]
    made = staff.post(
        "DEFAULT/segment",
        {"segment": {"name": "Buyers", "active": True, "parts": [{"criteria": criteria}]}},
    )
    segment = made.data["segmentId"]
    CampaignFactory(store, levels=(), segments=(segment,), name="Thanks", cost_in_points=Decimal(0))
    members = Segment.objects.get(uuid=segment)
    EarningRuleFactory(store=store, levels=(), segments=(members,), point_value=Decimal(2))

    def rewards() -> list[str]:
        found = portal.get("DEFAULT/customer/campaign/available").data["campaigns"]
        return [campaign["name"] for campaign in found]

    assert rewards() == []
    assert staff.form("POST", "DEFAULT/transaction", PRINTED).status_code == 200

    listed = staff.get(f"DEFAULT/segment/{segment}/customers").data["customers"]
    assert [member["customerId"] for member in listed] == [str(alice.uuid)]
    assert rewards() == ["Thanks"]
    [joined] = Event.objects.filter(type="customer.added_to_segment")
    assert joined.customer_id == alice.pk

    again = PRINTED | {"transaction[transactionData][documentNumber]": "again"}
    assert staff.form("POST", "DEFAULT/transaction", again).status_code == 200
    status = portal.get(f"DEFAULT/customer/{alice.uuid}/status").data
    # The first one earned by no rule: it was priced before it counted.
    assert status["points"] == 3000
