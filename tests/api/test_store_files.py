"""Pictures, conditions, style sheet and manifest of a store. Source: SET-20…23."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from loyalty.core.models import AuditEntry, PictureName, Store, StoreFile
from loyalty.core.selectors import store_files
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("SETTINGS"))


def picture(width: int = 400, height: int = 200, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def send(client: ApiClient, path: str, content: bytes, *, root: str = "photo") -> Any:
    upload = SimpleUploadedFile("C:\\fakepath\\Our logo.png", content)
    raw = encode_multipart(BOUNDARY, {f"{root}[file]": upload})
    return client.call("POST", path, raw, MULTIPART_CONTENT)


def size_of(answer: Any) -> tuple[int, int]:
    with Image.open(BytesIO(answer.content)) as image:
        return image.size


@pytest.mark.parametrize("name", PictureName.values)
def test_shows_ours_until_a_store_has_its_own(store: Store, api: Api, name: str):
    """SET-20: every named picture has a default, a drawing, in every size; anybody sees it."""
    for path in (f"settings/photo/{name}", f"DEFAULT/settings/photo/{name}/512x512"):
        answer = api().get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert ElementTree.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("path", ["settings/photo/logo", "settings/logo", "settings/hero-image"])
def test_takes_shows_and_drops_a_picture(client: ApiClient, api: Api, path: str):
    """SET-20, PIC-4: at both addresses, with copies of exactly the sizes that icons need."""
    content = picture()

    assert send(client, f"DEFAULT/{path}", content).status_code == 200

    answer = api().get(f"DEFAULT/{path}")
    assert (answer["Content-Type"], answer.content) == ("image/png", content)
    name = path.rpartition("/")[2]
    assert api().get(f"settings/photo/{name}").content == content
    assert size_of(api().get(f"{path}/192x192")) == (192, 192)
    assert size_of(api().get(f"{path}/512x512")) == (512, 512)
    assert client.delete(f"DEFAULT/{path}").status_code == 200
    assert api().get(path)["Content-Type"] == "image/svg+xml"
    assert client.delete(f"DEFAULT/{path}").status_code == 200


def test_a_new_one_takes_the_place_of_the_old(
    client: ApiClient, store: Store, django_capture_on_commit_callbacks: Any
):
    send(client, "settings/logo", picture())
    old = StoreFile.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        send(client, "settings/logo", picture(300, 300, "JPEG"))

    new = StoreFile.objects.get()
    assert (new.pk, new.mime_type, new.original_name) == (old.pk, "image/jpeg", "Our logo.png")
    for name in (str(old.file.name), *old.copies.values()):
        assert not default_storage.exists(name)
    told = AuditEntry.objects.filter(event_type="UpdateStoreFile").latest("pk")
    assert told.data == {"logo": {"old": "Our logo.png", "new": "Our logo.png"}}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(picture(199, 400), id="too-narrow"),
        pytest.param(picture(400, 199), id="too-low"),
        pytest.param(picture(2561, 400), id="too-wide"),
        pytest.param(picture(400, 1441), id="too-high"),
        pytest.param(picture(400, 400, "GIF"), id="gif"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(picture() + b"x" * (2 * 1024 * 1024), id="too-big"),
        pytest.param(picture()[:120], id="cut-off"),
    ],
)
def test_refuses(client: ApiClient, content: bytes):
    """SET-20: png or jpeg, at most 2 MB, 200 to 2560 by 200 to 1440 pixels."""
    answer = send(client, "settings/photo/logo", content)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["file"]["errors"]
    assert not StoreFile.objects.exists()


@pytest.mark.parametrize("size", [(200, 200), (2560, 1440)])
def test_takes_the_smallest_and_the_largest(client: ApiClient, size: tuple[int, int]):
    """SET-20."""
    assert send(client, "settings/photo/logo", picture(*size)).status_code == 200


@pytest.mark.parametrize("path", ["settings/photo/shoe", "settings/photo/logo/9x9"])
def test_an_unknown_name_or_size_is_not_found(client: ApiClient, path: str):
    assert client.get(path).status_code == 404


def test_each_store_has_its_own(client: ApiClient, api: Api, store: Store):
    other = StoreFactory()
    send(client, "settings/logo", picture())

    assert api().get(f"{other.code}/settings/logo")["Content-Type"] == "image/svg+xml"
    eve = api(StaffFactory("SETTINGS", stores=[other]))
    assert send(eve, "settings/logo", picture(300, 300)).status_code == 404
    assert size_of(api().get("settings/logo")) == (400, 200)


def test_settings_name_the_pictures(client: ApiClient):
    send(client, "settings/logo", picture())

    settings = client.get("settings").data["settings"]

    assert settings["logo"] == {
        "path": "settings/photo/logo",
        "originalName": "Our logo.png",
        "mime": "image/png",
        "sizes": ["192x192", "512x512"],
    }
    assert settings["small-logo"]["mime"] == "image/svg+xml"
    # Clients send back the whole that they read.
    assert client.post("settings", {"settings": settings}).data["settings"] == settings


def test_takes_shows_and_drops_conditions(client: ApiClient, api: Api):
    """SET-21: a PDF, open to anybody at three addresses."""
    assert api().get("settings/conditions-file").status_code == 404
    assert api().get("settings/conditions-url").data == {"url": ""}
    assert api().http.get("/terms-conditions").status_code == 404

    assert send(client, "settings/conditions-file", PDF, root="conditions").status_code == 200

    assert api().get("settings/conditions-url").data == {
        "url": "http://testserver/terms-conditions"
    }
    for path in (
        "/terms-conditions",
        "/DEFAULT/terms-conditions",
        "/api/settings/terms-conditions",
        "/api/DEFAULT/settings/conditions-file",
    ):
        answer = api().http.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content == PDF
    assert client.delete("settings/conditions-file").status_code == 200
    assert api().get("settings/conditions-file").status_code == 404


@pytest.mark.parametrize("content", [b"hello", b"", b"x" * 1025 + PDF, PDF + b"x" * 10 * 2**20])
def test_refuses_conditions_that_are_no_pdf_or_above_10_mb(client: ApiClient, content: bytes):
    """SET-21."""
    answer = send(client, "settings/conditions-file", content, root="conditions")

    assert answer.status_code == 400
    assert not StoreFile.objects.exists()


def test_conditions_elsewhere_are_led_to(store: Store, api: Api):
    store.setting_values = {"programConditionsUrl": "https://beans.example/terms"}
    store.save(update_fields=["setting_values"])

    answer = api().http.get("/terms-conditions")

    assert (answer.status_code, answer["Location"]) == (302, "https://beans.example/terms")
    url = api().get("settings/conditions-url").data["url"]
    assert url == "https://beans.example/terms"


def test_serves_the_style_sheet(store: Store, api: Api):
    """SET-22."""
    store.setting_values = {"cssTemplate": "a { color: teal; }"}
    store.save(update_fields=["setting_values"])

    answer = api().get("DEFAULT/settings/css")

    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer.content == b"a { color: teal; }"
    assert api().get("settings/css", {"json": "1"}).data == {"css": "a { color: teal; }"}


def test_serves_a_manifest(client: ApiClient, store: Store, api: Api):
    """SET-23."""
    store.setting_values = {"programName": "Bean Club", "accentColor": "#123456"}
    store.save(update_fields=["setting_values"])
    send(client, "settings/logo", picture())

    answer = api().get("DEFAULT/settings/manifest")

    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert {key: manifest[key] for key in ("name", "short_name", "start_url", "display")} == {
        "name": "Bean Club",
        "short_name": "Bean Club",
        "start_url": "/",
        "display": "standalone",
    }
    assert manifest["theme_color"] == "#123456"
    assert [(icon["sizes"], icon["type"]) for icon in manifest["icons"]] == [
        ("192x192", "image/svg+xml"),
        ("512x512", "image/png"),
    ]
    for icon in manifest["icons"]:
        assert api().http.get(icon["src"].removeprefix("http://testserver")).status_code == 200


def test_customers_change_nothing(store: Store, api: Api):
    alice = api(CustomerFactory(store))

    assert send(alice, "settings/logo", picture()).status_code == 403
    assert alice.delete("settings/conditions-file").status_code == 403
    assert not StoreFile.objects.exists()


def test_a_lost_file_shows_ours(client: ApiClient, store: Store):
    send(client, "settings/logo", picture())
    default_storage.delete(str(StoreFile.objects.get().file.name))

    assert store_files.find_picture(store, PictureName.LOGO).mime_type == "image/svg+xml"
