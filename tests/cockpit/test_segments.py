"""A segment's page in the cockpit …"""

from django.urls import reverse

from accounts.models import Segment
from tests.factories.earning import EarningRuleFactory
from tests.support.segments import criterion, make_segment

EVERYBODY = [criterion("transaction_count", min=0)]


def address(segment, view="change"):
    return reverse(f"admin:accounts_segment_{view}", args=[segment.pk])


def test_says_which_rules_are_meant_for_it(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")

    page = cockpit("SEGMENT:VIEW").get(address(segment)).content.decode()

    assert "Double for regulars" in page
    assert address(segment, "remove") not in page


def test_deletes_it_once_that_is_confirmed(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    client = cockpit()

    assert client.get(address(segment, "remove")).status_code == 200
    assert Segment.objects.filter(pk=segment.pk).exists()
    answer = client.post(address(segment, "remove"), follow=True)

    assert "Regulars was deleted." in answer.content.decode()
    assert not Segment.objects.filter(pk=segment.pk).exists()


def test_does_not_delete_it_while_a_rule_is_meant_for_it(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")

    answer = cockpit().post(address(segment, "remove"), follow=True)

    assert "it is used by earning rule Double for regulars" in answer.content.decode()
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_needs_the_right_to_delete(cockpit, store):
    segment = make_segment(store, EVERYBODY)

    answer = cockpit("SEGMENT:VIEW").post(address(segment, "remove"))

    assert answer.status_code == 403
    assert Segment.objects.filter(pk=segment.pk).exists()
