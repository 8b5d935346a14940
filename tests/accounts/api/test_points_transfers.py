"""The chapter Points transfers, called as clients call it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PointsTransfer
from accounts.selectors import balances, transfers
from accounts.services import forgetting, points
from loyalty.core import throttle
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, uuid7
from tests.factories.accounts import CustomerFactory, SellerFactory
from tests.factories.staff import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


@pytest.fixture
def sam(api):
    return api(StaffFactory())


@pytest.fixture
def alice(store):
    return CustomerFactory(store, phone="+48601234567")


@pytest.fixture
def bob(store):
    return CustomerFactory(store, first_name="Bob")


def add(customer, amount, **options):
    return points.add(customer=customer, amount=Decimal(amount), issuer="system", **options)


def figures(customer):
    return balances.get_figures(customer.wallet_id, timezone.now())


def form_of(customer, amount="9", **fields):
    return {
        "transfer[customer]": str(customer.uuid),
        "transfer[points]": amount,
        **{f"transfer[{name}]": value for name, value in fields.items()},
    }


def test_adds_points(sam, alice):
    answer = sam.form("POST", "DEFAULT/points/transfer/add", form_of(alice, comment="Sorry"))

    assert answer.status_code == 200
    [transfer] = PointsTransfer.objects.of_customer(alice)
    assert answer.data == {"pointsTransferId": str(transfer.uuid)}
    assert (transfer.value, transfer.type, transfer.posting.issuer) == (9, "adding", "admin")
    audited = AuditEntry.objects.get(event_type="AddPoints")
    assert audited.data == {"customerId": str(alice.uuid), "points": "9", "comment": "Sorry"}


def test_spends_points(sam, alice):
    add(alice, 10)

    answer = sam.form("POST", "DEFAULT/points/transfer/spend", form_of(alice, "1"))

    assert answer.status_code == 200
    assert figures(alice).points == 9


@pytest.mark.parametrize("verb", ["spend", "block"])
def test_refuses_more_than_there_is(sam, alice, verb):
    add(alice, 10)

    answer = sam.form("POST", f"DEFAULT/points/transfer/{verb}", form_of(alice, "11"))

    assert answer.status_code == 400
    assert answer.data == {
        "form": {
            "children": {
                "customer": {},
                "points": {"errors": ["not enough points"]},
                "comment": {},
            }
        },
        "errors": [],
    }
    assert figures(alice).points == 10


@pytest.mark.parametrize("amount", ["0", "-5", "0.5", "1.001", "NaN", "1e20", "x", "", "9" * 400])
@pytest.mark.parametrize("verb", ["add", "spend", "block"])
def test_refuses_what_is_no_amount(sam, alice, verb, amount):
    answer = sam.form("POST", f"DEFAULT/points/transfer/{verb}", form_of(alice, amount))

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["points"]["errors"]
    assert not PointsTransfer.objects.exists()


def test_refuses_a_customer_of_another_store(sam, store):
    eve = CustomerFactory()

    answer = sam.form("POST", "DEFAULT/points/transfer/add", form_of(eve))

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["customer"]["errors"]


def test_blocks_and_unblocks(sam, alice):
    add(alice, 10)

    blocked = sam.form("POST", "DEFAULT/points/transfer/block", form_of(alice, "9"))
    assert (figures(alice).points, figures(alice).blocked) == (1, 9)

    uuid = blocked.data["pointsTransferId"]
    answer = sam.post(f"DEFAULT/points/transfer/{uuid}/cancel")
    assert (answer.status_code, answer.data) == (200, None)
    assert (figures(alice).points, figures(alice).blocked) == (10, 0)


def test_cancels_once(sam, alice):
    lot = add(alice, 10)
    path = f"DEFAULT/points/transfer/{lot.uuid}/cancel"

    assert sam.post(path).status_code == 200
    again = sam.post(path)

    assert again.status_code == 400
    assert again.data == {"error": "this transfer cannot be canceled"}


def test_a_spending_cannot_be_cancelled(sam, alice):
    add(alice, 10)
    posting = points.spend(customer=alice, amount=Decimal(3), issuer="admin")

    answer = sam.post(f"DEFAULT/points/transfer/{posting.uuid}/cancel")

    assert answer.status_code == 400
    assert answer.data == {"error": "this transfer cannot be canceled"}


def test_activates_a_pending_transfer(sam, alice, store):
    store.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    alice.store = store
    lot = add(alice, 10)
    path = f"DEFAULT/points/transfer/{lot.uuid}/activate"

    assert sam.post(path).status_code == 204
    assert sam.post(path).status_code == 400


def test_expires_an_active_transfer(sam, alice):
    lot = add(alice, 10)
    path = f"DEFAULT/points/transfer/{lot.uuid}/expire"

    assert sam.post(path).status_code == 204
    assert figures(alice).expired == 10
    assert sam.post(path).status_code == 400


@pytest.mark.parametrize("verb", ["cancel", "activate", "expire"])
def test_what_is_not_there_is_404(sam, store, verb):
    eve = CustomerFactory()
    lot = add(eve, 10)

    for uuid in (uuid7(), lot.uuid):
        assert sam.post(f"DEFAULT/points/transfer/{uuid}/{verb}").status_code == 404


@pytest.mark.parametrize("path", ["admin/p2p-points-transfer", "admin/p2p-points-tranfer"])
@pytest.mark.parametrize("identifier", ["uuid", "email", "phone"])
def test_staff_send_points_between_customers(sam, alice, bob, path, identifier):
    """PA-15."""
    add(alice, 100)

    answer = sam.form(
        "POST",
        f"DEFAULT/{path}",
        {
            "transfer[sender]": str(getattr(alice, identifier)),
            "transfer[receiver]": str(bob.uuid),
            "transfer[points]": "100",
        },
    )

    assert answer.status_code == 200
    sent = PointsTransfer.objects.get(uuid=answer.data["pointsTransferId"])
    assert (sent.type, sent.customer) == ("p2p_spending", alice)
    assert figures(bob).points == 100


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        pytest.param({"receiver": "nobody"}, "receiver", None, id="unknown-receiver"),
        pytest.param({"sender": "nobody"}, "sender", None, id="unknown-sender"),
        pytest.param({"points": "101"}, "points", "not enough points", id="too-few"),
        pytest.param({"points": "0"}, "points", None, id="nothing"),
    ],
)
def test_refuses_to_send(sam, alice, bob, fields, field, message):
    add(alice, 100)
    transfer = {"sender": str(alice.uuid), "receiver": str(bob.uuid), "points": 10} | fields

    answer = sam.post("DEFAULT/admin/p2p-points-transfer", {"transfer": transfer})

    assert answer.status_code == 400
    errors = answer.data["form"]["children"][field]["errors"]
    assert message is None or errors == [message]
    assert figures(alice).points == 100


def test_sends_nothing_to_who_was_anonymized(sam, api, alice, bob):
    """PA-16. What they have can still be sent to somebody."""
    add(alice, 100)
    add(bob, 5)
    forgetting.anonymize(customer=bob, actor=SYSTEM)
    transfer = {"receiver": str(bob.uuid), "points": 10}

    for door, path, fields in (
        (sam, "admin/p2p-points-transfer", {"sender": str(alice.uuid)}),
        (api(alice), "customer/points/p2p-transfer", {}),
    ):
        answer = door.post(f"DEFAULT/{path}", {"transfer": transfer | fields})
        assert answer.status_code == 400
        assert answer.data["form"]["children"]["receiver"]["errors"]
    back = {"sender": str(bob.uuid), "receiver": str(alice.uuid), "points": 5}
    answer = sam.post("DEFAULT/admin/p2p-points-transfer", {"transfer": back})

    assert answer.status_code == 200
    assert (figures(alice).points, figures(bob).points) == (105, 0)


def test_a_customer_sends_points(api, alice, bob):
    add(alice, 20)

    answer = api(alice).form(
        "POST",
        "DEFAULT/customer/points/p2p-transfer",
        {"transfer[receiver]": bob.email, "transfer[points]": "11"},
    )

    assert answer.status_code == 200
    assert (figures(alice).points, figures(bob).points) == (9, 11)


@pytest.mark.parametrize("has_key", [False, True])
def test_a_customer_may_only_try_so_many_receivers(api, alice, bob, monkeypatch, has_key):
    """Else who is a member could be found out; in the portal the same count goes on."""
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    add(alice, 20)
    client = api(alice)

    answers = [
        client.post(
            "DEFAULT/customer/points/p2p-transfer",
            {"transfer": {"receiver": receiver, "points": 11}},
            **({"HTTP_IDEMPOTENCY_KEY": f"key-{receiver}"} if has_key else {}),
        )
        for receiver in ("a@example.com", "b@example.com", bob.email)
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[2].data["error"]["code"] == 429
    assert 0 < int(answers[2]["Retry-After"]) <= 900
    assert (figures(alice).points, figures(bob).points) == (20, 0)


def test_a_customer_cannot_send_to_themself(api, alice):
    add(alice, 20)

    answer = api(alice).post(
        "DEFAULT/customer/points/p2p-transfer",
        {"transfer": {"receiver": str(alice.uuid), "points": 11}},
    )

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["receiver"]["errors"] == [
        "transferring points to yourself is forbidden"
    ]


def test_lists_all_with_their_keys(sam, alice, bob, store, monkeypatch):
    """PA-26."""
    sale = uuid7()
    # As if no room above had filled the socket.
    monkeypatch.setattr(transfers, "_loaders", [])
    transfers.register_document_loader(
        lambda uuids: {
            sale: transfers.Document(
                uuid=sale,
                document_number="456",
                gross_value=Decimal("3.00"),
                items=[
                    {
                        "sku": "SKU1",
                        "name": "item 1",
                        "quantity": Decimal(1),
                        "gross_value": Decimal(1),
                        "category": "aaa",
                        "maker": "sss",
                        "labels": [],
                    }
                ],
            )
        }
    )
    add(alice, "6.9", transaction_uuid=sale, comment="General spending rule - 2.3")
    points.transfer(sender=alice, receiver=bob, amount=Decimal(2))

    answer = sam.get("DEFAULT/points/transfer", {"sort": "value", "direction": "DESC"})

    assert answer.status_code == 200
    assert list(answer.data) == ["transfers", "total"]
    assert answer.data["total"] == 3
    earned, *rest = answer.data["transfers"]
    assert earned["value"] == 6.9
    assert earned["transactionId"] == {"transactionId": str(sale)}
    assert earned["transactionDocumentNumber"] == "456"
    assert earned["transaction"]["items"][0]["sku"] == {"code": "SKU1"}
    assert earned["accountId"] == str(alice.wallet.uuid)
    assert earned["store"] == {"id": str(store.uuid), "code": "DEFAULT", "currency": "EUR"}
    by_type = {row["type"]: row for row in rest}
    assert by_type["p2p_spending"]["receiverId"] == str(bob.uuid)
    assert by_type["p2p_spending"]["expiresAt"] == by_type["p2p_spending"]["createdAt"]
    assert by_type["p2p_adding"]["senderId"] == str(alice.uuid)
    assert by_type["p2p_adding"]["issuer"] == "api"


@pytest.fixture
def some_of_each(alice, bob, store):
    now = timezone.now()
    add(alice, 10)
    add(alice, 20, expires_at=now + timedelta(days=2))
    points.cancel(store=store, transfer_uuid=add(alice, 30).uuid)
    points.expire(store=store, transfer_uuid=add(alice, 40).uuid)
    locked = store.setting_values | {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    alice.store.setting_values = locked
    add(alice, 50)
    points.spend(customer=alice, amount=Decimal(1), issuer="admin")
    points.block(customer=alice, amount=Decimal(2), issuer="admin")
    points.transfer(sender=alice, receiver=bob, amount=Decimal(3))


@pytest.mark.parametrize(
    ("query", "values"),
    [
        pytest.param({"state": "pending"}, [50], id="pending"),
        pytest.param({"state[]": ["pending", "expired"]}, [40, 50], id="two-states"),
        pytest.param({"state[0]": "canceled"}, [30], id="numbered"),
        pytest.param({"type": "adding", "state": "active"}, [10, 20], id="type-and-state"),
        pytest.param({"type": "blocked"}, [2], id="blocked"),
        pytest.param({"type": "spending"}, [1], id="spending"),
        pytest.param({"type": "p2p_adding"}, [3], id="received"),
        pytest.param({"customerFirstName": "bo"}, [3], id="name"),
        pytest.param({"customerPhone": "601234", "type": "p2p_spending"}, [3], id="phone"),
        pytest.param({"customerId": "nobody"}, [], id="no-such-customer"),
    ],
)
@pytest.mark.usefixtures("some_of_each")
def test_filters_the_list(sam, query, values):
    answer = sam.get("DEFAULT/points/transfer", query)

    assert sorted(row["value"] for row in answer.data["transfers"]) == values
    assert answer.data["total"] == len(values)


@pytest.mark.usefixtures("some_of_each")
def test_filters_by_customer_and_expiry(sam, alice, bob):
    """PA-26: `willExpireTill` finds active lots only."""
    until = (timezone.now() + timedelta(days=3)).isoformat()

    soon = sam.get("DEFAULT/points/transfer", {"willExpireTill": until})
    of_bob = sam.get("DEFAULT/points/transfer", {"customerId": str(bob.uuid)})

    assert [row["value"] for row in soon.data["transfers"]] == [20]
    assert [row["value"] for row in of_bob.data["transfers"]] == [3]


@pytest.mark.usefixtures("some_of_each")
def test_customers_and_sellers_have_lists_of_their_own(api, bob, store):
    own = api(bob).get("DEFAULT/customer/points/transfer")
    sellers = api(SellerFactory(store)).get("DEFAULT/seller/points/transfer")

    assert [row["type"] for row in own.data["transfers"]] == ["p2p_adding"]
    assert sellers.data["total"] == 9


def test_the_list_costs_the_same_for_2_as_for_20(sam, alice, bob):
    counts = []
    for count in (1, 10):
        for _ in range(count):
            add(alice, 10)
            points.transfer(sender=alice, receiver=bob, amount=Decimal(1))
        with CaptureQueriesContext(connection) as captured:
            sam.get("DEFAULT/points/transfer", {"perPage": "50"})
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(("kind", "expected"), [("earned", 10), ("spent", 4), ("pending", 0)])
def test_histogram_is_zero_filled(sam, alice, kind, expected):
    """PA-27."""
    add(alice, 10)
    points.spend(customer=alice, amount=Decimal(4), issuer="admin")

    answer = sam.get("DEFAULT/points/transfers", {"pointType": kind, "lastDays": 7})

    assert answer.status_code == 200
    values = list(answer.data.values())
    assert len(values) == 7
    assert (values[-1], sum(values)) == (expected, expected)


def test_histogram_looks_ahead(sam, alice):
    """PA-27."""
    add(alice, 10, expires_at=timezone.now() + timedelta(days=2))

    query = {"pointType": "expired", "lastDays": 1, "futureDays": 5}
    answer = sam.get("DEFAULT/points/transfers", query)

    assert list(answer.data.values()) == [0, 0, 10, 0, 0, 0]


@pytest.mark.parametrize(
    ("interval", "length"), [("day", 400), ("month", 14), ("year", 2), ("century", 400)]
)
def test_histogram_by_interval(sam, store, interval, length):
    answer = sam.get("DEFAULT/points/transfers", {"interval": interval, "lastDays": 400})

    assert length - 1 <= len(answer.data) <= length + 1


PATHS = [
    ("GET", "points/transfer", {"staff": 200, "seller": 200, "customer": 403, "nobody": 401}),
    ("GET", "seller/points/transfer", {"staff": 403, "seller": 200, "customer": 403}),
    ("GET", "customer/points/transfer", {"staff": 403, "seller": 403, "customer": 200}),
    ("POST", "points/transfer/add", {"staff": 400, "seller": 403, "customer": 403, "nobody": 401}),
    ("POST", "points/transfer/spend", {"staff": 400, "seller": 403, "customer": 403}),
    ("POST", "pos/points/transfer/add", {"staff": 403, "seller": 403, "trusted": 400}),
    ("POST", "pos/points/transfer/spend", {"staff": 403, "seller": 403, "trusted": 400}),
    ("POST", "points/transfer/block", {"staff": 400, "seller": 403, "customer": 403}),
    (
        "POST",
        "points/transfer/00000000-0000-0000-0000-000000000009/cancel",
        {"staff": 404, "seller": 403, "customer": 403},
    ),
    ("POST", "admin/p2p-points-transfer", {"staff": 400, "seller": 403, "customer": 403}),
    ("POST", "customer/points/p2p-transfer", {"staff": 403, "seller": 403, "customer": 400}),
    ("GET", "points/transfers", {"staff": 200, "seller": 403, "customer": 403, "viewer": 200}),
    ("POST", "points/transfer/import", {"staff": 400, "seller": 403, "customer": 403}),
    ("POST", "points/transfer/import", {"viewer": 403, "nobody": 401}),
    ("POST", "points/transfer/add", {"viewer": 403, "trusted": 400}),
]


@pytest.mark.parametrize(("method", "path", "statuses"), PATHS)
def test_who_may(api, alice, store, method, path, statuses):
    """PA-20: sellers only where their account says so."""
    people = {
        "staff": lambda: StaffFactory("POINT_TRANSFER"),
        "viewer": lambda: StaffFactory("POINT_TRANSFER:VIEW"),
        "seller": lambda: SellerFactory(store),
        "trusted": lambda: SellerFactory(store, may_transfer_points=True),
        "customer": lambda: alice,
        "nobody": lambda: None,
    }
    answers = {name: api(people[name]()).call(method, f"DEFAULT/{path}") for name in statuses}

    assert {name: answer.status_code for name, answer in answers.items()} == statuses
