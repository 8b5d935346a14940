"""What staff do with one coupon, or change of many at once: the forms of it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.many import ManyForm
from accounts.cockpit.pages import Fact
from accounts.cockpit.vocabulary import word
from campaigns import selections
from campaigns.models import Coupon, DeliveryStatus
from campaigns.services import coupons
from loyalty.core.errors import DomainError
from loyalty.core.models import Store


class CouponForm(CommandForm):
    """A deed on a coupon, whose refusals are told in the person's language. `done`: what to say."""

    done: ClassVar[Any] = gettext_lazy("%(name)s was saved.")

    def add_refusal(self, refusal: DomainError) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, word(refusal))


class DeliveryForm(CouponForm):
    """Where the delivery stands; any may follow any other (DEL-3)."""

    status = forms.ChoiceField(label=gettext_lazy("Delivery"), required=False)
    sections = (Section(gettext_lazy("Delivery"), ("status",)),)

    def initial_values(self) -> dict[str, Any]:
        return {"status": self.instance.delivery_status}

    def prepare(self) -> None:
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = delivery_choices()

    def run(self, data: dict[str, Any]) -> Coupon:
        return coupons.change_delivery(
            store=self.store,
            customer=self.instance.customer,
            coupon_uuid=self.instance.uuid,
            status=data["status"],
            actor=self.actor,
        )


class CancelForm(CouponForm):
    """A coupon is taken away; what that frees is the staff member's choice."""

    submit_label = gettext_lazy("Cancel the coupon")
    done = gettext_lazy("%(name)s is cancelled.")

    frees_code = forms.BooleanField(
        label=gettext_lazy("Free the code"),
        required=False,
        help_text=gettext_lazy("It goes back to the pool, and somebody else may get it."),
    )
    frees_limit = forms.BooleanField(
        label=gettext_lazy("Free the limit"),
        required=False,
        help_text=gettext_lazy("It no longer counts as taken: the customer may take another one."),
    )
    sections = (
        Section(
            gettext_lazy("Cancel the coupon"),
            ("frees_code", "frees_limit"),
            gettext_lazy(
                "It cannot be used any more, and this cannot be undone. Points are not given back "
                "here: add them on the customer's page."
            ),
        ),
    )

    def prepare(self) -> None:
        if not self.instance.holds_code:
            del self.fields["frees_code"]

    def run(self, data: dict[str, Any]) -> Coupon:
        return coupons.cancel(
            store=self.store,
            coupon_uuid=self.instance.uuid,
            frees_code=data.get("frees_code", False),
            frees_limit=data["frees_limit"],
            actor=self.actor,
        )


class ManyDeliveriesForm(ManyForm):
    """Where the deliveries of many gifts stand."""

    kind = selections.ChangeDelivery

    status = forms.ChoiceField(label=gettext_lazy("Delivery"), required=False)
    sections = (Section("", ("status",)),)

    def initial_values(self) -> dict[str, Any]:
        return super().initial_values() | {"status": DeliveryStatus.SHIPPED.value}

    def prepare(self) -> None:
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = delivery_choices()

    @classmethod
    def facts(cls, store: Store, options: Mapping[str, Any]) -> Sequence[Fact]:
        return [Fact(_("Delivery"), dict(delivery_choices())[options["status"]])]

    def texts(self, count: int) -> Sequence[Any]:
        return [_("What is no gift is left alone: it is never sent.")]


def delivery_choices() -> list[tuple[str, str]]:
    return [("", _("none")), *((each.value, word(each.label)) for each in DeliveryStatus)]
