"""What the columns of a file are, by what people call them …"""

import pytest

from loyalty.core.imports import columns, kinds


@pytest.mark.parametrize(
    ("kind", "header", "meant"),
    [
        pytest.param(
            "customers",
            ("E-mail", "First name", "phone number", "Card number"),
            {
                "E-mail": "email",
                "First name": "firstName",
                "phone number": "phone",
                "Card number": "loyaltyCardNumber",
            },
            id="customers",
        ),
        pytest.param(
            "customers",
            ("adres e-mail", "Imię", "NAZWISKO", "plec", "telefon", "Kod pocztowy"),
            {
                "adres e-mail": "email",
                "Imię": "firstName",
                "NAZWISKO": "lastName",
                "plec": "gender",
                "telefon": "phone",
                "Kod pocztowy": "address.postal",
            },
            id="customers-in-polish",
        ),
        pytest.param(
            "transactions",
            ("receipt", "date", "type", "email", "sku", "amount", "qty"),
            {
                "receipt": "documentNumber",
                "date": "purchaseDate",
                "type": "documentType",
                "email": "customer.email",
                "sku": "items.item.sku.code",
                "amount": "items.item.grossValue",
                "qty": "items.item.quantity",
            },
            id="transactions",
        ),
        pytest.param(
            "transactions",
            ("nr paragonu", "data", "typ", "kwota"),
            {
                "nr paragonu": "documentNumber",
                "data": "purchaseDate",
                "typ": "documentType",
                "kwota": "items.item.grossValue",
            },
            id="transactions-in-polish",
        ),
        pytest.param(
            "points",
            ("telefon", "kwota", "rodzaj"),
            {"telefon": "customerPhoneNumber", "kwota": "points", "rodzaj": "type"},
            id="points-in-polish",
        ),
        pytest.param("customers", ("name",), {}, id="whose-name"),
        pytest.param("customers", ("mobile", "telephone"), {}, id="two-that-mean-the-same"),
        pytest.param(
            "customers",
            ("mobile", "phone"),
            {"phone": "phone"},
            id="one-of-two-is-called-so",
        ),
    ],
)
def test_proposes_what_words_mean(kind, header, meant):
    assert columns.propose(header, kinds.get(kind)) == meant


def test_guesses_nothing_from_words():
    """Programs name columns; nobody is there to confirm what a word may mean."""
    assert columns.guess(("email", "first_name", "surname"), kinds.get("customers")) == {
        "email": "email",
        "first_name": "firstName",
    }


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds.list_all()])
def test_no_word_means_two_columns(kind):
    meant = [columns._plain(word) for words in kind.words.values() for word in words]

    assert len(meant) == len(set(meant))
    assert set(kind.words) <= set(kind.columns)
