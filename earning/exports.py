"""Earning rules and invitations as files."""

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource as Columns

from accounts.cockpit.lists import listed
from accounts.models import Resource
from earning.models import EarningRule, Invitation
from loyalty.core.exports.columns import flag, moment, number, text
from loyalty.core.exports.kinds import Kind


class RuleColumns(Columns):  # type: ignore[misc]  # the library is not typed
    rule_id = text("earningRuleId", "uuid")
    type = text("type", "type")
    name = text("name", "name")
    description = text("description", "description")
    active = flag("active", "is_active")
    start_at = moment("startAt", "start_at")
    end_at = moment("endAt", "end_at")
    point_value = number("pointValue", "point_value")
    points = number("pointsAmount", "points_amount")
    multiplier = number("multiplier", "multiplier")
    min_order = number("minOrderValue", "min_order_value")
    skus = text("skuIds", lambda row: ";".join(row.sku_ids))
    event = text("eventName", "event_name")
    reward_type = text("rewardType", "reward_type")
    last = flag("lastExecutedRule", "is_last_executed")
    created_at = moment("createdAt", "created_at")
    edited_at = moment("editedAt", "edited_at")


class InvitationColumns(Columns):  # type: ignore[misc]  # as above
    invitation_id = text("invitationId", "uuid")
    referrer_id = text("referrerId", "referrer__uuid")
    referrer_email = text("referrerEmail", "referrer__email")
    referrer_name = text("referrerName", "referrer__name")
    channel = text("type", "channel")
    email = text("recipientEmail", "recipient_email")
    phone = text("recipientPhone", "recipient_phone")
    recipient_id = text("recipientId", "recipient__uuid")
    recipient_name = text("recipientName", "recipient__name")
    status = text("status", "status")
    created_at = moment("createdAt", "created_at")
    registered_at = moment("registeredAt", "registered_at")
    purchased_at = moment("purchasedAt", "purchased_at")


KINDS = (
    Kind(
        name="earning-rules",
        title=_("Earning rules"),
        rights=(Resource.EARNING_RULE,),
        resource=RuleColumns,
        **listed(EarningRule),
    ),
    Kind(
        name="invitations",
        title=_("Invitations"),
        rights=(Resource.CUSTOMER,),
        resource=InvitationColumns,
        **listed(Invitation, "referrer", "recipient"),
    ),
)
