"""The cockpit's page of a reward's codes …"""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from campaigns import codes as patterns
from campaigns.models import PoolJob, PoolJobStatus, RewardType
from campaigns.services import pool_jobs, rewards
from loyalty.core.models import AuditEntry
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points


@pytest.fixture
def campaign(store):
    level = LevelFactory(store)
    return CampaignFactory(store, level=level, coupons=("CUP-0001", "CUP-0002"))


def url(campaign):
    return reverse("admin:campaigns_rewardcampaign_codes", args=[campaign.pk])


def codes_of(campaign):
    return list(campaign.codes.order_by("position", "pk").values_list("code", flat=True))


def upload(text):
    return SimpleUploadedFile("codes.csv", text.encode(), content_type="text/csv")


def test_generates_codes_in_the_background_and_shows_how_far_it_is(cockpit, campaign):
    client = cockpit()

    client.post(url(campaign), {"form": "generate", "count": "30", "pattern": "CAFE-#####-###%"})
    waiting = client.get(url(campaign)).content.decode()
    pool_jobs.run_all()
    done = client.get(url(campaign)).content.decode()

    new = codes_of(campaign)[2:]
    assert len(new) == 30
    assert all(code.startswith("CAFE-") for code in new)
    assert all(code[-1] == patterns.check_character(code[5:10] + code[11:14]) for code in new)
    assert "Waiting" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert 'value="100"' in done
    assert 'http-equiv="refresh"' not in done
    assert AuditEntry.objects.filter(event_type="FillCampaignPool").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        pytest.param({"count": "1000", "pattern": "CAFE-##"}, "pattern", id="can-be-guessed"),
        pytest.param({"count": "0", "pattern": "####-####"}, "count", id="none"),
    ],
)
def test_generates_nothing_by_a_poor_pattern(cockpit, campaign, sent, field):
    page = cockpit().post(url(campaign), {"form": "generate", **sent})

    assert field in page.context["pool_forms"][0].errors
    assert not PoolJob.objects.exists()


def test_loads_a_file(cockpit, campaign):
    """POOL-5: semicolons and line ends; what is there already is passed over."""
    file = upload("NEW-1;NEW-2\nCUP-0001\r\nNEW-3;\n")

    cockpit().post(url(campaign), {"form": "load", "file": file})
    pool_jobs.run_all()

    job = PoolJob.objects.get()
    assert codes_of(campaign) == ["CUP-0001", "CUP-0002", "NEW-1", "NEW-2", "NEW-3"]
    assert (job.added, job.skipped, job.status) == (3, 1, PoolJobStatus.DONE)


def test_loads_no_empty_file(cockpit, campaign):
    page = cockpit().post(url(campaign), {"form": "load", "file": upload("")})

    assert page.context["pool_forms"][1].errors["file"] == ["This value should not be blank."]
    assert not PoolJob.objects.exists()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        pytest.param(
            "en",
            "Nothing was loaded, as 7 lines cannot be taken: line 2 (no text in UTF-8), "
            "line 3 (longer than 255 characters), line 4 (longer than 255 characters), "
            "line 5 (longer than 255 characters), line 6 (longer than 255 characters) and 2 more.",
            id="en",
        ),
        pytest.param(
            "pl",
            "Nic nie wczytano, bo 7 wierszy nie można przyjąć: wiersz 2 (nie jest tekstem w UTF-8)",
            id="pl",
        ),
    ],
)
def test_names_the_bad_lines_of_a_file(cockpit, campaign, language, sentence):
    file = SimpleUploadedFile("codes.csv", b"\n".join([b"A", b"\xff", *[b"x" * 256] * 6]))

    page = cockpit().post(
        url(campaign), {"form": "load", "file": file}, headers={"accept-language": language}
    )

    assert sentence in page.content.decode()
    assert not PoolJob.objects.exists()


def test_names_the_bad_lines_that_were_typed(cockpit, campaign):
    typed = {"form": "type", "codes": "X\r\n\r\n" + "y" * 256}

    page = cockpit().post(url(campaign), typed).content.decode()

    told = "Nothing was loaded, as one line cannot be taken: line 3 (longer than 255 characters)."
    assert told in page
    assert not campaign.codes.filter(code="X").exists()


def test_adds_typed_codes(cockpit, campaign):
    """POOL-3."""
    cockpit().post(url(campaign), {"form": "type", "codes": "NEW-1\nCUP-0002\n NEW-2 "})

    assert codes_of(campaign) == ["CUP-0001", "CUP-0002", "NEW-1", "NEW-2"]


def test_replaces_free_codes(cockpit, campaign):
    """POOL-3."""
    cockpit().post(url(campaign), {"form": "type", "codes": "NEW-1", "replaces": "on"})

    assert codes_of(campaign) == ["NEW-1"]


@pytest.fixture
def alice(store, campaign):
    """Somebody who has the first code."""
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    give_points(alice, 10)
    rewards.buy(campaign=campaign, customer=alice, actor=STAFF)
    return alice


def test_keeps_codes_that_somebody_has(cockpit, campaign, alice):
    """POOL-4."""
    page = cockpit().post(url(campaign), {"form": "type", "codes": "NEW-1", "replaces": "on"})

    [sentence] = page.context["pool_forms"][2].errors["codes"]
    assert sentence.endswith("CUP-0001.")
    assert codes_of(campaign) == ["CUP-0001", "CUP-0002"]


def test_says_who_has_a_code(cockpit, campaign, alice):
    client = cockpit()

    assert "Alice Wonder" in client.get(f"{url(campaign)}?q=CUP-0001").content.decode()
    assert "This code is free." in client.get(f"{url(campaign)}?q=CUP-0002").content.decode()
    assert "no such code" in client.get(f"{url(campaign)}?q=CUP-0003").content.decode()


def test_says_who_has_the_code_that_everybody_gets(cockpit, store, alice):
    shared = CampaignFactory(
        store, is_single_coupon=True, coupons=("ALL",), cost_in_points=Decimal(0)
    )
    rewards.buy(campaign=shared, customer=alice, actor=STAFF)

    assert "Alice Wonder" in cockpit().get(f"{url(shared)}?q=ALL").content.decode()


def test_masks_free_codes_for_who_may_only_view(cockpit, campaign):
    page = cockpit("REWARD_CAMPAIGN:VIEW").get(url(campaign)).content.decode()

    assert "CUP-0001" not in page
    assert "••••001" in page


@pytest.mark.parametrize("form", ["generate", "load", "type"])
def test_fills_no_pool_for_who_may_only_view(cockpit, campaign, form):
    sent = {"form": form, "codes": "NEW", "count": "5", "pattern": "####-####-####"}

    cockpit("REWARD_CAMPAIGN:VIEW").post(url(campaign), sent | {"file": upload("NEW")})

    assert codes_of(campaign) == ["CUP-0001", "CUP-0002"]
    assert not PoolJob.objects.exists()


def test_has_no_page_for_a_reward_without_codes(cockpit, store):
    cashback = CampaignFactory(store, RewardType.CASHBACK)

    assert cockpit().get(url(cashback)).status_code == 404


def test_warns_of_a_low_pool(cockpit, store, campaign):
    campaign.low_stock_threshold = 3
    campaign.save(update_fields=["low_stock_threshold"])

    assert "few left" in cockpit().get(url(campaign)).content.decode()
