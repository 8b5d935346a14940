"""The portal's colours have contrast enough, in the light and in the dark (WCAG AA)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
TEXT, BORDER = 4.5, 3.0
PAIRS = [
    ("ink", "page", TEXT),
    ("ink", "surface", TEXT),
    ("ink", "surface-sunk", TEXT),
    ("ink", "accent-soft", TEXT),
    ("ink-soft", "page", TEXT),
    ("ink-soft", "surface", TEXT),
    ("ink-soft", "surface-sunk", TEXT),
    ("link", "page", TEXT),
    ("link", "surface", TEXT),
    ("card-ink", "card", TEXT),
    ("card-ink-soft", "card", TEXT),
    ("card-ink-soft", "card-deep", TEXT),
    ("badge-ink", "accent", TEXT),
    ("accent-ink", "accent-soft", TEXT),
    ("gain", "surface", TEXT),
    ("loss", "surface", TEXT),
    ("danger", "surface", TEXT),
    ("danger", "danger-soft", TEXT),
    ("action-ink", "action", TEXT),
    ("action-ink", "action-strong", TEXT),
    ("focus", "page", BORDER),
    ("focus", "surface", BORDER),
    ("accent", "card", BORDER),
    ("ink-soft", "surface", BORDER),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(scheme, front, back, least):
    colours = read(scheme)

    assert contrast(colours[front], colours[back]) >= least


def read(scheme: str) -> dict[str, str]:
    light, dark = TOKENS.split("@media", 1)
    found = re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", light + (dark if scheme == "dark" else ""))
    return dict(found)


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
