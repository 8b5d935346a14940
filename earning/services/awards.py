"""Give a customer the points of a purchase, or tell what they would be."""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.models import Customer, CustomerStatus, SegmentMembership
from accounts.selectors import ladder
from accounts.services import points
from campaigns.models import RewardCampaign
from campaigns.services import rewards
from earning import engine
from earning.models import Evaluation
from earning.services import rule_sets
from loyalty.core import rows, sql
from loyalty.core.fields import packed
from loyalty.core.models import Store, uuid7

# Rule names can be many and long; a transfer's comment is one line for people.
COMMENT_MAX = 2000


class Held:
    """Stands for: the level that the customer holds now."""


HELD: Final = Held()


def award_purchase(
    *,
    customer: Customer,
    purchase: engine.Purchase,
    transaction_uuid: UUID,
    now: datetime,
    level_id: int | Held | None = HELD,
) -> Evaluation:
    """
    Price a matched purchase by the store's rules, keep the explanation, and pay the points.

    `level_id`: the level held before this purchase was counted (ER-7); None: they had none.
    The caller's transaction holds the customer's lock and calls this once per purchase; the
    database refuses a second evaluation. Where the rules give nothing, the reasons are kept.

    :raises engine.TooManyPoints: more than the ledger holds; nothing was written.
    """
    assert connection.in_atomic_block, "Purchase, explanation and points are written together."
    store = customer.store
    found = evaluate(store=store, facts=_facts_of(customer, level_id=level_id), purchase=purchase)
    evaluation = _keep(found, customer=customer, transaction_uuid=transaction_uuid, now=now)
    if found.points > 0:
        points.add(
            customer=customer,
            amount=found.points,
            issuer="system",
            comment=found.comment[:COMMENT_MAX],
            key=f"purchase:{transaction_uuid}",
            transaction_uuid=transaction_uuid,
            now=now,
        )
    if any(outcome.reward for outcome in found.outcomes):
        gross_value = sum((line.gross_value for line in purchase.lines), Decimal(0))
        settled = _hand_out(found, customer, transaction_uuid, gross_value, now)
        evaluation.explanation = engine.to_json(settled)
        evaluation.save(update_fields=["explanation"])
    return evaluation


def _hand_out(
    found: engine.Evaluation,
    customer: Customer,
    transaction_uuid: UUID,
    gross_value: Decimal,
    now: datetime,
) -> engine.Evaluation:
    """
    Hand out what rules promise besides points, and note what came of each (INS-1, INS-2, ER-14).

    A reward that cannot be had is passed over: the purchase never fails for it. Several go in the
    order of their campaigns, so that two purchases at once cannot deadlock.
    """
    wanted = {o.reward.campaign_uuid for o in found.outcomes if o.reward}
    campaigns = RewardCampaign.objects.in_store(customer.store).filter(uuid__in=wanted)
    by_uuid = {str(campaign.uuid): campaign for campaign in campaigns}
    settled = {outcome.rule_id: outcome for outcome in found.outcomes}
    promised = [(by_uuid[o.reward.campaign_uuid], o) for o in found.outcomes if o.reward]
    for campaign, outcome in sorted(promised, key=lambda pair: pair[0].pk):
        assert outcome.reward is not None
        try:
            coupon = rewards.hand_out(
                campaign=campaign,
                customer=customer,
                sale_uuid=transaction_uuid,
                gross_value=gross_value,
                now=now,
            )
        except rewards.Refused as refusal:
            reward = replace(outcome.reward, refusal=refusal.code)
        else:
            reward = replace(outcome.reward, coupon_uuid=str(coupon.uuid))
        settled[outcome.rule_id] = replace(outcome, reward=reward)
    return replace(found, outcomes=tuple(settled[o.rule_id] for o in found.outcomes))


# One statement, prepared on the server: every purchase writes it, and the ORM would spend longer on
# these rows than all the rest of the award takes.
_KEEP = """
with evaluation as (
    insert into earning_evaluation (
        uuid, store_id, customer_id, transaction_uuid, points, explanation, evaluated_at
    ) values (
        %s::uuid, %s::bigint, %s::bigint, %s::uuid, %s::numeric, %s::bytea, %s::timestamptz
    ) returning id
), executions as (
    insert into earning_ruleexecution (evaluation_id, rule_id, points)
    select evaluation.id, execution.rule_id, execution.points
    from evaluation, json_to_recordset(%s) as execution (rule_id bigint, points numeric)
)
select id from evaluation
"""


def _keep(
    found: engine.Evaluation, *, customer: Customer, transaction_uuid: UUID, now: datetime
) -> Evaluation:
    """Store an evaluation with its explanation, and each rule that gave something."""
    evaluation = rows.unsaved(
        Evaluation,
        uuid=uuid7(),
        store_id=customer.store_id,
        customer_id=customer.pk,
        transaction_uuid=transaction_uuid,
        points=found.points,
        explanation=engine.to_json(found),
        evaluated_at=now,
    )
    evaluation.store, evaluation.customer = customer.store, customer
    [(pk,)] = sql.write(
        _KEEP,
        (
            evaluation.uuid,
            evaluation.store_id,
            evaluation.customer_id,
            transaction_uuid,
            evaluation.points,
            packed(evaluation.explanation),
            now,
            sql.as_json(
                [
                    {"rule_id": outcome.rule_id, "points": str(_kept(outcome.points))}
                    for outcome in found.effective
                ]
            ),
        ),
    )
    rows.stored(evaluation, pk)
    return evaluation


def simulate(
    *, store: Store, customer: Customer | None, purchase: engine.Purchase
) -> engine.Evaluation:
    """
    Return what a purchase would earn, without writing anything (ER-27).

    `customer` None: a new one, active, on the start level, in no segment. The POS does not count.

    :raises engine.TooManyPoints: more than the ledger holds.
    """
    facts = _facts_of(customer) if customer else _newcomer(store)
    return evaluate(store=store, facts=facts, purchase=replace(purchase, pos_id=None))


def evaluate(
    *, store: Store, facts: engine.CustomerFacts, purchase: engine.Purchase
) -> engine.Evaluation:
    """Ask the engine with the store's active rules and settings."""
    store_rules = rule_sets.get_rules(store)
    settings = store.settings
    if purchase.delivery_skus is None:
        purchase = replace(purchase, delivery_skus=frozenset(settings.excluded_delivery_skus))
    context = engine.Context(
        purchase=purchase,
        customer=facts,
        decimals=store_rules.decimals,
        earning_statuses=frozenset(settings.customer_statuses_earning),
    )
    return engine.evaluate(store_rules.rules, context)


def _facts_of(customer: Customer, *, level_id: int | Held | None = HELD) -> engine.CustomerFacts:
    return engine.CustomerFacts(
        level_id=customer.level_id if isinstance(level_id, Held) else level_id,
        segment_ids=(
            segments_of(customer)
            if rule_sets.get_rules(customer.store).rules.mentions_segments
            else frozenset()
        ),
        status=customer.status,
    )


def segments_of(customer: Customer) -> frozenset[int]:
    """Return the active segments that the customer is in (SG-7). Ask only where a rule does."""
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    return frozenset(memberships.values_list("segment_id", flat=True))


def _newcomer(store: Store) -> engine.CustomerFacts:
    start = ladder.get_ladder(store).target(Decimal(0))
    return engine.CustomerFacts(
        level_id=start.id if start else None, status=CustomerStatus.ACTIVE.value
    )


def _kept(amount: Decimal) -> Decimal:
    """Return what one rule gave as its column holds it; the sum of the rules is rounded apart."""
    return amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
