"""On which occasions the program writes, to whom, and what a text may say then (MSG-4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageChannel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    PUSH = "push", _("Push")


class Target(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    ADMIN = "admin", _("Staff")


# What every text may say.
EVERYWHERE = ("program_name", "customer_url")
# The only snippets that may stand in a link: each is an address that we made.
ADDRESSES = frozenset(
    {
        "url",
        "customer_url",
        "customer_panel_url",
        "url_reset_password",
        "ecommerce_address",
        "conditions_file",
    }
)


@dataclass(frozen=True)
class Occasion:
    """
    Something that the program writes about.

    `value`: its name on the wire, for ever. `snippets`: what its text may say beside `EVERYWHERE`.
    `channels`: those that we have words for. `name`: in the keys of 3.x, such as `new_points`.
    `is_way_in`: who does not read it cannot get in, so in a store that writes text messages its
    text message is enabled from the start, too.
    """

    value: str
    name: str
    label: Any
    snippets: tuple[str, ...]
    channels: tuple[MessageChannel, ...]
    target: Target = Target.CUSTOMER
    is_way_in: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.snippets, *EVERYWHERE)

    @property
    def key(self) -> str:
        """Return the name of its mail in 3.x."""
        return f"OpenLoyaltyUserBundle:email:{self.name}.html.twig"


EMAIL, SMS, PUSH = MessageChannel.EMAIL, MessageChannel.SMS, MessageChannel.PUSH
BY_BOTH = (EMAIL, SMS)
OF_ADDRESSEE = (
    "customer_name",
    "customer_last_name",
    "customer_phone_number",
    "customer_email",
    "customer_street",
    "customer_address1",
    "customer_address2",
    "customer_postal",
    "customer_city",
    "customer_state",
    "customer_country",
)

REGISTRATION = Occasion(
    "oloy.customer.registered",
    "registration",
    _("Registration to confirm"),
    ("first_name", "url", "code", "code_number", "conditions_file"),
    BY_BOTH,
    is_way_in=True,
)
TEMPORARY_PASSWORD = Occasion(
    "oloy.customer.temporary_password",
    "registration_with_temporary_password",
    _("Temporary password"),
    (
        "first_name",
        "email",
        "loyalty_card_number",
        "phone",
        "password",
        "customer_panel_url",
        "conditions_file",
    ),
    BY_BOTH,
    is_way_in=True,
)
PASSWORD_RESET = Occasion(
    "oloy.customer.password_reset_requested",
    "password_reset",
    _("Password reset"),
    ("first_name", "url_reset_password", "code", "code_number"),
    BY_BOTH,
    is_way_in=True,
)
NEW_POINTS = Occasion(
    "oloy.account.available_points_amount_changed",
    "new_points",
    _("Earned points"),
    ("first_name", "added_points_amount", "active_points_amount", "ecommerce_address"),
    BY_BOTH,
)
NEW_LEVEL = Occasion(
    "oloy.customer.level_changed_automatically",
    "new_level",
    _("Gained new level"),
    ("first_name", "level_name", "level_discount", "ecommerce_address"),
    BY_BOTH,
)
INVITATION = Occasion(
    "oloy.customer.invitation_was_created",
    "invitation",
    _("Invitation"),
    ("referrerName", "url"),
    BY_BOTH,
)
REWARD_BOUGHT = Occasion(
    "oloy.campaign.customer_bought_campaign",
    "customer_reward_bought",
    _("Reward bought"),
    ("first_name", "reward_name", "reward_code", "reward_instructions", "ecommerce_address"),
    BY_BOTH,
)
REWARD_USED = Occasion(
    "oloy.campaign.customer_used_campaign",
    "reward_redeemed",
    _("Reward used"),
    ("coupon_code", "reward_name", "reward_description", *OF_ADDRESSEE),
    (EMAIL,),
    target=Target.ADMIN,
)
CASHBACK_REQUESTED = Occasion(
    "oloy.campaign.cashback_was_requested",
    "cashback_requested",
    _("Cashback requested"),
    ("points_amount", "cashback_amount", *OF_ADDRESSEE),
    (EMAIL,),
    target=Target.ADMIN,
)
POOL_LOW = Occasion(
    "oloy.campaign.coupons_run_out",
    "coupons_run_out",
    _("Coupon codes run out"),
    ("reward_name", "coupons_left", "coupons_threshold"),
    (EMAIL,),
    target=Target.ADMIN,
)
CAMPAIGN_AVAILABLE = Occasion(
    "oloy.campaign.has_become_available",
    "campaign_available",
    _("Campaign available"),
    ("title", "message"),
    (PUSH,),
)
LABELS_APPENDED = Occasion(
    "oloy.transaction.labels_were_appended",
    "labels_appended",
    _("Labels added to a purchase"),
    ("first_name", "last_name"),
    (EMAIL,),
)
EMAIL_CHANGED = Occasion(
    "oloy.customer.email_was_changed",
    "email_changed",
    _("E-mail address to confirm"),
    ("first_name", "code", "code_number"),
    (EMAIL,),
    is_way_in=True,
)
PHONE_CHANGED = Occasion(
    "oloy.customer.phone_number_was_changed",
    "phone_number_changed",
    _("Phone number to confirm"),
    ("first_name", "code", "code_number"),
    (SMS,),
    is_way_in=True,
)
POINTS_EXPIRING = Occasion(
    "oloy.account.points_expire_soon",
    "points_expire_soon",
    _("Points expire soon"),
    ("first_name", "points_amount", "expiry_date", "ecommerce_address"),
    BY_BOTH,
)
LEVEL_EXPIRING = Occasion(
    "oloy.customer.level_expires_soon",
    "level_expires_soon",
    _("Level ends soon"),
    ("first_name", "level_name", "future_level_name", "expiry_date", "ecommerce_address"),
    BY_BOTH,
)

OCCASIONS: tuple[Occasion, ...] = (
    REGISTRATION,
    TEMPORARY_PASSWORD,
    PASSWORD_RESET,
    EMAIL_CHANGED,
    PHONE_CHANGED,
    NEW_POINTS,
    POINTS_EXPIRING,
    NEW_LEVEL,
    LEVEL_EXPIRING,
    CAMPAIGN_AVAILABLE,
    REWARD_BOUGHT,
    REWARD_USED,
    CASHBACK_REQUESTED,
    POOL_LOW,
    INVITATION,
    LABELS_APPENDED,
)
BY_VALUE: Mapping[str, Occasion] = {occasion.value: occasion for occasion in OCCASIONS}

# What a preview and a test mail say.
SAMPLES: Mapping[str, str] = {
    "first_name": "Alice",
    "last_name": "Smith",
    "email": "alice@example.com",
    "phone": "+48600100200",
    "loyalty_card_number": "00001234",
    "password": "Tea-4-Two!",
    "code": "K7M2QX",
    "code_number": "1",
    "url": "https://example.com/link",
    "customer_url": "https://example.com/portal/",
    "customer_panel_url": "https://example.com/portal/",
    "url_reset_password": "https://example.com/reset",
    "ecommerce_address": "https://example.com/shop",
    "conditions_file": "https://example.com/conditions",
    "coupons_left": "7",
    "coupons_threshold": "10",
    "added_points_amount": "120",
    "active_points_amount": "560",
    "points_amount": "120",
    "cashback_amount": "12.00",
    "expiry_date": "31.12.2030",
    "level_name": "Gold",
    "level_discount": "10%",
    "future_level_name": "Silver",
    "referrerName": "Alice Smith",
    "reward_name": "Free coffee",
    "reward_description": "One cup of any size",
    "reward_code": "COFFEE-1234",
    "reward_instructions": "Show the code at the till.",
    "coupon_code": "COFFEE-1234",
    "title": "Free coffee",
    "message": "A new reward waits for you.",
    "customer_name": "Alice",
    "customer_last_name": "Smith",
    "customer_phone_number": "+48600100200",
    "customer_email": "alice@example.com",
    "customer_street": "Main Street",
    "customer_address1": "12",
    "customer_address2": "4",
    "customer_postal": "00-001",
    "customer_city": "Warsaw",
    "customer_state": "Mazowieckie",
    "customer_country": "PL",
}


def sample_values(occasion: Occasion, program_name: str) -> dict[str, str]:
    values = {snippet: SAMPLES[snippet] for snippet in occasion.allowed if snippet in SAMPLES}
    return values | {"program_name": program_name}
