"""What the calls that buy, validate and use rewards take. Source: §4, §5.2, §6.1."""

from rest_framework import serializers

from loyalty.core.api.forms import Amount, Form


class BuyForm(Form):
    """How many coupons. Documented as parts of the query; the body may have them, too."""

    quantity = serializers.IntegerField(required=False)


class StaffBuyForm(BuyForm):
    """`transactionId`: the sale that a percentage is of."""

    withoutPoints = serializers.BooleanField(required=False, source="without_points")
    transactionId = serializers.UUIDField(required=False, source="transaction_uuid")


class EntryForm(Form):
    rewardCampaignId = serializers.CharField(source="campaign")


class BasketForm(Form):
    """One entry for each use; the same reward may stand there several times (VAL-1)."""

    additionalPoints = Amount(required=False, source="additional_points")
    campaigns = EntryForm(many=True)


class UseForm(Form):
    """A coupon of one's own, and whether it is used."""

    campaignId = serializers.CharField(source="campaign_uuid")
    couponId = serializers.CharField(source="coupon_uuid")
    # Cashback has no code.
    code = serializers.CharField(allow_blank=True)
    used = serializers.BooleanField(source="is_used")
    transactionId = serializers.UUIDField(
        required=False, allow_null=True, source="transaction_uuid"
    )


class UsedForm(Form):
    """Whether a coupon is used, as release 2.x asks."""

    used = serializers.BooleanField(source="is_used")


class UseOfCustomerForm(UseForm):
    """A coupon of a customer, and whether it is used."""

    customerId = serializers.CharField(source="customer_uuid")


class UsesForm(Form):
    coupons = UseForm(many=True, allow_empty=False)


class UsesOfCustomersForm(Form):
    coupons = UseOfCustomerForm(many=True, allow_empty=False)


class DeliveryForm(Form):
    # An empty one takes the status away (DEL-1).
    status = serializers.CharField(allow_blank=True)


class CashbackForm(Form):
    """How many points to turn into money, by which campaign; by the best one where none is named.

    `pointValue` and `rewardAmount` are release 3.x's: what the caller was told they are worth.
    """

    pointsAmount = Amount(decimal_places=4, min_value=0, source="points")
    cashbackId = serializers.CharField(required=False, source="campaign")
    pointValue = Amount(decimal_places=4, required=False, source="point_value")
    rewardAmount = Amount(decimal_places=4, required=False, source="reward_amount")


class CashbackOfCustomerForm(CashbackForm):
    """As customers turn their own points into money, for the customer that is named."""

    customerId = serializers.CharField(source="customer")
