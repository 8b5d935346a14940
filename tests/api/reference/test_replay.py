"""Each documented call, sent as it is printed, is answered as it is documented."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import HttpResponse
from django.test import TestCase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from accounts.models import Customer, Seller, StaffUser
from accounts.services import segment_members, tokens
from loyalty.core.actors import SYSTEM
from loyalty.core.messages import templates
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.templates import Message
from loyalty.core.models import DEFAULT_STORE_CODE, AuditEntry, Event, Store
from loyalty.core.services import audit
from tests.api.reference import catalogue, letters
from tests.api.reference.facts import Call, differences, missing, read_calls
from tests.support import answers

STORE = "/api/DEFAULT/"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
JOHN = "00000000-0000-474c-b092-b0dd880c07e1"
# How the reference prints a file to upload.
FAKE_PATH = "fakepath"
SUCCESS = range(200, 300)
PHOTO_SIDE = 600
# What staff send by POST or DELETE and write nothing by; but for the payout, which is the word of
# its provider, and the purchase, which is kept whole as it came.
LEAVES_NO_TRACE = {
    "Audit: archive once more",
    "Audit: archive where nothing is",
    "Customer campaign: validate as staff",
    "Customers: activate",
    "Customers: search at the till",
    "Reward campaigns: simulate cashback",
    "Reward campaigns: what became of a payout",
    "Transactions: register",
    "Transactions: remove labels in JSON",
    "Transactions: simulate",
}
FILES = Path(__file__).with_name("files")


class TestReference(TestCase):
    """
    One method for each call, added below.

    Django's own class and no fixtures: it loads the store once, and puts it back after each call.
    """

    calls: ClassVar[dict[str, Call]] = read_calls()

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("load_demo", verbosity=0)
        # The examples of archives are about a time before the demo store.
        audit.record(
            SYSTEM,
            store=None,
            event_type="AuthenticationFailure",
            entity_type="User",
            entity_id="",
            now=datetime(2019, 3, 6, 12, 12, 29, tzinfo=UTC),
        )
        now = timezone.now()
        letters.send(now=now)
        segment_members.recalculate_all(now)

    def replay(self, call: Call) -> None:
        for earlier in call.after:
            self.replay(self.calls[earlier])
        last = AuditEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        answer = self.send(call)
        assert answer.status_code in call.statuses, _told(answer)
        if _is_deed_of_staff(call) and answer.status_code in SUCCESS:
            assert AuditEntry.objects.filter(pk__gt=last).exists(), "It left no trace."
        assert not (lines := answers.faults(answer)), "\n".join(lines)
        if call.answer is not None:
            lines = dict.fromkeys(differences(answer.json(), call.answer))
            assert not lines, "\n".join(lines)
        # The front ends are those of release 3.2, which names no store.
        if answer.status_code in SUCCESS and _is_json(answer) and STORE not in call.path:
            reads = catalogue.endpoint_of(call).reads
            lines = dict.fromkeys(line for key in reads for line in missing(answer.json(), key))
            assert not lines, "\n".join(lines)

    def send(self, call: Call) -> HttpResponse:
        content_type, body = _body(call)
        headers = {"accept": JSON} | _credentials(call.role)
        return self.client.generic(
            call.method, _filled(call.path), body, content_type=content_type, headers=headers
        )


def _is_deed_of_staff(call: Call) -> bool:
    """Tell whether it belongs into the audit trail: whatever staff and sellers write (AUD-3)."""
    is_of_staff = call.role in {"admin", "seller"} and call.method != "GET"
    return is_of_staff and call.id not in LEAVES_NO_TRACE


def _test_of(call: Call) -> Callable[[TestReference], None]:
    return lambda self: self.replay(call)


for _call in TestReference.calls.values():
    _name = re.sub(r"\W+", "_", _call.id).lower()
    setattr(TestReference, f"test_{_name}", _test_of(_call))
    if _call.path.startswith(STORE):
        # Clients of release 3.x name no store.
        _older = replace(_call, path=_call.path.replace(STORE, "/api/", 1))
        setattr(TestReference, f"test_{_name}_without_a_store", _test_of(_older))


def _credentials(role: str) -> dict[str, str]:
    """Return the headers that tell who calls. A role that is no role is a permanent token."""
    if not role:
        return {}
    person = _person(role)
    if person is None:
        return {"x-auth-token": role}
    pair = tokens.open_session(person, ip_address=None, now=timezone.now())
    return {"authorization": f"Bearer {pair.token}"}


def _person(role: str) -> StaffUser | Seller | Customer | None:
    if role == "admin":
        return StaffUser.objects.get(username="admin")
    if role == "seller":
        sellers = Seller.objects.filter(store__code="DEFAULT", is_active=True, is_deleted=False)
        return sellers.earliest("pk")
    if role == "customer":
        return Customer.objects.get(uuid=JOHN)
    if role.count("-") == 4:
        return Customer.objects.get(uuid=role)
    return None


def _moved_to_level() -> str:
    moves = Event.objects.filter(type="customer.moved_to_level")
    return str(moves.exclude(payload__oldLevelId=None).latest("pk").pk)


def _email() -> Message:
    messages = templates.list_messages(Store.objects.get(code=DEFAULT_STORE_CODE))
    return next(each for each in messages if each.channel == MessageChannel.EMAIL)


def _refresh_token() -> str:
    person = _person("admin")
    assert person is not None
    return tokens.open_session(person, ip_address=None, now=timezone.now()).refresh_token


# What cannot be printed, for it is another one each time.
FOUND: dict[str, Callable[[], str]] = {
    "{moved_to_level}": _moved_to_level,
    "{email}": lambda: str(_email().uuid),
    "{email_key}": lambda: _email().occasion.key,
    "{refresh_token}": _refresh_token,
}


def _filled(text: str) -> str:
    for word, find in FOUND.items():
        if word in text:
            text = text.replace(word, find())
    return text


def _body(call: Call) -> tuple[str, str | bytes]:
    """Return content type and body. curl neither encodes a pair nor looks at the method."""
    if call.json is not None:
        return JSON, _filled(json.dumps(call.json))
    if any(FAKE_PATH in pair for pair in call.body):
        pairs = (pair.split("=", 1) for pair in call.body)
        fields = {name: _upload(value) if FAKE_PATH in value else value for name, value in pairs}
        return MULTIPART_CONTENT, encode_multipart(BOUNDARY, fields)
    return FORM, "&".join(call.body)


def _is_json(answer: HttpResponse) -> bool:
    return answer.headers.get("content-type", "").startswith(JSON) and bool(answer.content)


def _upload(fake_path: str) -> SimpleUploadedFile:
    """Return the file of this name beside the facts; a photo where there is none."""
    name = fake_path.rsplit("\\", 1)[-1]
    if (FILES / name).exists():
        return SimpleUploadedFile(name, (FILES / name).read_bytes(), "text/xml")
    file = BytesIO()
    Image.new("RGB", (PHOTO_SIDE, PHOTO_SIDE), "teal").save(file, "PNG")
    return SimpleUploadedFile("photo.png", file.getvalue(), "image/png")


def _told(answer: HttpResponse) -> dict[str, Any]:
    return {"status": answer.status_code, "body": answer.content.decode(errors="replace")[:2000]}
