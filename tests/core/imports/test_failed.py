"""The file of refused rows …"""

import pytest

from accounts.models import Customer
from loyalty.core.imports import failed
from tests.core.imports.conftest import as_csv, as_json_lines, as_workbook, as_xml, person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "write", [as_csv, as_workbook, as_json_lines, as_xml], ids=["csv", "xlsx", "jsonl", "xml"]
)
def test_holds_only_the_refused_rows_and_can_be_mended_and_sent_again(bring_in, keep, write):
    job = bring_in(write([person(1), person(2, gender="woman"), person(3)]))
    assert (job.rows_ok, job.rows_bad) == (2, 1)

    refused = b"".join(failed.stream(job))
    again = bring_in(refused)

    assert (again.format, again.rows_done, again.rows_bad) == (job.format, 1, 1)
    assert again.rows.get().message == job.rows.get().message
    if write is not as_workbook:
        assert bring_in(refused.replace(b"woman", b"female")).rows_ok == 1
        assert Customer.objects.count() == 3


def test_no_cell_of_it_is_a_formula(bring_in):
    job = bring_in(as_csv([person(1, firstName="=cmd|x", gender="x")]))

    lines = b"".join(failed.stream(job)).decode().splitlines()

    assert lines[1].split(";")[1] == "'=cmd|x"
