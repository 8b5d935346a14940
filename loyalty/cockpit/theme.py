"""How the theme is set up: names, colours, menu. Read by django-unfold as `settings.UNFOLD`."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Loyalty cockpit"),
    "SITE_HEADER": "loyalty.cockpit.navigation.store_name",
    "SITE_SUBHEADER": _("Loyalty cockpit"),
    "SITE_SYMBOL": "loyalty",
    "SITE_DROPDOWN": "loyalty.cockpit.navigation.store_choices",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("cockpit/icon.svg"),
        },
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("cockpit/cockpit.css")],
    "SCRIPTS": [
        lambda request: static("cockpit/file-inputs.js"),
        lambda request: static("cockpit/unsaved.js"),
        lambda request: static("cockpit/scrolling.js"),
    ],
    "ACCOUNT": {"navigation": "loyalty.cockpit.navigation.account_links"},
    "COLORS": {
        # A warm grey and a deep teal: calm for eight hours, and 4.5:1 on white where it is text.
        "base": {
            "50": "oklch(98.5% .002 200)",
            "100": "oklch(96.7% .004 200)",
            "200": "oklch(92.4% .006 200)",
            "300": "oklch(86.8% .009 205)",
            "400": "oklch(70.5% .016 210)",
            "500": "oklch(54% .021 215)",
            "600": "oklch(44% .024 218)",
            "700": "oklch(36.8% .026 220)",
            "800": "oklch(27.4% .026 222)",
            "900": "oklch(20.6% .026 225)",
            "950": "oklch(13.6% .022 228)",
        },
        "primary": {
            "50": "oklch(97.4% .018 190)",
            "100": "oklch(94% .042 190)",
            "200": "oklch(88.6% .074 190)",
            "300": "oklch(81% .1 190)",
            "400": "oklch(71% .112 191)",
            "500": "oklch(60.5% .1 192)",
            "600": "oklch(49.5% .084 194)",
            "700": "oklch(43% .073 195)",
            "800": "oklch(37% .062 196)",
            "900": "oklch(32% .052 198)",
            "950": "oklch(23% .04 200)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "loyalty.cockpit.navigation.menu",
    },
    "COMMAND": {"search_models": False, "show_history": True},
}
