"""Earning rules and invitations."""

from accounts.models import Customer
from earning.api.open_loyalty.rows import KEYS
from earning.models import EarningRule, Invitation, InvitationChannel, InvitationStatus, RuleType
from earning.services.rule_data import COLUMNS
from loyalty.core import clock
from loyalty.moving_in.builders.known import Known, Row, Unfit, ids_of
from loyalty.moving_in.values import amount, block, known_uuid, rows, text, uuid

# Numbers among the columns of earning rules.
FIGURES = {
    "point_value",
    "min_order_value",
    "multiplier",
    "points_amount",
    "latitude",
    "longitude",
    "radius",
}


def rule(known: Known, row: Row) -> None:
    key = known_uuid(row["earningRuleId"])
    if EarningRule.objects.in_store(known.store).filter(uuid=key).exists():
        return
    limit = block(row.get("limit"))
    rule = EarningRule(
        store=known.store,
        uuid=key,
        type=RuleType(row["type"]),
        name=text(row.get("name")),
        description=text(row.get("description")),
        is_active=bool(row.get("active")),
        is_all_time_active=bool(row.get("allTimeActive")),
        start_at=known.values.moment(row.get("startAt")),
        end_at=known.values.moment(row.get("endAt")),
        is_last_executed=bool(row.get("lastExecutedRule")),
        limit_is_active=bool(limit.get("active")),
        limit_period=text(limit.get("period")),
        limit_uses=limit.get("limit"),
        edited_at=clock.now(),
    )
    for column in COLUMNS[RuleType(row["type"])]:
        if (value := row.get(KEYS.get(column, ""))) is None:
            continue
        if column == "reward_campaign":
            campaign = uuid(value)
            rule.reward_campaign_id = known.campaigns.get(campaign) if campaign else None
        elif column in FIGURES:
            setattr(rule, column, amount(value))
        elif column == "label_multipliers":
            figures = [each | {"multiplier": str(each["multiplier"])} for each in rows(value)]
            rule.label_multipliers = figures
        else:
            setattr(rule, column, value)
    rule.save(force_insert=True)
    rule.levels.set(ids_of(known.levels, row.get("levels")))
    rule.segments.set(ids_of(known.segments, row.get("segments")))
    rule.pos.set(ids_of(known.pos, row.get("pos")))


def invitation(known: Known, row: Row) -> None:
    """An invitation, and who came by it. Its date is not told: the newcomer's counts."""
    key = known_uuid(row["invitationId"])
    if Invitation.objects.in_store(known.store).filter(uuid=key).exists():
        return
    referrer = known.customer_of({"customerId": row.get("referrerId")})
    recipient = known.customer_of({"customerId": row.get("recipientId")})
    if referrer is None:
        raise Unfit("who invited is not here.")
    status = text(row.get("status"))
    if recipient is None or status not in InvitationStatus.values:
        status = InvitationStatus.REGISTERED if recipient else InvitationStatus.INVITED
    elif status == InvitationStatus.INVITED:
        recipient = None
    email, phone = text(row.get("recipientEmail")), text(row.get("recipientPhone"))
    channel = InvitationChannel.EMAIL if email else InvitationChannel.MOBILE
    Invitation.objects.create(
        store=known.store,
        uuid=key,
        referrer=referrer,
        recipient=recipient,
        channel=channel if email or phone else InvitationChannel.DIRECT,
        recipient_email=email or None,
        recipient_phone=phone or None,
        status=status,
        created_at=recipient.created_at if recipient else clock.now(),
        registered_at=recipient.created_at if recipient else None,
        **({"token": token} if (token := text(row.get("token"))) else {}),
    )
    if recipient is not None:
        Customer.objects.filter(pk=recipient.pk).update(invited_by=referrer)
