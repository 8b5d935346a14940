"""Open Loyalty's chapter Level."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty import level_forms
from accounts.models import Level, SpecialReward
from accounts.selectors import customers as customer_selectors
from accounts.selectors import levels as selectors
from accounts.services import levels
from loyalty.core import clock, pictures
from loyalty.core.api.formats import date_time, number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, PUBLIC, SELLER, OpenLoyaltyView, Rule
from loyalty.core.errors import NotFound

SORTS = {
    "id": "uuid",
    "name": "sort_name",
    "active": "is_active",
    "conditionValue": "condition_value",
    "minOrder": "min_order",
}
MEMBER_SORTS = {
    "customerId": "uuid",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
}


class LevelView(OpenLoyaltyView):
    resource = "LEVEL"
    rules = {"GET": Rule(ADMIN | SELLER)}
    query = ("_locale",)

    def level(self) -> Level:
        return access.get_level(self.store, str(self.kwargs["level"]))

    def document(self, level: Level, count: int) -> dict[str, Any]:
        """Return a level for staff: with all its languages."""
        texts = [
            {
                "name": text.name,
                "description": text.description,
                "id": text.pk,
                "locale": text.locale,
            }
            for text in level.translations.all()
        ]
        return self.summary(level, count) | {"translations": texts}

    def summary(self, level: Level, count: int) -> dict[str, Any]:
        """Return a level for sellers: in the language that was asked for."""
        name, description = level.translated(self.locale)
        return {
            "id": str(level.uuid),
            "name": name,
            "description": description,
            "active": level.is_active,
            "conditionValue": number(level.condition_value),
            "minOrder": number(level.min_order),
            "hasPhoto": bool(level.photo),
            "reward": {
                "name": level.reward_name,
                "value": number(level.reward_value),
                "code": level.reward_code,
            },
            "specialRewards": [self._special(reward) for reward in level.special_rewards.all()],
            "customersCount": count,
        }

    def _special(self, reward: SpecialReward) -> dict[str, Any]:
        return {
            "name": reward.name,
            "value": number(reward.value),
            "code": reward.code,
            "id": str(reward.uuid),
            "active": reward.is_active,
            "createdAt": date_time(reward.created_at, self.zone),
            "startAt": date_time(reward.start_at, self.zone),
            "endAt": date_time(reward.end_at, self.zone),
        }


class Levels(LevelView):
    """`GET level`."""

    def get(self, request: Request, **ids: Any) -> Response:
        return self._list(selectors.list_levels(self.store))

    def _list(self, found: QuerySet[Level]) -> Response:
        counts = selectors.count_members(list(found.values_list("pk", flat=True)))
        return self.listed(
            found,
            key="levels",
            row=lambda level: self.row(level, counts.get(level.pk, 0)),
            sorts=SORTS,
            default_sort="name",
        )

    def row(self, level: Level, count: int) -> dict[str, Any]:
        return self.document(level, count)


class SellerLevels(Levels):
    """`GET seller/level`."""

    rules = {"GET": Rule(SELLER)}

    def row(self, level: Level, count: int) -> dict[str, Any]:
        return self.summary(level, count)


class CustomerLevels(Levels):
    """`GET customer/level`: the levels that one can come to."""

    rules = {"GET": Rule(CUSTOMER)}

    def get(self, request: Request, **ids: Any) -> Response:
        return self._list(selectors.list_levels(self.store).filter(is_active=True))

    def row(self, level: Level, count: int) -> dict[str, Any]:
        name, description = level.translated(self.locale)
        return {
            "id": str(level.uuid),
            "name": name,
            "description": description,
            "conditionValue": number(level.condition_value),
            "hasPhoto": bool(level.photo),
        }


class CreateLevel(LevelView):
    """`POST level/create`."""

    forms = {"POST": FormOf(level_forms.LevelForm, root="level")}

    def post(self, request: Request, **ids: Any) -> Response:
        data = level_forms.level_data(self.form())
        level = levels.create(store=self.store, data=data, actor=self.actor)
        return Response({"id": str(level.uuid)})


class LevelDetail(LevelView):
    """`GET` and `PUT level/<level>`."""

    forms = {"PUT": FormOf(level_forms.LevelForm, root="level")}

    def get(self, request: Request, **ids: Any) -> Response:
        level = self.level()
        count = selectors.count_members([level.pk]).get(level.pk, 0)
        return Response(self.row(level, count))

    def put(self, request: Request, **ids: Any) -> Response:
        level = self.level()
        data = level_forms.level_data(self.form())
        levels.update(level=level, data=data, actor=self.actor)
        return Response({"id": str(level.uuid)})

    def row(self, level: Level, count: int) -> dict[str, Any]:
        return self.document(level, count)


class SellerLevelDetail(LevelDetail):
    """`GET seller/level/<level>`."""

    rules = {"GET": Rule(SELLER)}
    http_method_names = ["get", "head", "options"]

    def row(self, level: Level, count: int) -> dict[str, Any]:
        return self.summary(level, count)


class ActivateLevel(LevelView):
    """`POST level/<level>/activate` with `active` in the body or, as printed, in the query."""

    forms = {"POST": FormOf(level_forms.LevelActiveForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        level = self.level()
        asked = self.query_flag("active")
        values = {"is_active": asked} if asked is not None else self.form()
        levels.set_active(level=level, actor=self.actor, **values)
        return Response(status=204)


class LevelCustomers(LevelView):
    """`GET level/<level>/customers`: who is in it; needs both rights."""

    rules = {"GET": Rule(ADMIN, resources=("LEVEL", "CUSTOMER"))}

    def get(self, request: Request, **ids: Any) -> Response:
        chosen = customer_selectors.Filter(level_id=self.level().pk)
        return self.listed(
            customer_selectors.list_customers(self.store, chosen, now=clock.now()),
            key="customers",
            row=lambda customer: {
                "customerId": str(customer.uuid),
                "firstName": customer.first_name,
                "lastName": customer.last_name,
                "email": customer.email,
                "phone": customer.phone,
            },
            sorts=MEMBER_SORTS,
        )


class LevelStatistics(LevelView):
    """`GET admin/analytics/levels`: how many customers each level has, the deleted left out."""

    resource = "ANALYTICS"
    rules = {"GET": Rule(ADMIN)}

    def get(self, request: Request, **ids: Any) -> Response:
        found = list(selectors.list_levels(self.store).order_by("condition_value", "pk"))
        counts = selectors.count_members([level.pk for level in found])
        rows = [
            {
                "levelId": str(level.uuid),
                "name": level.translated(self.locale)[0],
                # A text here, and a number everywhere else: so it is printed.
                "conditionValue": f"{level.condition_value:.2f}",
                "store": self.store.code,
                "customers": counts.get(level.pk, 0),
            }
            for level in found
        ]
        return Response({"total": len(rows), "levels": rows})


class LevelPhoto(LevelView):
    """`GET`, `POST` and `DELETE level/<level>/photo`."""

    rules = {"GET": PUBLIC}
    forms = {"POST": FormOf(level_forms.PhotoForm, root="photo")}

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        photo = self.level().photo
        if not photo:
            raise NotFound
        try:
            with photo.open("rb") as file:
                content = file.read()
        except FileNotFoundError as error:  # the media folder was not moved along
            raise NotFound from error
        return HttpResponse(content, content_type=pictures.content_type(str(photo.name)))

    def post(self, request: Request, **ids: Any) -> Response:
        level = self.level()
        levels.set_photo(level=level, upload=self.form()["file"], actor=self.actor)
        return Response()

    def delete(self, request: Request, **ids: Any) -> Response:
        levels.remove_photo(level=self.level(), actor=self.actor)
        return Response()
