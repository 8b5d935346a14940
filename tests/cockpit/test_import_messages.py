"""What is said of the rows of files, in Polish …"""

import inspect

import pytest
from django.utils.translation import override

from accounts.api.open_loyalty import segment_imports, transfer_imports, transfers
from accounts.ledger import errors as ledger_errors
from accounts.services import customer_data, customers, segments
from campaigns.api.open_loyalty import code_imports
from campaigns.services import pools
from loyalty.cockpit import import_messages
from loyalty.core import turns
from loyalty.core.errors import DomainError
from loyalty.core.imports import answering, chunks, drafts, kinds, undoing
from transactions.api.open_loyalty import reading as document_reading
from transactions.services import documents, labels, matching, purchases

# What no row of a file can meet.
OF_OTHERS = {
    customers.CustomerDeleted,
    customers.NotWaiting,
    # These name columns, and have their case below.
    drafts.MissingColumns,
    drafts.TooFewColumns,
    ledger_errors.NotCancellable,
    ledger_errors.NotExpirable,
    ledger_errors.NotHeld,
    ledger_errors.NotPending,
    ledger_errors.NotRevertible,
    ledger_errors.ReservedKey,
    ledger_errors.SameWallet,
    segments.SegmentInUse,
}


def refusals():
    for module in (
        customers,
        drafts,
        labels,
        ledger_errors,
        matching,
        pools,
        purchases,
        segments,
        transfer_imports,
        transfers,
        undoing,
    ):
        for _name, found in inspect.getmembers(module, inspect.isclass):
            is_own = found.__module__.startswith(module.__name__) and issubclass(found, DomainError)
            if is_own and found not in OF_OTHERS:
                yield pytest.param(inspect.getdoc(found).splitlines()[0], id=found.__qualname__)


@pytest.mark.parametrize("text", list(refusals()))
def test_says_each_refusal_of_a_command(text):
    with override("pl"):
        assert import_messages.tell(f"Processing exception: {text}") != text


@pytest.mark.parametrize(
    "text",
    [
        answering.BEING_TAKEN,
        answering.CUT_OFF,
        chunks.KNOWN_ROW.removeprefix("Processing exception: "),
        code_imports.IN_POOL,
        code_imports.NO_CAMPAIGN,
        code_imports.TWO_CAMPAIGNS,
        customer_data.BLANK,
        customer_data.BOTH_OR_NEITHER,
        customer_data.LABEL_WITHOUT_KEY,
        customer_data.MUST_AGREE,
        customer_data.NO_CHOICE,
        customer_data.NO_EMAIL,
        customer_data.NO_PHONE,
        customer_data.TAKEN,
        customer_data.TOO_LONG.format(length=255),
        customer_data.LEVEL_NOT_ACTIVE,
        customer_data.NO_ENTRY_LEVEL,
        document_reading.NOT_A_CHOICE,
        document_reading.NOT_A_DATE,
        documents.NOT_TEXT,
        documents.NOT_VALID,
        kinds.CANNOT_STORE.removeprefix("Processing exception: "),
        kinds.NOT_VALID,
        kinds.NO_INTEGER,
        kinds.NO_UUID,
        kinds.REQUIRED,
        segment_imports.LISTED,
        segment_imports.NO_CUSTOMER,
        segment_imports.NO_SEGMENT,
        transfer_imports.NOT_A_TYPE,
        turns.KILLED,
    ],
)
def test_says_each_fault(text):
    with override("pl"):
        assert import_messages.tell(text) != text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(
            "Convert exception: gender should be one of: male, female; email is required node",
            "gender powinno być jednym z: male, female; email jest wymagane",
            id="nodes",
        ),
        pytest.param(
            "Processing exception: email: This value is already used.",
            "email: Ta wartość jest już zajęta.",
            id="sentence-of-a-node",
        ),
        pytest.param(
            "Convert exception: items.0.name is refused: This value is longer than 300 characters.",
            "items.0.name odrzucono: Liczba znaków tej wartości jest większa niż 300.",
            id="sentence-in-a-fault",
        ),
        pytest.param(
            "The file lacks columns: active, email.",
            "W pliku brakuje kolumn: active, email.",
            id="columns",
        ),
        pytest.param(
            "The workbook cannot be read: it is too large; save it as CSV",
            "Nie można odczytać skoroszytu: jest za duży; zapisz go jako CSV",
            id="workbook",
        ),
        pytest.param(
            "Convert exception: something new; email is required node",
            "something new; email jest wymagane",
            id="not-translated",
        ),
        pytest.param("", "", id="forgotten"),
    ],
)
def test_says_what_was_meant(message, said):
    with override("pl"):
        assert import_messages.tell(message) == said


def test_leaves_the_english_as_it_is():
    with override("en"):
        assert import_messages.tell("Convert exception: email is required node") == (
            "email is required node"
        )
