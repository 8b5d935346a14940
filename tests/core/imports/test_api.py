"""Imports that became jobs, over the API: progress, refused rows, taking back."""

from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import Customer, StaffUser
from campaigns.models import CouponCode
from loyalty.core.api.open_loyalty import imports
from loyalty.core.imports import chunks, jobs, running
from loyalty.core.models import ImportJob, ImportState, Store
from tests.core.imports.conftest import as_csv, as_json_lines, as_workbook, as_xml, person
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

pytestmark = pytest.mark.django_db
POINTS = "customerEmail,points,type,validityDuration\nalice@example.com,5,adding,\n"


@pytest.fixture
def sam(db):
    return ApiClient(StaffUser.objects.create_superuser("sam", "Open-Sesame-1"))


@pytest.fixture
def eve(db):
    return ApiClient(StaffUser.objects.create(username="eve"))


@pytest.fixture
def api_of_codes(shop):
    return ApiClient(StaffFactory("REWARD_CAMPAIGN:VIEW", "REWARD_CAMPAIGN:MODIFY", stores=[shop]))


def send(client, shop, text, path="admin/customer/import", **headers):
    raw = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("file", raw, "text/csv")
    body = encode_multipart(BOUNDARY, {"file[file]": file})
    return client.call("POST", f"{shop.code}/{path}", body, MULTIPART_CONTENT, **headers)


def finished(job_uuid, shop):
    job = jobs.get(shop, job_uuid)
    running.run(job.pk)
    return jobs.get(shop, job_uuid)


def test_answers_with_the_job_and_its_address(sam, shop):
    text = as_csv([person(1), person(2, gender="x")])

    answer = send(sam, shop, text, headers={"Prefer": "respond-async"})

    assert answer.status_code == 202
    address = f"/api/{shop.code}/admin/import/{answer.data['importId']}"
    assert answer["Location"] == address
    assert answer["Preference-Applied"] == "respond-async"
    job = finished(answer.data["importId"], shop)
    told = sam.get(f"{shop.code}/admin/import/{job.uuid}").data
    assert (told["state"], told["totalSuccess"], told["totalFailed"]) == ("done", 1, 1)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(as_xml, id="xml"),
        pytest.param(as_csv, id="csv"),
        pytest.param(as_workbook, id="xlsx"),
        pytest.param(as_json_lines, id="json-lines"),
    ],
)
def test_answers_a_small_file_of_any_format_in_the_request(sam, shop, write):
    answer = send(sam, shop, write([person(1), person(2, gender="x")]))

    assert [item["status"] for item in answer.data["items"]] == ["success", "error"]
    assert Customer.objects.get().email == "ann1@example.com"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"PK\x03\x04broken", "The workbook cannot be read", id="broken-zip"),
        pytest.param("email;email\n", "The column email stands there 2 times.", id="twice"),
        pytest.param("email;x\nann1@example.com;1\n", "The file lacks columns: a", id="lacking"),
    ],
)
def test_says_why_a_small_file_cannot_be_read(sam, shop, data, message):
    answer = send(sam, shop, data)

    assert (answer.status_code, answer.data["items"]) == (200, [])
    assert answer.data["message"].startswith(message)
    assert ImportJob.objects.get().state == ImportState.FAILED


def test_a_file_of_which_nothing_was_taken_may_come_again(sam, shop):
    text = as_csv([person(1, gender="x")])
    send(sam, shop, text)

    answer = send(sam, shop, text, headers={"Prefer": "respond-async"})

    assert answer.data["state"] == "running"


def test_times_are_those_of_the_store(sam, shop):
    """GEN-6."""
    Store.objects.filter(pk=shop.pk).update(setting_values={"timezone": "Asia/Tokyo"})

    answer = send(sam, shop, as_csv([person(1)]), headers={"Prefer": "respond-async"})

    at = ImportJob.objects.get().created_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert answer.data["createdAt"] == f"{at:%Y-%m-%dT%H:%M:%S}+0900"


def test_answers_a_large_file_with_a_job(sam, shop, monkeypatch):
    monkeypatch.setattr(imports, "ANSWERED_BYTES_MAX", 10)

    answer = send(sam, shop, as_csv([person(1)]))

    assert answer.status_code == 202
    assert "Preference-Applied" not in answer


def test_hands_out_the_refused_rows_as_a_file(sam, eve, shop, bring_in):
    job = bring_in(as_csv([person(1), person(2, gender="x")]))
    path = f"{shop.code}/admin/import/{job.uuid}/refused"

    answer = sam.get(path)

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "ann2@example.com" in lines[1]
    assert "gender should be one of" in lines[1]
    assert eve.get(path).status_code == 403


def test_takes_points_back_once(sam, eve, shop, bring_in):
    CustomerFactory(shop, email="alice@example.com")
    job = bring_in(POINTS, "points")
    path = f"{shop.code}/admin/import/{job.uuid}/undo"

    assert eve.call("POST", path).status_code == 403
    answer = sam.call("POST", path)

    assert (answer.status_code, answer.data["takenBack"], answer.data["left"]) == (200, 1, 0)
    assert sam.call("POST", path).status_code == 400


def test_takes_points_back_in_the_background_for_who_does_not_wait(sam, shop, bring_in):
    CustomerFactory(shop, email="alice@example.com")
    job = bring_in(POINTS, "points")
    path = f"{shop.code}/admin/import/{job.uuid}"

    answer = sam.call("POST", f"{path}/undo", HTTP_PREFER="respond-async")

    assert (answer.status_code, answer.data["state"]) == (202, "undoing")
    assert answer.headers["Location"] == f"/api/{path}"
    running.run(job.pk)
    assert sam.get(path).data["state"] == "undone"


def test_keeps_no_more_refused_rows_than_anybody_mends(bring_in, monkeypatch):
    monkeypatch.setattr(chunks, "REFUSED_KEPT_MAX", 3)

    job = bring_in(as_csv([person(number, gender="x") for number in range(9)]))

    assert (job.rows_bad, job.rows.count()) == (9, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("email\nx\n", "The file lacks columns: active, agreement1", id="columns"),
        pytest.param("a;a\n", "The column a stands there 2 times.", id="names"),
    ],
)
def test_leaves_nothing_of_a_file_that_is_refused(sam, shop, settings, tmp_path, text, said):
    settings.MEDIA_ROOT = tmp_path

    answer = send(sam, shop, text, headers={"Prefer": "respond-async"})

    assert answer.status_code == 400
    assert said in str(answer.data)
    assert not ImportJob.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_takes_no_words_for_the_names_of_columns(sam, shop):
    """Nobody is there to confirm what they mean."""
    text = as_csv([person(1)], ("mail", "imię", "nazwisko", "active", "gender", "agreement1"))

    answer = send(sam, shop, text, headers={"Prefer": "respond-async"})

    assert answer.status_code == 400
    assert "The file lacks columns: email, firstName, lastName." in str(answer.data)


@pytest.mark.parametrize("path", ["", "/rows", "/refused", "/undo"])
def test_knows_nothing_of_another_stores_jobs(sam, bring_in, path):
    job = bring_in(as_csv([person(1, gender="x")]))
    other = StoreFactory()
    method = "POST" if path == "/undo" else "GET"

    assert sam.call(method, f"{other.code}/admin/import/{job.uuid}{path}").status_code == 404


def send_kind(client, shop, kind, text):
    file = SimpleUploadedFile("file.csv", text.encode(), "text/csv")
    body = encode_multipart(BOUNDARY, {"import[kind]": kind, "import[file]": file})
    return client.call("POST", f"{shop.code}/admin/import", body, MULTIPART_CONTENT)


def test_brings_in_files_of_a_kind_that_has_no_address_of_its_own(sam, shop):
    campaign = CampaignFactory(shop, name="Mug", coupons=("OLD",))

    answer = send_kind(sam, shop, "coupon-codes", "campaignName;code\nMug;NEW\nHat;LOST\n")

    assert [item["status"] for item in answer.data["items"]] == ["success", "error"]
    assert CouponCode.objects.filter(campaign=campaign, code="NEW").exists()


def test_needs_the_right_of_the_kind(api_of_codes, shop):
    refused = send_kind(api_of_codes, shop, "customers", as_csv([person(1)]))
    taken = send_kind(api_of_codes, shop, "coupon-codes", "campaignName;code\nHat;A\n")

    assert (refused.status_code, taken.status_code) == (403, 200)
    assert not Customer.objects.exists()


def test_refuses_a_kind_that_there_is_not(sam, shop):
    answer = send_kind(sam, shop, "recipes", "a;b\n1;2\n")

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["kind"] == {"errors": ["There is no such kind of file."]}
    assert not ImportJob.objects.exists()
