"""What rules gave for what, and why: kept for the "why?" of every points transfer."""

from django.db import models

from accounts.models import Customer
from earning.models.rules import EarningRule
from loyalty.core.fields import PackedJSONField
from loyalty.core.models import StoreModel


class Evaluation(StoreModel):
    """
    One run of the engine over one purchase, with its whole explanation.

    `explanation` is `engine.Evaluation` as JSON: every rule with what it gave on which line, what
    was excluded and why, and for each rule that gave nothing why not. Written while its customer is
    locked; a foreign key to the store would have all purchases of a store write to its row.
    """

    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="evaluations", db_constraint=False
    )
    transaction_uuid = models.UUIDField(unique=True)
    points = models.DecimalField(max_digits=20, decimal_places=4)
    explanation = PackedJSONField()
    evaluated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.points} for {self.transaction_uuid}"


class RuleExecution(models.Model):
    """
    One rule that gave something in one evaluation: what statistics of a rule are made from.

    A purchase writes one for each of the store's rules, in the statement that writes its
    evaluation, and rules are never deleted: foreign keys and further indexes would cost more than
    the rows.
    """

    pk = models.CompositePrimaryKey("rule_id", "evaluation_id")
    evaluation = models.ForeignKey(
        Evaluation,
        on_delete=models.CASCADE,
        related_name="executions",
        db_constraint=False,
        db_index=False,
    )
    rule = models.ForeignKey(
        EarningRule,
        on_delete=models.PROTECT,
        related_name="executions",
        db_constraint=False,
        db_index=False,
    )
    points = models.DecimalField(max_digits=20, decimal_places=4)

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.points}"
