"""The cockpit's pages of languages, pictures and the audit trail."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.services.levels import LevelText
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditArchive, AuditEntry, Language, StoreFile
from loyalty.core.selectors import languages
from loyalty.core.services import audit
from loyalty.core.services import languages as languages_service
from loyalty.core.services.languages import LanguageData
from tests.factories import LevelFactory, StoreFactory
from tests.factories.staff import StaffFactory

LONG_AGO = datetime(2019, 3, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(width=300, height=300):
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return SimpleUploadedFile("logo.png", file.getvalue(), "image/png")


def values_of(client, address):
    """Return what a form's fields hold, as a browser would send it."""
    form = client.get(address).context["form"]
    return {name: value for name, value in form.initial.items() if value not in (None, False)}


# Languages


def test_add_a_language_and_translate_it(cockpit, store):
    """TRN-1: only what was written is kept; the rest is said in the default language."""
    client = cockpit("SETTINGS")

    added = client.post(
        reverse("admin:language_add"), {"code": "de", "name": "Deutsch", "order": "2"}
    )
    address = reverse("admin:language", args=["de"])
    assert added["Location"] == address
    page = client.get(address)
    field = next(
        name for name, field in page.context["form"].fields.items() if field.label == "Save"
    )
    client.post(address, {"name": "Deutsch", "order": "2", field: "Speichern"})

    assert Language.objects.get(code="de").content == {"global": {"save": "Speichern"}}
    assert "are missing" in client.get(reverse("admin:languages")).content.decode()


def test_saving_without_a_change_keeps_ours(cockpit, store):
    client, address = cockpit("SETTINGS"), reverse("admin:language", args=["pl"])

    client.post(address, values_of(client, address))

    assert Language.objects.get(code="pl").content is None
    assert languages.texts_for("pl")["global"]["save"] == "Zapisz"


def test_remove_a_language_after_asking(cockpit, store):
    client, address = cockpit("SETTINGS"), reverse("admin:language_remove", args=["pl"])

    assert "Polski" in client.get(address).content.decode()
    assert not Language.objects.exists()
    client.post(address)

    assert [each.code for each in languages.list_languages()] == ["en"]


def test_the_default_language_stays(cockpit, store):
    client = cockpit("SETTINGS")

    client.post(reverse("admin:language_remove", args=["en"]))

    assert [each.code for each in languages.list_languages()] == ["en", "pl"]
    assert client.get(reverse("admin:language", args=["xx"])).status_code == 404


def test_languages_are_read_only_without_the_right(cockpit, store):
    client, address = cockpit("SETTINGS:VIEW"), reverse("admin:language", args=["pl"])

    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "X", "order": "1"}).status_code == 403
    assert client.post(reverse("admin:language_add"), {"code": "de"}).status_code == 403
    assert not Language.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["accounts_level_add", "campaigns_campaigncategory_add"],
)
def test_forms_ask_for_names_in_every_language(cockpit, store, name):
    """TRN-3."""
    languages_service.create(code="de", data=LanguageData(name="Deutsch"), actor=SYSTEM)

    fields = cockpit().get(reverse(f"admin:{name}")).context["form"].fields

    names = [code for code in ("en", "pl", "de") if f"name_{code}" in fields]
    assert names == ["en", "pl", "de"]
    assert [code for code in names if fields[f"name_{code}"].required] == ["en"]


def test_names_in_a_removed_language_are_kept(cockpit, store):
    """TRN-5."""
    level = LevelFactory(store, translations={"en": LevelText("Gold"), "pl": LevelText("Złoty")})
    languages_service.delete(code="pl", actor=SYSTEM)
    client, address = cockpit(), reverse("admin:accounts_level_change", args=[level.pk])

    page = client.get(address)
    assert "Złoty" not in page.content.decode()
    client.post(address, values_of(client, address) | {"name_en": "Golden", "is_active": "on"})

    names = dict(level.translations.values_list("locale", "name"))
    assert names == {"en": "Golden", "pl": "Złoty"}


# Pictures


def test_set_and_take_away_pictures(cockpit, store):
    """SET-20."""
    client, address = cockpit("SETTINGS"), reverse("admin:pictures")

    assert client.post(address, {"logo": picture()}).status_code == 302

    assert StoreFile.objects.get().name == "logo"
    page = client.get(address).content.decode()
    assert f"/api/{store.code}/settings/photo/logo?v=" in page
    client.post(address, {"logo-remove": "on"})
    assert not StoreFile.objects.exists()


def test_say_that_no_picture_was_chosen(cockpit, store):
    page = cockpit("SETTINGS").post(reverse("admin:pictures"), {}, follow=True).content.decode()

    assert "Nothing was chosen, so nothing has changed." in page
    assert "The pictures were saved." not in page


def test_say_at_which_picture_the_fault_is(cockpit, store):
    page = cockpit("SETTINGS").post(
        reverse("admin:pictures"), {"logo": picture(), "small-logo": picture(100, 100)}
    )

    assert list(page.context["form"].errors) == ["small-logo"]
    assert not StoreFile.objects.exists()


def test_pictures_need_the_right(cockpit, store):
    client = cockpit("SETTINGS:VIEW")

    assert client.get(reverse("admin:pictures")).status_code == 200
    assert client.post(reverse("admin:pictures"), {"logo": picture()}).status_code == 403
    assert not StoreFile.objects.exists()


# The audit trail


def entry(store, entity_type="Pos", **fields):
    given = {"event_type": "UpdatePos", "entity_id": "1", "now": datetime.now(UTC)}
    return audit.record(SYSTEM, store=store, entity_type=entity_type, **given | fields)


def test_filter_the_trail_and_take_it_out(cockpit, store):
    """AUD-1, AUD-4."""
    wanted = entry(store, data={"name": {"old": "Bagno", "new": "Rynek"}})
    entry(store, "Level")
    client = cockpit("AUDIT")

    page = client.get(reverse("admin:core_auditentry_changelist"), {"about": "Pos"})
    [tool] = [each for each in page.context["list_tools"] if each.icon == "download"]
    export = client.post(f"{tool.url}&who=system", {"format": "csv"})

    assert "Bagno → Rynek" in page.content.decode()
    assert len(page.context["cl"].result_list) == 1
    text = b"".join(export.streaming_content).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(StringIO(text))] == ["auditLogId", str(wanted.uuid)]


def test_archive_old_entries_after_asking(cockpit, store):
    """AUD-5, AUD-6."""
    entry(store, now=LONG_AGO)
    client, address = cockpit("AUDIT"), reverse("admin:core_auditentry_make")

    assert client.get(address).status_code == 200
    assert not AuditArchive.objects.exists()
    client.post(address)

    archive = AuditArchive.objects.get()
    assert (
        archive.filename in client.get(reverse("admin:core_auditentry_archives")).content.decode()
    )
    file = client.get(reverse("admin:core_auditentry_archive", args=[archive.filename]))
    assert b"<event>UpdatePos</event>" in b"".join(file.streaming_content)
    assert not AuditEntry.objects.filter(created_at=LONG_AGO).exists()


def test_archives_are_not_for_staff_of_some_stores(cockpit, store):
    entry(StoreFactory(), now=LONG_AGO)
    client = cockpit(staff=StaffFactory("AUDIT", stores=[store]))

    for name in ("archives", "make"):
        address = reverse(f"admin:core_auditentry_{name}")
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert not AuditArchive.objects.exists()


def test_viewers_archive_nothing(cockpit, store):
    entry(store, now=LONG_AGO)

    assert cockpit("AUDIT:VIEW").post(reverse("admin:core_auditentry_make")).status_code == 403
    assert not AuditArchive.objects.exists()
