"""Files of every format, and the staff member who sends them."""

import io
import json
from collections.abc import Callable, Sequence

import openpyxl
import pytest

from accounts.models import StaffUser
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.imports import drafts, kinds, running
from loyalty.core.models import ImportJob, Store
from tests.factories import LevelFactory, StoreFactory

HEADER = ("email", "firstName", "lastName", "active", "gender", "agreement1")


@pytest.fixture
def shop(db: None) -> Store:
    store = StoreFactory(setting_values={"timezone": "UTC"})
    LevelFactory(store, name="level0")
    return store


@pytest.fixture
def mona(db: None) -> Actor:
    user = StaffUser.objects.create(username="mona")
    return Actor(kind=ActorKind.STAFF, id=user.pk, uuid=user.uuid, name="mona", is_super=True)


@pytest.fixture
def keep(shop: Store, mona: Actor) -> Callable[..., ImportJob]:
    """`keep(data, kind="customers")` is the draft of a file."""

    def make(data: bytes | str, kind: str = "customers", name: str = "file") -> ImportJob:
        raw = data.encode() if isinstance(data, str) else data
        found = kinds.get(kind)
        assert found is not None
        return drafts.keep(store=shop, kind=found, file=io.BytesIO(raw), name=name, actor=mona)

    return make


@pytest.fixture
def bring_in(keep: Callable[..., ImportJob], mona: Actor) -> Callable[..., ImportJob]:
    """`bring_in(data)` takes a file to its end."""

    def make(data: bytes | str, kind: str = "customers", *, is_again: bool = False) -> ImportJob:
        job = drafts.start(job=keep(data, kind), actor=mona, is_again=is_again)
        running.run(job.pk)
        job.refresh_from_db()
        return job

    return make


def person(number: int, **cells: str) -> list[str]:
    plain = {
        "email": f"ann{number}@example.com",
        "firstName": "Ann",
        "lastName": f"Zażółć{number}",
        "active": "true",
        "gender": "female",
        "agreement1": "true",
    }
    return list((plain | cells).values())


def as_csv(
    rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ";"
) -> str:
    return "\r\n".join(delimiter.join(cells) for cells in [header, *rows]) + "\r\n"


def as_json_lines(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> str:
    return "\n".join(json.dumps(dict(zip(header, cells, strict=True))) for cells in rows)


def as_xml(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> str:
    inner = "".join(
        f"<customer>{''.join(f'<{n}>{c}</{n}>' for n, c in zip(header, cells, strict=True))}"
        "</customer>"
        for cells in rows
    )
    return f"<customers>{inner}</customers>"


def as_workbook(rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for cells in [header, *rows]:
        sheet.append(list(cells))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
