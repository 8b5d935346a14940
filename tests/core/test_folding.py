import pytest
from django.db import connection

from loyalty.core import folding
from loyalty.core.models import Store
from tests.factories.core import StoreFactory

pytestmark = pytest.mark.django_db


def folded(*texts):
    with connection.cursor() as cursor:
        cursor.execute("select core_folded(each) from unnest(%s::text[]) each", [list(texts)])
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("Żółć Gęślą Jaźń", "zolc gesla jazn", id="polish"),
        pytest.param("Müller-Lüdenscheidt, Weiße Straße", "muller-ludenscheidt, weisse strasse"),
        pytest.param("Příliš žluťoučký kůň", "prilis zlutoucky kun", id="czech"),
        pytest.param("Garçon Noël, sœur d'Héloïse", "garcon noel, soeur d'heloise", id="french"),
        pytest.param("Ñandú Peña", "nandu pena", id="spanish"),
        pytest.param("Øystein Åse Ærø", "oystein ase aero", id="nordic"),
        pytest.param("Þór Guðrún", "thor gudrun", id="icelandic"),
        pytest.param("İstanbul Kadıköy", "istanbul kadikoy", id="turkish"),  # noqa: RUF001
        pytest.param("Z\u0307o\u0301łc\u0301", "zolc", id="marks apart"),
        pytest.param("100%_\\'", "100%_\\'", id="signs"),
        pytest.param("ANN@Example.com", "ann@example.com", id="ascii"),
        pytest.param("", "", id="empty"),
    ],
)
def test_takes_the_marks_off_letters(text, plain):
    assert folded(text) == [plain]


def test_leaves_no_letter_of_european_alphabets_marked():
    letters = [chr(point) for point in range(0xC0, 0x180) if chr(point).isalpha()]

    # What is no letter with a mark: two in one, kra, n with an apostrophe and the long s.
    marked = {
        letter
        for letter, plain in zip(letters, folded(*letters), strict=True)
        if not plain.isascii()
    }

    assert marked == {"Ĳ", "ĳ", "ĸ", "ŉ", "ſ"}  # noqa: RUF001


def test_does_not_depend_on_the_search_path():
    # As a dump is restored, and as the server reads an index again.
    with connection.cursor() as cursor:
        cursor.execute("set local search_path to pg_catalog")
        cursor.execute("reindex index public.customer_by_folded_word")
        cursor.execute(
            "select public.accounts_customer_folded_words('Łukasz', null, null, null, null)"
        )
        assert cursor.fetchone() == ("'lukasz'",)


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("Sklep Żółw", "zolw", True),
        ("Sklep Zolw", "ŻÓŁW", True),
        ("Sklep Żółw", "zolk", False),
        ("Sklep 100% Żółw", "0% ż", True),
        ("Sklep 100 Żółw", "0% ż", False),
    ],
)
def test_finds_a_text_with_or_without_marks(name, text, is_found):
    StoreFactory(code="turtle", name=name)
    stores = Store.objects.filter(code="turtle")

    assert stores.filter(name__folded_contains=text).exists() == is_found
    assert stores.filter(folding.contains("name", text)).exists() == is_found
