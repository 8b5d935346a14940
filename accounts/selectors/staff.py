"""Whom of the staff somebody may know of."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import StaffUser
from loyalty.core.actors import Actor


def list_known_to(actor: Actor) -> "QuerySet[StaffUser]":
    """
    Return the staff whom `actor` may see and look after.

    To who works in some stores only, that is who works in these and in no other, and themself:
    colleagues to whom all stores are open belong to the others, too.
    """
    if actor.reaches_all_stores:
        return StaffUser.objects.all()
    places = StaffUser.stores.through.objects.filter(staffuser=OuterRef("pk"))
    here = places.filter(store__in=actor.store_ids or ())
    elsewhere = places.exclude(store__in=actor.store_ids or ())
    return StaffUser.objects.filter(Q(pk=actor.id) | Q(Exists(here), ~Exists(elsewhere)))
