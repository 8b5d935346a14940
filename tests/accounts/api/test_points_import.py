"""POST points/transfer/import … Source: PA-25, IMP-1…5 of the people's specification."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from accounts.ledger import checks
from accounts.models import PointsTransfer
from accounts.selectors import balances
from loyalty.core import clock, locks
from loyalty.core.imports import chunks
from loyalty.core.models import AuditEntry, ImportJob
from tests.factories.accounts import CustomerFactory
from tests.factories.core import StoreFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


@pytest.fixture
def alice(shop):
    return CustomerFactory(
        shop, email="alice@example.com", loyalty_card_number="CARD-1", phone="+48601234567"
    )


def send(client, store, xml, **fields):
    file = SimpleUploadedFile("points.xml", xml.encode(), "text/xml")
    body = encode_multipart(BOUNDARY, {"file[file]": file} | fields)
    return client.call("POST", f"{store.code}/points/transfer/import", body, MULTIPART_CONTENT)


def row(
    who="<customerEmail>alice@example.com</customerEmail>", amount="15", kind="adding", days=""
):
    return (
        f"<pointsTransfer>{who}<points>{amount}</points><type>{kind}</type>"
        f"<comment>By file</comment><validityDuration>{days}</validityDuration></pointsTransfer>"
    )


def rows(*each):
    return f"<pointsTransfers>{''.join(each)}</pointsTransfers>"


def told(answer):
    assert answer.status_code == 200
    return [item.get("message", item["status"]) for item in answer.data["items"]]


def points_of(customer):
    return balances.get_figures(customer.wallet_id, timezone.now()).points


def test_adds_and_spends_as_the_rows_say(sam, shop, alice):
    """PA-25, IMP-2: an item for each row, and the issuer is `admin`."""
    answer = send(sam, shop, rows(row(), row(amount="4", kind="spending")))

    added, spent = PointsTransfer.objects.order_by("type")
    assert answer.data == {
        "items": [
            {
                "status": "success",
                "processImportResult": {"object": {"pointsTransferId": str(transfer.uuid)}},
                "identifier": f"alice@example.com/({transfer.type} {transfer.value:.0f})",
            }
            for transfer in (added, spent)
        ],
        "totalProcessed": 2,
        "totalSuccess": 2,
        "totalFailed": 0,
    }
    assert [(t.type, t.value, t.posting.issuer, t.posting.comment) for t in (added, spent)] == [
        ("adding", 15, "admin", "By file"),
        ("spending", 4, "admin", "By file"),
    ]
    assert AuditEntry.objects.filter(entity_type="PointsTransfer").count() == 2
    assert checks.find_differences() == []


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("<customerId>{id}</customerId>", "{id}"),
        ("<customerEmail>ALICE@Example.com</customerEmail>", "ALICE@Example.com"),
        ("<customerLoyaltyCardNumber>card-1</customerLoyaltyCardNumber>", "card-1"),
        ("<customerPhoneNumber>+48 601 234 567</customerPhoneNumber>", "+48 601 234 567"),
        # It falls through when a value finds nobody.
        (
            "<customerPhoneNumber>+48601234567</customerPhoneNumber>"
            "<customerEmail>nobody@example.com</customerEmail>",
            "nobody@example.com",
        ),
    ],
)
def test_finds_the_customer_by_each_identifier_pa25(sam, shop, alice, who, name):
    answer = send(sam, shop, rows(row(who=who.format(id=alice.uuid))))

    assert told(answer) == ["success"]
    assert answer.data["items"][0]["identifier"] == f"{name.format(id=alice.uuid)}/(adding 15)"
    assert points_of(alice) == 15


def test_asks_id_then_email_then_card_then_phone_pa25(sam, shop, alice):
    bob = CustomerFactory(shop, email="bob@example.com", loyalty_card_number="CARD-2")
    who = (
        "<customerLoyaltyCardNumber>CARD-1</customerLoyaltyCardNumber>"
        "<customerEmail>bob@example.com</customerEmail>"
    )

    send(sam, shop, rows(row(who=who)))

    assert (points_of(alice), points_of(bob)) == (0, 15)


@pytest.mark.parametrize(("days", "ends_after"), [("7", 7), ("0", 30), ("", 30)])
def test_points_are_valid_for_the_days_of_the_row_or_of_the_settings_pa25(
    sam, shop, alice, days, ends_after
):
    shop.setting_values |= {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 30}
    shop.save()
    today = timezone.now().astimezone(shop.zone).date()

    send(sam, shop, rows(row(days=days)))

    lot = PointsTransfer.objects.get()
    assert lot.expires_at == clock.end_of_day(today + timedelta(days=ends_after), shop.zone)


def test_validity_begins_when_the_lock_ends_pe5_pe6(sam, shop, alice):
    shop.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    shop.save()
    today = timezone.now().astimezone(shop.zone).date()

    send(sam, shop, rows(row(days="7")))

    lot = PointsTransfer.objects.get()
    assert lot.state_at(timezone.now()) == "pending"
    assert lot.expires_at == clock.end_of_day(today + timedelta(days=10), shop.zone)


def test_tells_what_is_wrong_with_each_row_and_goes_on(sam, shop, alice):
    """PA-25, IMP-3: rows fail one by one."""
    eve = CustomerFactory(StoreFactory(), email="eve@example.com")
    elsewhere = f"<customerId>{eve.uuid}</customerId>"

    answer = send(
        sam,
        shop,
        rows(
            row(amount="1.5"),
            row(amount="-5"),
            row(amount="9" * 5000),
            row(amount="999999999999999"),
            row(kind="blocked"),
            row(days="soon"),
            row(days="-1"),
            row(days="999999999"),
            row(who=""),
            row(who="<customerId>7</customerId>"),
            row(who=elsewhere),
            row(amount="10", kind="spending"),
            "<pointsTransfer/>",
            row(amount="2"),
        ),
    )

    assert told(answer) == [
        "Convert exception: points should be integer value",
        "Processing exception: This value should be greater than 0.",
        "Convert exception: points should be integer value",
        "Processing exception: This value is too large.",
        "Convert exception: type should be one of: adding, spending",
        "Convert exception: validityDuration should be integer value",
        "Convert exception: validityDuration has an invalid value",
        "Convert exception: validityDuration has an invalid value",
        "Processing exception: Give a customer id, an e-mail address, a loyalty card number "
        "or a phone number.",
        "Convert exception: customerId should be UUID",
        "Processing exception: This customer does not exist.",
        "Processing exception: not enough points",
        "Convert exception: points is required node; type is required node",
        "success",
    ]
    assert (answer.data["totalSuccess"], answer.data["totalFailed"]) == (1, 13)
    assert points_of(alice) == 2
    assert points_of(eve) == 0
    assert checks.find_differences() == []


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        pytest.param("points", "The file lacks columns: type.", id="text"),
        pytest.param("<pointsTransfers/>", None, id="no-rows"),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            f"<pointsTransfers>{row()}</pointsTransfers>",
            "The file breaks off: a document type is not accepted",
            id="entities",
        ),
    ],
)
def test_finds_nothing_in_a_file_without_rows_imp4(sam, shop, alice, xml, message):
    answer = send(sam, shop, xml)

    said = {} if message is None else {"message": message}
    nothing = {"items": [], "totalProcessed": 0, "totalSuccess": 0, "totalFailed": 0}
    assert answer.data == nothing | said
    assert points_of(alice) == 0


def test_takes_no_row_of_the_same_file_twice(sam, shop, alice):
    """A caller whose connection broke sends the file again; what was refused may do now."""
    text = rows(row(), row(who="<customerEmail>bob@example.com</customerEmail>"))
    send(sam, shop, text)
    CustomerFactory(shop, email="bob@example.com")

    again, third = send(sam, shop, text), send(sam, shop, text)

    assert told(again) == [chunks.KNOWN_ROW, "success"]
    assert told(third) == [chunks.KNOWN_ROW, chunks.KNOWN_ROW]
    assert points_of(alice) == 15
    assert AuditEntry.objects.filter(event_type="ImportFile").count() == 3


def test_takes_the_same_file_again_where_that_is_meant(sam, shop, alice):
    send(sam, shop, rows(row()))

    answer = send(sam, shop, rows(row()), **{"file[again]": "1"})

    assert told(answer) == ["success"]
    assert points_of(alice) == 30


def test_leaves_a_file_to_the_request_that_is_at_it(sam, shop, alice, monkeypatch):
    @contextmanager
    def taken(name):
        yield False

    monkeypatch.setattr(locks, "alone", taken)

    answer = send(sam, shop, rows(row()))

    assert answer.status_code == 400
    assert "brought in at this moment" in answer.content.decode()
    assert points_of(alice) == 0


def test_can_be_taken_back(sam, shop, alice):
    """Also what was answered in the request; then the file is as if it had never come."""
    send(sam, shop, rows(row()))
    job = ImportJob.objects.get()

    answer = sam.post(f"{shop.code}/admin/import/{job.uuid}/undo")

    assert (answer.data["takenBack"], points_of(alice)) == (1, 0)
    assert told(send(sam, shop, rows(row()))) == ["success"]
