import pytest

from accounts import identifiers


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("+48 601 234 567", "+48601234567"),
        ("(022) 555-12.34", "0225551234"),
        ("  ", None),
        (None, None),
        ("+", "+"),
    ],
)
def test_normal_phone_keeps_digits_and_the_plus(text: str | None, normal: str | None) -> None:
    assert identifiers.normal_phone(text) == normal


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("000000005000", True),
        ("0665998332", True),
        ("899000333", True),
        ("+48234234000", True),
        ("+440000000", False),
        ("+999123456789", False),
        ("+", False),
        ("12", False),
        ("1234567890123456", False),
        ("٠١٢٣٤٥", False),
        ("12a45", False),
    ],
)
def test_is_phone_takes_local_digits_and_real_international_numbers(
    number: str, is_valid: bool
) -> None:
    assert identifiers.is_phone(number) is is_valid


def test_normal_email_is_lower_case() -> None:
    assert identifiers.normal_email(" Ann@Shop.COM ") == "ann@shop.com"
    assert identifiers.normal_email("") is None


@pytest.mark.parametrize(
    ("address", "is_valid"),
    [
        pytest.param("ann@shop.com", True, id="plain"),
        pytest.param("ann@żółw.pl", True, id="letters-of-other-languages"),
        pytest.param("ann@\u202e.pl", False, id="turned-round"),
        pytest.param("ann@sh\u200bop.com", False, id="without-width"),
        pytest.param("ann@sh\u00a0op.com", False, id="blank"),
        pytest.param("ann@sh\u0085op.com", False, id="control"),
        pytest.param("ann@shop", False, id="no-domain"),
    ],
)
def test_is_email_takes_what_people_can_read(address: str, is_valid: bool) -> None:
    assert identifiers.is_email(address) is is_valid


def test_normal_card_keeps_its_case() -> None:
    assert identifiers.normal_card(" Card-1 ") == "Card-1"
    assert identifiers.normal_card("") is None
