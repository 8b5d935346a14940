"""After a move both servers answer the same, of everything that moved."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Customer, Level
from accounts.services import avatars, levels, push_tokens
from campaigns.models import RewardCampaign
from campaigns.services import pictures
from earning.models import EarningRule
from earning.services import rules
from loyalty.core.actors import SYSTEM
from loyalty.core.models import PictureName, Store
from loyalty.core.services import store_files
from loyalty.moving_in.fetching import RESOURCES
from loyalty.moving_in.source import Source, SourceRefuses
from tests.moving_in.test_move_in import KEY, SECONDS_MAX, environment, move, run, target
from tests.support.demo import load_small
from tests.support.pictures import png

__all__ = ["target"]

pytestmark = pytest.mark.django_db(transaction=True)

# What may differ, and why.
MAY_DIFFER = {
    # Numbers of rows, which no address takes.
    "translations.id",
    "roles.id",
    "permissions.id",
    # Where a file is stored.
    "photos.path",
    # The server's own address.
    "rules.usageUrl",
    # A move is a change of these.
    "translations.updatedAt",
}
SINGLE = {"levels": "level/{}", "campaigns": "campaign/{}", "customers": "customer/{}"}
FILES = {
    "levels": ["level/{}/photo"],
    "rules": ["earningRule/{}/photo"],
    "campaigns": ["campaign/{}/brand_icon", "campaign/{}/photo"],
    "customers": ["customer/{}/avatar"],
}


@pytest.fixture
def demo(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The demo store, after weeks instead of a year, with a picture of each kind."""
    settings.MASTER_API_KEY = KEY
    settings.MEDIA_ROOT = tmp_path / "media"
    load_small(monkeypatch)
    store = Store.objects.get(code="DEFAULT")
    campaign = RewardCampaign.objects.in_store(store).first()
    level = Level.objects.in_store(store).first()
    customer = Customer.objects.in_store(store).first()
    rule = EarningRule.objects.in_store(store).first()
    assert campaign is not None
    assert level is not None
    assert customer is not None
    assert rule is not None
    levels.set_photo(level=level, upload=BytesIO(png()), actor=SYSTEM)
    rules.set_photo(rule=rule, upload=BytesIO(png()), actor=SYSTEM)
    pictures.set_brand_icon(campaign=campaign, upload=BytesIO(png()), actor=SYSTEM)
    for width in (601, 602):
        pictures.add_photo(campaign=campaign, upload=BytesIO(png(width)), actor=SYSTEM)
    avatars.upload(customer=customer, file=BytesIO(png(50, 50)), actor=SYSTEM)
    store_files.set_picture(
        store=store, name=PictureName.LOGO, upload=BytesIO(png(300, 300)), actor=SYSTEM
    )
    store.setting_values |= {"pushySecretKey": "of the push service"}
    store.save(update_fields=["setting_values"])
    push_tokens.add(customer=customer, token="a-device", actor=SYSTEM)
    return store


@contextmanager
def served(address: str, folder: Path) -> Iterator[str]:
    """Serve a database on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
        env=environment(address)
        | {"MASTER_API_KEY": KEY, "VAR_DIR": str(folder), "ALLOWED_HOSTS": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "It does not start."
            time.sleep(0.1)
        else:
            return


def told(source: Source) -> dict[str, Any]:
    """Return everything that moves, as a server tells it: by kind and id."""
    found: dict[str, Any] = {
        "settings": source.get("DEFAULT/settings")["settings"],
        "logo": source.get_file("DEFAULT/settings/photo/logo"),
        "roles": source.get("admin/acl/role")["roles"],
        "users": everything(source, "admin", "users"),
        "translations": everything(source, "admin/translations", "translations"),
    }
    for resource in RESOURCES:
        rows = everything(source, f"DEFAULT/{resource.path}", resource.key)
        kind = found[resource.name] = {}
        for row in rows:
            key = str(at(row, resource.id))
            kind[key] = row
            if single := SINGLE.get(resource.name):
                kind[f"{key} alone"] = source.get(f"DEFAULT/{single.format(key)}")
            for path in FILES.get(resource.name, []):
                kind[path.format(key)] = source.get_file(f"DEFAULT/{path.format(key)}")
            if resource.name == "customers":
                kind[f"{key} status"] = status(source, key)
                kind[f"{key} devices"] = source.get(f"DEFAULT/customer/{key}/pushy-token")
    return found


def status(source: Source, customer: str) -> Any:
    try:
        return source.get(f"DEFAULT/admin/customer/{customer}/status")
    except SourceRefuses as refusal:
        return refusal.message


def everything(source: Source, path: str, key: str) -> list[dict[str, Any]]:
    return [row for _page, rows, _total in source.pages(path, key, size=100) for row in rows]


def at(row: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        row = row[step]
    return row


def differences(there: Any, here: Any, kind: str, place: str) -> Iterator[str]:
    if isinstance(there, dict) and isinstance(here, dict):
        for key in there.keys() | here.keys():
            if f"{kind}.{key}" in MAY_DIFFER:
                continue
            inner = key if isinstance(there.get(key), list | dict) and kind else kind
            inner = inner if any(each.startswith(f"{inner}.") for each in MAY_DIFFER) else kind
            yield from differences(there.get(key), here.get(key), inner or key, f"{place} {key}")
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for number, pair in enumerate(zip(there, here, strict=True)):
            yield from differences(*pair, kind, f"{place} {number}")
    elif there != here:
        yield f"{place}: {there!r} there, {here!r} here"


def test_both_servers(
    demo: Store,
    live_server: Any,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    folder = tmp_path / "var"
    monkeypatch.setenv("VAR_DIR", str(folder))
    moved = run(target, *move(live_server, "--store", "DEFAULT"))
    assert moved.returncode == 0, moved.stderr

    there = told(Source(live_server.url, KEY))
    with served(target, folder) as url:
        here = told(Source(url, KEY))

    assert "\n".join(differences(there, here, "", "")) == ""
    assert there["customers"]
