"""Giving, taking and blocking points by hand: how many, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import CommandForm, Section
from accounts.ledger.models import Issuer, PointType
from accounts.services import points

REASON_LENGTH_MAX = 500
# Of a number of points that people type.
WHOLE_DIGITS_MAX = 12


class PointsForm(CommandForm):
    """
    `points`, a reason, and a key that was drawn when the form was first shown: a form that is sent
    twice moves points once.
    """

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH_MAX,
        help_text=gettext_lazy("The customer sees it beside the points; the audit trail keeps it."),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    renamed = {"amount": "points", "comment": "reason"}
    sections = (Section("", ("points", "reason")),)
    submit_label = gettext_lazy("Continue")
    sign = 1

    def initial_values(self) -> dict[str, Any]:
        return {"key": str(uuid4())}

    def prepare(self) -> None:
        decimals = PointType.objects.in_store(self.store).get(is_default=True).decimals
        self.fields["points"] = forms.DecimalField(
            label=_("Points"),
            min_value=Decimal(1).scaleb(-decimals),
            max_digits=WHOLE_DIGITS_MAX + decimals,
            decimal_places=decimals,
        )

    def fits(self, balance: Decimal) -> bool:
        """Return whether a balance allows it; the ledger judges again, under its lock."""
        if self.balance_after(balance) >= 0:
            return True
        self.add_error("points", _("There are not so many points to take."))
        return False

    def balance_after(self, balance: Decimal) -> Decimal:
        return balance + self.sign * Decimal(self.cleaned_data["points"])

    def arguments(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "customer": self.instance,
            "amount": data["points"],
            "issuer": Issuer.ADMIN,
            "comment": data["reason"],
            "key": f"cockpit-{data['key']}",
            "actor": self.actor,
        }


class AddPointsForm(PointsForm):
    def run(self, data: dict[str, Any]) -> Any:
        return points.add(**self.arguments(data))


class SpendPointsForm(PointsForm):
    sign = -1

    def run(self, data: dict[str, Any]) -> Any:
        return points.spend(**self.arguments(data))


class BlockPointsForm(PointsForm):
    sign = -1

    def run(self, data: dict[str, Any]) -> Any:
        return points.block(**self.arguments(data))


@dataclass(frozen=True)
class PointsDeed:
    """One of the three deeds. `done`: the message, with points, name and balance."""

    title: Any
    icon: str
    style: str
    note: Any
    question: Any
    done: Any
    form: type[PointsForm]


DEEDS: Mapping[str, PointsDeed] = {
    "add": PointsDeed(
        title=gettext_lazy("Add points"),
        icon="add",
        style="primary",
        note=gettext_lazy("They unlock and expire as the store's settings say."),
        question=gettext_lazy("Add these points?"),
        done=gettext_lazy("%(points)s points added. %(name)s now has %(balance)s."),
        form=AddPointsForm,
    ),
    "spend": PointsDeed(
        title=gettext_lazy("Spend points"),
        icon="remove",
        style="default",
        note=gettext_lazy("They are taken from the customer's lots and cannot be given back here."),
        question=gettext_lazy("Take these points?"),
        done=gettext_lazy("%(points)s points spent. %(name)s now has %(balance)s."),
        form=SpendPointsForm,
    ),
    "block": PointsDeed(
        title=gettext_lazy("Block points"),
        icon="lock",
        style="default",
        note=gettext_lazy("They are set aside until the block is cancelled."),
        question=gettext_lazy("Set these points aside?"),
        done=gettext_lazy("%(points)s points blocked. %(name)s now has %(balance)s to spend."),
        form=BlockPointsForm,
    ),
}
