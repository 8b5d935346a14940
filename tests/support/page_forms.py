"""The forms of a page, as a browser reads them out of its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

BUTTONS = {"submit", "image"}


@dataclass
class PageForm:
    """
    One form: where it goes, how, and what it sends when nothing is typed and Enter is pressed.

    `kinds`: of each field, in the order of the page, the type of its input, or "textarea",
    "select", "button"; also of those that send nothing untouched. `choices`: what the page offers
    for the fields that offer something. `attributes`: the form's own. `has_button`: whether there
    is anything to send it with.
    """

    action: str
    method: str
    attributes: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    choices: dict[str, set[str]] = field(default_factory=dict)
    has_button: bool = False


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[PageForm] = []
        self.form: PageForm | None = None
        self.area = self.select = self.text = ""
        self.is_multiple = False
        self.options: list[tuple[str, bool]] = []
        # The ids of forms that a button elsewhere sends.
        self.sent_from_elsewhere: set[str] = set()

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in pairs}
        if tag == "form":
            action = given.get("action") or self.address
            self.form = PageForm(action, given.get("method", "get").upper(), given)
            self.forms.append(self.form)
        elif tag == "option":
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "button" and "form" in given:
            self.sent_from_elsewhere.add(given["form"])
        elif self.form is not None and "disabled" not in given:
            self._take(self.form, tag, given)

    def _take(self, form: PageForm, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select, self.options = name, []
            self.is_multiple = "multiple" in given
        elif tag == "button" and given.get("type", "submit") in BUTTONS:
            if name and not form.has_button:
                form.values.setdefault(name, []).append(given.get("value", ""))
            form.has_button = True
            form.kinds.setdefault(name, "button")
        elif tag == "input":
            self._take_input(form, name, given)

    def _take_input(self, form: PageForm, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        is_choice = kind in {"checkbox", "radio"}
        if kind in BUTTONS:
            form.has_button = True
        form.kinds.setdefault(name, kind)
        value = given.get("value", "on" if is_choice else "")
        if is_choice:
            form.choices.setdefault(name, set()).add(value)
        if kind == "file" or (is_choice and "checked" not in given):
            return
        form.values.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.area:
            if self.form is not None:
                # What a browser drops: the line end that begins a text area.
                text = self.text.removeprefix("\r").removeprefix("\n")
                self.form.values.setdefault(self.area, []).append(text)
                self.form.kinds.setdefault(self.area, "textarea")
            self.area = ""
        elif tag == "select" and self.select:
            if self.form is not None:
                self._end_select(self.form)
            self.select = ""

    def _end_select(self, form: PageForm) -> None:
        chosen = [value for value, is_chosen in self.options if is_chosen]
        form.kinds.setdefault(self.select, "select")
        form.choices.setdefault(self.select, set()).update(value for value, _ in self.options)
        if not self.is_multiple:
            chosen = chosen or [value for value, _ in self.options[:1]]
        if chosen:
            form.values.setdefault(self.select, []).extend(chosen)


def forms_of(text: str, address: str) -> list[PageForm]:
    """Return the forms of a page. `address`: its own, where a form without one goes."""
    reader = _Reader(address)
    reader.feed(text)
    for form in reader.forms:
        form.has_button |= form.attributes.get("id", "") in reader.sent_from_elsewhere
        form.kinds.pop("", None)
        form.values.pop("", None)
    return reader.forms


def untouched(text: str, marker: str) -> dict[str, list[str]]:
    """Return what the form that has an attribute of this name sends, as it stands."""
    [form] = [form for form in forms_of(text, "") if marker in form.attributes]
    return form.values
