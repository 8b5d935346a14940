"""The open wishes for a new password, when somebody's password or address is another now."""

from datetime import datetime

from django.utils import timezone

from accounts.models import Customer, PasswordReset, Seller, StaffUser


def close(person: StaffUser | Seller | Customer, *, now: datetime | None = None) -> None:
    """
    Let no link or code be good that was sent to somebody so far; they may ask for another at once.

    What was sent lies in a mailbox that may be the reason of the change.
    """
    field = {StaffUser: "staff", Seller: "seller"}.get(type(person), "customer")
    wishes = PasswordReset.objects.filter(**{field: person}, used_at=None)
    wishes.update(used_at=now or timezone.now())
