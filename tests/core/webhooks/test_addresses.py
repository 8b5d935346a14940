"""An address for webhooks …"""

import ipaddress
import socket

import pytest

from loyalty.core.actors import SYSTEM
from loyalty.core.services import stores
from loyalty.core.store_settings import SettingsRefused
from loyalty.core.webhooks import addresses
from tests.factories import StoreFactory

INWARD = [
    pytest.param("http://127.0.0.1/", id="loopback"),
    pytest.param("http://127.8.9.10:8080/", id="loopback-elsewhere"),
    pytest.param("http://localhost/", id="localhost"),
    pytest.param("http://LOCALHOST./", id="localhost-with-a-dot"),
    pytest.param("http://shop.localhost/", id="below-localhost"),
    pytest.param("http://0.0.0.0/", id="unspecified"),
    pytest.param("http://10.1.2.3/", id="private-10"),
    pytest.param("http://172.16.0.1/", id="private-172"),
    pytest.param("http://192.168.1.1/", id="private-192"),
    pytest.param("http://169.254.169.254/latest/meta-data/", id="link-local"),
    pytest.param("http://100.64.0.1/", id="shared-by-a-provider"),
    pytest.param("http://224.0.0.1/", id="multicast"),
    pytest.param("http://255.255.255.255/", id="broadcast"),
    pytest.param("http://240.0.0.1/", id="reserved"),
    pytest.param("http://192.0.2.1/", id="documentation"),
    pytest.param("http://198.18.0.1/", id="benchmarking"),
    pytest.param("http://2130706433/", id="decimal"),
    pytest.param("http://0x7f000001/", id="hexadecimal"),
    pytest.param("http://0x7f.0.0.1/", id="hexadecimal-part"),
    pytest.param("http://0177.0.0.1/", id="octal"),
    pytest.param("http://127.1/", id="short"),
    pytest.param("http://127.0.0.1./", id="with-a-dot"),
    pytest.param("http://[::1]/", id="v6-loopback"),
    pytest.param("http://[::]/", id="v6-unspecified"),
    pytest.param("http://[::ffff:127.0.0.1]/", id="v4-mapped"),
    pytest.param("http://[::ffff:10.0.0.1]/", id="v4-mapped-private"),
    pytest.param("http://[::127.0.0.1]/", id="v4-compatible"),
    pytest.param("http://[64:ff9b::7f00:1]/", id="nat64"),
    pytest.param("http://[64:ff9b:1::7f00:1]/", id="nat64-local"),
    pytest.param("http://[2002:7f00:1::]/", id="6to4"),
    pytest.param("http://[fe80::1]/", id="v6-link-local"),
    pytest.param("http://[fe80::1%25eth0]/", id="v6-link-local-with-a-zone"),
    pytest.param("http://[fc00::1]/", id="v6-unique-local"),
    pytest.param("http://[fec0::1]/", id="v6-site-local"),
    pytest.param("http://[ff02::1]/", id="v6-multicast"),
    pytest.param("http://[2001:db8::1]/", id="v6-documentation"),
]


@pytest.mark.parametrize("url", INWARD)
def test_into_the_own_network_is_refused(url):
    assert addresses.fault_of(url) in {addresses.INWARD, addresses.NOT_VALID}


@pytest.mark.parametrize("url", INWARD)
def test_into_the_own_network_may_be_allowed(url, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    assert addresses.fault_of(url) in {"", addresses.NOT_VALID}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        pytest.param("ftp://example.com/", addresses.NOT_VALID, id="another-scheme"),
        pytest.param("file:///etc/passwd", addresses.NOT_VALID, id="a-file"),
        pytest.param("gopher://example.com/", addresses.NOT_VALID, id="gopher"),
        pytest.param("example.com", addresses.NOT_VALID, id="no-scheme"),
        pytest.param("https:///path", addresses.NOT_VALID, id="no-host"),
        pytest.param("https://example.com:99999/", addresses.NOT_VALID, id="no-port"),
        pytest.param("https://example.com:x/", addresses.NOT_VALID, id="port-of-letters"),
        pytest.param("https://[::1", addresses.NOT_VALID, id="broken"),
        pytest.param("https://example.com\\@127.0.0.1/", addresses.NOT_VALID, id="backslash"),
        pytest.param("https://exam ple.com/", addresses.NOT_VALID, id="blank"),
        pytest.param("https://user:pw@example.com/", addresses.WITH_LOGIN, id="login"),
        pytest.param("https://user@example.com/", addresses.WITH_LOGIN, id="user"),
        pytest.param("https://example.com@127.0.0.1/", addresses.WITH_LOGIN, id="looks-outward"),
    ],
)
def test_that_is_none_is_refused(url, fault):
    assert addresses.fault_of(url) == fault


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://example.com/hooks?key=1", id="name"),
        pytest.param("http://93.184.216.34:8080/", id="v4"),
        pytest.param("https://[2606:2800:220:1:248:1893:25c8:1946]/", id="v6"),
        pytest.param("http://[2002:5db8:d822::]/", id="6to4-of-the-world"),
    ],
)
def test_into_the_world_is_accepted(url):
    assert addresses.fault_of(url) == ""


def test_mapped_address_of_the_world_is_public():
    assert addresses.is_public(ipaddress.ip_address("::ffff:93.184.216.34"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["webhooks", "other"])
def test_is_refused_when_a_setting_is_saved(name):
    """NT-1: a field error, and nothing is saved."""
    store = StoreFactory()
    form = store.settings.as_wire() | {
        "uriWebhooks": "http://169.254.169.254/",
        "programName": "New",
        "webhooks": name == "webhooks",
    }

    with pytest.raises(SettingsRefused) as refusal:
        stores.change_settings(store=store, form=form, actor=SYSTEM)

    assert refusal.value.errors == {"uriWebhooks": [addresses.INWARD]}
    store.refresh_from_db()
    assert store.settings.uri_webhooks == ""
    assert store.settings.program_name != "New"


@pytest.mark.django_db
def test_whose_name_leads_inward_is_refused_when_it_is_saved(monkeypatch):
    def resolve(host, port, **options):
        assert host == "inward.example.com"
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fd00::7", 0, 0, 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    store = StoreFactory()
    form = store.settings.as_wire() | {"uriWebhooks": "https://inward.example.com/hooks"}

    with pytest.raises(SettingsRefused) as refusal:
        stores.change_settings(store=store, form=form, actor=SYSTEM)

    assert refusal.value.errors == {"uriWebhooks": [addresses.INWARD]}
    store.refresh_from_db()
    assert store.settings.uri_webhooks == ""


@pytest.mark.django_db
def test_whose_name_means_nothing_yet_is_accepted(monkeypatch):
    def resolve(host, port, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    store = StoreFactory()
    form = store.settings.as_wire() | {"uriWebhooks": "https://soon.example.com/hooks"}

    changed = stores.change_settings(store=store, form=form, actor=SYSTEM)

    assert changed.settings.uri_webhooks == "https://soon.example.com/hooks"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Host", "Content-Length", "Webhook-Signature", "user-agent"])
def test_takes_no_header_with_a_meaning_of_its_own(name):
    store = StoreFactory()
    form = store.settings.as_wire() | {"webhookHeaderName": name, "webhookHeaderValue": "x"}

    with pytest.raises(SettingsRefused) as refusal:
        stores.change_settings(store=store, form=form, actor=SYSTEM)

    assert list(refusal.value.errors) == ["webhookHeaderName"]
    store.refresh_from_db()
    assert store.settings.webhook_header_name == ""
