"""Pictures of rewards: photos, any number, and one brand icon. Source: PIC-1…3."""

from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from django.db import transaction

from campaigns.models import CampaignPhoto, RewardCampaign
from loyalty.core import clock, pictures, uploads
from loyalty.core.actors import Actor
from loyalty.core.services import audit

PHOTO_SIDE_MIN = 600
NAME_MAX = 255


@uploads.atomic()
def add_photo(
    *, campaign: RewardCampaign, upload: BinaryIO, actor: Actor, now: datetime | None = None
) -> CampaignPhoto:
    """
    Add a photo to a reward, behind those that it has.

    :raises PictureRefused: no PNG, JPEG or GIF of at most 2 MB and at least 600 by 600 pixels.
    """
    file = pictures.checked(upload, side_min=PHOTO_SIDE_MIN)
    assert file.name is not None
    photo = CampaignPhoto(
        store=campaign.store,
        campaign=campaign,
        original_name=_plain_name(getattr(upload, "name", "")),
        mime_type=pictures.content_type(file.name),
    )
    uploads.keep(photo.image, file.name, file)
    photo.save(force_insert=True)
    _record(actor, campaign, "AddCampaignPhoto", {"photoId": str(photo.uuid)}, now)
    return photo


@transaction.atomic
def remove_photo(*, photo: CampaignPhoto, actor: Actor, now: datetime | None = None) -> None:
    """Take a photo away. The file goes once this is committed."""
    campaign, told = photo.campaign, {"photoId": str(photo.uuid)}
    storage, name = photo.image.storage, str(photo.image.name)
    deleted, _ = CampaignPhoto.objects.filter(pk=photo.pk).delete()
    if deleted:
        transaction.on_commit(lambda: storage.delete(name))
        _record(actor, campaign, "RemoveCampaignPhoto", told, now)


@uploads.atomic()
def set_brand_icon(
    *, campaign: RewardCampaign, upload: BinaryIO, actor: Actor, now: datetime | None = None
) -> None:
    """
    Store a reward's brand icon in place of the one before. Locks the reward.

    :raises PictureRefused: no PNG, JPEG or GIF of at most 2 MB.
    """
    file = pictures.checked(upload)
    locked = _lock(campaign)
    _drop_icon_file(locked)
    assert file.name is not None
    uploads.keep(locked.brand_icon, file.name, file)
    locked.save(update_fields=["brand_icon"])
    _record(actor, locked, "SetCampaignBrandIcon", {}, now)


@transaction.atomic
def remove_brand_icon(
    *, campaign: RewardCampaign, actor: Actor, now: datetime | None = None
) -> None:
    """Take a reward's brand icon away; no icon is no error. Locks the reward."""
    locked = _lock(campaign)
    _drop_icon_file(locked)
    locked.brand_icon = ""
    locked.save(update_fields=["brand_icon"])
    _record(actor, locked, "RemoveCampaignBrandIcon", {}, now)


def _lock(campaign: RewardCampaign) -> RewardCampaign:
    locked: RewardCampaign = (
        RewardCampaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=campaign.pk)
    )
    return locked


def _drop_icon_file(campaign: RewardCampaign) -> None:
    if campaign.brand_icon:
        storage, name = campaign.brand_icon.storage, str(campaign.brand_icon.name)
        transaction.on_commit(lambda: storage.delete(name))


def _plain_name(name: str | None) -> str:
    """Return what a file was called where it came from, without the folders of there."""
    return PurePath((name or "").replace("\\", "/")).name[-NAME_MAX:] or "photo"


def _record(
    actor: Actor,
    campaign: RewardCampaign,
    event_type: str,
    data: dict[str, str],
    now: datetime | None,
) -> None:
    audit.record(
        actor,
        store=campaign.store,
        event_type=event_type,
        entity_type="Campaign",
        entity_id=campaign.uuid,
        data=data,
        now=now or clock.now(),
    )
