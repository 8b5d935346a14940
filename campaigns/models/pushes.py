"""Who was told that a reward is there for them, so that nobody is told twice (PSH-1)."""

from django.db import models

from accounts.models import Customer
from campaigns.models.campaigns import RewardCampaign
from loyalty.core.models import Store


class PushStart(models.Model):
    """A store whose first look is over: it only noted whom rewards are meant for already."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"since {self.started_at}"


class CampaignPush(models.Model):
    """One customer with a device who was seen as one that a reward is meant for."""

    campaign = models.ForeignKey(
        RewardCampaign, on_delete=models.CASCADE, related_name="pushes", db_index=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "customer"], name="campaign_push_once"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} for {self.customer_id}"
