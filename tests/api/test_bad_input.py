"""What no honest client sends: a refusal in the door's format, nothing written, nothing logged."""

import gzip
import logging
from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from loyalty.core.models import AuditEntry, Event, Store
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
STORE = b'{"store": {"code": "x", "name": "X", "currency": "EUR", "active": 1}}'


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory())


@pytest.fixture(autouse=True)
def nothing_written_or_logged(
    client: ApiClient, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    before = (Store.objects.count(), Event.objects.count(), AuditEntry.objects.count())
    yield
    assert (Store.objects.count(), Event.objects.count(), AuditEntry.objects.count()) == before
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("content_type", "raw", "status"),
    [
        pytest.param(JSON, b"[]", 400, id="array"),
        pytest.param(JSON, b'[{"store": {}}]', 400, id="array-of-objects"),
        pytest.param(JSON, b'"store"', 400, id="text"),
        pytest.param(JSON, b"null", 400, id="null"),
        pytest.param(JSON, b"1e999", 400, id="number"),
        pytest.param(JSON, b'{"store": []}', 400, id="empty-array-for-object"),
        pytest.param(JSON, b'{"store": ["code", "x"]}', 400, id="array-for-object"),
        pytest.param(JSON, b'{"store": "x"}', 400, id="text-for-object"),
        pytest.param(JSON, STORE[:-1], 400, id="cut"),
        pytest.param(JSON, STORE.replace(b'"X"', b"NaN"), 400, id="nan"),
        pytest.param(JSON, STORE.replace(b'"X"', b"Infinity"), 400, id="infinity"),
        pytest.param(JSON, STORE.replace(b'"X"', b'"\\u0000"'), 400, id="nul"),
        pytest.param(JSON, STORE.replace(b'"X"', b'"\\udfff"'), 400, id="half-a-pair"),
        pytest.param(JSON, STORE.replace(b'"X"', b'{"a": "X"}'), 400, id="object-for-text"),
        pytest.param(JSON, STORE.decode().encode("utf-16"), 400, id="utf-16"),
        pytest.param(JSON, STORE.replace(b"X", "ł".encode("cp1250")), 400, id="cp1250"),
        pytest.param(JSON, b" " * (10 * 1024 * 1024), 413, id="ten-megabytes"),
        pytest.param(FORM, b"a=" + b"x" * (10 * 1024 * 1024), 413, id="ten-megabytes-form"),
        pytest.param(FORM, b"store[code]=%ff", 400, id="no-utf8"),
        pytest.param(FORM, b"store[code]=%00", 400, id="nul-form"),
        pytest.param(FORM, b"store=x", 400, id="text-for-object-form"),
        pytest.param(FORM, b"&".join([b"a=1"] * 20_001), 400, id="many-fields"),
        pytest.param(MULTIPART_CONTENT, b"no multipart at all", 400, id="no-multipart"),
        pytest.param("multipart/form-data", b"x", 400, id="no-boundary"),
        pytest.param("text/plain", STORE, 415, id="plain-text"),
        pytest.param("application/xml", b"<store/>", 415, id="xml"),
        pytest.param("application/json; charset=utf-16", STORE, 415, id="other-charset"),
        pytest.param("", STORE, 415, id="no-type"),
    ],
)
def test_refuses_a_body(client: ApiClient, content_type: str, raw: bytes, status: int):
    answer = client.call("POST", "store", raw, content_type)

    assert answer.status_code == status
    assert "error" in answer.data or set(answer.data) == {"form", "errors"}


@pytest.mark.parametrize("content_type", [JSON, FORM, MULTIPART_CONTENT])
def test_refuses_a_compressed_body_as_such(client: ApiClient, content_type: str):
    answer = client.call(
        "POST", "store", gzip.compress(STORE), content_type, HTTP_CONTENT_ENCODING="gzip"
    )

    assert answer.status_code == 415
    assert answer.data == {"error": {"code": 415, "message": "A body must not be compressed."}}


def test_takes_a_body_that_says_it_is_not_compressed(client: ApiClient):
    raw = STORE.replace(b"EUR", b"")

    answer = client.call("POST", "store", raw, JSON, HTTP_CONTENT_ENCODING="identity")

    assert answer.data["form"]["children"]["currency"]["errors"]


def test_refuses_a_file_where_a_text_is_due(client: ApiClient):
    raw = encode_multipart(
        BOUNDARY,
        {
            "store[code]": SimpleUploadedFile("x.txt", b"x"),
            "store[name]": "X",
            "store[currency]": "EUR",
        },
    )

    answer = client.call("POST", "store", raw, MULTIPART_CONTENT)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["code"]["errors"]


@pytest.mark.parametrize("path", ["store?name=%00", "store%00", "DEFAULT/settings?_locale=%00"])
def test_refuses_nul_in_an_address(client: ApiClient, path: str):
    answer = client.get(path)

    assert answer.status_code in {400, 404}
    assert "error" in answer.data


@pytest.mark.parametrize("path", ["store?name=%ff%fe", "store?name=%ED%A0%80", "store?page=%F0"])
def test_takes_broken_characters_in_a_query_as_finding_nothing(client: ApiClient, path: str):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", ""])
def test_a_post_without_a_body_is_an_empty_form(client: ApiClient, content_type: str):
    answer = client.call("POST", "store", b"", content_type)

    assert answer.status_code == 400
    assert "form" in answer.data


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_get_never_looks_at_its_body(client: ApiClient, content_type: str):
    """The reference's examples send types, and even filters, that belong to no GET."""
    assert client.call("GET", "store", b"{broken", content_type).status_code == 200


def test_json_that_curl_called_a_form_is_read_as_json(client: ApiClient):
    answer = client.call("POST", "store", b'{"store": {"code": ""}}', FORM)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["code"]["errors"]


def test_multipart_carries_the_same_tree(client: ApiClient):
    raw = encode_multipart(BOUNDARY, {"store[code]": "admin", "store[name]": "X"})

    answer = client.call("POST", "store", raw, MULTIPART_CONTENT)

    assert answer.data["form"]["children"]["currency"]["errors"]
    assert not answer.data["form"]["children"]["name"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip"])
def test_an_address_that_a_caller_claims_is_not_believed(
    client: ApiClient, header: str, api: Api
) -> None:
    name = f"HTTP_{header.upper().replace('-', '_')}"

    assert api().get("", **{name: "'; drop table x; --"}).status_code == 200
