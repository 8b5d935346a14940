"""The environment is read …"""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from loyalty.core import environment


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("smtp://mail.example.com", (25, "", "", False, False, 10), id="plain"),
        pytest.param(
            "smtp://me%40x.com:p%2Fw@mail.example.com?tls=1",
            (587, "me@x.com", "p/w", True, False, 10),
            id="starttls",
        ),
        pytest.param(
            "smtps://u:p@mail.example.com:2465?timeout=3",
            (2465, "u", "p", False, True, 3),
            id="tls",
        ),
    ],
)
def test_as_mail_settings(url: str, expected: tuple[object, ...]):
    names = ("PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL", "TIMEOUT")

    read = environment.mail(url)

    assert read["EMAIL_HOST"] == "mail.example.com"
    assert tuple(read[f"EMAIL_{name}"] for name in names) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://host:port",
        "smtp://host?ssl=1",
        "smtps://host?tls=1",
        "smtp://host?timeout=soon",
    ],
)
def test_not_as_a_mail_server_that_is_malformed(url: str):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        environment.mail(url)


def test_as_a_web_address(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PUBLIC_URL", "https://club.example.com/")

    assert environment.address("PUBLIC_URL", "http://localhost") == "https://club.example.com"

    monkeypatch.setenv("PUBLIC_URL", "club.example.com")
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        environment.address("PUBLIC_URL", "http://localhost")


def test_as_one_of_several(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAIL_LANGUAGE", "xx")

    with pytest.raises(ImproperlyConfigured, match="MAIL_LANGUAGE must be one of en, pl"):
        environment.choice("MAIL_LANGUAGE", "en", ["en", "pl"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("", {"kind": "file"}, id="files"),
        pytest.param("console:", {"kind": "console"}, id="screen"),
        pytest.param(
            "smsapi://to%2Fken@smsapi.pl?from=Beans",
            {"kind": "smsapi", "domain": "smsapi.pl", "token": "to/ken", "sender": "Beans"},
            id="gateway",
        ),
        pytest.param(
            "smsapi://smsapi.com",
            {"kind": "smsapi", "domain": "smsapi.com", "token": "", "sender": ""},
            id="stores-own-tokens",
        ),
    ],
)
def test_as_the_carrier_of_text_messages(url: str, expected: dict[str, str]):
    assert environment.sms(url) == expected


@pytest.mark.parametrize(
    "url", ["smsapi://t@evil.example", "twilio://x", "smsapi://t@smsapi.pl?x=1"]
)
def test_and_refuses_another_gateway(url: str):
    with pytest.raises(ImproperlyConfigured, match="SMS_URL"):
        environment.sms(url)


def test_as_the_carrier_of_pushes():
    read = environment.push("fcm:///etc/key%20file.json?project=beans")

    assert read == {"kind": "fcm", "key_file": "/etc/key file.json", "project": "beans"}


@pytest.mark.parametrize("url", ["fcm://", "fcm://host/key.json", "fcm:///k.json?x=1", "apns:"])
def test_and_refuses_another_push_service(url: str):
    with pytest.raises(ImproperlyConfigured, match="PUSH_URL"):
        environment.push(url)


def test_as_pairs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDAP_ROLES", "cn=a=Super admin; tills = Shop ;")

    assert environment.pairs("LDAP_ROLES") == {"cn=a": "Super admin", "tills": "Shop"}


@pytest.mark.parametrize("text", ["tills", "=Shop", "tills="])
def test_refuses_what_is_no_pair(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LDAP_ROLES", text)

    with pytest.raises(ImproperlyConfigured, match="LDAP_ROLES"):
        environment.pairs("LDAP_ROLES")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", environment.KEEPALIVES, id="ours"),
        pytest.param("?options=-c%20jit=off", "-c jit=off", id="their-own"),
    ],
)
def test_the_server_is_told_to_notice_dead_machines(query, expected):
    found = environment.database(f"postgresql://a:b@localhost/c{query}")

    assert found["OPTIONS"] == {"options": expected}


@pytest.mark.django_db
def test_the_server_takes_the_keepalives():
    with connection.cursor() as cursor:
        cursor.execute("select reset_val from pg_settings where name = 'tcp_keepalives_idle'")
        assert cursor.fetchone() == ("30",)
