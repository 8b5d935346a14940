"""POST …/transaction/import and …/customer/assign/import … Source: the reference, IMP-1…5."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.factories import PosFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

SALES = "DEFAULT/admin/transaction/import"
LACKING = "The file lacks columns: documentNumber, documentType, purchaseDate."
MATCHES = "DEFAULT/admin/transaction/customer/assign/import"
ITEMS = """<items><item>
<sku><code>SKU1</code></sku><name>Tea</name><quantity>2</quantity><grossValue>10.50</grossValue>
<category>drinks</category><labels><label><key>size</key><value>L</value></label></labels>
</item></items>"""


def send(client, path: str, xml: str):
    file = SimpleUploadedFile("file.xml", xml.encode(), "text/xml")
    body = encode_multipart(BOUNDARY, {"file[file]": file})
    return client.call("POST", path, body, MULTIPART_CONTENT)


def sale(
    number: str, more: str = "", *, items: str = ITEMS, date: str = "2026-03-14T10:29:05+01:00"
):
    return f"""<transaction><documentNumber>{number}</documentNumber>
        <purchaseDate>{date}</purchaseDate><documentType>sell</documentType>
        <customer><name>Al Ice</name><email>alice@example.com</email></customer>
        {items}{more}</transaction>"""


def told(answer) -> list[str]:
    assert answer.status_code == 200
    return [item.get("message", item["status"]) for item in answer.data["items"]]


def test_registers_each_row_with_its_effects(staff, alice, store):  # TX-5
    shop = PosFactory(store, identifier="pos1")
    more = "<posIdentifier>pos1</posIdentifier><purchasePlace>Harbour</purchasePlace>"

    answer = send(staff, SALES, f"<transactions>{sale('1', more)}{sale('2')}</transactions>")

    first, second = Transaction.objects.order_by("pk")
    assert answer.data == {
        "items": [
            {
                "status": "success",
                "processImportResult": {"object": {"transactionId": str(document.uuid)}},
                "identifier": document.document_number,
            }
            for document in (first, second)
        ],
        "totalProcessed": 2,
        "totalSuccess": 2,
        "totalFailed": 0,
    }
    assert (first.customer, first.pos, first.purchase_place) == (alice, shop, "Harbour")
    assert first.items.get().labels == [{"key": "size", "value": "L"}]
    alice.refresh_from_db()
    assert alice.transactions_amount == Decimal("21.00")


def test_tells_what_is_wrong_with_a_row_and_goes_on(staff, alice, store):  # TX-5
    rows = [
        sale("1", "<posId>no-uuid</posId>"),
        sale("2", items=""),
        sale("3", date="yesterday"),
        sale("4", "<posIdentifier>nowhere</posIdentifier>"),
        sale("5"),
        sale("5"),
        sale("6", items=ITEMS.replace("10.50", "-1")),
        "<transaction/>",
    ]

    answer = send(staff, SALES, f"<transactions>{''.join(rows)}</transactions>")

    assert told(answer) == [
        "Convert exception: pos has an invalid value",
        "Convert exception: items is refused: This collection should contain 1 element or more.",
        "Convert exception: purchaseDate has invalid date format (ATOM required)",
        "Processing exception: There is no such point of sale.",
        "success",
        "Processing exception: Document number should be unique.",
        "Convert exception: items.0.grossValue is refused: This value should be 0 or more.",
        "Convert exception: documentNumber is required node; "
        "purchaseDate is required node; documentType is required node",
    ]
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        pytest.param("no xml", {"message": LACKING}, id="text"),
        pytest.param("<transactions/>", {}, id="no-rows"),
    ],
)
def test_finds_nothing_in_a_file_without_rows(staff, store, xml, said):
    answer = send(staff, SALES, xml)

    nothing = {"items": [], "totalProcessed": 0, "totalSuccess": 0, "totalFailed": 0}
    assert answer.data == nothing | said


def test_keeps_what_came_before_a_file_breaks_off(staff, alice):
    answer = send(staff, SALES, f"<transactions>{sale('1')}<transaction>")

    first, last = told(answer)
    assert first == "success"
    assert last.startswith("Convert exception: ")


@pytest.mark.parametrize("path", [SALES, MATCHES])
def test_needs_a_file_and_the_right_to_change(staff, reader, seller, store, path):
    assert staff.post(path, {"file": {}}).status_code == 400
    assert send(reader, path, "<all/>").status_code == 403
    assert send(seller, path, "<all/>").status_code == 403


@pytest.mark.parametrize(
    "who",
    [
        "<customerId>{customer.uuid}</customerId>",
        "<customerEmail>ALICE@example.com</customerEmail>",
        "<customerLoyaltyCardNumber>card-1</customerLoyaltyCardNumber>",
        "<customerPhoneNumber>+48601234567</customerPhoneNumber>",
        "<customerEmail>nobody@example.com</customerEmail>"
        "<customerPhoneNumber>+48601234567</customerPhoneNumber>",
    ],
)
def test_matches_by_any_identifier(staff, alice, store, who):  # TX-13
    alice.loyalty_card_number, alice.phone = "CARD-1", "+48601234567"
    alice.save()
    document = UnmatchedSaleFactory(store, number="888")
    row = f"<transactionDocumentNumber>888</transactionDocumentNumber>{who.format(customer=alice)}"

    answer = send(staff, MATCHES, f"<all><row>{row}</row></all>")

    assert told(answer) == ["success"]
    document.refresh_from_db()
    assert document.customer == alice


def test_tells_why_a_row_matches_nothing(staff, alice, store):  # TX-13
    SaleFactory(alice, number="1")
    UnmatchedSaleFactory(store, number="2")
    rows = [
        "<documentNumber>1</documentNumber><customerEmail>alice@example.com</customerEmail>",
        "<documentNumber>2</documentNumber><customerEmail>nobody@example.com</customerEmail>",
        "<documentNumber>2</documentNumber>",
        "<documentNumber>2</documentNumber><customerId>7</customerId>",
        "<documentNumber>3</documentNumber><customerEmail>alice@example.com</customerEmail>",
        "<customerEmail>alice@example.com</customerEmail>",
    ]

    answer = send(staff, MATCHES, f"<all>{''.join(f'<row>{row}</row>' for row in rows)}</all>")

    assert told(answer) == [
        "Processing exception: Customer is already assigned to this transaction",
        "Processing exception: No such customer",
        "Processing exception: Give a customer id, a loyalty card number or a phone number.",
        "Convert exception: customerId should be UUID",
        "Processing exception: No such transaction",
        "Convert exception: transactionDocumentNumber is required node",
    ]
