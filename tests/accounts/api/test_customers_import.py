"""POST admin/customer/import … Source: campaigns-people spec 9.1, 9.2."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import Customer
from loyalty.core.models import Event, ImportJob
from tests.factories import LevelFactory, PosFactory, SellerFactory, StoreFactory
from tests.factories.accounts import CustomerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


def send(client, store, xml, **headers):
    file = SimpleUploadedFile("customers.xml", xml.encode(), "text/xml")
    body = encode_multipart(BOUNDARY, {"file[file]": file})
    return client.call(
        "POST", f"{store.code}/admin/customer/import", body, MULTIPART_CONTENT, **headers
    )


def row(email="ann@example.com", **nodes):
    given = {
        "email": email,
        "firstName": "Ann",
        "lastName": "Kowalska",
        "active": "true",
        "gender": "female",
        "agreement1": "true",
    } | nodes
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in given.items() if text is not None)
    return f"<customer>{inner}</customer>"


def rows(*each):
    return f"<customers>{''.join(each)}</customers>"


def told(answer):
    assert answer.status_code == 200
    return [item.get("message", item["status"]) for item in answer.data["items"]]


def test_registers_each_row_with_all_that_it_says(sam, shop):
    """IMP-2, IMP-11."""
    level = LevelFactory(shop, name="Gold", condition_value=100)
    pos, seller = PosFactory(shop), SellerFactory(shop)

    answer = send(
        sam,
        shop,
        rows(
            row(
                phone="+48 601 234 567",
                loyaltyCardNumber="C-1",
                birthDate="1990-01-31",
                agreement2="true",
                agreement3="false",
                levelID=str(level.uuid),
                posId=str(pos.uuid),
                sellerId=str(seller.uuid),
                address="<street>Long</street><city>Gdynia</city><country>PL</country>",
                company="<name>Tea</name><nip>123</nip>",
                labels="<label><key>size</key><value>L</value></label>",
            )
        ),
    )

    customer = Customer.objects.get()
    assert answer.data == {
        "items": [
            {
                "status": "success",
                "processImportResult": {"object": str(customer.uuid)},
                "identifier": "ann@example.com",
            }
        ],
        "totalProcessed": 1,
        "totalSuccess": 1,
        "totalFailed": 0,
    }
    assert (customer.phone, customer.loyalty_card_number) == ("+48601234567", "C-1")
    assert customer.birth_date.isoformat() == "1990-01-31"
    assert customer.address == {"street": "Long", "city": "Gdynia", "country": "PL"}
    assert customer.company == {"name": "Tea", "nip": "123"}
    assert customer.labels == [{"key": "size", "value": "L"}]
    assert (customer.pos, customer.seller) == (pos, seller)
    assert customer.manually_assigned_level == level
    assert Event.objects.filter(type="customer.subscribed_to_newsletter").count() == 1


@pytest.mark.parametrize(
    ("active", "mail", "status", "has_token"),
    [
        pytest.param("true", None, "active", False, id="active"),
        pytest.param("true", "true", "active", False, id="active-whatever-the-mail"),
        pytest.param("false", "true", "new", True, id="told"),
        pytest.param("false", "false", "new", False, id="silent"),
        pytest.param("false", "", "new", False, id="silent-by-an-empty-element"),
    ],
)
def test_activates_or_tells_as_the_row_says(sam, shop, active, mail, status, has_token):
    """IMP-10: without a token there is no message to send."""
    send(sam, shop, rows(row(active=active, sendActivationMail=mail)))

    customer = Customer.objects.get()
    assert (customer.status, bool(customer.activation_token)) == (status, has_token)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        pytest.param({"email": None}, "email is required node", id="no-email"),
        pytest.param({"firstName": ""}, "firstName is required node", id="empty"),
        pytest.param({"active": None}, "active is required node", id="no-active"),
        pytest.param({"active": "si"}, "active should be one of: true, false", id="flag"),
        pytest.param(
            {"gender": "x"},
            "gender should be one of: male, female, not_disclosed",
            id="gender",
        ),
        pytest.param(
            {"birthDate": "31.01.1990"},
            "birthDate has invalid date format (Y-m-d required)",
            id="day",
        ),
        pytest.param(
            {"birthDate": "1990-02-30"},
            "birthDate has invalid date format (Y-m-d required)",
            id="no-such-day",
        ),
        pytest.param({"levelId": "gold"}, "levelId should be UUID", id="uuid"),
    ],
)
def test_refuses_a_row_of_another_shape(sam, shop, nodes, message):
    """IMP-3: the row after it is taken all the same."""
    answer = send(sam, shop, rows(row(**nodes), row("bob@example.com")))

    assert told(answer) == [f"Convert exception: {message}", "success"]
    assert Customer.objects.get().email == "bob@example.com"


@pytest.mark.parametrize(
    ("nodes", "field"),
    [
        pytest.param({"email": "ANN@example.com"}, "email", id="email"),
        pytest.param({"phone": "+48601234567"}, "phone", id="phone"),
        pytest.param({"loyaltyCardNumber": "c-1"}, "loyaltyCardNumber", id="card"),
    ],
)
def test_never_changes_who_is_known(sam, shop, nodes, field):
    """IMP-12."""
    known = CustomerFactory(
        shop, email="ann@example.com", phone="+48601234567", loyalty_card_number="C-1"
    )
    before = Customer.objects.values().get()

    answer = send(sam, shop, rows(row(**{"email": "new@example.com"} | nodes)))

    assert told(answer) == [f"Processing exception: {field}: This value is already used."]
    assert Customer.objects.values().get(pk=known.pk) == before
    assert Customer.objects.count() == 1


def test_refuses_another_stores_level(sam, shop):
    foreign = LevelFactory(StoreFactory())

    answer = send(sam, shop, rows(row(levelId=str(foreign.uuid))))

    assert told(answer) == ["Processing exception: levelId: This value is not valid."]
    assert not Customer.objects.exists()


@pytest.mark.parametrize("text", ["", "no xml", "<customers/>", "<!DOCTYPE a><a/>"])
def test_finds_no_rows_in_what_is_no_xml(sam, shop, text):
    """IMP-4."""
    answer = send(sam, shop, text or " ")

    assert (answer.status_code, answer.data["totalProcessed"]) == (200, 0)
    assert ("message" in answer.data) == (text != "<customers/>")


def test_keeps_the_file_under_a_name_that_tells_its_time(sam, shop):
    """IMP-1."""
    text = rows(row(), row(gender="x"))

    send(sam, shop, text)

    job = ImportJob.objects.get()
    at = job.created_at.astimezone(shop.zone)
    assert job.file.name.startswith(f"imports/customers-{at:%Y-%m-%d-%H-%M-%S}-")
    with job.file.open("rb") as kept:
        assert kept.read().decode() == text
    assert (job.rows_ok, job.rows_bad, job.size) == (1, 1, len(text))
    assert job.rows.get().number == 2


def test_answers_with_a_job_when_asked(sam, clerk, shop):
    """IMP-5, RFC 7240: nothing is taken within the request."""
    answer = send(sam, shop, rows(row()), HTTP_PREFER="respond-async, wait=5")

    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert (answer.data["state"], answer.data["totalProcessed"]) == ("running", 0)
    assert not Customer.objects.exists()
    address = f"{shop.code}/admin/import/{answer.data['importId']}"
    assert sam.get(address).data == answer.data
    assert sam.get(f"{shop.code}/admin/import").data["imports"] == [answer.data]
    seller_only = clerk(SELLER=["VIEW"])
    assert seller_only.get(address).status_code == 403
    assert seller_only.get(f"{shop.code}/admin/import").data["imports"] == []
    assert sam.get(f"{StoreFactory().code}/admin/import/{job_id(answer)}").status_code == 404


def job_id(answer):
    return answer.data["importId"]


def test_refuses_staff_without_the_right(clerk, shop):
    answer = send(clerk(CUSTOMER=["VIEW"]), shop, rows(row()))

    assert answer.status_code == 403
    assert not Customer.objects.exists()
    assert not ImportJob.objects.exists()
