"""The chapters Earning rule and Customer earning of the Open Loyalty reference."""

from decimal import Decimal

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from earning.api.open_loyalty import forms
from earning.api.open_loyalty.rows import Rows
from earning.models import EarningRule, RuleType
from earning.selectors import rules as selectors
from earning.services import occasions, rules
from loyalty.core import clock, pictures
from loyalty.core.api import formats
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import (
    ADMIN,
    CUSTOMER,
    PAGE_SIZE_MAX,
    PUBLIC,
    SELLER,
    OpenLoyaltyView,
    Rule,
)
from loyalty.core.errors import NotFound

SORTS = {
    "earningRuleId": "uuid",
    "name": "name",
    "description": "description",
    "active": "is_active",
    "startAt": "start_at",
    "endAt": "end_at",
    "allTimeActive": "is_all_time_active",
    "type": "type",
    "eventName": "event_name",
    "pointsAmount": "points_amount",
    "pointValue": "point_value",
    "multiplier": "multiplier",
    "lastExecutedRule": "is_last_executed",
}


class EarningRuleView(OpenLoyaltyView):
    """What the views of this chapter share."""

    resource = "EARNING_RULE"

    def get_rule(self, ids: dict[str, str]) -> EarningRule:
        return selectors.get_rule(self.store, ids["rule"])

    def rows(self) -> Rows:
        return Rows(self.store, self.locale, self.request.build_absolute_uri("/api/"))


def answer_id(rule: EarningRule) -> Response:
    return Response({"earningRuleId": str(rule.uuid)})


class ListView(EarningRuleView):
    query = ("active", "type", "paginated")

    def get(self, request: Request, **ids: str) -> Response:
        found = selectors.list_rules(
            self.store,
            is_active=self.query_flag("active"),
            type=request.query_params.get("type"),
        )
        return self.listed(found, key="earningRules", row=self.rows(), sorts=SORTS)

    def page(self) -> tuple[int, int]:
        """The admin's front end asks for all rules of a type with `paginated=0`."""
        if self.query_flag("paginated") is False:
            return 1, PAGE_SIZE_MAX
        return super().page()


class EarningRules(ListView):
    rules = {"GET": Rule(ADMIN | SELLER)}
    forms = {"POST": FormOf(forms.CreateForm, root="earningRule")}

    def post(self, request: Request, **ids: str) -> Response:
        values = self.form()
        rule = rules.create(
            store=self.store,
            type=RuleType(values["type"]),
            data=forms.data_of(values),
            actor=self.actor,
        )
        return answer_id(rule)


class SellerEarningRules(ListView):
    rules = {"GET": Rule(SELLER)}


class DetailsView(EarningRuleView):
    def get(self, request: Request, **ids: str) -> Response:
        return Response(self.rows()(self.get_rule(ids)))


class EarningRuleDetails(DetailsView):
    rules = {"GET": Rule(ADMIN | SELLER)}
    forms = {"PUT": FormOf(forms.EditForm, root="earningRule")}

    def put(self, request: Request, **ids: str) -> Response:
        rule = self.get_rule(ids)
        values = self.form()
        rules.update(
            rule=rule,
            type=_meant(values.get("type"), rule),
            data=forms.data_of(values),
            actor=self.actor,
        )
        return answer_id(rule)


def _meant(type: str | None, rule: EarningRule) -> RuleType | None:
    """Return what type a caller takes a rule for; the reference calls custom events events, too."""
    if type == RuleType.EVENT and rule.type == RuleType.CUSTOM_EVENT:
        return RuleType.CUSTOM_EVENT
    return RuleType(type) if type else None


class SellerEarningRuleDetails(DetailsView):
    rules = {"GET": Rule(SELLER)}


class Activate(EarningRuleView):
    forms = {"POST": FormOf(forms.ActiveForm)}

    def post(self, request: Request, **ids: str) -> Response:
        rules.set_active(rule=self.get_rule(ids), actor=self.actor, **self.form())
        return Response(status=204)


class Photo(EarningRuleView):
    rules = {"GET": PUBLIC}
    forms = {"POST": FormOf(forms.PhotoForm, root="photo")}

    def get(self, request: Request, **ids: str) -> FileResponse:
        rule = self.get_rule(ids)
        if not rule.photo.name:
            raise NotFound
        try:
            file = rule.photo.open("rb")
        except FileNotFoundError as error:
            raise NotFound from error
        return FileResponse(file, content_type=pictures.content_type(rule.photo.name))

    def post(self, request: Request, **ids: str) -> Response:
        rule = self.get_rule(ids)
        rules.set_photo(rule=rule, upload=self.form()["file"], actor=self.actor)
        return Response()

    def delete(self, request: Request, **ids: str) -> Response:
        rules.remove_photo(rule=self.get_rule(ids), actor=self.actor)
        return Response()


class CustomerEarningRules(EarningRuleView):
    """What the signed-in customer can earn points with today."""

    rules = {"GET": Rule(CUSTOMER)}

    def get(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, str(self.actor.uuid))
        now = clock.now()
        row = self.rows().for_customer
        found = list(selectors.list_open_to(customer, now=now))
        uses = selectors.uses_in_period(customer, found, now=now)
        return Response(
            {
                "earningRules": [row(rule, uses.get(rule.pk, ())) for rule in found],
                "currency": self.store.currency.lower(),
            }
        )


def answer_points(points: Decimal) -> Response:
    return Response({"points": formats.number(points)})


class EarnByEvent(EarningRuleView):
    """A custom event of a customer, reported by staff or an integration (ER-20)."""

    def post(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, str(ids["customer"]))
        return answer_points(
            occasions.report_event(customer=customer, name=ids["event"], actor=self.actor)
        )


class CustomerEarnByEvent(EarningRuleView):
    """A custom event, reported by the signed-in customer."""

    rules = {"POST": Rule(CUSTOMER)}

    def post(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, str(self.actor.uuid))
        return answer_points(occasions.report_event(customer=customer, name=ids["event"]))


class EarnByCode(EarningRuleView):
    forms = {"POST": FormOf(forms.ScanForm, root="earningRule")}

    def post(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, str(ids["customer"]))
        return answer_points(occasions.scan(customer=customer, actor=self.actor, **self.form()))


class EarnByPlace(EarningRuleView):
    forms = {"POST": FormOf(forms.VisitForm, root="earningRule")}

    def post(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, str(ids["customer"]))
        return answer_points(occasions.visit(customer=customer, actor=self.actor, **self.form()))
