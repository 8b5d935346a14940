from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from loyalty.core.models import AuditEntry, Store
from tests.factories import CustomerFactory
from tests.support.api import ApiClient


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def jpeg() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, "JPEG")
    return SimpleUploadedFile("me.exe", file.getvalue(), "application/octet-stream")


def upload(client: ApiClient, path: str, file: SimpleUploadedFile) -> Any:
    return client.http.post(f"/api/{path}", {"avatar[file]": file}, **client.headers)


def test_is_kept_shown_and_removed_cus50(shop: Store) -> None:
    """PIC-4: 204 for coming and going, and where there is none."""
    customer = CustomerFactory(shop)
    alice = ApiClient(customer)
    path = f"{shop.code}/customer/{customer.uuid}/avatar"

    assert alice.get(path).status_code == 204
    assert upload(alice, path, jpeg()).status_code == 204
    shown = alice.http.get(f"/api/{path}", **alice.headers)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert alice.delete(path).status_code == 204
    assert alice.get(path).status_code == 204
    acts = AuditEntry.objects.filter(entity_id=str(customer.uuid)).order_by("pk")
    assert [act.event_type for act in acts] == [
        "RegisterCustomer",
        "SetCustomerAvatar",
        "RemoveCustomerAvatar",
    ]


def test_is_for_themself_only(shop: Store) -> None:
    customer, eve = CustomerFactory(shop), ApiClient(CustomerFactory(shop))
    path = f"{shop.code}/customer/{customer.uuid}/avatar"

    assert eve.get(path).status_code == 404
    assert upload(eve, path, jpeg()).status_code == 404
    assert eve.delete(path).status_code == 404


@pytest.mark.parametrize("content", [b"", b"not a picture", b"<svg xmlns='x'/>"])
def test_refuses_what_is_no_picture(
    sam: ApiClient, shop: Store, media: Path, content: bytes
) -> None:
    customer = CustomerFactory(shop)
    path = f"{shop.code}/customer/{customer.uuid}/avatar"

    answer = upload(sam, path, SimpleUploadedFile("me.png", content, "image/png"))

    assert answer.status_code == 400
    assert answer.json()["form"]["children"]["file"]["errors"]
    assert not list(media.iterdir())


def test_refuses_the_printed_path_of_a_file(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)

    answer = sam.form(
        "POST",
        f"{shop.code}/customer/{customer.uuid}/avatar",
        {"avatar[file]": "C:\\fakepath\\avatar.jpg"},
    )

    assert answer.status_code == 400
