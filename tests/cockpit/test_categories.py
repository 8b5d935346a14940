"""The cockpit's screens of categories: CAT-1, CAT-3."""

from django.urls import reverse

from campaigns.models import CampaignCategory
from campaigns.services import categories
from campaigns.services.categories import CategoryData
from loyalty.core.actors import SYSTEM
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory

ADD = "admin:campaigns_campaigncategory_add"


def change(category):
    return reverse("admin:campaigns_campaigncategory_change", args=[category.pk])


def test_adds_a_category(cockpit, store):
    """CAT-1."""
    cockpit().post(
        reverse(ADD),
        {"name_en": "Drinks", "name_pl": "Napoje", "sort_order": "2", "is_active": "on"},
    )

    category = CampaignCategory.objects.get()
    assert (str(category), category.translated("pl")) == ("Drinks", "Napoje")
    assert (category.sort_order, category.is_active) == (2, True)


def test_refuses_a_category_without_a_name(cockpit, store):
    """CAT-1."""
    answer = cockpit().post(reverse(ADD), {"name_en": "", "sort_order": "0"})

    assert "name_en" in answer.context["form"].errors
    assert not CampaignCategory.objects.exists()


def test_changes_a_category_and_keeps_names_it_does_not_ask_for(cockpit, store):
    """CAT-3: its rewards stay as they are."""
    names = {"en": "Drinks", "de": "Getränke"}
    category = categories.create(
        store=store, data=CategoryData(names=names, sort_order=1), actor=SYSTEM
    )
    campaign = CampaignFactory(store, level=LevelFactory(store), categories=(str(category.uuid),))
    client = cockpit()
    page = client.get(change(category)).content.decode()

    client.post(change(category), {"name_en": "Cups", "name_pl": "", "sort_order": "3"})

    category = CampaignCategory.objects.get()
    campaign.refresh_from_db()
    assert 'value="Drinks"' in page
    assert (str(category), category.translated("de")) == ("Cups", "Getränke")
    assert (category.sort_order, category.is_active) == (3, False)
    assert campaign.category_ids == [category.pk]
