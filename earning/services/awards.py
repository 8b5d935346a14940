"""Give a customer the points of a purchase, or tell what they would be."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from accounts.ledger import amounts
from accounts.models import Customer, CustomerStatus, SegmentMembership
from accounts.selectors import ladder
from accounts.services import points
from campaigns.models import RewardCampaign
from campaigns.selectors import hand_outs
from campaigns.services import rewards
from earning import engine
from earning.models import Evaluation
from earning.services import rule_sets
from loyalty.core import clock, rows, sql
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
    facts = _facts_of(customer, level_id=level_id)
    refused: dict[int, str] = {}
    while True:
        found = evaluate(
            store=customer.store, facts=facts, purchase=purchase, refused_rewards=refused
        )
        last = found.stopped_by
        if last not in {outcome.rule_id for outcome in found.promised}:
            return _award(found, customer, purchase, transaction_uuid, now)
        try:
            with transaction.atomic():
                return _award(found, customer, purchase, transaction_uuid, now, last=last)
        except _NotExecuted as refusal:
            # All is undone, and the rules behind it are asked now. Each turn refuses one more.
            refused[refusal.rule_id] = refusal.code


class _NotExecuted(Exception):
    """The reward of a rule that would have been the last cannot be had (ER-15)."""

    def __init__(self, rule_id: int, code: str) -> None:
        super().__init__(code)
        self.rule_id = rule_id
        self.code = code


def _award(
    found: engine.Evaluation,
    customer: Customer,
    purchase: engine.Purchase,
    transaction_uuid: UUID,
    now: datetime,
    *,
    last: int | None = None,
) -> Evaluation:
    """
    Write an evaluation and what comes of it.

    `last`: the rule that counts as executed only if its reward can be had.

    :raises _NotExecuted: it cannot; the caller undoes what was written.
    """
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
    if found.promised:
        settled = _hand_out(found, customer, purchase, transaction_uuid, now, last)
        evaluation.explanation = engine.to_json(settled)
        evaluation.save(update_fields=["explanation"])
    return evaluation


@dataclass(frozen=True, slots=True)
class Priced:
    """A purchase with what the rules give for it."""

    customer: Customer
    transaction_uuid: UUID
    found: engine.Evaluation


def price(
    *,
    customer: Customer,
    purchase: engine.Purchase,
    segment_ids: frozenset[int],
) -> engine.Evaluation:
    """
    Return what a purchase earns that is about to be counted, as `award_purchase` finds it.

    :raises engine.TooManyPoints, points.InvalidAmount: more than the ledger holds.
    """
    facts = engine.CustomerFacts(
        level_id=customer.level_id, segment_ids=segment_ids, status=customer.status
    )
    found = evaluate(store=customer.store, facts=facts, purchase=purchase)
    if found.points > 0:
        amounts.check(found.points, decimals=amounts.DECIMALS_MAX)
    return found


def award_many(*, store: Store, priced: Sequence[Priced], now: datetime) -> None:
    """
    Keep the explanations of many priced purchases and pay their points, as `award_purchase` does.

    For rules that give points only. The customers are locked, and are one for each purchase.
    """
    assert connection.in_atomic_block
    _keep_many(store, priced, now)
    points.add_many(
        store=store,
        grants=[
            points.Grant(
                customer=each.customer,
                amount=each.found.points,
                issuer="system",
                comment=each.found.comment[:COMMENT_MAX],
                key=f"purchase:{each.transaction_uuid}",
                transaction_uuid=each.transaction_uuid,
            )
            for each in priced
            if each.found.points > 0
        ],
        now=now,
    )


def hands_out_rewards(store: Store) -> bool:
    """Tell whether a rule of the store gives something besides points."""
    return bool(_handed_out(store))


def prepare_rewards(store: Store) -> None:
    """Lock what many purchases in one transaction may hand out; wallets are locked already."""
    rewards.prepare_hand_outs(store=store, campaign_uuids=_handed_out(store))


def _handed_out(store: Store) -> set[str]:
    """Return the ids of the rewards that the store's rules hand out."""
    effects = (compiled.rule.effect for compiled in rule_sets.get_rules(store).rules.rules)
    return {effect.campaign_uuid for effect in effects if isinstance(effect, engine.HandOut)}


def _hand_out(
    found: engine.Evaluation,
    customer: Customer,
    purchase: engine.Purchase,
    transaction_uuid: UUID,
    now: datetime,
    last: int | None,
) -> engine.Evaluation:
    """
    Hand out what rules promise besides points, and note what came of each (INS-1, INS-2, ER-14).

    A reward that cannot be had is passed over: the purchase never fails for it.
    """
    rewards_of: dict[int, engine.Reward] = {}
    for campaign, outcome in _promised(found, customer.store):
        assert outcome.reward is not None
        try:
            coupon = rewards.hand_out(
                campaign=campaign,
                customer=customer,
                sale_uuid=transaction_uuid,
                gross_value=_gross_value(purchase),
                now=now,
            )
        except rewards.Refused as refusal:
            if outcome.rule_id == last:
                raise _NotExecuted(last, refusal.code) from refusal
            reward = replace(outcome.reward, refusal=refusal.code)
        else:
            reward = replace(outcome.reward, coupon_uuid=str(coupon.uuid))
        rewards_of[outcome.rule_id] = reward
    return _with_rewards(found, rewards_of)


def _promised(
    found: engine.Evaluation, store: Store
) -> list[tuple[RewardCampaign, engine.RuleOutcome]]:
    """Return what is to be handed out, in one order for all: none waits for another in a circle."""
    wanted = {o.reward.campaign_uuid for o in found.promised if o.reward}
    campaigns = RewardCampaign.objects.in_store(store).filter(uuid__in=wanted)
    by_uuid = {str(campaign.uuid): campaign for campaign in campaigns}
    promised = [(by_uuid[o.reward.campaign_uuid], o) for o in found.promised if o.reward]
    return sorted(promised, key=lambda pair: pair[0].pk)


def _with_rewards(
    found: engine.Evaluation, rewards_of: Mapping[int, engine.Reward]
) -> engine.Evaluation:
    outcomes = (
        replace(outcome, reward=rewards_of.get(outcome.rule_id, outcome.reward))
        for outcome in found.outcomes
    )
    return replace(found, outcomes=tuple(outcomes))


def _gross_value(purchase: engine.Purchase) -> Decimal:
    return sum((line.gross_value for line in purchase.lines), Decimal(0))


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


_KEEP_MANY = """
with evaluation as (
    insert into earning_evaluation (
        uuid, store_id, customer_id, transaction_uuid, points, explanation, evaluated_at
    )
    select e.uuid, %(store)s::bigint, e.customer, e.document, e.points,
        decode(e.explanation, 'base64'), %(now)s::timestamptz
    from json_to_recordset(%(evaluations)s) as e (
        number integer, uuid uuid, customer bigint, document uuid, points numeric, explanation text
    )
    order by e.number
    returning id, uuid
), executions as (
    insert into earning_ruleexecution (evaluation_id, rule_id, points)
    select evaluation.id, execution.rule_id, execution.points
    from json_to_recordset(%(executions)s) as execution (
        evaluation uuid, rule_id bigint, points numeric
    )
    join evaluation on evaluation.uuid = execution.evaluation
)
select id from evaluation
"""


def _keep_many(store: Store, priced: Sequence[Priced], now: datetime) -> None:
    evaluations, executions = [], []
    for number, each in enumerate(priced):
        uuid = uuid7()
        explanation = packed(engine.to_json(each.found))
        evaluations.append(
            {
                "number": number,
                "uuid": uuid,
                "customer": each.customer.pk,
                "document": each.transaction_uuid,
                "points": str(each.found.points),
                "explanation": b64encode(explanation).decode(),
            }
        )
        executions += [
            {"evaluation": uuid, "rule_id": o.rule_id, "points": str(_kept(o.points))}
            for o in each.found.effective
        ]
    arguments = {
        "store": store.pk,
        "now": now,
        "evaluations": sql.as_json(evaluations),
        "executions": sql.as_json(executions),
    }
    sql.write(_KEEP_MANY, arguments)


def simulate(
    *, store: Store, customer: Customer | None, purchase: engine.Purchase
) -> engine.Evaluation:
    """
    Return what a purchase would earn, without writing anything (ER-27).

    `customer` None: a new one, active, on the start level, in no segment. The POS does not count.

    :raises engine.TooManyPoints: more than the ledger holds.
    """
    return simulate_at(store=store, customer=customer, purchase=replace(purchase, pos_id=None))


def simulate_at(
    *,
    store: Store,
    customer: Customer | None,
    purchase: engine.Purchase,
    now: datetime | None = None,
) -> engine.Evaluation:
    """
    Return what a purchase at its POS would earn, rewards included, without writing anything.

    `customer` None: as in `simulate`. Rewards count as they could be had at `now`.
    """
    now = now or clock.now()
    facts = _facts_of(customer) if customer else _newcomer(store)
    refused: dict[int, str] = {}
    while True:
        found = evaluate(store=store, facts=facts, purchase=purchase, refused_rewards=refused)
        told = _foretold(found, store, customer, purchase, now)
        last = found.stopped_by
        reward = told.get(last) if last is not None else None
        if last is None or reward is None or reward.refusal is None:
            return _with_rewards(found, told)
        refused[last] = reward.refusal


def _foretold(
    found: engine.Evaluation,
    store: Store,
    customer: Customer | None,
    purchase: engine.Purchase,
    now: datetime,
) -> dict[int, engine.Reward]:
    """Return by rule what would come of the promised rewards; those that could be had stay so."""
    promised = _promised(found, store)
    if not promised:
        return {}
    earned = found.points if store.settings.all_time_not_locked else Decimal(0)
    receiver = hand_outs.receiver_of(store, customer, found.customer.level_id, now)
    receiver = replace(receiver, points=receiver.points + earned)
    told: dict[int, engine.Reward] = {}
    for campaign, outcome in promised:
        assert outcome.reward is not None
        refusal = hand_outs.refusal_of(campaign, receiver, _gross_value(purchase), now)
        told[outcome.rule_id] = replace(outcome.reward, refusal=refusal)
        if refusal is None:
            receiver = replace(receiver, points=receiver.points - campaign.cost_in_points)
    return told


def evaluate(
    *,
    store: Store,
    facts: engine.CustomerFacts,
    purchase: engine.Purchase,
    refused_rewards: Mapping[int, str] | None = None,
) -> engine.Evaluation:
    """
    Ask the engine with the store's active rules and settings.

    `refused_rewards`: rules whose reward cannot be had, with the code of why.
    """
    store_rules = rule_sets.get_rules(store)
    settings = store.settings
    if purchase.delivery_skus is None:
        purchase = replace(purchase, delivery_skus=frozenset(settings.excluded_delivery_skus))
    context = engine.Context(
        purchase=purchase,
        customer=facts,
        decimals=store_rules.decimals,
        earning_statuses=frozenset(settings.customer_statuses_earning),
        refused_rewards=refused_rewards or {},
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


def segments_of_many(store: Store, customers: Collection[Customer]) -> dict[int, frozenset[int]]:
    """Return `segments_of` of those who are in any, by customer; no query where no rule asks."""
    if not rule_sets.get_rules(store).rules.mentions_segments:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    memberships = SegmentMembership.objects.filter(
        customer__in=[customer.pk for customer in customers], segment__is_active=True
    )
    for customer_id, segment_id in memberships.values_list("customer_id", "segment_id"):
        found[customer_id].add(segment_id)
    return {customer_id: frozenset(ids) for customer_id, ids in found.items()}


def _newcomer(store: Store) -> engine.CustomerFacts:
    start = ladder.get_ladder(store).target(Decimal(0))
    return engine.CustomerFacts(
        level_id=start.id if start else None, status=CustomerStatus.ACTIVE.value
    )


def _kept(amount: Decimal) -> Decimal:
    """Return what one rule gave as its column holds it; the sum of the rules is rounded apart."""
    return amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
