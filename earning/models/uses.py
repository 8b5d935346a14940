"""What rules paid beside purchases: each use of a rule by a customer, for limits and for people."""

from django.db import models

from accounts.models import Customer
from earning.models.rules import EVENTS_ONCE, EarningRule
from loyalty.core.models import StoreModel


class RuleUse(StoreModel):
    """
    One successful use of a rule: points were granted (ER-26). Refusals leave no trace here.

    `occasion`: the event's name, or the rule's type where no event has one.
    `lot_uuid`: of the points, as the points transfer is called outside.
    """

    # The indexes below begin with what these name.
    store = models.ForeignKey(
        "core.Store", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rule = models.ForeignKey(
        EarningRule, on_delete=models.PROTECT, related_name="uses", db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="rule_uses", db_index=False
    )
    occasion = models.CharField(max_length=255)
    points = models.DecimalField(max_digits=20, decimal_places=4)
    lot_uuid = models.UUIDField()
    used_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "rule", "used_at"], name="rule_use_in_period"),
            models.Index(fields=["rule", "-id"], name="rule_use_by_rule"),
        ]
        constraints = [
            # The rules about an invitation pay one sum.
            models.UniqueConstraint(fields=["lot_uuid", "rule"], name="rule_use_once_per_lot"),
            models.UniqueConstraint(
                fields=["customer", "occasion"],
                condition=models.Q(occasion__in=[event.value for event in EVENTS_ONCE]),
                name="rule_use_once_for_life",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} for {self.occasion}"
