"""What comes in files that are none, or not quite … Source: IMP-3, IMP-4, IMP-5."""

import csv
import io
import zipfile

import openpyxl
import pytest

from accounts.models import Customer
from loyalty.core.imports import failed, formats
from loyalty.core.models import ImportJob, ImportState
from tests.core.imports.conftest import HEADER, as_csv, as_json_lines, as_workbook, as_xml, person

pytestmark = pytest.mark.django_db

BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><customers><customer><email>&c;</email>'
    "</customer></customers>"
)
STRANGER = (
    '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<customers><customer><email>&a;</email></customer></customers>"
)


def archive(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, text in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b"\xef\xbb\xbf \n", "The file is empty.", id="only-a-mark"),
        pytest.param(
            archive(a_csv="email"),
            "The file is a ZIP archive. Unpack it, and send the file inside.",
            id="zip",
        ),
        pytest.param(b"PK\x03\x04broken", "File is not a zip file", id="broken-zip"),
        pytest.param(
            archive(xl__workbook_xml="<!DOCTYPE a><a/>"),
            "a document type is not accepted",
            id="workbook-with-document-type",
        ),
        pytest.param(archive(xl__workbook_xml="<a/>"), "The workbook cannot be read", id="no-book"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x81\x83\xff\xfe", "The file is not text", id="picture"),
        pytest.param("email;e;email\n", "The column email stands there 2 times.", id="twice"),
        pytest.param(";;\n1;2;3\n", "The first line must name the columns.", id="no-names"),
        pytest.param(
            f"{'e' * 64};a\0b\n1;2\n", "The first line holds a NUL character.", id="nul-in-names"
        ),
        pytest.param(
            ";".join(f"c{number}" for number in range(501)),
            "The file has more than 500 columns.",
            id="too-many-columns",
        ),
    ],
)
def test_refuses_a_file_as_a_whole(keep, data, message):
    with pytest.raises(formats.Unreadable, match=message.replace("(", r"\(")):
        keep(data)

    assert not ImportJob.objects.exists()


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text.encode(), id="utf-8"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="utf-8-with-mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16"),
        pytest.param(lambda text: b"\xfe\xff" + text.encode("utf-16-be"), id="utf-16-big-endian"),
        pytest.param(lambda text: text.encode("utf-16-le"), id="utf-16-without-mark"),
        pytest.param(lambda text: text.encode("cp1250"), id="windows-1250"),
    ],
)
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda rows: as_csv(rows), id="semicolons"),
        pytest.param(lambda rows: as_csv(rows, delimiter=","), id="commas"),
        pytest.param(lambda rows: as_csv(rows, delimiter="\t"), id="tabs"),
        pytest.param(lambda rows: as_csv(rows).rstrip(), id="no-last-line-end"),
    ],
)
def test_reads_texts_in_every_usual_way_of_writing(bring_in, encode, write):
    job = bring_in(encode(write([person(1)])))

    assert (job.state, job.rows_ok) == (ImportState.DONE, 1)
    assert Customer.objects.get().last_name == "Zażółć1"


HEAD = ";".join(HEADER)
GOOD = ";".join(person(1))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            f"{HEAD}\n{GOOD}\nbob@example.com;Bob;Ko",
            "The line has 3 cells, the header 6.",
            id="broken-last-line",
        ),
        pytest.param(
            f"{HEAD}\n{GOOD}\n{GOOD};more;x\n",
            "The line has 8 cells, the header 6.",
            id="too-many-cells",
        ),
        pytest.param(
            f'{HEAD}\n{GOOD}\n"bob@example.com;Bob',
            "Line 3 cannot be read: unexpected end of data.",
            id="open-quote",
        ),
        pytest.param(
            f"{HEAD}\n{GOOD}\n{GOOD.replace('Ann', 'A' + chr(0))}\n",
            "The line holds a NUL character.",
            id="nul",
        ),
        pytest.param(
            f"{as_json_lines([person(1)])}\n{{broken\n", "The line is not JSON.", id="json"
        ),
        pytest.param(
            f"{as_json_lines([person(1)])}\n[1]\n", "The line is no JSON object.", id="json-list"
        ),
        pytest.param(
            f"{as_json_lines([person(1)])}\n{{broken \0\n", "The line is not JSON.", id="json-nul"
        ),
        pytest.param(
            f'{as_json_lines([person(1)])}\n{{"email": "\\u0000"}}\n',
            "The line holds a NUL character.",
            id="json-escaped-nul",
        ),
        pytest.param(
            f'{as_json_lines([person(1)])}\n["\\u0000"]\n',
            "The line holds a NUL character.",
            id="json-list-with-nul",
        ),
        pytest.param(
            f'{as_json_lines([person(1)])}\n{{"labels": [{{"\\ud83d": "x"}}]}}\n',
            "The line holds half a surrogate pair.",
            id="json-half-a-pair",
        ),
        pytest.param(
            f'{as_json_lines([person(1)])}\n{{"a": {"[" * 900}{"]" * 900}}}\n',
            "The line is nested too deep.",
            id="json-deep",
        ),
        pytest.param(
            f"{as_json_lines([person(1)])}\n{'{' + '[' * 1_100_000}\n",
            "The line is too long.",
            id="json-long-line",
        ),
        pytest.param(
            as_xml([person(1)]).removesuffix("</customers>") + "<customer><email>",
            "The file breaks off: no element found: line 1, column 210",
            id="xml-breaks-off",
        ),
        pytest.param(
            as_xml([person(1)]).removesuffix("</customers>") + "<customer>&bomb;</customer>",
            "The file breaks off: undefined entity: line 1, column 203",
            id="xml-entity",
        ),
    ],
)
def test_tells_of_a_broken_row_and_takes_the_others(bring_in, data, message):
    """IMP-3."""
    job = bring_in(data)

    assert (job.state, job.rows_ok, job.rows_bad) == (ImportState.DONE, 1, 1)
    [row] = job.rows.all()
    assert row.message.startswith(f"Convert exception: {message.partition(': line')[0]}")
    assert Customer.objects.get().email == "ann1@example.com"


@pytest.mark.parametrize("text", [BOMB, STRANGER], ids=["bomb", "external-entity"])
def test_refuses_document_types(bring_in, text):
    job = bring_in(text)

    assert (job.rows_ok, job.rows_bad) == (0, 1)
    assert job.rows.get().message.endswith("a document type is not accepted")
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("1990-01-31", "1990-01-31", id="iso"),
        pytest.param("31.01.1990", "1990-01-31", id="dots"),
        pytest.param("1990-01-31 00:00:00", "1990-01-31", id="midnight"),
        pytest.param("31.02.1990", None, id="no-such-day"),
        pytest.param("01/02/1990", None, id="day-or-month-first"),
    ],
)
def test_reads_days_where_there_is_no_doubt(bring_in, written, stored):
    header = (*HEADER, "birthDate")

    job = bring_in(as_csv([person(1, birthDate=written)], header))

    assert job.rows_ok == (stored is not None)
    if stored is None:
        assert "birthDate has invalid date format (Y-m-d required)" in job.rows.get().message
        assert not Customer.objects.exists()
    else:
        assert Customer.objects.get().birth_date.isoformat() == stored


def test_reads_the_values_of_a_workbook_as_what_they_are(bring_in):
    from datetime import date

    book = as_workbook(
        [["ann@example.com", "Ann", 12, True, "female", True, date(1990, 1, 31), 48601234567.0]],
        (*HEADER, "birthDate", "phone"),
    )

    bring_in(book)

    customer = Customer.objects.get()
    assert (customer.last_name, customer.phone) == ("12", "48601234567")
    assert customer.birth_date == date(1990, 1, 31)


def test_empty_lines_are_no_rows(bring_in):
    job = bring_in(f"{HEAD}\n\n{GOOD}\n;;;;;\n\n")

    assert (job.rows_done, job.rows_ok) == (1, 1)


def test_formula_cells_of_a_workbook_are_not_run(bring_in):
    book = openpyxl.load_workbook(io.BytesIO(as_workbook([person(1)])))
    book.active["B2"] = '=HYPERLINK("http://example.com")'
    file = io.BytesIO()
    book.save(file)

    job = bring_in(file.getvalue())

    # The workbook was never calculated, so the cell has no value.
    assert (job.rows_ok, job.rows_bad) == (0, 1)
    assert "firstName is required node" in job.rows.get().message


def test_goes_on_behind_a_line_with_a_stray_quote(bring_in):
    """IMP-3: and keeps it, to be mended."""
    stray = GOOD.replace("Ann", '"Ann" Lee')

    job = bring_in("\n".join([HEAD, ";".join(person(2)), stray, ";".join(person(3)), ""]))

    assert (job.rows_ok, job.rows_bad) == (2, 1)
    message = "Convert exception: Line 3 cannot be read: ';' expected after '\"'."
    assert job.rows.get().message == message
    refused = b"".join(failed.stream(job)).decode("utf-8-sig")
    assert stray in next(csv.reader(io.StringIO(refused.split("\r\n", 1)[1]), delimiter=";"))
