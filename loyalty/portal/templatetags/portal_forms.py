"""The fields of forms, alike on the customers' and the sellers' pages."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms.utils import flatatt

register = template.Library()

TEXT_MAX = 255


@register.inclusion_tag("portal/_field.html")
def field(
    name: str,
    label: str,
    *,
    value: object = "",
    errors: str | Sequence[str] = "",
    hint: str = "",
    type: str = "text",
    maxlength: int = TEXT_MAX,
    **attributes: object,
) -> dict[str, Any]:
    """
    Show an input under its label, with what helps to fill it in and what was wrong.

    `attributes`: others of the input, such as `autocomplete`; True stands there without a value,
    and False or nothing not at all.
    """
    faults = [errors] if isinstance(errors, str) else list(errors)
    faults = [fault for fault in faults if fault]
    told = [f"{name}-error"] * bool(faults) + [f"{name}-hint"] * bool(hint)
    given = {attribute: word for attribute, word in attributes.items() if word not in ("", None)}
    given |= {
        "id": name,
        "name": name,
        "type": type,
        "maxlength": maxlength,
        # A password is typed anew each time.
        "value": None if type == "password" else value,
        "aria-invalid": "true" if faults else None,
        "aria-describedby": " ".join(told) or None,
    }
    return {
        "name": name,
        "label": label,
        "hint": hint,
        "errors": faults,
        "attributes": flatatt(given),
    }
