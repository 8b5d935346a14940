"""The environment is read …"""

import pytest
from django.core.exceptions import ImproperlyConfigured

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
