"""Point types, wallets and their stored balances."""

from decimal import Decimal
from typing import TypeVar

from django.core.validators import MaxValueValidator
from django.db import models

from loyalty.core.models import StoreModel

ZERO = Decimal(0)


SetType = TypeVar("SetType", contravariant=True)
GetType = TypeVar("GetType", covariant=True)


class PointsField(models.DecimalField[SetType, GetType]):
    """An amount of points: `NUMERIC(20, 4)`."""

    def __init__(self, **options: object) -> None:
        options.setdefault("max_digits", 20)
        options.setdefault("decimal_places", 4)
        super().__init__(**options)  # type: ignore[arg-type]  # the options of DecimalField


class SpendOrder(models.TextChoices):
    OLDEST_FIRST = "oldest_first", "Oldest first"
    SOONEST_EXPIRING_FIRST = "soonest_expiring_first", "Soonest expiring first"


class PointType(StoreModel):
    """
    A kind of points. Each store has one default; its expiry and locks follow the store's settings.
    """

    key = models.SlugField(max_length=64)
    name = models.CharField(max_length=255)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    decimals = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(4)])
    spend_order = models.CharField(
        max_length=32, choices=SpendOrder.choices, default=SpendOrder.OLDEST_FIRST
    )
    # None: unlimited. Otherwise issuance may never have given out more than this.
    max_supply = PointsField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "key"], name="point_type_key_once_per_store"),
            models.UniqueConstraint(
                fields=["store"],
                condition=models.Q(is_default=True),
                name="point_type_one_default_per_store",
            ),
            models.CheckConstraint(
                condition=models.Q(decimals__lte=4), name="point_type_decimals_at_most_4"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WalletKind(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    ISSUANCE = "issuance", "Issuance"
    REDEMPTION = "redemption", "Redemption"
    EXPIRY = "expiry", "Expiry"
    ADJUSTMENT = "adjustment", "Adjustment"


class Wallet(StoreModel):
    """
    What points sit in. A wallet does not know its customer; the customer knows its wallet.

    The system wallets (one of each kind per store) may go negative and keep no stored balance.
    """

    # Only the system wallets are looked for by their store.
    store = models.ForeignKey(
        "core.Store", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=16, choices=WalletKind.choices, default=WalletKind.CUSTOMER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind"],
                condition=~models.Q(kind=WalletKind.CUSTOMER),
                name="wallet_one_of_each_system_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class WalletBalance(models.Model):
    """
    A customer wallet's figures in one point type, changed with every posting under its row lock.

    active: spendable now (held points not in it). pending: in lots that are still locked.
    held: set aside by holds. earned, spent, expired: over the wallet's life, as PA 1.2 defines
    totalEarnedPoints, usedPoints, expiredPoints. The stored figures are as of the last settlement:
    a reader counts due lots out and unlocked ones in (see `selectors.balances`).

    `next_due_at`: no lot of the wallet unlocks or expires before it (None: none ever will), so that
    an operation knows from the row that it locks anyway whether there is something to settle first.

    An issuance wallet has such a row in a limited point type only; `active` is what it can still
    give out.
    """

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    point_type = models.ForeignKey(
        PointType, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    active = PointsField(default=ZERO)
    pending = PointsField(default=ZERO)
    held = PointsField(default=ZERO)
    earned = PointsField(default=ZERO)
    spent = PointsField(default=ZERO)
    expired = PointsField(default=ZERO)
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "point_type"], name="wallet_balance_once"),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{name}__gte": 0}),
                    name=f"wallet_balance_{name}_not_negative",
                )
                for name in ("active", "pending", "held", "earned", "spent", "expired")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wallet_id}: {self.active}"
