"""Codes by text message and mail, links once more, and devices …"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Customer, CustomerCode, CustomerStatus, PushToken
from accounts.services import codes, customers
from loyalty.core import clock, throttle
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Event, Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, SellerFactory, StoreFactory
from tests.support.api import ApiClient
from tests.support.messages import deliver

PHONE = "+48601234567"
TOLD = {"firstName": "Ann", "lastName": "New", "phone": PHONE, "agreement1": True}


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()

    def forward(self, **lapse: float) -> None:
        self.now += timedelta(**lapse)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    watch = Clock()
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    return watch


@pytest.fixture
def texts(settings: Any, tmp_path: Path) -> Path:
    """The folder that text messages are written into."""
    settings.VAR_DIR = tmp_path
    settings.SMS_CARRIER = {"kind": "file"}
    return tmp_path / "sms"


@pytest.fixture
def by_text(db: None, texts: Path) -> Store:
    """A store that writes text messages."""
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})
    LevelFactory(store)
    return store


def sent(texts: Path) -> list[dict[str, str]]:
    """Send what the facts lead to that were not told yet, and return every text so far."""
    for fact in Event.objects.filter(type__startswith="customer.").order_by("pk"):
        deliver(fact)
    files = sorted(texts.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(file.read_text()) for file in files]


def code_in(text: str) -> str:
    words = [word.strip(".:,") for word in text.split()]
    return next(word for word in words if len(word) == 6 and set(word) <= set(codes.ALPHABET))


def newcomer(store: Store, **fields: Any) -> Customer:
    data = {"first_name": "Ann", "last_name": "New", "phone": PHONE, "agreement1": True}
    data |= {"password": "Open-Sesame-1"} | fields
    return customers.self_register(store=store, data=customers.Registration(**data))


def test_lets_in_whoever_has_the_code_of_the_text_message(by_text: Store, texts: Path) -> None:
    """ACT-2, ACT-3: the first code is number 1; it works once."""
    customer = newcomer(by_text)
    [text] = sent(texts)
    code = code_in(text["text"])
    path = f"{by_text.code}/customer/activate-sms"

    assert (text["to"], "no. 1" in text["text"]) == (PHONE, True)
    assert ApiClient().post(f"{path}/XXXXXX").status_code == 404
    done = ApiClient().post(f"{path}/{code.lower()}")

    assert (done.status_code, done.content) == (204, b"")
    customer.refresh_from_db()
    assert customer.status == CustomerStatus.ACTIVE
    assert ApiClient().post(f"{path}/{code}").status_code == 404


def test_a_code_is_good_for_half_an_hour(by_text: Store, texts: Path, time: Clock) -> None:
    """ACT-2."""
    customer = newcomer(by_text)
    code = code_in(sent(texts)[-1]["text"])
    time.forward(minutes=30)

    answer = ApiClient().post(f"{by_text.code}/customer/activate-sms/{code}")

    assert answer.status_code == 404
    customer.refresh_from_db()
    assert customer.status == CustomerStatus.NEW


def test_a_new_code_ends_the_one_before(
    by_text: Store, texts: Path, time: Clock, sam: ApiClient
) -> None:
    """ACT-3, ACT-4."""
    customer = newcomer(by_text)
    first = code_in(sent(texts)[-1]["text"])
    time.forward(minutes=2)
    again = sam.post(f"{by_text.code}/admin/customer/{customer.uuid}/send-sms-code")
    assert (again.status_code, again.content) == (200, b"")
    last = sent(texts)[-1]["text"]
    path = f"{by_text.code}/customer/activate-sms"

    assert "no. 2" in last
    assert ApiClient().post(f"{path}/{first}").status_code == 404
    assert ApiClient().post(f"{path}/{code_in(last)}").status_code == 204


def test_another_stores_code_lets_nobody_in(by_text: Store, texts: Path) -> None:
    newcomer(by_text)
    code = code_in(sent(texts)[-1]["text"])
    elsewhere = StoreFactory()

    assert ApiClient().post(f"{elsewhere.code}/customer/activate-sms/{code}").status_code == 404


@pytest.mark.parametrize("lapse", [0, 119])
def test_refuses_two_codes_within_two_minutes(
    by_text: Store, sam: ApiClient, time: Clock, lapse: int
) -> None:
    """ACT-4."""
    customer = newcomer(by_text)
    time.forward(seconds=lapse)

    answer = sam.post(f"{by_text.code}/admin/customer/{customer.uuid}/send-sms-code")

    assert answer.status_code == 400
    assert "two minutes" in answer.data["error"]
    assert CustomerCode.objects.count() == 1


def test_sellers_have_an_address_of_their_own(by_text: Store, time: Clock) -> None:
    """ACT-4: only while the customer is new."""
    customer = newcomer(by_text)
    mona = ApiClient(SellerFactory(by_text))
    path = f"{by_text.code}/seller/customer/{customer.uuid}/send-sms-code"
    time.forward(minutes=3)

    assert mona.post(path).status_code == 200
    customers.activate(customer=customer, actor=SYSTEM)
    assert mona.post(path).status_code == 400
    assert mona.post(path.replace("/seller/", "/admin/")).status_code == 403


def test_nobody_learns_whose_a_number_is(by_text: Store, time: Clock, texts: Path) -> None:
    """ACT-4: known or not, the first wish is taken and the second has to wait."""
    newcomer(by_text)
    sent(texts)
    time.forward(minutes=3)
    path = f"{by_text.code}/customer/customer-phone/send-sms-code"

    answers = [
        [(a.status_code, a.data) for a in (ApiClient().post(path, {"phone": phone}) for _ in "12")]
        for phone in (PHONE, "+48601234999")
    ]

    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [200, 400]
    assert [text["to"] for text in sent(texts)] == [PHONE, PHONE]


def test_refuses_what_is_no_number(by_text: Store) -> None:
    path = f"{by_text.code}/customer/customer-phone/send-sms-code"

    answers = [ApiClient().post(path, {"phone": phone}) for phone in ("", "tea")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert not CustomerCode.objects.exists()


def test_sends_the_link_again_where_the_store_writes_mails(
    shop: Store, sam: ApiClient, time: Clock, texts: Path
) -> None:
    """ACT-1, ACT-4."""
    customer = newcomer(shop, email="ann@example.com")
    sent(texts)
    time.forward(minutes=1)
    path = f"{shop.code}/admin/customer/{customer.uuid}/send-sms-code"

    assert [sam.post(path).status_code for _ in range(2)] == [200, 400]
    sent(texts)

    assert [message.to for message in mail.outbox] == [["ann@example.com"]] * 2
    assert all(customer.activation_token in str(message.body) for message in mail.outbox)


def test_a_code_is_stored_by_its_digest_alone(by_text: Store, texts: Path) -> None:
    newcomer(by_text)
    code = code_in(sent(texts)[-1]["text"])

    row = CustomerCode.objects.values().get()

    assert code not in str(row)
    assert code not in str(list(Event.objects.values_list("payload", flat=True)))


def test_who_came_by_a_seller_gets_a_password_once_they_are_in(by_text: Store, texts: Path) -> None:
    """CUS-6, CUS-7."""
    mona = ApiClient(SellerFactory(by_text))
    mona.post(f"{by_text.code}/seller/customer/register", {"customer": TOLD})
    code = code_in(sent(texts)[-1]["text"])

    ApiClient().post(f"{by_text.code}/customer/activate-sms/{code}")

    texts_sent = sent(texts)
    assert len(texts_sent) == 2
    assert "temporary password" in texts_sent[1]["text"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "customer/activate-sms/WRONG1", id="activate-sms"),
        pytest.param("GET", "customer/check?emailOrPhone=ann@example.com", id="check-cus-24"),
        pytest.param("POST", "customer/customer-phone/send-sms-code", id="send-sms-code"),
    ],
)
def test_guessing_is_limited(
    by_text: Store, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    """ACT-2, ACT-4, CUS-24: per address that it comes from, whatever key it is sent with."""
    monkeypatch.setattr(throttle, "PER_ADDRESS", 3)

    def call(place: int, address: str = "203.0.113.9") -> int:
        raw = json.dumps({"phone": f"+4860123400{place}"}).encode()
        options = {"REMOTE_ADDR": address, "HTTP_IDEMPOTENCY_KEY": f"key-{place}"}
        return int(ApiClient().call(method, f"{by_text.code}/{path}", raw, **options).status_code)

    statuses = [call(place) for place in range(5)]

    assert 429 not in statuses[:3]
    assert statuses[3:] == [429, 429]
    assert call(6, "203.0.113.10") != 429


# A new address of one's own


@pytest.fixture
def ann(by_text: Store) -> Customer:
    return CustomerFactory(by_text, phone=PHONE, email="ann@example.com", password="Open-Sesame-1")


def change(client: ApiClient, customer: Customer, **fields: str) -> Any:
    path = f"{customer.store.code}/customer/{customer.uuid}"
    return client.put(path, {"customer": fields})


def confirm(client: ApiClient, customer: Customer, code: str) -> int:
    path = f"{customer.store.code}/customer/confirm-change/{code}"
    return int(client.post(path).status_code)


def test_a_new_number_counts_once_it_is_confirmed(ann: Customer, texts: Path) -> None:
    """ACT-6: until then the old one does."""
    client = ApiClient(ann)

    answer = change(client, ann, phone="+48601234568", firstName="Anna")

    assert answer.data == {"customerId": str(ann.uuid)}
    ann.refresh_from_db()
    assert (ann.phone, ann.first_name) == (PHONE, "Anna")
    text = sent(texts)[-1]
    assert text["to"] == "+48601234568"
    assert confirm(client, ann, code_in(text["text"])) == 204
    ann.refresh_from_db()
    assert ann.phone == "+48601234568"
    entry = AuditEntry.objects.filter(event_type="UpdateCustomerDetails").latest("pk")
    assert entry.data == {"phone": {"old": PHONE, "new": "+48601234568"}}
    assert entry.actor_id == str(ann.uuid)
    assert confirm(client, ann, code_in(text["text"])) == 404


def test_a_new_mail_address_gets_its_code_by_mail(ann: Customer, texts: Path) -> None:
    """ACT-6."""
    client = ApiClient(ann)

    change(client, ann, email="Anna@example.com")

    sent(texts)
    [message] = mail.outbox
    assert message.to == ["anna@example.com"]
    assert confirm(client, ann, code_in(str(message.body))) == 204
    ann.refresh_from_db()
    assert ann.email == "anna@example.com"


def test_only_the_customer_confirms(ann: Customer, texts: Path) -> None:
    """ACT-6: somebody else's code is no code."""
    change(ApiClient(ann), ann, phone="+48601234568")
    code = code_in(sent(texts)[-1]["text"])
    eve = CustomerFactory(ann.store, phone="+48601234500", password="Open-Sesame-1")

    assert confirm(ApiClient(eve), eve, code) == 404
    assert confirm(ApiClient(), ann, code) == 401
    ann.refresh_from_db()
    assert ann.phone == PHONE


def test_the_fifth_wrong_code_ends_the_right_one(ann: Customer, texts: Path) -> None:
    """ACT-6: guessing is limited."""
    client = ApiClient(ann)
    change(client, ann, phone="+48601234568")
    code = code_in(sent(texts)[-1]["text"])

    assert [confirm(client, ann, "WRONG") for _ in range(5)] == [404] * 5

    assert confirm(client, ann, code) == 404
    ann.refresh_from_db()
    assert ann.phone == PHONE


def test_an_address_taken_meanwhile_is_refused(ann: Customer, texts: Path) -> None:
    client = ApiClient(ann)
    change(client, ann, phone="+48601234568")
    code = code_in(sent(texts)[-1]["text"])
    CustomerFactory(ann.store, phone="+48601234568")

    assert confirm(client, ann, code) == 400
    ann.refresh_from_db()
    assert ann.phone == PHONE


def test_a_record_that_is_sent_again_asks_for_no_second_code(ann: Customer) -> None:
    client = ApiClient(ann)

    answers = [change(client, ann, phone="+48601234568").status_code for _ in range(2)]

    assert answers == [200, 200]
    assert CustomerCode.objects.count() == 1


def test_what_staff_write_counts_at_once(ann: Customer, sam: ApiClient) -> None:
    """ACT-6 is about customers: staff have seen who stands before them."""
    change(sam, ann, phone="+48601234568")

    ann.refresh_from_db()
    assert ann.phone == "+48601234568"


def test_a_number_that_cannot_be_proven_counts_at_once(shop: Store) -> None:
    """A store that writes mails has no text messages to send a code by."""
    customer = CustomerFactory(shop, phone=PHONE)

    change(ApiClient(customer), customer, phone="+48601234568")

    customer.refresh_from_db()
    assert customer.phone == "+48601234568"


def test_forgets_codes_after_a_month(by_text: Store, time: Clock) -> None:
    newcomer(by_text)
    later: datetime = time.now + timedelta(days=30, seconds=1)

    assert codes.forget_over(now=time.now) == 0
    assert codes.forget_over(now=later) == 1


# Devices


def test_keeps_each_device_once(shop: Store) -> None:
    """CUS-55."""
    customer = CustomerFactory(shop)
    client = ApiClient(customer)
    path = f"{shop.code}/customer/{customer.uuid}/pushy-token"

    assert client.get(path).data == {"tokens": []}
    for token in ("d1", "d/2", "d1"):
        answer = client.form("POST", path, {"customer[pushyToken]": token})
        assert (answer.status_code, answer.content) == (204, b"")

    assert client.get(path).data == {"tokens": ["d1", "d/2"]}
    assert client.delete(f"{path}/d/2").status_code == 204
    assert client.delete(f"{path}/d/2").status_code == 204
    assert client.get(path).data == {"tokens": ["d1"]}
    assert AuditEntry.objects.filter(event_type="AddPushyToken").count() == 2


def test_devices_are_ones_own_or_staffs_to_see(shop: Store, clerk: Clerk) -> None:
    """CUS-55."""
    customer = CustomerFactory(shop)
    PushToken.objects.create(customer=customer, token="d1", created_at=timezone.now())
    path = f"{shop.code}/customer/{customer.uuid}/pushy-token"
    viewer = clerk(CUSTOMER=["VIEW"])

    assert ApiClient(CustomerFactory(shop)).get(path).status_code == 404
    assert ApiClient(SellerFactory(shop)).get(path).data == {"tokens": ["d1"]}
    assert viewer.get(path).data == {"tokens": ["d1"]}
    assert viewer.delete(f"{path}/d1").status_code == 403
    assert customer.push_tokens.count() == 1


@pytest.mark.parametrize("token", ["", " ", "x" * 513], ids=["empty", "blank", "long"])
def test_refuses_what_names_no_device(shop: Store, token: str) -> None:
    customer = CustomerFactory(shop)

    answer = ApiClient(customer).post(
        f"{shop.code}/customer/{customer.uuid}/pushy-token", {"customer": {"pushyToken": token}}
    )

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["pushyToken"]["errors"]
    assert not customer.push_tokens.exists()
