"""Chapter Authorization: sign in, renew, sign out. Source: PWD-1…3, ADM-4, ADM-5."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, Seller, StaffUser, TokenSession
from loyalty.core.models import AuditEntry, Store
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

PASSWORD = "Open-Sesame-1"

Api = Callable[..., ApiClient]


@pytest.fixture
def sam(store: Store) -> StaffUser:
    return StaffFactory("CUSTOMER:VIEW", "LEVEL", username="sam", email="sam@example.com")


@pytest.fixture
def mona(store: Store) -> Seller:
    return SellerFactory(store, email="mona@example.com", password=PASSWORD)


@pytest.fixture
def alice(store: Store) -> Customer:
    customer = CustomerFactory(
        store, email="alice@example.com", phone="+48601234567", loyalty_card_number="Card-77"
    )
    customer.set_password(PASSWORD)
    customer.save(update_fields=["password"])
    return customer


def sign_in(api: Api, path: str, username: str, password: str = PASSWORD) -> Any:
    return api().post(path, {"_username": username, "_password": password})


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_staff_sign_in_by_json_and_form(sam: StaffUser, api: Api):
    """PWD-1."""
    by_json = sign_in(api, "admin/login_check", "sam")
    by_form = api().form(
        "POST", "admin/login_check", {"_username": "SAM@example.com", "_password": PASSWORD}
    )

    for answer in (by_json, by_form):
        assert answer.status_code == 200
        assert list(answer.data) == ["token", "refresh_token"]
        assert api().get("admin/data", **bearer(answer.data["token"])).status_code == 200


def test_the_token_tells_what_front_ends_read(sam: StaffUser, api: Api):
    """PWD-2."""
    told = claims(sign_in(api, "admin/login_check", "sam").data["token"])

    assert told["id"] == str(sam.uuid)
    assert told["username"] == "sam"
    assert told["roles"] == ["ROLE_ADMIN"]
    assert told["superAdmin"] is False
    assert told["permissions"] == {"CUSTOMER": ["VIEW"], "LEVEL": ["VIEW", "MODIFY"]}
    assert told["exp"] - told["iat"] == 86_400
    assert "lastLoginAt" not in told


def test_the_second_token_tells_of_the_first_sign_in(sam: StaffUser, api: Api):
    """PWD-2."""
    sign_in(api, "admin/login_check", "sam")
    sam.refresh_from_db()

    told = claims(sign_in(api, "admin/login_check", "sam").data["token"])

    assert sam.last_login is not None
    assert told["lastLoginAt"] == sam.last_login.isoformat(timespec="seconds")


@pytest.mark.parametrize("path", ["DEFAULT/seller/login_check", "seller/login_check"])
def test_sellers_sign_in_with_and_without_a_store_code(mona: Seller, api: Api, path: str):
    """PWD-1."""
    answer = sign_in(api, path, "Mona@Example.com")

    assert answer.status_code == 200
    assert claims(answer.data["token"])["roles"] == ["ROLE_SELLER"]


@pytest.mark.parametrize("path", ["DEFAULT/customer/login_check", "customer/login_check"])
@pytest.mark.parametrize(
    "username", ["alice@example.com", "ALICE@example.com", "card-77", "+48 601 234 567"]
)
def test_customers_sign_in_by_address_card_or_phone(
    alice: Customer, api: Api, path: str, username: str
):
    """PWD-1."""
    answer = sign_in(api, path, username)

    assert answer.status_code == 200
    told = claims(answer.data["token"])
    assert (told["id"], told["roles"]) == (str(alice.uuid), ["ROLE_PARTICIPANT"])
    alice.refresh_from_db()
    assert alice.last_login_at is not None


@pytest.mark.parametrize(
    ("path", "username"),
    [
        ("admin/login_check", "sam"),
        ("admin/login_check", "nobody"),
        ("DEFAULT/seller/login_check", "mona@example.com"),
        ("DEFAULT/seller/login_check", "nobody@example.com"),
        ("DEFAULT/customer/login_check", "alice@example.com"),
        ("DEFAULT/customer/login_check", "nobody@example.com"),
        ("DEFAULT/customer/login_check", ""),
    ],
)
def test_refuses_a_wrong_password_and_an_unknown_name_alike(
    sam: StaffUser, mona: Seller, alice: Customer, api: Api, path: str, username: str
):
    """PWD-3."""
    answer = sign_in(api, path, username, "wrong")

    assert answer.status_code == 401
    assert answer.data == {"code": 401, "message": "Invalid credentials."}
    assert not TokenSession.objects.exists()
    assert AuditEntry.objects.latest("pk").event_type == "AuthenticationFailure"


@pytest.mark.parametrize("body", [{}, {"_username": "sam"}, {"_username": ["sam"]}, None])
def test_refuses_a_body_without_credentials(sam: StaffUser, api: Api, body: Any):
    assert api().post("admin/login_check", body).status_code in {400, 401}


def test_an_unknown_name_takes_a_password_hash_too(
    db: None, api: Api, monkeypatch: pytest.MonkeyPatch
):
    from accounts.services import signin

    checked = []
    monkeypatch.setattr(signin, "check_password", lambda *args: checked.append(args) and False)

    sign_in(api, "admin/login_check", "nobody")

    assert len(checked) == 1


def test_refuses_the_inactive_with_a_text_of_their_own(
    sam: StaffUser, mona: Seller, alice: Customer, api: Api
):
    """PWD-3."""
    StaffUser.objects.update(is_active=False)
    Seller.objects.update(is_active=False)
    Customer.objects.update(status="blocked")

    for path, username in [
        ("admin/login_check", "sam"),
        ("seller/login_check", "mona@example.com"),
        ("customer/login_check", "alice@example.com"),
    ]:
        answer = sign_in(api, path, username)
        assert answer.status_code == 401
        assert answer.data["message"] == "Your account is not active."


def test_customers_of_another_store_are_unknown(alice: Customer, api: Api):
    other = StoreFactory()

    answer = sign_in(api, f"{other.code}/customer/login_check", "alice@example.com")

    assert answer.status_code == 401


def test_integrations_have_no_password(db: None, api: Api):
    """ADM-4."""
    StaffFactory(username="robot", api_key="a-permanent-token")

    assert sign_in(api, "admin/login_check", "robot", "").status_code == 401
    assert sign_in(api, "admin/login_check", "robot", "!").status_code == 401


def test_a_refresh_trades_the_pair_for_a_new_one(sam: StaffUser, api: Api):
    """PWD-1."""
    first = sign_in(api, "admin/login_check", "sam").data

    answer = api().post("token/refresh", {"refresh_token": first["refresh_token"]})

    assert answer.status_code == 200
    assert answer.data["refresh_token"] != first["refresh_token"]
    assert api().get("admin/data", **bearer(answer.data["token"])).status_code == 200


def test_a_refresh_token_shown_twice_ends_the_session(sam: StaffUser, api: Api):
    """Of two holders one has stolen it; nobody can tell which."""
    first = sign_in(api, "admin/login_check", "sam").data
    second = api().post("token/refresh", {"refresh_token": first["refresh_token"]}).data

    replay = api().post("token/refresh", {"refresh_token": first["refresh_token"]})

    assert replay.status_code == 401
    assert api().get("admin/data", **bearer(second["token"])).status_code == 401
    assert (
        api().post("token/refresh", {"refresh_token": second["refresh_token"]}).status_code == 401
    )


def test_an_invented_refresh_token_ends_nobodys_session(sam: StaffUser, api: Api):
    first = sign_in(api, "admin/login_check", "sam").data
    session = claims(first["token"])["sid"].replace("-", "")

    answer = api().post("token/refresh", {"refresh_token": session + "0" * 96})

    assert answer.status_code == 401
    assert api().get("admin/data", **bearer(first["token"])).status_code == 200


def test_a_refresh_is_refused_to_who_was_shut_out(sam: StaffUser, api: Api):
    first = sign_in(api, "admin/login_check", "sam").data
    StaffUser.objects.update(is_active=False)

    answer = api().post("token/refresh", {"refresh_token": first["refresh_token"]})

    assert answer.status_code == 401


def test_revoke_ends_the_session_at_once(sam: StaffUser, api: Api):
    """PWD-1."""
    pair = sign_in(api, "admin/login_check", "sam").data

    answer = api().get("token/revoke", **bearer(pair["token"]))

    assert (answer.status_code, answer.content) == (200, b"")
    assert api().get("admin/data", **bearer(pair["token"])).status_code == 401
    assert api().post("token/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401


def test_a_token_ends_with_its_time(sam: StaffUser, api: Api, time_machine: Any):
    pair = sign_in(api, "admin/login_check", "sam").data
    time_machine.move_to(timezone.now() + timedelta(hours=25))

    assert api().get("admin/data", **bearer(pair["token"])).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer x.y.z", "Bearer ", "Bearer", "Basic c2FtOnNhbQ==", "Bearer żółw", "Bearer a b c"],
)
def test_refuses_what_is_no_token(db: None, api: Api, header: str):
    answer = api().get("admin", HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert set(answer.data) == {"code", "message"}


def test_refuses_a_token_that_somebody_else_signed(sam: StaffUser, api: Api):
    pair = sign_in(api, "admin/login_check", "sam").data
    forged = jwt.encode(claims(pair["token"]) | {"superAdmin": True}, "x" * 32, "HS256")
    unsigned = jwt.encode(claims(pair["token"]), "", "none")

    assert api().get("admin/data", **bearer(forged)).status_code == 401
    assert api().get("admin/data", **bearer(unsigned)).status_code == 401


def test_a_right_that_was_taken_away_counts_at_once(sam: StaffUser, api: Api):
    client = api(sam)
    assert client.get("DEFAULT/level").status_code == 200

    sam.roles.clear()

    assert client.get("DEFAULT/level").status_code == 403


def test_permanent_tokens_come_by_header_or_query(db: None, api: Api):
    """ADM-4."""
    StaffFactory(api_key="customPermanentToken", is_super=True)

    by_header = api().get("admin", HTTP_X_AUTH_TOKEN="customPermanentToken")
    by_query = api().get("admin?auth_token=customPermanentToken")

    assert (by_header.status_code, by_query.status_code) == (200, 200)
    assert api().get("admin", HTTP_X_AUTH_TOKEN="custom").status_code == 401


def test_permanent_tokens_are_stored_hashed(db: None):
    StaffFactory(api_key="customPermanentToken")

    with connection.cursor() as cursor:
        cursor.execute("select * from accounts_permanenttoken")
        assert "customPermanentToken" not in str(cursor.fetchall())


def test_the_master_key_acts_as_a_super_admin_named_api(db: None, api: Api, settings: Any):
    """ADM-5."""
    settings.MASTER_API_KEY = "371BBCF483524FD5"

    answer = api().get("admin/data", HTTP_X_AUTH_TOKEN="371BBCF483524FD5")

    assert answer.status_code == 200
    assert answer.data["username"] == "api"


def test_no_master_key_means_none(db: None, api: Api, settings: Any):
    settings.MASTER_API_KEY = ""

    assert api().get("admin", HTTP_X_AUTH_TOKEN="").status_code == 401
    assert api().get("admin?auth_token=").status_code == 401


def test_a_permanent_token_has_no_session_to_end(db: None, api: Api):
    StaffFactory(api_key="customPermanentToken", is_super=True)

    answer = api().get("token/revoke", HTTP_X_AUTH_TOKEN="customPermanentToken")

    assert answer.status_code == 400


def test_a_page_for_everybody_takes_a_token_that_has_run_out(db: None, store: Store, api: Api):
    assert api().get("", HTTP_AUTHORIZATION="Bearer x.y.z").status_code == 200


def test_a_request_costs_one_statement_for_the_caller_and_the_store(
    sam: StaffUser, mona: Seller, alice: Customer, api: Api
):
    for principal in (sam, mona, alice):
        client = api(principal)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("DEFAULT/settings/public")
        assert len(queries) == 1
