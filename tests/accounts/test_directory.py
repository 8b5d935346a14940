"""
Staff sign in with the password of an LDAP directory … Source: ADM-6.

Against a real slapd; `.ci/run` installs it and `loyalty[ldap]`. Skipped where either is missing.
"""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from accounts import directory
from accounts.models import Role, StaffUser
from accounts.services import password_resets, staff_directory
from loyalty.core import throttle
from loyalty.core.models import AuditEntry
from tests.factories.staff import RoleFactory, StaffFactory
from tests.support import slapd
from tests.support.api import ApiClient
from tests.support.slapd import PASSWORD, Directory

pytestmark = [
    pytest.mark.ldap,
    pytest.mark.skipif(slapd.PROGRAM is None, reason="slapd is not installed"),
]

Api = Callable[..., ApiClient]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    pytest.importorskip("django_auth_ldap")
    with slapd.running(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture
def ldap(server: Directory, settings, store, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """An empty directory that the staff's sign-in asks, and nothing else."""
    server.begin()
    monkeypatch.setattr(directory, "REFUSED_AFTER_SECONDS", 0)
    settings.ADMIN_LDAP_AUTHORIZATION_ENABLED = True
    settings.ADMIN_DATABASE_AUTHORIZATION_ENABLED = False
    settings.LDAP_URL = server.url
    settings.LDAP_BIND_DN, settings.LDAP_BIND_PASSWORD = f"cn=admin,{slapd.BASE}", PASSWORD
    settings.LDAP_USERS = f"ou=people,{slapd.BASE}"
    settings.LDAP_GROUPS = f"ou=groups,{slapd.BASE}"
    settings.LDAP_ROLES = {"Bosses": "Boss", "tills": "Till"}
    return server


@pytest.fixture
def boss(db: None) -> Role:
    return RoleFactory("CUSTOMER", "ADMIN", name="Boss")


def sign_in(api: Api, username: str, password: str = PASSWORD):
    return api().post("admin/login_check", {"_username": username, "_password": password})


def test_the_first_sign_in_makes_the_user(ldap: Directory, boss: Role, api: Api):
    """ADM-6."""
    dn = ldap.person("anna", mail="anna@example.com", givenName="Anna", sn="Nowak")
    ldap.group("bosses", dn)

    answer = sign_in(api, "anna")

    assert answer.status_code == 200
    anna = StaffUser.objects.get(username="anna")
    assert (anna.first_name, anna.last_name, anna.email) == ("Anna", "Nowak", "anna@example.com")
    assert (list(anna.roles.all()), anna.is_from_directory) == ([boss], True)
    assert not anna.has_usable_password()
    token = {"HTTP_AUTHORIZATION": f"Bearer {answer.data['token']}"}
    assert api().get("DEFAULT/admin/customer", **token).status_code == 200
    assert api().get("admin/acl/role", **token).status_code == 403
    assert AuditEntry.objects.filter(event_type="CreateAdmin", username="LDAP").count() == 1


def test_the_next_sign_in_finds_them_by_any_name(ldap: Directory, boss: Role, api: Api):
    ldap.group("bosses", ldap.person("anna", mail="anna@example.com"))
    sign_in(api, "anna")

    assert sign_in(api, "ANNA@example.com").status_code == 200

    assert StaffUser.objects.filter(is_from_directory=True).count() == 1
    assert AuditEntry.objects.filter(entity_type="Admin", username="LDAP").count() == 1


def test_in_the_cockpit_too(ldap: Directory, boss: Role):
    """ADM-6."""
    ldap.group("bosses", ldap.person("anna"))
    browser = Client()

    answer = browser.post(reverse("admin:login"), {"username": "anna", "password": PASSWORD})

    assert answer.status_code == 302
    assert browser.get(reverse("admin:accounts_customer_changelist")).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("anna", "Wrong-1-Wrong", id="wrong"),
        pytest.param("anna", "", id="empty"),
        pytest.param("nobody", PASSWORD, id="unknown"),
        pytest.param("*", PASSWORD, id="wildcard"),
        pytest.param("anna)(uid=*", PASSWORD, id="filter"),
    ],
)
def test_refuses_alike(ldap: Directory, api: Api, username: str, password: str):
    ldap.person("anna")

    answer = sign_in(api, username, password)

    assert answer.status_code == 401
    assert answer.data == {"code": 401, "message": "Invalid credentials."}
    assert not StaffUser.objects.filter(is_from_directory=True).exists()


def test_refuses_each_as_late_as_another(ldap: Directory, monkeypatch: pytest.MonkeyPatch):
    ldap.person("anna")
    waited: list[float] = []
    monkeypatch.setattr(directory, "REFUSED_AFTER_SECONDS", 30)
    monkeypatch.setattr(directory.time, "sleep", waited.append)

    found = [directory.find(name, "Wrong-1-Wrong") for name in ("anna", "nobody")]

    assert found == [None, None]
    assert [29 < seconds <= 30 for seconds in waited] == [True, True]


def test_somebody_shut_out_here_is_refused(ldap: Directory, boss: Role, api: Api):
    ldap.group("bosses", ldap.person("anna"))
    sign_in(api, "anna")
    StaffUser.objects.filter(username="anna").update(is_active=False)

    answer = sign_in(api, "anna")

    assert (answer.status_code, answer.data["message"]) == (401, "Your account is not active.")


def test_somebody_removed_there_is_refused(ldap: Directory, boss: Role, api: Api):
    dn = ldap.person("anna")
    sign_in(api, "anna")
    ldap.remove(dn)

    assert sign_in(api, "anna").status_code == 401


def test_outside_of_the_required_group_nobody(ldap: Directory, boss: Role, api: Api, settings):
    settings.LDAP_REQUIRED_GROUP = "staff"
    anna, _bob = ldap.person("anna"), ldap.person("bob")
    inner = ldap.group("bosses", anna)
    ldap.group("staff", inner)

    assert sign_in(api, "anna").status_code == 200
    assert sign_in(api, "bob").status_code == 401


def test_the_role_follows_the_groups(ldap: Directory, boss: Role, api: Api):
    till = RoleFactory("POS:VIEW", name="Till")
    fallback = RoleFactory("LEVEL:VIEW", is_default=True)
    anna = ldap.person("anna")
    bosses, tills = ldap.group("bosses", anna), ldap.group("tills", anna)
    given = []

    for leave in (None, bosses, tills):
        if leave:
            ldap.replace(leave, member=f"cn=admin,{slapd.BASE}")
        sign_in(api, "anna")
        given.append(list(StaffUser.objects.get(username="anna").roles.all()))

    assert given == [[boss], [till], [fallback]]


def test_without_a_table_of_roles_they_keep_theirs(ldap: Directory, boss: Role, api: Api, settings):
    """The default role is for those whom the directory brings (ACL-4)."""
    settings.LDAP_ROLES = {}
    fallback = RoleFactory("LEVEL:VIEW", is_default=True)
    ldap.person("anna")
    ldap.person("sam")
    sam = StaffFactory("POS", username="sam")
    held = list(sam.roles.all())

    answers = [sign_in(api, name).status_code for name in ("anna", "sam")]

    assert answers == [200, 200]
    assert list(StaffUser.objects.get(username="anna").roles.all()) == [fallback]
    assert list(sam.roles.all()) == held


def test_an_address_of_somebody_else_is_left_out(ldap: Directory, boss: Role, api: Api):
    StaffFactory("POS", email="sam@example.com")
    ldap.person("anna", mail="Sam@example.com")

    assert sign_in(api, "anna").status_code == 200

    assert StaffUser.objects.get(username="anna").email == ""


def test_an_integration_is_nobody_in_the_directory(ldap: Directory, api: Api):
    StaffFactory(username="erp", api_key="a-permanent-token")
    ldap.person("erp")

    assert sign_in(api, "erp").status_code == 401


def test_passwords_kept_here_count_no_more(ldap: Directory, api: Api):
    """ADM-6."""
    StaffFactory(username="sam")

    assert sign_in(api, "sam").status_code == 401


def test_both_at_once(ldap: Directory, boss: Role, api: Api, settings):
    """ADM-6."""
    settings.ADMIN_DATABASE_AUTHORIZATION_ENABLED = True
    StaffFactory(username="sam")
    ldap.person("anna", userPassword="Another-Sesame-2")

    answers = [sign_in(api, *who) for who in (("sam",), ("anna", "Another-Sesame-2"))]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_nobody_from_there_gets_a_password_here(ldap: Directory, boss: Role, api: Api, settings):
    settings.ADMIN_DATABASE_AUTHORIZATION_ENABLED = True
    ldap.person("anna", mail="anna@example.com")
    token = sign_in(api, "anna").data["token"]

    api().post("password/reset/request", {"username": "anna"})
    changed = api().post(
        "admin/password/change",
        {"currentPassword": PASSWORD, "plainPassword": "Another-Sesame-2"},
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )

    assert password_resets.PasswordReset.objects.get().staff is None
    assert changed.status_code == 400


def test_a_directory_that_is_down_is_no_refusal(ldap: Directory, settings, api: Api):
    settings.LDAP_URL = "ldap://127.0.0.1:9"

    answer = sign_in(api, "anna")

    assert answer.status_code == 503
    assert answer.data["message"] == "The staff directory does not answer. Please try again soon."
    page = Client().post(reverse("admin:login"), {"username": "anna", "password": PASSWORD})
    assert "The staff directory does not answer." in page.content.decode()


def test_guessing_is_slowed_down(ldap: Directory, api: Api):
    ldap.person("anna")

    answers = [
        sign_in(api, "anna", "Wrong-1-Wrong").status_code for _ in range(throttle.PER_PLACE + 1)
    ]

    assert answers == [401] * throttle.PER_PLACE + [429]


def test_who_is_gone_is_signed_out(ldap: Directory, boss: Role, api: Api):
    anna, bob = ldap.person("anna"), ldap.person("bob")
    ldap.group("bosses", anna, bob)
    tokens = [sign_in(api, name).data["token"] for name in ("anna", "bob")]
    ldap.remove(anna)

    ended = staff_directory.review()

    assert ended == 1
    answers = [api().get("admin", HTTP_AUTHORIZATION=f"Bearer {token}") for token in tokens]
    assert [answer.status_code for answer in answers] == [401, 200]


def test_nobody_is_signed_out_while_it_is_down(ldap: Directory, boss: Role, api: Api, settings):
    ldap.group("bosses", ldap.person("anna"))
    token = sign_in(api, "anna").data["token"]
    settings.LDAP_URL = "ldap://127.0.0.1:9"

    with pytest.raises(directory.DirectoryUnavailable):
        staff_directory.review()

    assert api().get("admin", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200


def test_posix_groups(ldap: Directory, boss: Role, api: Api, settings):
    settings.LDAP_GROUP_MEMBER = "memberUid"
    ldap.person(
        "anna",
        objectClass=["inetOrgPerson", "posixAccount"],
        uidNumber="1",
        gidNumber="7",
        homeDirectory="/",
    )
    ldap.add("cn=bosses,ou=groups", objectClass="posixGroup", cn="bosses", gidNumber="7")

    sign_in(api, "anna")

    assert list(StaffUser.objects.get(username="anna").roles.all()) == [boss]
