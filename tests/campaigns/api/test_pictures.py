"""Pictures of rewards: PIC-1…3."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Level
from campaigns.models import CampaignPhoto, RewardCampaign
from loyalty.core.models import Store
from tests.factories import StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.support.api import ApiClient


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def campaign(shop: Store, entry: Level) -> RewardCampaign:
    return CampaignFactory(shop, level=entry)


def picture(kind: str = "PNG", side: int = 600) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, kind)
    return file.getvalue()


def upload(client: ApiClient, path: str, field: str, content: bytes, name: str = "a.png") -> Any:
    file = SimpleUploadedFile(name, content, "image/png")
    return client.http.post(f"/api/{path}", {field: file}, **client.headers)


def photo_path(campaign: RewardCampaign) -> str:
    return f"SHOP/campaign/{campaign.uuid}/photo"


def bytes_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("PNG", "image/png"), ("GIF", "image/gif"), ("JPEG", "image/jpeg")],
)
def test_adds_photos_that_anybody_may_see(
    campaign: RewardCampaign, sam: ApiClient, nobody: ApiClient, kind: str, content_type: str
) -> None:
    """PIC-1, PIC-2."""
    path = photo_path(campaign)
    for name in ("C:\\photos\\first.png", "second.png"):
        assert upload(sam, path, "photo[file]", picture(kind), name).status_code == 200

    document = sam.get(f"SHOP/campaign/{campaign.uuid}").data
    [first, second] = document["photos"]
    shown = nobody.http.get(f"/api/{path}/{second['photoId']}")

    assert document["hasPhoto"] is True
    assert (first["orginalName"], second["orginalName"]) == ("first.png", "second.png")
    assert (second["mimeType"], shown["Content-Type"]) == (content_type, content_type)
    assert bytes_of(shown) == picture(kind)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(picture(side=599), id="too-small"),
        pytest.param(b"no picture", id="no-picture"),
        pytest.param(picture("BMP"), id="another-kind"),
        pytest.param(picture() + b"x" * 2 * 1024 * 1024, id="too-big"),
    ],
)
def test_refuses_a_photo(campaign: RewardCampaign, sam: ApiClient, content: bytes) -> None:
    """PIC-1."""
    answer = upload(sam, photo_path(campaign), "photo[file]", content)

    assert answer.status_code == 400
    assert answer.json()["form"]["children"]["file"]["errors"]
    assert not CampaignPhoto.objects.exists()


def test_removes_a_photo(campaign: RewardCampaign, sam: ApiClient, nobody: ApiClient) -> None:
    """PIC-1."""
    path = photo_path(campaign)
    upload(sam, path, "photo[file]", picture())
    photo = CampaignPhoto.objects.get()

    answer = sam.delete(f"{path}/{photo.uuid}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert nobody.get(f"{path}/{photo.uuid}").status_code == 404
    assert sam.get(f"SHOP/campaign/{campaign.uuid}").data["hasPhoto"] is False


@pytest.mark.django_db(transaction=True)
def test_removes_the_file_too(media: Path, store: Store) -> None:
    campaign = CampaignFactory(store)
    from tests.factories.staff import StaffFactory

    sam = ApiClient(StaffFactory())
    path = f"DEFAULT/campaign/{campaign.uuid}/photo"
    upload(sam, path, "photo[file]", picture())
    files = [file for file in media.rglob("*") if file.is_file()]

    sam.delete(f"{path}/{CampaignPhoto.objects.get().uuid}")

    assert len(files) == 1
    assert not files[0].exists()


def test_takes_the_first_photo_where_release_3_names_none(
    campaign: RewardCampaign, sam: ApiClient, nobody: ApiClient
) -> None:
    """PIC-1, as before campaigns had several."""
    path = photo_path(campaign)
    assert nobody.get(path).status_code == 404
    upload(sam, path, "photo[file]", picture("GIF"))
    upload(sam, path, "photo[file]", picture())

    assert nobody.http.get(f"/api/{path}")["Content-Type"] == "image/gif"
    assert sam.delete(path).status_code == 200
    assert nobody.http.get(f"/api/{path}")["Content-Type"] == "image/png"


def test_keeps_one_brand_icon_of_any_size(
    campaign: RewardCampaign, sam: ApiClient, nobody: ApiClient
) -> None:
    """PIC-3."""
    path = f"SHOP/campaign/{campaign.uuid}/brand_icon"
    before = nobody.get(path).status_code
    first = upload(sam, path, "brand_icon[file]", picture(side=16))
    second = upload(sam, path, "brand_icon[file]", picture("GIF", side=8))
    shown = nobody.http.get(f"/api/{path}")
    has_icon = sam.get(f"SHOP/campaign/{campaign.uuid}").data["brandIcon"]
    removed = sam.delete(path)

    assert (before, first.status_code, second.status_code) == (404, 204, 204)
    assert (shown["Content-Type"], has_icon) == ("image/gif", True)
    assert bytes_of(shown) == picture("GIF", side=8)
    assert (removed.status_code, nobody.get(path).status_code) == (204, 404)


def test_refuses_a_brand_icon(campaign: RewardCampaign, sam: ApiClient) -> None:
    """PIC-3."""
    path = f"SHOP/campaign/{campaign.uuid}/brand_icon"

    answer = upload(sam, path, "brand_icon[file]", b"no picture")

    campaign.refresh_from_db()
    assert answer.status_code == 400
    assert not campaign.brand_icon


def test_knows_no_pictures_of_another_campaign_or_store(
    campaign: RewardCampaign, sam: ApiClient, entry: Level, shop: Store
) -> None:
    """GEN-3."""
    upload(sam, photo_path(campaign), "photo[file]", picture())
    photo = CampaignPhoto.objects.get()
    other = CampaignFactory(shop, level=entry)
    foreign = CampaignFactory(StoreFactory())

    assert sam.get(f"{photo_path(other)}/{photo.uuid}").status_code == 404
    assert sam.delete(f"{photo_path(other)}/{photo.uuid}").status_code == 404
    assert upload(sam, photo_path(foreign), "photo[file]", picture()).status_code == 404
    assert CampaignPhoto.objects.count() == 1
