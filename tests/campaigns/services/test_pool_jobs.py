"""Pools are filled in the background, in pieces, from where they stopped."""

import io
import re
import tracemalloc

import pytest
from django.core.files.base import ContentFile

from campaigns import codes
from campaigns.models import CouponCode, PoolJob
from campaigns.selectors import usage
from campaigns.services import pool_files, pool_jobs, pools
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from tests.factories.campaigns import CampaignFactory


@pytest.fixture
def campaign(store):
    return CampaignFactory(store, coupons=("A",))


def load(campaign, content):
    return pool_jobs.load(campaign=campaign, file=ContentFile(content, "c.txt"), actor=SYSTEM)


def codes_of(campaign):
    return list(campaign.codes.order_by("position").values_list("code", flat=True))


def test_a_file_is_read_to_its_end(campaign):
    """POOL-1, POOL-5: semicolons and line ends part codes."""
    job = load(campaign, "\ufeffA;B ; C\r\nD\n\nB;É".encode())

    assert pool_jobs.run_all() == 1

    job.refresh_from_db()
    assert codes_of(campaign) == ["A", "B", "C", "D", "É"]
    assert (job.status, job.added, job.skipped, job.done) == ("done", 4, 2, job.total)
    assert usage.get_tally(campaign).codes == 5
    assert not job.file


def test_a_job_does_not_wait_for_the_schedule(
    campaign, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(pool_jobs.current_app, "send_task", sent.append)

    with django_capture_on_commit_callbacks(execute=True):
        load(campaign, b"A")

    assert sent == ["campaigns.fill_pools"]


def test_a_stopped_job_goes_on_where_it_was(campaign, monkeypatch):
    """POOL-3: each piece is committed with how far it is."""
    monkeypatch.setattr(pool_jobs, "CODES_PER_CHUNK", 30)
    job = pool_jobs.generate(campaign=campaign, pattern="X-########%", count=70, actor=SYSTEM)

    assert pool_jobs.run_chunk(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.total) == ("running", 30, 70)
    assert pool_jobs.run_all() == 2

    job.refresh_from_db()
    assert (job.status, job.done) == ("done", 70)
    assert campaign.codes.count() == 71
    assert not pool_jobs.run_chunk(job.pk)


def test_a_file_whose_lines_cannot_be_taken_is_refused_at_once(campaign):
    """POOL-5."""
    with pytest.raises(pool_files.BadLines) as refusal:
        load(campaign, b"B\nC\r\nD;\xff\xfe\n" + b"x" * 256)

    told = ["Line 3: The file is not text in UTF-8."]
    told += ["Line 4: This value is longer than 255 characters."]
    assert refusal.value.errors == {"file": told}
    assert not PoolJob.objects.exists()
    assert codes_of(campaign) == ["A"]


def test_a_file_that_is_no_text_any_more_fails_and_says_so(campaign, monkeypatch):
    """POOL-5: what lies on the disk may be damaged."""
    monkeypatch.setattr(pool_files, "check", lambda file: None)
    job = load(campaign, b"B;\xff\xfe")

    pool_jobs.run_all()

    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", pool_files.Fault.NOT_TEXT.value)
    assert codes_of(campaign) == ["A"]


@pytest.mark.parametrize("size", [4, 5, 7, 100])
def test_blocks_cut_no_code(size):
    """POOL-3: whatever the size of the blocks."""
    file, offset, found = io.BytesIO(b"AB;CD\nEF;GH"), 0, []
    while offset < 11:
        part, offset = pool_jobs.read_codes(file, offset=offset, size=size)
        found += [code for code in part if code]

    assert found == ["AB", "CD", "EF", "GH"]


@pytest.mark.parametrize(
    ("pattern", "count", "field"),
    [
        pytest.param("AB-###", 10, "pattern", id="guessable"),
        pytest.param("########", 0, "count", id="none"),
        pytest.param(" ##########", 1, "pattern", id="blank"),
    ],
)
def test_refuses_codes_that_could_be_guessed(campaign, pattern, count, field):
    """POOL-1."""
    with pytest.raises(InvalidFields) as refusal:
        pool_jobs.generate(campaign=campaign, pattern=pattern, count=count, actor=SYSTEM)

    assert set(refusal.value.errors) == {field}
    assert not PoolJob.objects.exists()


def test_only_rewards_with_codes_have_pools(store):
    cashback = CampaignFactory(store, "cashback")

    with pytest.raises(pools.NoPool):
        pool_jobs.generate(campaign=cashback, pattern="#" * 12, count=1, actor=SYSTEM)
    assert not CouponCode.objects.exists()


def test_codes_look_as_the_pattern_says():
    found = list(codes.generate("SUN-####-####-%", 500))

    allowed = f"[{codes.ALPHABET}]"
    assert all(
        re.fullmatch(rf"SUN-{allowed}{{4}}-{allowed}{{4}}-{allowed}", code) for code in found
    )
    assert len(set(found)) == 500
    assert not set("01OIL") & set(codes.ALPHABET)


def test_the_check_character_finds_slips():
    drawn = "7KMP2XW9"
    check = codes.check_character(drawn)

    for place in range(len(drawn)):
        for other in codes.ALPHABET:
            wrong = drawn[:place] + other + drawn[place + 1 :]
            assert (codes.check_character(wrong) == check) == (wrong == drawn)
    for place in range(len(drawn) - 1):
        swapped = drawn[:place] + drawn[place + 1] + drawn[place] + drawn[place + 2 :]
        assert codes.check_character(swapped) != check


def test_codes_travel_in_constant_memory(campaign):
    """POOL-3: the original ran out of it."""
    tracemalloc.start()
    pools.append_codes(campaign, (f"CODE-{n:08}" for n in range(40_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert campaign.codes.count() == 40_001
    assert peak < 2_000_000
