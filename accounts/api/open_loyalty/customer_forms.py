"""What the calls about customers take. Source: campaigns-people spec 8.1."""

from typing import Any

from rest_framework import serializers

from accounts.api.open_loyalty.fields import Labels, LevelId, Phone, PosId, SellerId
from accounts.models import Gender
from loyalty.core.api.forms import Amount, DateTime, Day, Form

# A text that may be left out, or sent empty to be erased.
ERASABLE: dict[str, Any] = {"required": False, "allow_null": True}
COUNT_MAX = 1_000_000
INTRODUCTION_MAX = 255


class Introduction(serializers.CharField):
    """Who brought a new customer. It never refuses one: what says nothing is ignored (RF-5)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> str:
        return data if isinstance(data, str) and len(data) <= INTRODUCTION_MAX else ""


class AddressForm(Form):
    street = serializers.CharField(**ERASABLE)
    address1 = serializers.CharField(**ERASABLE)
    address2 = serializers.CharField(**ERASABLE)
    postal = serializers.CharField(**ERASABLE)
    city = serializers.CharField(**ERASABLE)
    province = serializers.CharField(**ERASABLE)
    country = serializers.CharField(**ERASABLE)


class CompanyForm(Form):
    name = serializers.CharField(**ERASABLE)
    nip = serializers.CharField(**ERASABLE)


class SelfRegisterForm(Form):
    """What people may say of themselves (CUS-2)."""

    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    gender = serializers.ChoiceField(choices=Gender.choices, required=False)
    email = serializers.CharField(**ERASABLE)
    phone = Phone(**ERASABLE)
    birthDate = Day(source="birth_date", **ERASABLE)
    address = AddressForm(required=False)
    company = CompanyForm(required=False)
    loyaltyCardNumber = serializers.CharField(source="loyalty_card_number", **ERASABLE)
    plainPassword = serializers.CharField(source="password", trim_whitespace=False)
    agreement1 = serializers.BooleanField()
    agreement2 = serializers.BooleanField(required=False)
    agreement3 = serializers.BooleanField(required=False)
    invitationToken = Introduction(source="invitation_token")
    referral_customer_email = Introduction()


class RegisterForm(Form):
    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    gender = serializers.ChoiceField(choices=Gender.choices, required=False)
    email = serializers.CharField(**ERASABLE)
    phone = Phone(**ERASABLE)
    birthDate = Day(source="birth_date", **ERASABLE)
    createdAt = DateTime(source="created_at", **ERASABLE)
    address = AddressForm(required=False)
    company = CompanyForm(required=False)
    loyaltyCardNumber = serializers.CharField(source="loyalty_card_number", **ERASABLE)
    labels = Labels(required=False)
    agreement1 = serializers.BooleanField()
    agreement2 = serializers.BooleanField(required=False)
    agreement3 = serializers.BooleanField(required=False)
    levelId = LevelId(source="level", **ERASABLE)
    posId = PosId(source="pos", **ERASABLE)
    sellerId = SellerId(source="seller", **ERASABLE)
    invitationToken = Introduction(source="invitation_token")


class UpdateForm(Form):
    """Every field may be missing; one that is empty is erased (CUS-20)."""

    firstName = serializers.CharField(source="first_name", required=False, allow_blank=True)
    lastName = serializers.CharField(source="last_name", required=False, allow_blank=True)
    gender = serializers.ChoiceField(choices=Gender.choices, **ERASABLE)
    email = serializers.CharField(**ERASABLE)
    phone = Phone(**ERASABLE)
    birthDate = Day(source="birth_date", **ERASABLE)
    createdAt = DateTime(source="created_at", required=False)
    address = AddressForm(**ERASABLE)
    company = CompanyForm(**ERASABLE)
    loyaltyCardNumber = serializers.CharField(source="loyalty_card_number", **ERASABLE)
    labels = Labels(**ERASABLE)
    agreement1 = serializers.BooleanField(**ERASABLE)
    agreement2 = serializers.BooleanField(**ERASABLE)
    agreement3 = serializers.BooleanField(**ERASABLE)
    levelId = LevelId(source="level", **ERASABLE)
    posId = PosId(source="pos", **ERASABLE)
    sellerId = SellerId(source="seller", **ERASABLE)


class LevelChoiceForm(Form):
    levelId = LevelId(source="level")


class PosChoiceForm(Form):
    posId = PosId(source="pos")


class LabelFilterForm(Form):
    key = serializers.CharField(**ERASABLE)
    value = serializers.CharField(**ERASABLE)


def _bound(source: str) -> Amount:
    return Amount(source=source, decimal_places=4, required=False)


def _count(source: str) -> serializers.IntegerField:
    return serializers.IntegerField(source=source, required=False, min_value=0, max_value=COUNT_MAX)


class FilterForm(Form):
    """The query of a list of customers; single exact values are those of release 3.2."""

    firstName = serializers.CharField(source="first_name", **ERASABLE)
    lastName = serializers.CharField(source="last_name", **ERASABLE)
    phone = Phone(**ERASABLE)
    email = serializers.CharField(**ERASABLE)
    loyaltyCardNumber = serializers.CharField(source="loyalty_card_number", **ERASABLE)
    emailOrPhone = serializers.CharField(source="email_or_phone", **ERASABLE)
    transactionsAmountFrom = _bound("transactions_amount_min")
    transactionsAmountTo = _bound("transactions_amount_max")
    transactionsAmount = _bound("transactions_amount")
    averageTransactionAmountFrom = _bound("average_transaction_amount_min")
    averageTransactionAmountTo = _bound("average_transaction_amount_max")
    averageTransactionAmount = _bound("average_transaction_amount")
    transactionsCountFrom = _count("transactions_count_min")
    transactionsCountTo = _count("transactions_count_max")
    transactionsCount = _count("transactions_count")
    daysFromLastTransactionTo = _count("days_from_last_transaction_max")
    daysFromLastTransaction = _count("days_from_last_transaction")
    hoursFromLastUpdateTo = _count("hours_from_last_update_max")
    manuallyAssignedLevel = serializers.BooleanField(
        source="is_manually_assigned", required=False, allow_null=True
    )
    strict = serializers.BooleanField(source="is_strict", required=False)
    labels = LabelFilterForm(many=True, required=False)


class SearchForm(Form):
    """What a seller searches by at the counter (CUS-62)."""

    loyaltyCardNumber = serializers.CharField(source="loyalty_card_number", **ERASABLE)
    phone = Phone(**ERASABLE)
    email = serializers.CharField(**ERASABLE)
    firstName = serializers.CharField(source="first_name", **ERASABLE)
    lastName = serializers.CharField(source="last_name", **ERASABLE)
    city = serializers.CharField(**ERASABLE)
    postcode = serializers.CharField(source="postal", **ERASABLE)


class RegistrationsForm(Form):
    interval = serializers.ChoiceField(choices=["day", "month", "year"], required=False)
    lastDays = serializers.IntegerField(
        source="last_days", required=False, min_value=1, max_value=3660
    )
