"""
Make rows of ours of the other server's, with its ids and dates.

They are written as they stand there, by no command: nothing is earned, told or sent again. What is
here already is left as it is, so each may be begun again.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from accounts.api.open_loyalty.segment_forms import NAMES
from accounts.ledger.models import PointType, Wallet, WalletBalance
from accounts.models import (
    CardState,
    Customer,
    CustomerStatus,
    Gender,
    Level,
    LevelTranslation,
    Pos,
    Segment,
    Seller,
    SpecialReward,
)
from campaigns.models import (
    CampaignCategory,
    CampaignCategoryTranslation,
    CampaignTranslation,
    Coupon,
    CouponCode,
    CouponStatus,
    DeliveryStatus,
    RewardCampaign,
)
from earning.api.open_loyalty.rows import KEYS
from earning.models import (
    EarningRule,
    Invitation,
    InvitationChannel,
    InvitationStatus,
    RuleType,
)
from earning.services.rules import COLUMNS
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.models import Store, uuid7
from loyalty.moving_in.values import Values, amount, block, known_uuid, rows, text, uuid
from transactions.models import DocumentType, ItemLabel, Transaction, TransactionItem

Row = Mapping[str, Any]
ZERO = Decimal(0)
LOCATION = ("street", "address1", "address2", "postal", "city", "province", "country")
AMOUNTS = {"from_amount", "to_amount", "percent"}
MOMENTS = {"from_date", "to_date"}
TEXTS = {
    "name": "name",
    "short_description": "shortDescription",
    "conditions_description": "conditionsDescription",
    "usage_instruction": "usageInstruction",
    "brand_name": "brandName",
    "brand_description": "brandDescription",
}
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


class Unfit(DomainError):
    """A row that cannot be here as it is there."""

    code = "unfit"


class Things:
    """
    Builds one store's rows. What they refer to is looked up once, by the other's ids.

    `account_of`: finds the id of a customer's account.
    """

    def __init__(self, store: Store, *, account_of: Callable[[UUID], str | None]) -> None:
        self.store = store
        self.account_of = account_of
        self.values = Values(store)

    @cached_property
    def levels(self) -> dict[UUID, int]:
        return self._ids(Level)

    @cached_property
    def segments(self) -> dict[UUID, int]:
        return self._ids(Segment)

    @cached_property
    def pos(self) -> dict[UUID, int]:
        return self._ids(Pos)

    @cached_property
    def sellers(self) -> dict[UUID, int]:
        return self._ids(Seller)

    @cached_property
    def categories(self) -> dict[UUID, int]:
        return self._ids(CampaignCategory)

    @cached_property
    def campaigns(self) -> dict[UUID, int]:
        return self._ids(RewardCampaign)

    @cached_property
    def point_type(self) -> PointType:
        return PointType.objects.get(store=self.store, is_default=True)

    def _ids(self, model: Any) -> dict[UUID, int]:
        found = model.objects.in_store(self.store).order_by().values_list("uuid", "pk")
        return dict(found)

    def _customer(self, row: Row) -> Customer | None:
        owner = uuid(row.get("customerId"))
        if owner is None:
            return None
        return Customer.objects.in_store(self.store).filter(uuid=owner).first()

    def build(self, resource: str, content: Row) -> None:
        """
        Make what one row of a resource tells of, unless it is here.

        :raises Unfit: it tells what cannot be here; nothing was written.
        """
        try:
            with transaction.atomic():
                BUILDERS[resource](self, content)
        except (KeyError, TypeError, ValueError, ArithmeticError, DatabaseError) as error:
            raise Unfit(str(error).splitlines()[0]) from error

    # People and places

    def level(self, row: Row) -> None:
        if (key := known_uuid(row["id"])) in self.levels:
            return
        reward = block(row.get("reward"))
        level = Level.objects.create(
            store=self.store,
            uuid=key,
            is_active=bool(row.get("active")),
            condition_value=amount(row.get("conditionValue")) or ZERO,
            min_order=amount(row.get("minOrder")),
            reward_name=text(reward.get("name")),
            reward_value=amount(reward.get("value")) or ZERO,
            reward_code=text(reward.get("code")),
        )
        LevelTranslation.objects.bulk_create(
            LevelTranslation(
                level=level,
                locale=each["locale"],
                name=text(each.get("name")),
                description=text(each.get("description")),
            )
            for each in _translations(row)
        )
        for each in rows(row.get("specialRewards")):
            special = SpecialReward.objects.create(
                store=self.store,
                uuid=known_uuid(each.get("id")),
                level=level,
                name=text(each.get("name")),
                value=amount(each.get("value")) or ZERO,
                code=text(each.get("code")),
                is_active=bool(each.get("active")),
                start_at=self.values.moment(each.get("startAt")),
                end_at=self.values.moment(each.get("endAt")),
            )
            if created_at := self.values.moment(each.get("createdAt")):
                SpecialReward.objects.filter(pk=special.pk).update(created_at=created_at)
        self.levels[level.uuid] = level.pk

    def place(self, row: Row) -> None:
        if (key := known_uuid(row["posId"])) in self.pos:
            return
        location = block(row.get("location"))
        point = block(location.get("geoPoint"))
        known = {name: location[name] for name in LOCATION if location.get(name)}
        pos = Pos.objects.create(
            store=self.store,
            uuid=key,
            name=text(row.get("name")),
            identifier=text(row.get("identifier")),
            description=text(row.get("description")),
            location=known | point,
        )
        self.pos[pos.uuid] = pos.pk

    def seller(self, row: Row) -> None:
        if (key := known_uuid(row["sellerId"])) in self.sellers:
            return
        place = uuid(row.get("posId"))
        if place not in self.pos:
            raise Unfit("a seller needs a point of sale.")
        seller = Seller.objects.create(
            store=self.store,
            uuid=key,
            first_name=text(row.get("firstName")),
            last_name=text(row.get("lastName")),
            email=text(row.get("email")),
            phone=text(row.get("phone")),
            pos_id=self.pos[place],
            is_active=bool(row.get("active")),
            is_deleted=bool(row.get("deleted")),
            may_transfer_points=bool(row.get("allowPointTransfer")),
        )
        self.sellers[seller.uuid] = seller.pk

    def segment(self, row: Row) -> None:
        if (key := known_uuid(row["segmentId"])) in self.segments:
            return
        segment = Segment.objects.create(
            store=self.store,
            uuid=key,
            name=text(row.get("name")),
            description=text(row.get("description")),
            is_active=bool(row.get("active")),
            parts=[
                {
                    "id": text(part.get("segmentPartId")),
                    "criteria": [self._criterion(each) for each in rows(part.get("criteria"))],
                }
                for part in rows(row.get("parts"))
            ],
        )
        if created_at := self.values.moment(row.get("createdAt")):
            Segment.objects.filter(pk=segment.pk).update(created_at=created_at)
        self.segments[segment.uuid] = segment.pk

    def _criterion(self, row: Row) -> dict[str, Any]:
        criterion: dict[str, Any] = {"id": text(row.get("criterionId")), "type": row["type"]}
        for wire, name in NAMES.items():
            if (value := row.get(wire)) is None:
                continue
            if name in AMOUNTS:
                value = str(value)
            elif name in MOMENTS:
                moment = self.values.moment(value)
                value = moment.isoformat() if moment else None
            criterion[name] = value
        return criterion

    def customer(self, row: Row) -> None:
        key = known_uuid(row["customerId"])
        if Customer.objects.in_store(self.store).filter(uuid=key).exists():
            return
        account = uuid(self.account_of(key))
        wallet = Wallet.objects.create(store=self.store, uuid=account or uuid7())
        WalletBalance.objects.create(wallet=wallet, point_type=self.point_type)
        status = block(row.get("status"))
        is_active = CustomerStatus.ACTIVE if row.get("active") else CustomerStatus.BLOCKED
        now = clock.now()
        created_at = self.values.moment(row.get("createdAt")) or now
        gender = text(row.get("gender"))
        card_state = text(status.get("state"))
        manual, place = uuid(row.get("manuallyAssignedLevelId")), uuid(row.get("posId"))
        level, seller = uuid(row.get("levelId")), uuid(row.get("sellerId"))
        Customer.objects.create(
            store=self.store,
            uuid=key,
            wallet=wallet,
            first_name=text(row.get("firstName")),
            last_name=text(row.get("lastName")),
            gender=gender if gender in Gender.values else Gender.NOT_DISCLOSED,
            email=row.get("email") or None,
            phone=row.get("phone") or None,
            loyalty_card_number=row.get("loyaltyCardNumber") or None,
            birth_date=self.values.day(row.get("birthDate")),
            address=block(row.get("address")),
            company=block(row.get("company")),
            labels=rows(row.get("labels")),
            agreement1=bool(row.get("agreement1")),
            agreement2=bool(row.get("agreement2")),
            agreement3=bool(row.get("agreement3")),
            status=status.get("type") or is_active,
            card_state=card_state if card_state in CardState.values else CardState.NO_CARD,
            level_id=self.levels.get(level) if level else None,
            manually_assigned_level_id=self.levels.get(manual) if manual else None,
            last_level_recalculation_at=self.values.moment(row.get("lastLevelRecalculation")),
            pos_id=self.pos.get(place) if place else None,
            seller_id=self.sellers.get(seller) if seller else None,
            transactions_count=int(row.get("transactionsCount") or 0),
            transactions_amount=amount(row.get("transactionsAmount")) or ZERO,
            transactions_amount_without_delivery=amount(
                row.get("transactionsAmountWithoutDeliveryCosts")
            )
            or ZERO,
            amount_excluded_for_level=amount(row.get("amountExcludedForLevel")) or ZERO,
            last_transaction_at=self.values.moment(row.get("lastTransactionDate")),
            version=int(row.get("version") or 1),
            created_at=created_at,
            updated_at=self.values.moment(row.get("updatedAt")) or created_at,
        )

    def invitation(self, row: Row) -> None:
        """An invitation, and who came by it. Its date is not told: the newcomer's counts."""
        key = known_uuid(row["invitationId"])
        if Invitation.objects.in_store(self.store).filter(uuid=key).exists():
            return
        referrer = self._customer({"customerId": row.get("referrerId")})
        recipient = self._customer({"customerId": row.get("recipientId")})
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
            store=self.store,
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

    # Rewards

    def category(self, row: Row) -> None:
        if (key := known_uuid(row["campaignCategoryId"])) in self.categories:
            return
        category = CampaignCategory.objects.create(
            store=self.store,
            uuid=key,
            is_active=bool(row.get("active")),
            sort_order=int(row.get("sortOrder") or 0),
        )
        CampaignCategoryTranslation.objects.bulk_create(
            CampaignCategoryTranslation(
                category=category, locale=each["locale"], name=text(each.get("name"))
            )
            for each in _translations(row)
        )
        self.categories[category.uuid] = category.pk

    def campaign(self, row: Row) -> None:
        if (key := known_uuid(row["campaignId"])) in self.campaigns:
            return
        activity, visibility = (
            block(row.get("campaignActivity")),
            block(row.get("campaignVisibility")),
        )
        created_at = self.values.moment(row.get("createdAt")) or clock.now()
        codes = list(dict.fromkeys(_code(each) for each in rows(row.get("coupons"))))
        campaign = RewardCampaign.objects.create(
            store=self.store,
            uuid=key,
            type=row["reward"],
            is_active=bool(row.get("active")),
            is_featured=bool(row.get("featured")),
            is_public=bool(row.get("public")),
            more_information_link=text(row.get("moreInformationLink")),
            push_notification_text=text(row.get("pushNotificationText")),
            labels=rows(row.get("labels")),
            category_ids=_known(self.categories, row.get("categories")),
            level_ids=_known(self.levels, row.get("levels")),
            segment_ids=_known(self.segments, row.get("segments")),
            reward_value=amount(row.get("rewardValue")),
            tax=row.get("tax"),
            tax_price_value=amount(row.get("taxPriceValue")),
            cost_in_points=amount(row.get("costInPoints")) or ZERO,
            point_value=amount(row.get("pointValue")),
            cashback_provider=text(row.get("cashbackProvider")),
            transaction_percentage_value=row.get("transactionPercentageValue"),
            is_unlimited=bool(row.get("unlimited")),
            is_single_coupon=bool(row.get("singleCoupon")),
            limit=row.get("limit") or None,
            limit_per_user=row.get("limitPerUser") or None,
            days_inactive=int(row.get("daysInactive") or 0),
            days_valid=int(row.get("daysValid") or 0),
            is_all_time_visible=bool(visibility.get("allTimeVisible")),
            visible_from=self.values.moment(visibility.get("visibleFrom")),
            visible_to=self.values.moment(visibility.get("visibleTo")),
            is_all_time_active=bool(activity.get("allTimeActive")),
            active_from=self.values.moment(activity.get("activeFrom")),
            active_to=self.values.moment(activity.get("activeTo")),
            has_fulfillment_tracking=bool(row.get("fulfillmentTracking")),
            connect_type=text(row.get("connectType")),
            earning_rule_uuid=uuid(row.get("earningRuleId")),
            low_stock_threshold=int(row.get("lowStockThreshold") or 0),
            next_position=len(codes),
            created_at=created_at,
            updated_at=created_at,
        )
        CampaignTranslation.objects.bulk_create(
            CampaignTranslation(
                campaign=campaign,
                locale=each["locale"],
                **{column: text(each.get(wire)) for column, wire in TEXTS.items()},
            )
            for each in _translations(row)
        )
        CouponCode.objects.bulk_create(
            (
                CouponCode(campaign=campaign, code=code, position=position)
                for position, code in enumerate(codes)
            ),
            batch_size=1_000,
        )
        self.campaigns[campaign.uuid] = campaign.pk

    def coupon(self, row: Row) -> None:
        """A reward that a customer has bought; its code is not given out again."""
        told = block(row.get("coupon"))
        key, campaign = known_uuid(told.get("id")), uuid(row.get("campaignId"))
        customer = self._customer(row)
        if customer is None or campaign not in self.campaigns:
            return
        if Coupon.objects.in_store(self.store).filter(uuid=key).exists():
            return
        campaign_id = self.campaigns[campaign]
        code = text(told.get("code"))
        pooled = CouponCode.objects.filter(campaign=campaign_id, code=code).first()
        delivery = text(block(row.get("deliveryStatus")).get("status"))
        status = text(row.get("status"))
        used_at = self.values.moment(row.get("usageDate"))
        purchased_at = self.values.moment(row.get("purchasedAt")) or clock.now()
        # The code of a coupon that was cancelled is given out again.
        is_free = status == CouponStatus.CANCELLED
        is_single = RewardCampaign.objects.filter(pk=campaign_id, is_single_coupon=True).exists()
        Coupon.objects.create(
            store=self.store,
            uuid=key,
            campaign_id=campaign_id,
            customer=customer,
            code=code,
            pool_code=pooled,
            holds_code=pooled is not None
            and not is_single
            and not is_free
            and not Coupon.objects.filter(pool_code=pooled, holds_code=True).exists(),
            purchased_at=purchased_at,
            campaign_type=row["campaignType"],
            campaign_name=text(row.get("campaignName")),
            cost_in_points=amount(row.get("costInPoints")) or ZERO,
            tax_price_value=amount(row.get("taxPriceValue")),
            customer_email=text(row.get("customerEmail")),
            customer_phone=text(row.get("customerPhone")),
            customer_first_name=text(row.get("customerName")),
            customer_last_name=text(row.get("customerLastname")),
            shipping_address=block(row.get("campaignShippingAddress")),
            points_after=amount(row.get("currentPointsAmount")) or ZERO,
            status=status if status in CouponStatus.values else CouponStatus.ACTIVE,
            active_since=self.values.moment(row.get("activeSince")),
            active_to=self.values.moment(row.get("activeTo")),
            cancelled_at=clock.now() if status == CouponStatus.CANCELLED else None,
            is_used=bool(row.get("used")),
            used_at=(used_at or purchased_at) if row.get("used") else None,
            used_for_transaction_uuid=uuid(row.get("usedForTransactionId")),
            delivery_status=delivery if delivery in DeliveryStatus.values else "",
            transaction_uuid=uuid(row.get("transactionId")),
            returned_amount=amount(row.get("returnedAmount")) or ZERO,
        )
        if pooled is not None and not is_free:
            CouponCode.objects.filter(pk=pooled.pk).update(is_issued=True)

    def rule(self, row: Row) -> None:
        key = known_uuid(row["earningRuleId"])
        if EarningRule.objects.in_store(self.store).filter(uuid=key).exists():
            return
        limit = block(row.get("limit"))
        rule = EarningRule(
            store=self.store,
            uuid=key,
            type=RuleType(row["type"]),
            name=text(row.get("name")),
            description=text(row.get("description")),
            is_active=bool(row.get("active")),
            is_all_time_active=bool(row.get("allTimeActive")),
            start_at=self.values.moment(row.get("startAt")),
            end_at=self.values.moment(row.get("endAt")),
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
                rule.reward_campaign_id = self.campaigns.get(campaign) if campaign else None
            elif column in FIGURES:
                setattr(rule, column, amount(value))
            elif column == "label_multipliers":
                figures = [each | {"multiplier": str(each["multiplier"])} for each in rows(value)]
                rule.label_multipliers = figures
            else:
                setattr(rule, column, value)
        rule.save(force_insert=True)
        rule.levels.set(_known(self.levels, row.get("levels")))
        rule.segments.set(_known(self.segments, row.get("segments")))
        rule.pos.set(_known(self.pos, row.get("pos")))

    # Purchases

    def document(self, row: Row) -> None:
        """A purchase or a return; a return whose sale is not here waits for it."""
        documents = Transaction.objects.in_store(self.store)
        if documents.filter(uuid=known_uuid(row["transactionId"])).exists():
            return
        number = text(row.get("revisedDocument"))
        revised = documents.filter(document_number=number).first() if number else None
        owner, place = uuid(row.get("customerId")), uuid(row.get("posId"))
        customer = (
            Customer.objects.in_store(self.store).filter(uuid=owner).first() if owner else None
        )
        value = amount(row.get("grossValue")) or ZERO
        purchased_at = self.values.moment(row.get("purchaseDate")) or clock.now()
        document = Transaction.objects.create(
            store=self.store,
            uuid=known_uuid(row["transactionId"]),
            document_type=row.get("documentType") or DocumentType.SELL,
            document_number=row["documentNumber"],
            purchased_at=purchased_at,
            purchase_place=text(row.get("purchasePlace")),
            customer=customer,
            assigned_at=self.values.moment(row.get("assignedToCustomerDate")) if customer else None,
            customer_data=block(row.get("customerData")),
            pos_id=self.pos.get(place) if place else None,
            revised=revised,
            gross_value=value,
            gross_value_without_delivery=amount(row.get("grossValueWithoutDeliveryCosts")) or value,
            labels=rows(row.get("labels")),
        )
        lines = rows(row.get("items"))
        TransactionItem.objects.bulk_create(
            TransactionItem(
                transaction=document,
                position=position,
                sku=text(block(line.get("sku")).get("code")),
                name=text(line.get("name")),
                quantity=amount(line.get("quantity")) or ZERO,
                gross_value=amount(line.get("grossValue")) or ZERO,
                category=text(line.get("category")),
                maker=text(line.get("maker")),
                labels=rows(line.get("labels")),
            )
            for position, line in enumerate(lines)
        )
        ItemLabel.objects.bulk_create(
            (
                ItemLabel(store=self.store, key=label["key"], value=label["value"])
                for line in lines
                for label in rows(line.get("labels"))
            ),
            ignore_conflicts=True,
        )


BUILDERS: dict[str, Callable[[Things, Row], None]] = {
    "levels": Things.level,
    "pos": Things.place,
    "sellers": Things.seller,
    "segments": Things.segment,
    "categories": Things.category,
    "campaigns": Things.campaign,
    "rules": Things.rule,
    "customers": Things.customer,
    "invitations": Things.invitation,
    "transactions": Things.document,
    "coupons": Things.coupon,
}


def _translations(row: Row) -> list[Row]:
    """Return the texts by language; of releases without languages, what they have is English."""
    return rows(row.get("translations")) or [{**row, "locale": "en"}]


def _known(ids: Mapping[UUID, int], named: Any) -> list[int]:
    found: Iterable[UUID] = (known_uuid(each) for each in rows(named))
    return [ids[each] for each in found if each in ids]


def _code(coupon: Any) -> str:
    """Return a code, as a text or in a compound of one."""
    return text(coupon.get("code") if isinstance(coupon, dict) else coupon)
