"""Moving points by hand, from the customer's page …"""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.ledger.models import Lot, Posting
from accounts.models import PointsTransfer
from accounts.selectors import balances
from accounts.services import points
from loyalty.core.models import AuditEntry
from tests.factories.accounts import CustomerFactory


@pytest.fixture
def alice(store):
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    points.add(customer=alice, amount=Decimal(100), issuer="system")
    return alice


def url_of(alice, deed):
    return reverse("admin:accounts_customer_points", args=[alice.pk, deed])


def balance(alice):
    return balances.get_figures(alice.wallet_id, timezone.now()).points


def filled(points="50", reason="An apology", key="k-1", **fields):
    return {"points": points, "reason": reason, "key": key} | fields


def test_asks_before_it_adds(cockpit, alice):
    page = cockpit().post(url_of(alice, "add"), filled()).content.decode()

    assert "100 → <strong>150</strong>" in page
    assert balance(alice) == 100


def test_adds_once_that_is_confirmed(cockpit, alice):
    answer = cockpit().post(url_of(alice, "add"), filled(confirmed="1"), follow=True)

    assert "50 points added. Alice Wonder now has 150." in answer.content.decode()
    assert balance(alice) == 150


def test_takes_as_many_decimals_as_the_points_have(cockpit, alice):
    """Told before it asks, not after it was confirmed."""
    page = cockpit().post(url_of(alice, "add"), filled(points="0.125")).content.decode()

    assert "no more than 2 decimal places" in page
    assert 'step="0.01"' in page


@pytest.mark.parametrize(("deed", "after"), [("spend", 50), ("block", 50)])
def test_takes_points(cockpit, alice, deed, after):
    cockpit().post(url_of(alice, deed), filled(confirmed="1"))

    assert balance(alice) == after


@pytest.mark.parametrize(
    ("deed", "event_type"),
    [("add", "AddPoints"), ("spend", "SpendPoints"), ("block", "BlockPoints")],
)
def test_is_audited_with_its_reason(cockpit, alice, deed, event_type):
    cockpit(username="sam").post(url_of(alice, deed), filled(confirmed="1"))

    entry = AuditEntry.objects.get(event_type=event_type)
    assert (entry.username, entry.data["comment"]) == ("sam", "An apology")
    assert Decimal(entry.data["points"]) == 50


def test_moves_points_once_when_the_form_is_sent_twice(cockpit, alice):
    client = cockpit()

    client.post(url_of(alice, "add"), filled(confirmed="1"))
    client.post(url_of(alice, "add"), filled(confirmed="1"))

    assert balance(alice) == 150


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param({"reason": " "}, "This field is required.", id="no-reason"),
        pytest.param({"points": "0"}, "greater than or equal to", id="nothing"),
        pytest.param({"points": "-5"}, "greater than or equal to", id="negative"),
        pytest.param({"points": "NaN"}, "Enter a number.", id="not-a-number"),
        pytest.param({"points": "100.01"}, "There are not so many points", id="too-many"),
    ],
)
def test_refuses_what_cannot_be_spent(cockpit, alice, fields, error):
    page = cockpit().post(url_of(alice, "spend"), filled(**fields)).content.decode()

    assert error in page
    assert balance(alice) == 100
    assert Posting.objects.filter(kind="spend").count() == 0


def test_shows_the_ledgers_own_refusal_in_the_form(cockpit, alice):
    answer = cockpit().post(url_of(alice, "add"), filled(points="1.001", confirmed="1"))

    assert answer.status_code == 200
    assert answer.context["form"].errors["points"]
    assert balance(alice) == 100


def test_goes_back_to_the_form_to_change_it(cockpit, alice):
    page = cockpit().post(url_of(alice, "add"), filled(change="1")).content.decode()

    assert 'value="50"' in page
    assert balance(alice) == 100


@pytest.mark.parametrize(
    "permissions",
    [
        ("CUSTOMER:VIEW", "POINT_TRANSFER"),
        ("CUSTOMER", "POINT_TRANSFER:VIEW"),
        ("CUSTOMER",),
    ],
)
def test_needs_both_rights(cockpit, alice, permissions):
    client = cockpit(*permissions)

    assert client.post(url_of(alice, "add"), filled(confirmed="1")).status_code == 403
    assert balance(alice) == 100


def test_knows_three_deeds_only(cockpit, alice):
    assert cockpit().get(url_of(alice, "burn")).status_code == 404


# Undoing, from the transfer's page


def transfer_of(lot):
    return PointsTransfer.objects.get(uuid=lot.uuid)


def deed_url(transfer, deed):
    return reverse("admin:accounts_pointstransfer_deed", args=[transfer.uuid, deed])


def test_cancels_what_is_left_of_a_transfer_with_a_reason(cockpit, alice):
    points.spend(customer=alice, amount=Decimal(30), issuer="api")
    transfer = transfer_of(Lot.objects.get())
    client = cockpit()

    page = client.get(deed_url(transfer, "cancel")).content.decode()
    client.post(deed_url(transfer, "cancel"), {"reason": "A mistake"})

    assert "What is left of it goes: 70 points." in page
    assert balance(alice) == 0
    assert AuditEntry.objects.get(event_type="CancelPoints").data["comment"] == "A mistake"


def test_does_not_cancel_without_a_reason(cockpit, alice):
    cockpit().post(deed_url(transfer_of(Lot.objects.get()), "cancel"), {"reason": ""})

    assert balance(alice) == 100


def test_releases_a_block(cockpit, alice):
    block = points.block(customer=alice, amount=Decimal(40), issuer="admin")
    transfer = PointsTransfer.objects.get(uuid=block.uuid)

    cockpit().post(deed_url(transfer, "cancel"), {"reason": "Cleared up"})

    assert balance(alice) == 100


def test_expires_a_transfer_by_hand(cockpit, alice):
    cockpit().post(deed_url(transfer_of(Lot.objects.get()), "expire"), {})

    assert balance(alice) == 0


def test_says_why_it_cannot_cancel_twice(cockpit, alice):
    transfer = transfer_of(Lot.objects.get())
    client = cockpit()
    client.post(deed_url(transfer, "cancel"), {"reason": "A mistake"})

    answer = client.post(deed_url(transfer, "cancel"), {"reason": "Again"})

    assert answer.status_code == 200
    assert answer.context["form"].own_errors


def test_undoes_nothing_without_the_right(cockpit, alice):
    client = cockpit("POINT_TRANSFER:VIEW")

    answer = client.post(deed_url(transfer_of(Lot.objects.get()), "cancel"), {"reason": "No"})

    assert answer.status_code == 403
    assert balance(alice) == 100
