"""Staff who sign in with the directory's password: their rows here. Source: ADM-6, ACL-4."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts import directory, identifiers
from accounts.directory import Entry
from accounts.models import Role, StaffUser
from accounts.services import staff, tokens
from loyalty.core import clock
from loyalty.core.actors import SYSTEM, Actor, ActorKind
from loyalty.core.jobs import Run


@transaction.atomic
def admit(
    entry: Entry, *, ip_address: str | None = None, now: datetime | None = None
) -> StaffUser | None:
    """
    Bring somebody's row up to what the directory says, and return it; the first time it is made.

    Their user name says who they are. Their role is the first that `LDAP_ROLES` gives to one of
    their groups, else the default one (ACL-4); without `LDAP_ROLES` staff keep the role that they
    have. An address that is somebody else's here is left out. Locks them. None: the name is an
    integration's, or the entry has none.
    """
    now = now or clock.now()
    if not entry.username:
        return None
    found = StaffUser.objects.select_for_update().filter(username__iexact=entry.username).first()
    if found is not None and found.is_external:
        return None
    return staff.take_from_directory(
        found,
        username=entry.username,
        email=_free_email(entry, found),
        first_name=entry.first_name,
        last_name=entry.last_name,
        roles=_roles(entry, found),
        actor=Actor(kind=ActorKind.SYSTEM, id=None, uuid=None, name="LDAP", ip_address=ip_address),
        now=now,
    )


def review(*, run: Run | None = None, now: datetime | None = None) -> int:
    """
    Ask the directory about everybody from there who is signed in; return how many were signed out.

    Who is gone or may not sign in any more is signed out everywhere; the others' roles follow their
    groups.

    :raises DirectoryUnavailable: it cannot be asked; whoever is signed in stays so.
    """
    run, now = run or Run(), now or clock.now()
    if not directory.is_on():
        return 0
    signed_in = tokens.open_sessions(now=now).filter(staff__is_from_directory=True)
    for person in StaffUser.objects.filter(pk__in=signed_in.values("staff_id")).order_by("pk"):
        # Outside of the chunk's transaction: the answer can take a while.
        entry = directory.look_up(person.username)
        with run.chunk() as done:
            if entry is None or admit(entry, now=now) is None:
                tokens.end_sessions(person, actor=SYSTEM, now=now)
                done["signed_out"] = 1
    return run.counts["signed_out"]


def _roles(entry: Entry, found: StaffUser | None) -> tuple[Role, ...]:
    if found is not None and not settings.LDAP_ROLES:
        return tuple(found.roles.all())
    groups = {group.lower() for group in entry.groups}
    for group, role in settings.LDAP_ROLES.items():
        if group.lower() in groups:
            # A role that nobody has made yet gives no rights.
            return tuple(Role.objects.filter(name=role))
    return tuple(Role.objects.filter(is_default=True))


def _free_email(entry: Entry, found: StaffUser | None) -> str:
    if not identifiers.is_email(entry.email):
        return ""
    others = StaffUser.objects.filter(email__iexact=entry.email)
    if found is not None:
        others = others.exclude(pk=found.pk)
    return "" if others.exists() else entry.email
