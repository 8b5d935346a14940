"""What can be done with many bought rewards at once; each is done as with a single one."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.cockpit import formats
from accounts.models import Resource
from campaigns.models import Coupon, RewardType
from campaigns.services import coupons
from loyalty.core.errors import DomainError
from loyalty.core.imports.selections import AlreadySo, SelectionKind
from loyalty.core.models import Store


class NeverSent(DomainError):
    """Only gifts are sent."""

    code = "never_sent"


class ChangeDelivery(SelectionKind):
    """`options`: status; empty is none. Leaves alone what is no gift."""

    name = "coupons-delivery"
    title = _("Change the delivery")
    model = Coupon
    resource = Resource.REWARD_CAMPAIGN
    modifies = (Resource.REWARD_CAMPAIGN,)

    @classmethod
    def rows(cls, store: Store) -> "QuerySet[Coupon]":
        return Coupon.objects.in_store(store).select_related("customer")

    @classmethod
    def named(cls, subject: Coupon) -> str:
        # Without its code, which not everybody may see.
        return f"{subject.campaign_name}, {formats.day(subject.purchased_at)}"

    def check(self, subject: Coupon) -> None:
        if subject.campaign_type != RewardType.GIFT_CODE:
            raise NeverSent

    def do(self, subject: Coupon) -> None:
        if subject.delivery_status == self.options["status"]:
            raise AlreadySo
        coupons.change_delivery(
            store=self.store,
            customer=subject.customer,
            coupon_uuid=subject.uuid,
            status=self.options["status"],
            actor=self.actor,
        )


KINDS = (ChangeDelivery,)
