"""Customers: the members of a store's program."""

from decimal import ROUND_HALF_UP, Decimal

from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from accounts.ledger.models import Wallet
from accounts.models.levels import Level
from accounts.models.pos import Pos
from accounts.models.sellers import Seller
from loyalty.core.models import StoreModel

ZERO = Decimal(0)


class CustomerStatus(models.TextChoices):
    NEW = "new", "New"
    ACTIVE = "active", "Active"
    BLOCKED = "blocked", "Blocked"
    DELETED = "deleted", "Deleted"


class CardState(models.TextChoices):
    NO_CARD = "no-card", "No card"
    CARD_SENT = "card-sent", "Card sent"
    WITH_CARD = "with-card", "With card"


class Gender(models.TextChoices):
    MALE = "male", "Male"
    FEMALE = "female", "Female"
    NOT_DISCLOSED = "not_disclosed", "Not disclosed"


class Customer(StoreModel):
    """
    A member of the program (CUS, STA rules).

    `email` and `loyalty_card_number` compare in lower case. The totals are of matched purchases
    (TX-14…16), changed with them; points are in the wallet.
    """

    # Other indexes begin with the store.
    store = models.ForeignKey(
        "core.Store", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, related_name="+")
    first_name = models.CharField(max_length=255)
    last_name = models.CharField(max_length=255)
    gender = models.CharField(max_length=16, choices=Gender.choices, default=Gender.NOT_DISCLOSED)
    email = models.EmailField(null=True, blank=True)  # noqa: DJ001  # NULL: has none; unique where set
    phone = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # as above
    loyalty_card_number = models.CharField(  # noqa: DJ001  # as above
        max_length=255, null=True, blank=True
    )
    birth_date = models.DateField(null=True, blank=True)
    # Keys: street, address1, address2, postal, city, province, country. Empty: none given.
    address = models.JSONField(default=dict, blank=True)
    # Keys: name, nip. Empty: none given.
    company = models.JSONField(default=dict, blank=True)
    # A list of {"key": …, "value": …}.
    labels = models.JSONField(default=list, blank=True)
    avatar = models.ImageField(upload_to="avatars/", blank=True)
    agreement1 = models.BooleanField("legal agreement", default=False)
    agreement2 = models.BooleanField("marketing agreement", default=False)
    agreement3 = models.BooleanField("data processing agreement", default=False)
    # The newsletter event is paid once in a customer's life.
    newsletter_subscribed_at = models.DateTimeField(null=True)

    status = models.CharField(
        max_length=16, choices=CustomerStatus.choices, default=CustomerStatus.NEW
    )
    card_state = models.CharField(
        max_length=16, choices=CardState.choices, default=CardState.NO_CARD
    )
    password = models.CharField(max_length=128, blank=True)
    must_change_password = models.BooleanField(default=False)
    last_login_at = models.DateTimeField(null=True)
    activation_token = models.CharField(max_length=64, blank=True)

    level = models.ForeignKey(
        Level, on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    manually_assigned_level = models.ForeignKey(
        Level, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    last_level_recalculation_at = models.DateTimeField(null=True)
    pos = models.ForeignKey(
        Pos, on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    seller = models.ForeignKey(
        Seller, on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    # Who brought them (RF); set when they register, and never changed. Asked of the row at hand
    # only: whom somebody invited stands in the invitations.
    invited_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    transactions_count = models.IntegerField(default=0)
    transactions_amount = models.DecimalField(max_digits=20, decimal_places=4, default=ZERO)
    transactions_amount_without_delivery = models.DecimalField(
        max_digits=20, decimal_places=4, default=ZERO
    )
    amount_excluded_for_level = models.DecimalField(max_digits=20, decimal_places=4, default=ZERO)
    last_transaction_at = models.DateTimeField(null=True)

    # Counts the changes, as Open Loyalty's `version` does.
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    anonymized_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("store", Lower("email"), name="customer_email_once_per_store"),
            models.UniqueConstraint(
                "store", Lower("loyalty_card_number"), name="customer_card_once_per_store"
            ),
            models.UniqueConstraint(
                fields=["store", "phone"], name="customer_phone_once_per_store"
            ),
            models.CheckConstraint(
                condition=~models.Q(email="")
                & ~models.Q(phone="")
                & ~models.Q(loyalty_card_number=""),
                name="customer_identifiers_null_not_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-created_at", "-id"], name="customer_by_registration"),
            # The lists' own order, without the deleted: pages deep in it are found in the index.
            models.Index(
                fields=["store", "-created_at", "-id"],
                name="customer_listed",
                condition=~models.Q(status="deleted"),
            ),
            models.Index(fields=["store", "level"], name="customer_by_level"),
            # Whose level's period ended first; the job asks every minute (LV-14).
            models.Index(
                "store",
                Coalesce("last_level_recalculation_at", "created_at"),
                "id",
                name="customer_by_recalculation",
                condition=~models.Q(status="deleted"),
            ),
            models.Index(
                fields=["activation_token"],
                name="customer_by_activation_token",
                condition=~models.Q(activation_token=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_active(self) -> bool:
        return self.status == CustomerStatus.ACTIVE

    @property
    def average_transaction_amount(self) -> Decimal:
        """Return amount ÷ count with two decimals, 0 without purchases (TX-15)."""
        if not self.transactions_count:
            return ZERO.quantize(Decimal("0.01"))
        return (self.transactions_amount / self.transactions_count).quantize(
            Decimal("0.01"), rounding=ROUND_HALF_UP
        )

    def set_password(self, raw: str) -> None:
        self.password = make_password(raw)

    def check_password(self, raw: str) -> bool:
        return check_password(raw, self.password)


class LevelChangeReason(models.TextChoices):
    REGISTRATION = "registration", "Registration"
    PURCHASE = "purchase", "Purchase"
    RETURN = "return", "Return"
    POINTS = "points", "Points"
    MANUAL = "manual", "Assigned by hand"
    MANUAL_REMOVED = "manual_removed", "Assignment by hand removed"
    RECALCULATION = "recalculation", "Recalculation"


class LevelChange(models.Model):
    """One move of a customer between levels (LV-13). Appended only."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="level_changes", db_index=False
    )
    old_level = models.ForeignKey(Level, on_delete=models.PROTECT, null=True, related_name="+")
    new_level = models.ForeignKey(Level, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=16, choices=LevelChangeReason.choices)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="level_change_by_customer")]

    def __str__(self) -> str:
        return f"{self.old_level_id} → {self.new_level_id}"
