import pytest

from accounts.services import passwords


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        ("Open-Sesame-1", 0),
        ("Żółw-1234", 0),
        ("", 5),
        ("Ab-1", 1),
        ("open-sesame-1", 1),
        ("OPEN-SESAME-1", 1),
        ("Open-Sesame", 1),
        ("OpenSesame1", 1),
        ("Open Sesame 1", 1),
        ("Aa1-" * 33, 1),
    ],
)
def test_weaknesses_names_each_failed_part_pwd4(raw: str, count: int) -> None:
    assert len(passwords.weaknesses(raw)) == count


def test_generate_makes_strong_passwords_that_differ() -> None:
    made = {passwords.generate() for _ in range(50)}

    assert len(made) == 50
    assert all(not passwords.weaknesses(raw) for raw in made)
