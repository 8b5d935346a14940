"""Giving a customer a reward: which, how many, and whether points are paid for it."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.cockpit import formats
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.vocabulary import word
from accounts.models import Customer
from campaigns.admin import words
from campaigns.models import CODE_TYPES, Coupon, RewardCampaign, RewardType
from campaigns.selectors import reasons
from campaigns.selectors.reasons import Why
from campaigns.services import rewards
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.services import once
from transactions.models import DocumentType, Transaction

GIVEN_TYPES = (*CODE_TYPES, RewardType.PERCENTAGE_DISCOUNT_CODE)
WORDS = (gettext_noop("This was done already: the form was sent twice."),)
# What does not keep staff from giving a reward: they see it and decide (BUY-4, BUY-8).
OVERRIDDEN = (Why.NOT_VISIBLE, Why.NOT_TARGETED)


class GiveRewardForm(CommandForm):
    """
    What a customer gets, once it is confirmed.

    `key` was drawn when the form was first shown: a form that is sent twice gives one reward.
    """

    reward = forms.ChoiceField(label=gettext_lazy("Reward"))
    quantity = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=rewards.QUANTITY_MAX
    )
    without_points = forms.BooleanField(
        label=gettext_lazy("Without points"),
        required=False,
        help_text=gettext_lazy("A present: nothing is paid. Limits and codes still count."),
    )
    document = forms.CharField(
        label=gettext_lazy("Document number"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Of the purchase that a percentage is given back of."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    sections = (
        Section(
            gettext_lazy("Give a reward"), ("reward", "quantity", "without_points", "document")
        ),
    )
    submit_label = gettext_lazy("Continue")

    def initial_values(self) -> dict[str, Any]:
        return {"quantity": 1, "key": str(uuid4())}

    def prepare(self) -> None:
        found = RewardCampaign.objects.in_store(self.store).filter(type__in=GIVEN_TYPES)
        active = found.active_at(clock.now()).prefetch_related("translations")
        self.rewards = {str(row.uuid): row for row in active}
        for row in self.rewards.values():
            row.store = self.store
        field = self.fields["reward"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(uuid, _labelled(row)) for uuid, row in self.rewards.items()]
        if not self.rewards:
            field.help_text = _("No reward is active now.")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        reward = self.rewards.get(data.get("reward", ""))
        data["sale"] = None
        if reward is None or reward.type != RewardType.PERCENTAGE_DISCOUNT_CODE:
            return data
        # A percentage is one coupon, of one purchase (BUY-2, BUY-6).
        data["quantity"] = 1
        data["sale"] = self._find_sale(data.get("document", ""))
        if data["sale"] is None:
            self.add_error("document", _("This customer has no purchase with this number."))
        return data

    def _find_sale(self, number: str) -> UUID | None:
        sales = Transaction.objects.filter(
            store=self.store,
            customer=self.instance,
            document_number=number.strip(),
            document_type=DocumentType.SELL,
        )
        found: UUID | None = sales.values_list("uuid", flat=True).first()
        return found

    @property
    def chosen(self) -> RewardCampaign:
        return self.rewards[self.cleaned_data["reward"]]

    @property
    def cost(self) -> Decimal:
        """Return what all of it costs together."""
        if self.cleaned_data["without_points"]:
            return Decimal(0)
        return self.chosen.cost_in_points * int(self.cleaned_data["quantity"])

    def fits(self, balance: Decimal) -> bool:
        """Tell whether the customer can pay, before anybody is asked to confirm it."""
        if self.cost <= balance:
            return True
        self.add_error(
            "quantity",
            _("This costs %(cost)s points, and the customer has %(balance)s.")
            % {"cost": formats.points(self.cost), "balance": formats.points(balance)},
        )
        return False

    def warnings(self) -> list[str]:
        """Return what a customer would be refused for, and staff is not."""
        found = reasons.why_not(self.chosen, self.instance, now=clock.now())
        told = {
            Why.NOT_VISIBLE: _("Customers do not see this reward now."),
            Why.NOT_TARGETED: _("This reward is for other customers."),
        }
        return [told[reason.why] for reason in found if reason.why in OVERRIDDEN]

    def run(self, data: dict[str, Any]) -> list[Coupon]:
        once.claim(store=self.store, actor=self.actor, key=str(data["key"]))
        customer: Customer = self.instance
        return rewards.buy(
            campaign=self.chosen,
            customer=customer,
            actor=self.actor,
            quantity=data["quantity"],
            without_points=data["without_points"],
            transaction_uuid=data["sale"],
        )

    def add_refusal(self, refusal: DomainError) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, word(refusal))


def _labelled(reward: RewardCampaign) -> str:
    price = words.price_of(reward)
    if reward.type == RewardType.PERCENTAGE_DISCOUNT_CODE or not reward.cost_in_points:
        return f"{reward.name} – {price}"
    return _("%(name)s – %(points)s pts") % {"name": reward.name, "points": price}


def told(coupons: list[Coupon]) -> str:
    """Say which codes a customer has got; of many, how many."""
    codes = [coupon.code for coupon in coupons if coupon.code]
    if 0 < len(codes) <= 5:
        return ", ".join(codes)
    return formats.whole(len(coupons))
