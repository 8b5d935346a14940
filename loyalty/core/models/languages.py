"""The languages of an installation, and the texts of its clients in them."""

from django.db import models


class Language(models.Model):
    """
    A language that clients speak, and that the texts of levels, categories and rewards are asked
    for in. All stores share them. Source: TRN-1…5.

    `content`: the tree of texts that staff wrote; None: ours, as this release has them.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=255)
    is_default = models.BooleanField(default=False)
    order = models.IntegerField(default=0)
    content = models.JSONField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="language_one_default",
            )
        ]

    def __str__(self) -> str:
        return self.name
