"""Codes that prove that somebody reads an address, and the devices that they are pushed to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.customers import Customer
from loyalty.core.models import StoreModel


class CodePurpose(models.TextChoices):
    ACTIVATION = "activation", "Activation"
    EMAIL_CHANGE = "email_change", "New e-mail address"
    PHONE_CHANGE = "phone_change", "New phone number"


class CustomerCode(StoreModel):
    """
    A code that goes to a customer, or that somebody asked for (ACT-2…4, ACT-6).

    `number`: the customer's codes are counted, so that a message can say which it brings.
    `secret_digest`: of the code, which is made when the message is written; empty until then, and
    `expires_at` with it. `address`: what is to be proven, of a change; `address_digest`: where it
    goes, for the pause between two. `customer` None: nobody has this number; the row is kept only
    to answer a second wish as if somebody had.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, related_name="codes"
    )
    purpose = models.CharField(max_length=16, choices=CodePurpose.choices)
    number = models.PositiveIntegerField(default=1)
    address = models.CharField(max_length=254, blank=True)
    address_digest = models.CharField(max_length=64)
    secret_digest = models.CharField(max_length=64, blank=True)
    wrong_guesses = models.PositiveSmallIntegerField(default=0)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    # Used, or replaced by a newer one.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store", "secret_digest"],
                condition=Q(ended_at=None) & ~Q(secret_digest=""),
                name="customer_code_secret_once",
            ),
            models.UniqueConstraint(
                fields=["customer", "purpose"],
                condition=Q(ended_at=None, customer__isnull=False),
                name="customer_code_one_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["address_digest", "-requested_at"], name="customer_code_by_place"),
            models.Index(fields=["requested_at"], name="customer_code_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.number}"


class PushToken(models.Model):
    """A device that a customer's pushes go to (CUS-55)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="push_tokens")
    token = models.CharField(max_length=512)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "token"], name="push_token_once"),
        ]

    def __str__(self) -> str:
        return f"of {self.customer_id}"
