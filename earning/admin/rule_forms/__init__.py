"""The forms of earning rules: one for each type, and what all have in `base`."""

from earning.admin.rule_forms.base import RuleForm
from earning.admin.rule_forms.limited import CustomEventForm, GeolocationForm, QrCodeForm
from earning.admin.rule_forms.occasions import EventForm, ReferralForm
from earning.admin.rule_forms.purchases import (
    InstantRewardForm,
    MultiplyByLabelsForm,
    MultiplyForProductForm,
    PointsForm,
    ProductPurchaseForm,
)

FORMS: dict[str, type[RuleForm]] = {
    form.type: form
    for form in (
        PointsForm,
        MultiplyForProductForm,
        MultiplyByLabelsForm,
        ProductPurchaseForm,
        InstantRewardForm,
        EventForm,
        CustomEventForm,
        QrCodeForm,
        GeolocationForm,
        ReferralForm,
    )
}
