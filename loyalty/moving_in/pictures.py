"""Fetch the pictures of what was built, and customers' devices, each by an address of its own."""

from collections.abc import Callable, Collection
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Customer, Level, PushToken
from campaigns.models import CampaignPhoto, RewardCampaign
from earning.models import EarningRule
from loyalty.core import clock, pictures
from loyalty.core.pictures import PictureRefused
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import progress
from loyalty.moving_in.source import NotThere, Source
from loyalty.moving_in.values import rows, text, uuid

AVATARS, DEVICES, PHOTOS = "avatars", "devices", "pictures"
SKIPPABLE = (PHOTOS, AVATARS, DEVICES)
Teller = Callable[[str, int, int], object]


class Pictures:
    """
    Fetches one store's pictures. Every address costs a call; `skip`: some of `SKIPPABLE`.

    A picture that does not arrive, or that we would refuse, is noted and left out.
    """

    def __init__(
        self, move: MoveIn, source: Source, prefix: str, *, skip: Collection[str], tell: Teller
    ) -> None:
        self.move = move
        self.source = source
        self.prefix = prefix
        self.skip = skip
        self.tell = tell

    def fetch(self) -> None:
        """Fetch what is not here yet. May be stopped at any point and begun again."""
        if PHOTOS not in self.skip:
            self._each("levels", Level, self._level)
            self._each("rules", EarningRule, self._rule)
            self._each("campaigns", RewardCampaign, self._campaign)
        if not {AVATARS, DEVICES} <= set(self.skip):
            self._each("customers", Customer, self._customer)

    def _each(self, resource: str, model: Any, fetch: Callable[[Any, Any], None]) -> None:
        """Fetch what belongs to each row of a list, from where an earlier run was stopped."""
        mark = f"pictures of {resource}"
        listed = MoveInRow.objects.filter(move=self.move, resource=resource)
        total = listed.count()
        left = listed.filter(pk__gt=self.move.pages.get(mark, 0)).order_by("pk")
        done = total - left.count()
        for row in left.iterator(chunk_size=500):
            owner = model.objects.in_store(self.move.store).filter(uuid=row.uuid).first()
            if owner is not None:
                fetch(owner, row.content)
            progress.go_on(self.move, mark, row.pk)
            done += 1
            self.tell(mark, done, total)

    def _level(self, level: Level, row: Any) -> None:
        if row.get("hasPhoto") and not level.photo:
            self._put(level, "photo", f"level/{level.uuid}/photo")

    def _rule(self, rule: EarningRule, row: Any) -> None:
        if row.get("hasPhoto") and not rule.photo:
            self._put(rule, "photo", f"earningRule/{rule.uuid}/photo")

    def _campaign(self, campaign: RewardCampaign, row: Any) -> None:
        path = f"campaign/{campaign.uuid}"
        if row.get("brandIcon") and not campaign.brand_icon:
            self._put(campaign, "brand_icon", f"{path}/brand_icon")
        if not row.get("hasPhoto"):
            return
        told = rows(self.source.get(self.prefix + path).get("photos"))
        # Before campaigns had several, there was one without an id.
        for photo in told or [{}]:
            key = uuid(photo.get("photoId"))
            self._photo(campaign, photo, f"{path}/photo/{key}" if key else f"{path}/photo", key)

    def _photo(self, campaign: RewardCampaign, told: Any, path: str, key: UUID | None) -> None:
        here = CampaignPhoto.objects.filter(campaign=campaign)
        if here.filter(uuid=key).exists() if key else here.exists():
            return
        file = self._file(path)
        if file is None:
            return
        photo = CampaignPhoto(
            store=self.move.store,
            campaign=campaign,
            original_name=text(told.get("orginalName")) or "photo",
            mime_type=pictures.content_type(str(file.name)),
        )
        if key is not None:
            photo.uuid = key
        photo.image.save(str(file.name), file, save=False)
        photo.save(force_insert=True)

    def _customer(self, customer: Customer, row: Any) -> None:
        if AVATARS not in self.skip and not customer.avatar:
            self._put(customer, "avatar", f"customer/{customer.uuid}/avatar", is_certain=False)
        # Without the service's key nobody is pushed to.
        if DEVICES not in self.skip and self.move.store.settings.pushy_secret_key:
            self._devices(customer)

    def _devices(self, customer: Customer) -> None:
        try:
            told = self.source.get(f"{self.prefix}customer/{customer.uuid}/pushy-token")
        except NotThere:
            return
        now = clock.now()
        PushToken.objects.bulk_create(
            (
                PushToken(customer=customer, token=token, created_at=now)
                for token in rows(told.get("tokens"))
            ),
            ignore_conflicts=True,
        )

    def _put(self, owner: Any, column: str, path: str, *, is_certain: bool = True) -> None:
        """Store a picture in a column. `is_certain`: the other server says that there is one."""
        file = self._file(path, is_certain=is_certain)
        if file is None:
            return
        with transaction.atomic():
            getattr(owner, column).save(file.name, file, save=False)
            owner.save(update_fields=[column])

    def _file(self, path: str, *, is_certain: bool = True) -> ContentFile[bytes] | None:
        answer = self.source.get_file(self.prefix + path)
        if answer is None:
            if is_certain:
                progress.refuse(self.move, "picture", path, "it is not there.")
            return None
        try:
            return pictures.checked(BytesIO(answer.body))
        except PictureRefused as refusal:
            progress.refuse(self.move, "picture", path, refusal.message)
            return None
