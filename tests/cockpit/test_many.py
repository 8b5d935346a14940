"""In a list, many rows can be chosen …"""

from urllib.parse import unquote_plus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.cockpit import many
from accounts.models import Customer, CustomerStatus
from accounts.selectors import balances
from loyalty.core import clock
from loyalty.core.imports import running
from loyalty.core.models import ImportJob, ImportState
from tests.factories import CustomerFactory, PosFactory, StoreFactory

LIST = reverse("admin:accounts_customer_changelist")
POINTS = {"points": "5", "comment": "Sorry"}


def page(deed, query):
    return f"{reverse('admin:accounts_customer_many', args=[deed])}?{query}"


def ids(*customers):
    return f"ids={','.join(str(each.pk) for each in customers)}"


def hidden(answer):
    """Return what a page's form carries along."""
    form = answer.context["form"]
    names = ("upto", "expected")
    carried = {name: answer.context[name] for name in names if name in answer.context}
    return {field.html_name: field.value() for field in form if field.value() is not None} | carried


def confirm(client, address, answers=None):
    """Fill in a deed's form, and confirm it."""
    asked = client.get(address)
    if answers:
        asked = client.post(address, hidden(asked) | answers)
    return client.post(address, hidden(asked) | {"confirmed": "1"})


@pytest.fixture
def people(store):
    return [CustomerFactory(store, gender="female") for _number in range(3)]


def test_by_their_boxes(cockpit, people):
    sent = {"action": "customers-block", "_selected_action": [p.pk for p in people[:2]], "index": 0}

    answer = cockpit().post(f"{LIST}?gender__exact=female", sent)

    assert answer.url == page(
        "customers-block", f"gender__exact=female&ids={people[0].pk}%2C{people[1].pk}"
    )


def test_or_all_that_the_list_finds(cockpit, people):
    sent = {
        "action": "customers-block",
        "_selected_action": [people[0].pk],
        "select_across": "1",
        "index": 0,
    }

    answer = cockpit().post(f"{LIST}?gender__exact=female&p=2&o=-4", sent)

    rows, _mark, way_back = answer.url.partition("&_changelist_filters=")
    assert rows == page("customers-block", "gender__exact=female&o=-4&all=1")
    assert unquote_plus(way_back) == "gender__exact=female&p=2&o=-4"


def test_and_a_deed_is_asked_about_and_done(cockpit, people):
    client = cockpit()
    address = page("customers-points", ids(*people[:2]))

    asked = client.get(address)
    confirmed = client.post(address, hidden(asked) | POINTS)
    assert "That makes 10 points in all." in confirmed.content.decode()
    assert not ImportJob.objects.exists()
    answer = client.post(address, hidden(confirmed) | {"confirmed": "1"})

    job = ImportJob.objects.get()
    assert answer.url == reverse("admin:many_job", args=[job.uuid])
    assert (job.state, job.rows_ok) == (ImportState.DONE, 2)
    points = [balances.get_figures(each.wallet_id, clock.now()).points for each in people]
    assert points == [5, 5, 0]


def test_and_a_form_sent_twice_is_done_once(cockpit, people):
    client = cockpit()
    address = page("customers-points", ids(people[0]))
    confirmed = client.post(address, hidden(client.get(address)) | POINTS)

    for _time in range(2):
        client.post(address, hidden(confirmed) | {"confirmed": "1"})

    assert balances.get_figures(people[0].wallet_id, clock.now()).points == 5


def test_and_what_the_form_refuses_stands_in_it(cockpit, people):
    answer = cockpit().post(page("customers-points", ids(people[0])), POINTS | {"points": "-1"})

    assert "points" in answer.context["form"].errors
    assert not ImportJob.objects.exists()


def test_and_the_page_tells_what_was_left_alone_and_why(cockpit, people):
    Customer.objects.filter(pk=people[0].pk).update(status=CustomerStatus.DELETED)
    Customer.objects.filter(pk=people[1].pk).update(status=CustomerStatus.BLOCKED)
    client = cockpit()

    answer = client.get(confirm(client, page("customers-block", ids(*people))).url)

    shown = answer.content.decode()
    assert "This customer was deleted." in shown
    assert "Was so already" in shown
    assert reverse("admin:accounts_customer_change", args=[people[0].pk]) in shown
    assert "Block" in client.get(reverse("admin:many")).content.decode()


def test_and_many_are_left_to_a_worker(cockpit, people, monkeypatch):
    monkeypatch.setattr(many, "AT_ONCE", 2)
    client = cockpit()

    address = confirm(client, page("customers-block", "all=1&gender__exact=female")).url

    job = ImportJob.objects.get()
    assert (job.state, job.rows_done) == (ImportState.RUNNING, 0)
    assert 'http-equiv="refresh"' in client.get(address).content.decode()
    running.run(job.pk)
    assert 'http-equiv="refresh"' not in client.get(address).content.decode()
    assert Customer.objects.filter(status=CustomerStatus.BLOCKED).count() == 3


def test_and_who_comes_after_the_question_was_not_meant(cockpit, store, people):
    client = cockpit()
    address = page("customers-block", "all=1")
    asked = client.get(address)
    late = CustomerFactory(store)

    client.post(address, hidden(asked) | {"confirmed": "1"})

    late.refresh_from_db()
    assert late.status == CustomerStatus.ACTIVE
    assert ImportJob.objects.get().rows_ok == 3


def test_and_more_than_were_told_of_are_asked_about_again(cockpit, store):
    other = CustomerFactory(store, gender="male")
    CustomerFactory(store, gender="female")
    client = cockpit()
    address = page("customers-block", "all=1&gender__exact=female")
    asked = client.get(address)
    Customer.objects.filter(pk=other.pk).update(gender="female")

    answer = client.post(address, hidden(asked) | {"confirmed": "1"})

    assert "Meanwhile there are more of them." in answer.content.decode()
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize(
    ("right", "deed"),
    [
        pytest.param(("CUSTOMER:VIEW",), "customers-block", id="only-sees"),
        pytest.param(("CUSTOMER",), "customers-points", id="moves-no-points"),
        pytest.param(("CUSTOMER", "SEGMENT:VIEW"), "customers-segment", id="changes-no-segment"),
        pytest.param(("POINT_TRANSFER",), "customers-points", id="sees-no-customers"),
    ],
)
def test_by_who_may_do_it_with_one(cockpit, people, right, deed):
    client = cockpit(*right)

    assert client.get(page(deed, ids(people[0]))).status_code == 403
    assert f'value="{deed}"' not in client.get(LIST).content.decode()
    sent = {"action": deed, "_selected_action": [people[0].pk], "index": 0}
    assert "many" not in client.post(LIST, sent).headers.get("location", "")


def test_without_boxes_for_who_may_do_nothing(cockpit, people):
    assert "_selected_action" not in cockpit("CUSTOMER:VIEW").get(LIST).content.decode()


def test_of_this_store_only(cockpit, people):
    stranger = CustomerFactory(StoreFactory())
    client = cockpit()

    assert client.get(page("customers-block", ids(stranger))).status_code == 404
    confirm(client, page("customers-block", ids(people[0], stranger)))

    stranger.refresh_from_db()
    assert stranger.status == CustomerStatus.ACTIVE
    assert ImportJob.objects.get().rows_total == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 404), ("ids=", 404), ("ids=1,x", 404), ("ids=٣", 404), ("ids=0", 404)],
)
def test_by_an_address_that_names_rows(cockpit, people, query, status):
    assert cockpit().get(page("customers-block", query)).status_code == status


def test_by_filters_that_the_list_has(cockpit, people):
    answer = cockpit().get(page("customers-block", "all=1&nonsense=1"), follow=True)

    assert "no such filter" in answer.content.decode()


def test_and_the_order_means_the_same_with_boxes_and_without(cockpit, store):
    CustomerFactory(store, last_name="Zorn")
    CustomerFactory(store, last_name="Abel")

    for rights in ((), ("CUSTOMER:VIEW",)):
        shown = cockpit(*rights).get(f"{LIST}?o=0").content.decode()

        assert shown.index("Abel") < shown.index("Zorn")
        assert "?o=-0" in shown


def test_at_the_same_cost_for_each_page(cockpit, store, people):
    client = cockpit()
    counts = []
    for _time in range(2):
        job = confirm(client, page("customers-block", "all=1")).url
        with CaptureQueriesContext(connection) as queries:
            client.get(job)
        counts.append(len(queries))
        for _number in range(9):
            CustomerFactory(store)
        Customer.objects.update(status=CustomerStatus.BLOCKED)

    assert counts[0] + 1 == counts[1]  # the names of those that were blocked already


def test_and_its_page_is_for_who_sees_such_rows(cockpit, people):
    address = confirm(cockpit(), page("customers-points", ids(people[0])), POINTS).url

    assert cockpit("CUSTOMER:VIEW").get(address).status_code == 403
    assert cockpit("CUSTOMER:VIEW", "POINT_TRANSFER:VIEW").get(address).status_code == 200


def test_and_things_of_the_store_are_offered(cockpit, store, people):
    shop = PosFactory(store)
    far = PosFactory(StoreFactory())
    client = cockpit()
    address = page("customers-pos", ids(people[0]))

    offered = client.get(address).content.decode()
    assert str(shop.uuid) in offered
    assert str(far.uuid) not in offered
    confirm(client, address, {"pos": str(shop.uuid)})

    people[0].refresh_from_db()
    assert people[0].pos == shop
