"""The files around the code say what the code says …"""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.version import Version

from loyalty.celery import app

ROOT = Path(settings.BASE_DIR)
PINS = re.compile(r"^([a-z0-9._-]+)==([^ \\]+)", re.MULTILINE)
VARIABLE = re.compile(r'environment\.\w+\(\s*"([A-Z_]+)"')


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled <= set(app.tasks)


@pytest.mark.parametrize(
    ("lock", "extra"),
    [
        ("requirements.lock", ""),
        ("requirements-dev.lock", "dev"),
        ("requirements-ldap.lock", "ldap"),
    ],
)
def test_lock_satisfies_the_project(lock: str, extra: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"].get(extra, [])
    pins = dict(PINS.findall((ROOT / lock).read_text()))

    for requirement in map(Requirement, wanted):
        pinned = pins.get(requirement.name.lower())
        assert pinned, f"{requirement.name} is not in {lock}: run make lock"
        assert Version(pinned) in requirement.specifier, f"{requirement.name}: run make lock"


def test_locks_agree_and_name_no_registry():
    names = ("requirements.lock", "requirements-dev.lock", "requirements-ldap.lock")
    runtime, dev, ldap = ((ROOT / name).read_text() for name in names)

    assert set(PINS.findall(runtime)) <= set(PINS.findall(dev)) & set(PINS.findall(ldap))
    assert "://" not in runtime + dev + ldap
    assert "index" not in runtime.split("--hash")[0]


def test_readme_documents_every_variable():
    read = set(VARIABLE.findall((ROOT / "loyalty" / "settings.py").read_text()))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.M))

    assert documented == read | {"DATABASE_URL"}
