"""
What all stores of the other server share: languages, roles and staff.

What is here already, by its code, name or address, is left as it is, so each may be begun again.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q

from accounts.models import Role, StaffUser
from accounts.services import roles, tokens
from accounts.services.roles import Permission
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.models import Language
from loyalty.core.selectors.languages import list_languages
from loyalty.core.services import languages
from loyalty.core.services.languages import LanguageData
from loyalty.moving_in.source import NotThere, Source
from loyalty.moving_in.values import Values, known_uuid, rows, text

# Says what could not be moved: what, which, why.
Refuser = Callable[[str, object, object], object]


def move(source: Source, *, size: int, zone: Values, refuse: Refuser) -> None:
    """Move languages, roles and staff; `zone` reads dates. May be begun again."""
    _move_languages(source, size, refuse)
    ids = _move_roles(source, refuse)
    _move_staff(source, size, ids, zone, refuse)


def _move_languages(source: Source, size: int, refuse: Refuser) -> None:
    """Move the languages and their texts; not to where somebody has written other ones."""
    if Language.objects.exists():
        return
    path = "admin/translations"
    try:
        told = [
            source.get(f"{path}/{row['code']}")
            for _page, listed, _total in source.pages(path, "translations", size=size)
            for row in listed
        ]
    except NotThere:
        refuse("language", "all", "the other server has no list of them.")
        return
    with transaction.atomic():
        known = {each.code for each in list_languages()}
        # The default one last: it takes the place of ours.
        for row in sorted(told, key=lambda each: bool(each.get("default"))):
            _move_language(row, known, refuse)


def _move_language(row: dict[str, Any], known: set[str], refuse: Refuser) -> None:
    code = text(row.get("code"))
    data = LanguageData(
        name=text(row.get("name")) or code,
        is_default=bool(row.get("default")),
        order=int(row.get("order") or 0),
        content=text(row.get("content")) or None,
    )
    write = languages.update if code in known else languages.create
    try:
        with transaction.atomic():
            write(code=code, data=data, actor=SYSTEM)
    except DomainError as refusal:
        refuse("language", code, refusal.message)


def _move_roles(source: Source, refuse: Refuser) -> dict[str, int]:
    """Move the roles; return their ids here by those there. Of a known name, the rights stay."""
    ids: dict[str, int] = {}
    listed, _total = source.page("admin/acl/role", "roles", {})
    for row in listed:
        name = text(row.get("name")).strip()
        if row.get("master"):
            ids[text(row["id"])] = _master(name).pk
            continue
        found = Role.objects.filter(name=name).first()
        role = found or _make_role(row, name, refuse)
        if role is not None and not role.is_master:
            ids[text(row["id"])] = role.pk
    return ids


def _master(name: str) -> Role:
    """Return the role that may do everything, called as there where it is new."""
    if name and not Role.objects.filter(Q(is_master=True) | Q(name=name)).exists():
        return Role.objects.create(name=name, is_master=True)
    return roles.ensure_master()


def _make_role(row: dict[str, Any], name: str, refuse: Refuser) -> Role | None:
    granted = [
        Permission(text(each.get("resource")), text(each.get("access")))
        for each in rows(row.get("permissions"))
    ]
    is_default = bool(row.get("default")) and not Role.objects.filter(is_default=True).exists()
    try:
        with transaction.atomic():
            return roles.create(name=name, permissions=granted, is_default=is_default, actor=SYSTEM)
    except DomainError as refusal:
        refuse("role", name, refusal.message)
        return None


def _move_staff(
    source: Source, size: int, ids: dict[str, int], zone: Values, refuse: Refuser
) -> None:
    for _page, people, _total in source.pages("admin", "users", size=size):
        for row in people:
            with transaction.atomic():
                _move_person(row, ids, zone, refuse)


def _move_person(row: dict[str, Any], ids: dict[str, int], zone: Values, refuse: Refuser) -> None:
    """Write somebody of the staff as they stand there, with their id and without a password."""
    uuid, email = known_uuid(row.get("id")), text(row.get("email")).strip()
    username = text(row.get("username")) or email or str(uuid)
    if StaffUser.objects.filter(uuid=uuid).exists():
        return
    same_email = bool(email) and StaffUser.objects.filter(email__iexact=email).exists()
    if same_email or StaffUser.objects.filter(username__iexact=username).exists():
        refuse("staff", username, "somebody of this name or address is here.")
        return
    now = clock.now()
    person = StaffUser.objects.create(
        uuid=uuid,
        username=username,
        email=email,
        first_name=text(row.get("firstName")),
        last_name=text(row.get("lastName")),
        phone=text(row.get("phone")),
        is_active=bool(row.get("isActive")),
        is_external=bool(row.get("external")),
        password=make_password(None),
        created_at=zone.moment(row.get("createAt")) or now,
    )
    named = [text(each["id"]) for each in rows(row.get("roles"))]
    person.roles.set(ids[role] for role in named if role in ids)
    if not person.is_external:
        return
    token = text(row.get("apiKey"))
    if token and not tokens.permanent_token_is_used(token):
        tokens.set_permanent(staff=person, token=token, now=now)
    elif not token:
        refuse("permanent token", username, "the other server does not tell it.")
