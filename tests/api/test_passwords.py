"""Chapter Security: forgotten and changed passwords. Source: PWD-4…8, ACL."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, PasswordReset, Seller, StaffUser, TokenSession
from accounts.services import own_password, password_resets, sellers, staff
from accounts.services.customers import changing
from loyalty.core import throttle
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Event, SentMessage, Store
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import PASSWORD, StaffFactory
from tests.support.api import ApiClient
from tests.support.messages import deliver

Api = Callable[..., ApiClient]
NEW = "Another-Word-2"
ASK, ASK_STAFF, RESET = (
    "DEFAULT/customer/password/reset/request",
    "password/reset/request",
    "password/reset",
)


@pytest.fixture
def alice(store: Store) -> Customer:
    return CustomerFactory(
        store,
        first_name="Alice",
        email="alice@example.com",
        phone="+48601234567",
        loyalty_card_number="Card-77",
        password=PASSWORD,
    )


@pytest.fixture
def mona(store: Store) -> Seller:
    return SellerFactory(store, email="mona@example.com", password=PASSWORD)


@pytest.fixture
def sam(store: Store) -> StaffUser:
    return StaffFactory(username="sam", email="sam@example.com")


def ask(api: Api, name: str, path: str = ASK):
    return api().post(path, {"username": name})


def send() -> None:
    for fact in Event.objects.filter(type=password_resets.FACT).order_by("pk"):
        deliver(fact)


def token_of(letter) -> str:
    [token] = set(re.findall(r"/reset/([\w-]+)", letter.body))
    return token


def token(api: Api, name: str = "alice@example.com", path: str = ASK) -> str:
    assert ask(api, name, path).status_code == 200
    send()
    return token_of(mail.outbox[-1])


def reset(api: Api, token: str, new: str = NEW):
    return api().post(RESET, {"token": token, "reset": {"plainPassword": new}})


def can_sign_in(api: Api, password: str, name="alice@example.com", door="DEFAULT/customer") -> bool:
    body = {"_username": name, "_password": password}
    return api().post(f"{door}/login_check", body).status_code == 200


def test_a_customer_gets_a_link_and_chooses_a_password(alice: Customer, api: Api):
    """PWD-5, PWD-6, PWD-7."""
    answer = ask(api, "alice@example.com")
    send()

    assert answer.data == {"success": True}
    [letter] = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert reset(api, token_of(letter)).data == {"success": True}
    assert can_sign_in(api, NEW)
    assert not can_sign_in(api, PASSWORD)


def test_the_forms_of_the_original_are_taken(alice: Customer, api: Api):
    """PWD-7."""
    assert api().form("POST", ASK, {"username": "alice@example.com"}).status_code == 200
    send()

    fields = {"token": token_of(mail.outbox[-1]), "reset[plainPassword]": NEW}
    assert api().form("POST", RESET, fields).status_code == 200
    assert can_sign_in(api, NEW)


@pytest.mark.parametrize(
    ("name", "door", "path"),
    [
        pytest.param("sam", "admin", "/cockpit/reset/", id="staff-by-name"),
        pytest.param("SAM@example.com", "admin", "/cockpit/reset/", id="staff-by-address"),
        pytest.param("mona@example.com", "DEFAULT/seller", "/pos/reset/", id="seller"),
    ],
)
def test_staff_and_sellers_get_a_link(
    sam: StaffUser, mona: Seller, api: Api, name: str, door: str, path: str
):
    """PWD-5."""
    secret = token(api, name, ASK_STAFF)

    assert path in mail.outbox[-1].body
    assert reset(api, secret).status_code == 200
    assert can_sign_in(api, NEW, name, door)


def test_a_store_that_writes_text_messages_sends_a_code(
    alice: Customer, store: Store, api: Api, settings
):
    """PWD-6."""
    store.setting_values = {**store.setting_values, "preferredCommunicationMethod": "sms"}
    store.save()
    assert ask(api, "+48 601 234 567").status_code == 200
    reset_ = PasswordReset.objects.get()

    send()
    assert [(m.channel, m.customer_id) for m in SentMessage.objects.all()] == [("sms", alice.pk)]
    code = password_resets.issue(reset_.uuid, as_code=True)

    assert code is not None
    assert len(code.text) == password_resets.CODE_LENGTH
    assert code.number == 1
    # As people type it.
    assert reset(api, f" {code.text[:4].lower()}-{code.text[4:]} ").status_code == 200
    assert can_sign_in(api, NEW)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param(ASK, ["alice@example.com", "nobody@example.com", "+48601234567"], id="portal"),
        pytest.param(ASK_STAFF, ["sam", "nobody", "mona@example.com"], id="cockpit"),
    ],
)
def test_every_name_is_answered_alike(
    alice: Customer, sam: StaffUser, mona: Seller, api: Api, path: str, names: list[str]
):
    """PWD-5: neither the first answer nor the second tells whether somebody is known."""
    first = [ask(api, name, path) for name in names]
    second = [ask(api, name, path) for name in names]

    assert {(a.status_code, a.content) for a in first} == {(200, b'{"success":true}')}
    assert len({(a.status_code, a.content) for a in second}) == 1
    assert second[0].status_code == 400


@pytest.mark.parametrize("path", [ASK, ASK_STAFF])
def test_every_name_costs_the_same_statements(alice: Customer, sam: StaffUser, api: Api, path: str):
    """PWD-5: what is done for known names alone is done later."""
    shapes = []
    for name in ("alice@example.com", "sam", "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            ask(api, name, path)
        shapes.append([re.split(r"[(\s]", q["sql"].strip())[0] for q in queries])

    assert shapes[0] == shapes[1] == shapes[2]


def test_nothing_is_sent_to_nobody(alice: Customer, store: Store, api: Api):
    """PWD-5: no name, another store's name, or somebody who may not sign in."""
    CustomerFactory(store, email="blocked@example.com", status="blocked")
    CustomerFactory(StoreFactory(), email="olga@example.com")
    for name in ("nobody@example.com", "blocked@example.com", "olga@example.com", "a\0b"):
        ask(api, name)

    send()

    assert mail.outbox == []


def test_asking_again_within_a_day_is_refused(alice: Customer, api: Api, time_machine):
    """PWD-5."""
    time_machine.move_to(timezone.now(), tick=False)
    secret = token(api)
    time_machine.shift(timedelta(hours=23, minutes=59))

    assert ask(api, " Alice@Example.com").status_code == 400

    time_machine.shift(timedelta(minutes=1))
    # A link lasts as long as nobody can ask for another.
    assert reset(api, secret).status_code == 400
    assert ask(api, "alice@example.com").status_code == 200


def test_asking_again_after_it_was_used_is_no_second_time(alice: Customer, api: Api):
    """PWD-5."""
    assert reset(api, token(api)).status_code == 200

    assert reset(api, token(api), PASSWORD).status_code == 200
    assert can_sign_in(api, PASSWORD)


def test_one_message_a_day_whatever_names_are_used(alice: Customer, api: Api, time_machine):
    """PWD-5: the answers tell nobody that two names are one person's."""
    for name in ("alice@example.com", "card-77", "+48601234567"):
        assert ask(api, name).status_code == 200
    send()

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("bad", ["", "x", "a" * 255, "żółw", "AAAAAAAA"])
def test_a_bad_token_is_refused(alice: Customer, api: Api, bad: str):
    """PWD-7."""
    token(api)

    answer = reset(api, bad)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["token"]["errors"]
    assert can_sign_in(api, PASSWORD)


def test_a_token_works_once(alice: Customer, api: Api):
    """PWD-7."""
    secret = token(api)
    reset(api, secret)

    assert reset(api, secret, PASSWORD).status_code == 400
    assert can_sign_in(api, NEW)


def test_a_weak_password_leaves_the_token_good(alice: Customer, api: Api):
    """PWD-4, PWD-7."""
    secret = token(api)

    answer = reset(api, secret, "weak")

    assert answer.status_code == 400
    errors = answer.data["form"]["children"]["reset"]["children"]["plainPassword"]["errors"]
    assert "Password must contain a digit." in errors
    assert can_sign_in(api, PASSWORD)
    assert reset(api, secret).status_code == 200


def test_the_policy_can_be_simple(alice: Customer, api: Api, settings):
    """PWD-4."""
    settings.PASSWORD_POLICY = "simple"
    secret = token(api)

    assert reset(api, secret, "short").status_code == 400
    assert reset(api, secret, "longenough").status_code == 200


def test_the_token_is_stored_as_a_digest_alone(alice: Customer, api: Api):
    """PWD-7."""
    secret = token(api)

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'select count(*) from "{table}" t where t::text like %s', [f"%{secret}%"]
            )
            assert cursor.fetchone() == (0,), table


def test_whoever_was_blocked_meanwhile_stays_out(alice: Customer, api: Api):
    secret = token(api)
    Customer.objects.update(status="blocked")

    assert reset(api, secret).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda alice: own_password.change(
                principal=alice, current=PASSWORD, new=NEW, actor=own_password.actor_of(alice, None)
            ),
            id="chose-another-password",
        ),
        pytest.param(
            lambda alice: changing.issue_temporary_password(customer=alice, actor=SYSTEM),
            id="was-given-another-password",
        ),
        pytest.param(
            lambda alice: changing.update(
                customer=alice, changes={"email": "new@example.com"}, actor=SYSTEM
            ),
            id="has-another-address",
        ),
        pytest.param(
            lambda alice: changing.update(
                customer=alice, changes={"phone": "+48601234568"}, actor=SYSTEM
            ),
            id="has-another-phone",
        ),
    ],
)
def test_a_link_of_before_is_no_good_when_the_customer(alice: Customer, api: Api, change):
    old = token(api)

    change(alice)

    assert reset(api, old, "Third-Word-3").status_code == 400
    assert not can_sign_in(api, "Third-Word-3", name="Card-77")
    # They may ask for another at once.
    alice.refresh_from_db()
    assert reset(api, token(api, alice.email)).status_code == 200


def test_a_link_stays_good_when_something_else_of_the_customer_changes(alice: Customer, api: Api):
    sent = token(api)

    changing.update(customer=alice, changes={"first_name": "Alicja"}, actor=SYSTEM)

    assert reset(api, sent).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"email": "other@example.com"}, {"password": NEW}], ids=["address", "password"]
)
def test_a_link_of_before_is_no_good_for_staff_and_sellers(
    sam: StaffUser, mona: Seller, api: Api, changes: dict[str, str]
):
    links = [token(api, name, ASK_STAFF) for name in ("sam", "mona@example.com")]
    roles = tuple(sam.roles.values_list("pk", flat=True))

    data = {"email": "sam@example.com", "role_ids": roles} | changes
    staff.update(staff=sam, data=staff.StaffData(**data), actor=SYSTEM)
    data = {"email": "mona@example.com", "first_name": "M", "last_name": "S", "pos": mona.pos}
    sellers.update(seller=mona, data=sellers.SellerData(**data | changes), actor=SYSTEM)

    assert [reset(api, link, "Third-Word-3").status_code for link in links] == [400, 400]


def test_a_new_password_ends_every_session(alice: Customer, api: Api):
    client = api(alice)

    reset(api, token(api))

    assert client.get(f"DEFAULT/customer/{alice.uuid}").status_code == 401
    assert AuditEntry.objects.filter(event_type="ResetPassword", entity_id=str(alice.uuid)).exists()


def test_guessing_codes_closes_the_address(alice: Customer, api: Api, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ADDRESS", 3)
    secret = token(api)
    for _ in range(3):
        assert reset(api, "ABCDEFGH").status_code == 400

    answer = reset(api, secret)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert can_sign_in(api, PASSWORD)


@pytest.mark.parametrize("path", ["customer/activate/x", "customer/activate-sms/ABC234"])
def test_guessing_activations_closes_the_address_too(store: Store, api: Api, monkeypatch, path):
    """ACT-1, ACT-2."""
    monkeypatch.setattr(throttle, "PER_ADDRESS", 2)

    assert [api().post(path).status_code for _ in range(3)] == [404, 404, 429]


def test_who_resets_gets_in_though_strangers_have_closed_the_account(
    alice: Customer, api: Api, monkeypatch
):
    """A lockout cannot be used to lock others out."""
    monkeypatch.setattr(throttle, "PER_ACCOUNT", 2)
    for number in range(3):
        address = {"REMOTE_ADDR": f"203.0.113.{number}"}
        body = {"_username": "alice@example.com", "_password": "wrong"}
        api().post("DEFAULT/customer/login_check", body, **address)
    assert not can_sign_in(api, PASSWORD)

    reset(api, token(api))

    assert can_sign_in(api, NEW)


# Changing


CHANGES = [
    pytest.param("alice", "DEFAULT/customer/password/change", id="customer"),
    pytest.param("mona", "seller/password/change", id="seller"),
    pytest.param("sam", "admin/password/change", id="staff"),
]


@pytest.mark.parametrize(("who", "path"), CHANGES)
def test_everybody_changes_their_own_password(request, api: Api, who: str, path: str):
    """PWD-8. The session in which it was changed goes on, the others end."""
    person = request.getfixturevalue(who)
    client, elsewhere = api(person), api(person)

    answer = client.post(path, {"currentPassword": PASSWORD, "plainPassword": NEW})

    assert answer.data == {"success": True}
    person.refresh_from_db()
    assert person.check_password(NEW)
    open_sessions = TokenSession.objects.filter(revoked_at=None)
    assert [row.uuid for row in open_sessions] == [client.session.uuid]
    assert elsewhere.get("DEFAULT/settings/public").status_code == 401


@pytest.mark.parametrize(("who", "path"), CHANGES)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"currentPassword": "wrong", "plainPassword": NEW}, "currentPassword"),
        ({"currentPassword": PASSWORD, "plainPassword": "weak"}, "plainPassword"),
        ({"plainPassword": NEW}, "currentPassword"),
    ],
    ids=["wrong", "weak", "missing"],
)
def test_a_change_is_refused_beside_its_field(
    request, api: Api, who: str, path: str, body: dict[str, str], field: str
):
    """PWD-8."""
    person = request.getfixturevalue(who)

    answer = api(person).post(path, body)

    assert answer.status_code == 400
    assert answer.data["form"]["children"][field]["errors"]
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_a_change_clears_that_it_must_be_changed(alice: Customer, api: Api):
    """PWD-8."""
    Customer.objects.update(must_change_password=True)

    api(alice).post("customer/password/change", {"currentPassword": PASSWORD, "plainPassword": NEW})

    alice.refresh_from_db()
    assert not alice.must_change_password


def test_an_open_session_is_no_place_to_guess_the_password(alice: Customer, api: Api):
    client = api(alice)
    for _ in range(throttle.PER_PLACE):
        client.post("customer/password/change", {"currentPassword": "x", "plainPassword": NEW})

    answer = client.post(
        "customer/password/change", {"currentPassword": PASSWORD, "plainPassword": NEW}
    )

    assert answer.status_code == 429
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_permanent_token_has_no_password(db, api: Api):
    StaffFactory(api_key="customPermanentToken", is_super=True)

    body = {"currentPassword": "x", "plainPassword": NEW}
    answer = api().post("admin/password/change", body, HTTP_X_AUTH_TOKEN="customPermanentToken")

    assert answer.status_code == 400


# Signing in


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("admin/login_check", ["sam", "nobody"]),
        ("seller/login_check", ["mona@example.com", "nobody@example.com"]),
        ("customer/login_check", ["alice@example.com", "nobody@example.com"]),
    ],
)
def test_sign_in_closes_alike_for_known_and_unknown_names(
    alice: Customer, sam: StaffUser, mona: Seller, api: Api, path: str, names: list[str]
):
    """PWD-3."""
    for name in names:
        for _ in range(throttle.PER_PLACE):
            assert api().post(path, {"_username": name, "_password": "x"}).status_code == 401

    answers = [api().post(path, {"_username": name, "_password": PASSWORD}) for name in names]

    assert {a.status_code for a in answers} == {429}
    assert {a.data["message"] for a in answers} == {
        "Too many attempts. Wait a quarter of an hour, then try again."
    }


@pytest.mark.parametrize(
    "variant",
    ["ALICE@example.com", " alice@example.com", "ａlice@example.com"],  # noqa: RUF001
)
def test_another_spelling_opens_no_other_count(alice: Customer, api: Api, variant: str):
    for _ in range(throttle.PER_PLACE):
        can_sign_in(api, "x")

    body = {"_username": variant, "_password": PASSWORD}
    assert api().post("DEFAULT/customer/login_check", body).status_code == 429


def test_a_phone_number_is_one_name_however_it_is_written(alice: Customer, api: Api):
    for blank in range(throttle.PER_PLACE):
        can_sign_in(api, "x", "+48601234567"[: blank + 2] + " " + "+48601234567"[blank + 2 :])

    assert not can_sign_in(api, PASSWORD, "+48 601-234-567")
