"""The forms of a page, as a browser reads them out of its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    """One form: where it goes, how, and what it sends when nothing is typed."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[PageForm] = []
        self.form: PageForm | None = None
        self.area = self.select = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in pairs}
        if tag == "form":
            action = given.get("action") or self.address
            self.form = PageForm(action, given.get("method", "get").upper())
            self.forms.append(self.form)
            return
        if tag == "option" and self.form is not None and self.select:
            if "selected" in given or self.select not in self.form.values:
                self.form.values[self.select] = given.get("value", "")
            return
        name = given.get("name", "")
        if self.form is None or not name or "disabled" in given:
            return
        if tag == "textarea":
            self.area = name
            self.form.values[name] = ""
        elif tag == "select":
            self.select = name
        elif tag in {"input", "button"} and given.get("type") != "file":
            is_choice = given.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in given or name not in self.form.values:
                self.form.values[name] = given.get("value", "on" if is_choice else "")

    def handle_data(self, data: str) -> None:
        if self.area and self.form is not None:
            self.form.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""


def forms_of(text: str, address: str) -> list[PageForm]:
    """Return the forms of a page. `address`: its own, where a form without one goes."""
    reader = _Reader(address)
    reader.feed(text)
    return reader.forms
