"""What rules gave for what, and why: kept for the "why?" of every points transfer."""

from django.db import models

from accounts.models import Customer
from earning.models.rules import EarningRule
from loyalty.core.models import StoreModel


class Evaluation(StoreModel):
    """
    One run of the engine over one purchase, with its whole explanation.

    `explanation` is `engine.Evaluation` as JSON: every rule with what it gave on which line, what
    was excluded and why, and for each rule that gave nothing why not.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="evaluations")
    transaction_uuid = models.UUIDField(unique=True)
    points = models.DecimalField(max_digits=20, decimal_places=4)
    explanation = models.JSONField()
    evaluated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.points} for {self.transaction_uuid}"


class RuleExecution(models.Model):
    """One rule that gave something in one evaluation: what statistics of a rule are made from."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="executions")
    rule = models.ForeignKey(EarningRule, on_delete=models.PROTECT, related_name="executions")
    points = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "rule"], name="rule_execution_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.points}"
