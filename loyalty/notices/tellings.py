"""The table of what is told: fact → occasion, addressee and values. Source: domain spec 8.2."""

from django.conf import settings

from accounts.services.password_resets import FACT as FORGOTTEN
from loyalty.core.messages import catalogue
from loyalty.core.messages.outbox import Telling, Voice
from loyalty.notices import codes, invitations, password_resets, points, purchases, rewards, welcome
from loyalty.notices.addressees import active_customer
from loyalty.portal import program

TELLINGS: tuple[Telling, ...] = (
    Telling(
        "customer.registered",
        catalogue.REGISTRATION,
        welcome.who_must_confirm,
        welcome.link_to_confirm,
        is_repeatable=True,
    ),
    Telling(
        "customer.registered",
        catalogue.TEMPORARY_PASSWORD,
        welcome.who_has_no_password,
        welcome.temporary_password,
        is_due=welcome.was_let_in,
        is_repeatable=True,
    ),
    # Who was let in by a code has no password before.
    Telling(
        "customer.activated",
        catalogue.TEMPORARY_PASSWORD,
        welcome.who_has_no_password,
        welcome.temporary_password,
        is_due=welcome.is_new,
        is_repeatable=True,
    ),
    Telling(
        "customer.activation_requested",
        catalogue.REGISTRATION,
        welcome.who_must_confirm,
        welcome.link_to_confirm,
        is_repeatable=True,
    ),
    Telling(
        "customer.code_requested",
        catalogue.REGISTRATION,
        codes.who_wants_it,
        codes.code_and_number,
        is_due=codes.activates,
        is_repeatable=True,
    ),
    Telling(
        "customer.code_requested",
        catalogue.EMAIL_CHANGED,
        codes.who_wants_it,
        codes.code_and_number,
        is_due=codes.changes_email,
        is_repeatable=True,
    ),
    Telling(
        "customer.code_requested",
        catalogue.PHONE_CHANGED,
        codes.who_wants_it,
        codes.code_and_number,
        is_due=codes.changes_phone,
        is_repeatable=True,
    ),
    Telling(
        FORGOTTEN,
        catalogue.PASSWORD_RESET,
        password_resets.who_asked,
        password_resets.way_in,
        is_repeatable=True,
    ),
    # PA-24: for `add` alone, and nothing that is still locked.
    Telling(
        "points.added",
        catalogue.NEW_POINTS,
        active_customer,
        points.added,
        is_due=points.can_be_spent,
    ),
    Telling("points.expiring_soon", catalogue.POINTS_EXPIRING, active_customer, points.expiring),
    # LV-13: what the engine did, upwards.
    Telling(
        "customer.moved_to_level",
        catalogue.NEW_LEVEL,
        active_customer,
        points.level_reached,
        is_due=points.is_earned_rise,
    ),
    Telling("level.expiring_soon", catalogue.LEVEL_EXPIRING, active_customer, points.level_ending),
    Telling("campaign.bought", catalogue.REWARD_BOUGHT, active_customer, rewards.bought),
    Telling("campaign.reward_redeemed", catalogue.REWARD_USED, rewards.buyer, rewards.used),
    Telling(
        "campaign.bought",
        catalogue.CASHBACK_REQUESTED,
        rewards.buyer,
        rewards.cashback_requested,
        is_due=rewards.is_cashback,
    ),
    Telling("campaign.pool_low", catalogue.POOL_LOW, rewards.staff, rewards.run_out),
    Telling(
        "campaign.became_available",
        catalogue.CAMPAIGN_AVAILABLE,
        active_customer,
        rewards.became_available,
    ),
    Telling(
        "transaction.labels_changed",
        catalogue.LABELS_APPENDED,
        active_customer,
        purchases.labels_appended,
        is_due=purchases.has_more_labels,
    ),
    Telling(
        "invitation.created", catalogue.INVITATION, invitations.invited_person, invitations.link
    ),
)

VOICE = Voice(
    brand=program.brand,
    home=lambda store: settings.PUBLIC_URL + program.address(store, "home"),
)
