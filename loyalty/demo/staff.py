"""Who works there: staff with their roles, integrations, and sellers."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts.models import Access, Pos, Resource, Role, Seller, StaffUser
from accounts.services import passwords, roles, sellers, staff
from accounts.services.roles import Permission
from accounts.services.sellers import SellerData
from accounts.services.staff import StaffData
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.ids import next_id

MANAGER_ROLE, REPORTER_ROLE = 37, 38
MANAGED = (
    Resource.CUSTOMER,
    Resource.LEVEL,
    Resource.EARNING_RULE,
    Resource.POINT_TRANSFER,
    Resource.TRANSACTION,
    Resource.POS,
    Resource.SELLER,
)
# id, e-mail, name, permanent token.
INTEGRATIONS = (
    (
        "01b7a62a-640a-4c24-b182-c9f2852cae71",
        "tills@example.com",
        "Tills",
        "demo-token-of-the-tills",
    ),
    (
        "4383c58e-ff64-4e03-8364-5b716cb3e9e5",
        "shop@example.com",
        "Web shop",
        "demo-token-of-the-shop",
    ),
)
SELLERS = (
    ("00000000-0000-474c-b092-b0dd880c07e4", "John", "Seller", "john@doe.com", 0),
    ("00000000-0000-474c-b092-b0dd880c07e5", "Ewa", "Zielińska", "ewa@example.com", 1),
    ("00000000-0000-474c-b092-b0dd880c07e6", "Marek", "Lis", "marek@example.com", 2),
)


def make_staff(*, now: datetime) -> None:
    master = roles.ensure_master()
    Role.objects.filter(pk=master.pk).update(name="Administrator")
    both = [Permission(resource, access) for resource in MANAGED for access in Access]
    _make_role(MANAGER_ROLE, "Store manager", both, now)
    looked_at = (*MANAGED, Resource.ANALYTICS, Resource.ADMIN)
    views = [Permission(resource, Access.VIEW) for resource in looked_at]
    # The default: the reference makes an integration without a role, and lists the staff with it.
    _make_role(REPORTER_ROLE, "Reporter", views, now, is_default=True)
    _follow_chosen_keys()
    _make_person(
        "22200000-0000-474c-b092-b0dd880c07e2", "admin", "admin@example.com", master.pk, "open", now
    )
    _make_person(
        "22200000-0000-474c-b092-b0dd880c07e3",
        "anna",
        "anna@example.com",
        REPORTER_ROLE,
        "open",
        now,
    )
    for uuid, email, name, token in INTEGRATIONS:
        data = StaffData(
            email=email,
            first_name=name,
            is_external=True,
            api_key=token,
            is_active=True,
            role_ids=(REPORTER_ROLE,),
        )
        with next_id(StaffUser, uuid):
            staff.create(data=data, actor=SYSTEM, username=uuid, now=now)


def make_sellers(store: Store, places: list[Pos], *, now: datetime) -> None:
    # Too short for the policy: known from the documentation, and only in this store.
    open_hash = make_password("open")
    for uuid, first_name, last_name, email, place in SELLERS:
        data = SellerData(
            first_name=first_name,
            last_name=last_name,
            email=email,
            pos=places[place],
            password=passwords.generate(),
            may_transfer_points=True,
        )
        with next_id(Seller, uuid):
            seller = sellers.register(store=store, data=data, actor=SYSTEM, now=now)
        seller.password = open_hash
        seller.save(update_fields=["password"])


def _make_role(
    pk: int, name: str, permissions: list[Permission], now: datetime, *, is_default: bool = False
) -> None:
    # The reference names roles by number.
    role = roles.create(name=name, permissions=[], actor=SYSTEM, now=now)
    Role.objects.filter(pk=role.pk).update(id=pk)
    role.pk = pk
    roles.update(
        role=role,
        name=name,
        permissions=permissions,
        is_default=is_default,
        actor=SYSTEM,
        now=now,
    )


def _follow_chosen_keys() -> None:
    """Let the next role get a number above those that we chose."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM accounts_role))",
            [Role._meta.db_table],
        )


def _make_person(
    uuid: str, username: str, email: str, role: int, password: str, now: datetime
) -> None:
    data = StaffData(
        email=email,
        first_name=username.capitalize(),
        password=password,
        is_active=True,
        role_ids=(role,),
    )
    with next_id(StaffUser, uuid):
        staff.create(data=data, actor=SYSTEM, username=username, now=now)
