"""Categories of rewards, and what they are called in each language."""

from django.db import models

from loyalty.core.models import StoreModel


class CampaignCategory(StoreModel):
    """A heading under which rewards are found (CAT-1). Never deleted."""

    is_active = models.BooleanField(default=True)
    sort_order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["sort_order", "pk"]
        verbose_name = "category"
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.translated("en")

    def translated(self, locale: str) -> str:
        """Return the name in a language, falling back to English; prefetch `translations`."""
        names = {text.locale: text.name for text in self.translations.all()}
        return names.get(locale) or names.get("en") or next(iter(names.values()), "")


class CampaignCategoryTranslation(models.Model):
    category = models.ForeignKey(
        CampaignCategory, on_delete=models.CASCADE, related_name="translations"
    )
    locale = models.CharField(max_length=16)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "locale"], name="campaign_category_translation_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
