"""The cockpit prints the code of a QR rule …"""

from xml.etree import ElementTree

import pytest
import segno

from earning.admin import qr_codes
from earning.models import RuleType
from tests.cockpit.test_forms import url
from tests.factories import StoreFactory
from tests.factories.earning import EarningRuleFactory

pytestmark = pytest.mark.django_db


def code_url(rule) -> str:
    return url("earning_earningrule", rule).replace("change/", "code/")


def test_as_a_picture(cockpit, store):
    rule = EarningRuleFactory(store=store, type=RuleType.QRCODE)

    answer = cockpit().get(code_url(rule))

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer.content == qr_codes.draw("abccode")


def test_from_the_page_of_the_rule(cockpit, store):
    rule = EarningRuleFactory(store=store, type=RuleType.QRCODE)
    other = EarningRuleFactory(store=store)
    client = cockpit()

    page = client.get(url("earning_earningrule", rule)).content.decode()

    assert f'href="{code_url(rule)}"' in page
    assert "/code/" not in client.get(url("earning_earningrule", other)).content.decode()


def test_of_no_other_rule(cockpit, store):
    spending = EarningRuleFactory(store=store)
    elsewhere = EarningRuleFactory(store=StoreFactory(), type=RuleType.QRCODE)

    client = cockpit()

    assert client.get(code_url(spending)).status_code == 404
    assert client.get(code_url(elsewhere)).status_code == 404


@pytest.mark.parametrize("content", ["abccode", 'a<b&"c', "żółw", "x" * 255])
def test_in_its_exact_size_whatever_it_says(content):
    drawn = ElementTree.fromstring(qr_codes.draw(content))

    modules = segno.make_qr(content, error="q", boost_error=False).symbol_size(border=4)[0]
    assert drawn.get("width") == f"{modules * 2}mm"
