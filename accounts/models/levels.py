"""Levels of the program, what they are called in each language, and their special rewards."""

from decimal import Decimal

from django.db import models

from loyalty.core.models import StoreModel


class Level(StoreModel):
    """
    A step of the program (LV 4.1). `reward_value` is a fraction: 0.15 is shown as `15.00%`.

    How many customers it has is counted when asked, never stored: a counter on this row would make
    all customers who move at once wait for one another.
    """

    is_active = models.BooleanField(default=True)
    condition_value = models.DecimalField(max_digits=20, decimal_places=4)
    min_order = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    reward_name = models.CharField(max_length=255, blank=True)
    reward_value = models.DecimalField(max_digits=9, decimal_places=6, default=Decimal(0))
    reward_code = models.CharField(max_length=255, blank=True)
    photo = models.ImageField(upload_to="levels/", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["condition_value", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(condition_value__gte=0), name="level_condition_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the name in the default language; prefetch `translations` for lists."""
        return self.translated("en")[0]

    def translated(self, locale: str) -> tuple[str, str]:
        """Return name and description in a language, falling back to English, then to any."""
        texts = {text.locale: text for text in self.translations.all()}
        text = texts.get(locale) or texts.get("en") or next(iter(texts.values()), None)
        if text is None:
            return "", ""
        fallback = texts.get("en", text)
        return text.name or fallback.name, text.description or fallback.description


class LevelTranslation(models.Model):
    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="translations")
    locale = models.CharField(max_length=16)
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["level", "locale"], name="level_translation_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SpecialReward(StoreModel):
    """An informational extra of a level, valid inside its dates (LV 4.1)."""

    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="special_rewards")
    name = models.CharField(max_length=255)
    value = models.DecimalField(max_digits=9, decimal_places=6)
    code = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    start_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
