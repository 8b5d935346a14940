"""Open Loyalty's chapter Campaign categories. Source: CAT-1…3."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import access
from campaigns.api.open_loyalty import category_forms
from campaigns.models import CampaignCategory
from campaigns.selectors import categories as selectors
from campaigns.services import categories
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import PUBLIC, OpenLoyaltyView
from loyalty.core.errors import NotFound

SORTS = {
    "campaignCategoryId": "uuid",
    "name": "sort_name",
    "active": "is_active",
    "sortOrder": "sort_order",
}


class CategoryView(OpenLoyaltyView):
    resource = "REWARD_CAMPAIGN"
    rules = {"GET": PUBLIC}

    @property
    def sees_all(self) -> bool:
        """Staff with the right see every category, everybody else those that are active."""
        actor = self.actor_or_none
        return actor is not None and actor.is_staff and actor.can_view("REWARD_CAMPAIGN")

    def category(self) -> CampaignCategory:
        category = access.get_category(self.store, str(self.kwargs["category"]))
        if not category.is_active and not self.sees_all:
            raise NotFound
        return category

    def document(self, category: CampaignCategory) -> dict[str, Any]:
        return {
            "name": category.translated(self.locale),
            "campaignCategoryId": str(category.uuid),
            "active": category.is_active,
            "sortOrder": category.sort_order,
            "translations": [
                {"name": text.name, "id": text.pk, "locale": text.locale}
                for text in category.translations.all()
            ],
        }


class Categories(CategoryView):
    """
    `GET` and `POST campaignCategory`.

    Anybody may read the active ones; staff with REWARD_CAMPAIGN see all.
    """

    forms = {"POST": FormOf(category_forms.CategoryForm, root="campaign_category")}
    query = ("name", "active", "format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        found = selectors.list_categories(
            self.store,
            locale=self.locale,
            name=request.query_params.get("name"),
            is_active=self.query_flag("active") if self.sees_all else True,
        )
        return self.listed(
            found, key="categories", row=self.document, sorts=SORTS, default_sort="sortOrder"
        )

    def post(self, request: Request, **ids: Any) -> Response:
        data = category_forms.category_data(self.form())
        return _answer(categories.create(store=self.store, data=data, actor=self.actor))


class CategoryDetail(CategoryView):
    """`GET` and `PUT campaignCategory/<category>`."""

    forms = {"PUT": FormOf(category_forms.CategoryForm, root="campaign_category")}
    query = ("_locale",)

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(self.document(self.category()))

    def put(self, request: Request, **ids: Any) -> Response:
        category = self.category()
        data = category_forms.category_data(self.form())
        return _answer(categories.update(category=category, data=data, actor=self.actor))


class ActivateCategory(CategoryView):
    """`POST campaignCategory/<category>/active`: show it, or hide it."""

    rules = {}
    forms = {"POST": FormOf(category_forms.CategoryActiveForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        category = self.category()
        categories.set_active(category=category, actor=self.actor, **self.form())
        return Response()


def _answer(category: CampaignCategory) -> Response:
    return Response({"campaignCategoryId": str(category.uuid)})
