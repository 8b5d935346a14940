"""Days in the cockpit are written …"""

from datetime import date

import pytest
from django.utils import translation

from accounts.cockpit import formats


@pytest.mark.parametrize(("language", "written"), [("en", "21 Nov 2026"), ("pl", "21 lis 2026")])
def test_with_the_months_capital_that_the_language_has(language, written):
    with translation.override(language):
        assert formats.day(date(2026, 11, 21)) == written
