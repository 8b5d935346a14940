"""How often rewards were taken: counted as it happens, so that lists need not count coupons."""

from django.db import models

from accounts.models import Customer
from campaigns.models.campaigns import RewardCampaign


class CampaignTally(models.Model):
    """
    A part of a campaign's counts; their sums over all shards are the truth.

    Buyers of an unlimited campaign each add to the shard of their connection, so that none waits
    for another. Those of a limited one all add to shard 0, whose lock is what makes the limit hold.
    Shard -1 counts the pool.
    """

    campaign = models.ForeignKey(
        RewardCampaign,
        on_delete=models.DO_NOTHING,
        related_name="tallies",
        db_constraint=False,
        db_index=False,
    )
    shard = models.SmallIntegerField()
    # Purchases ever made (LIM-1), and the customers who made them.
    used = models.BigIntegerField(default=0, db_default=0)
    customers = models.BigIntegerField(default=0, db_default=0)
    # The terms of the campaign that are counted by: compared under the lock that counting takes.
    terms = models.BigIntegerField(default=0, db_default=0)
    # Codes of the pool, and those of them that were handed out.
    codes = models.BigIntegerField(default=0, db_default=0)
    issued = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "shard"], name="tally_shard_once"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.shard}: {self.used}"


class CustomerUsage(models.Model):
    """How often one customer took one reward (LIM-1), changed under the customer's lock."""

    campaign = models.ForeignKey(
        RewardCampaign,
        on_delete=models.DO_NOTHING,
        related_name="customer_usages",
        db_constraint=False,
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    used = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "campaign"], name="customer_usage_once"),
            models.CheckConstraint(
                condition=models.Q(used__gte=0), name="customer_usage_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} took {self.campaign_id} {self.used} times"
