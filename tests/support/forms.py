"""What a browser would post of a page's form, untouched."""

from html.parser import HTMLParser


def untouched(page: str, marker: str) -> dict[str, list[str]]:
    """Return the fields of the form that has an attribute of this name, as they stand."""
    reader = _Reader(marker)
    reader.feed(page)
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self, marker: str) -> None:
        super().__init__()
        self.marker = marker
        self.fields: dict[str, list[str]] = {}
        self.is_inside = False
        self.area = self.select = None
        self.text = ""
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.is_inside = self.marker in found
        if not self.is_inside:
            return
        name = found.get("name")
        if tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option":
            self.options.append((found.get("value", ""), "selected" in found))
        elif tag == "input" and name:
            if found.get("type") in ("checkbox", "radio") and "checked" not in found:
                return
            self._add(name, found.get("value") or "")

    def handle_data(self, data):
        if self.area:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea" and self.area:
            self._add(self.area, self.text.strip("\n"))
            self.area = None
        elif tag == "select" and self.select:
            chosen = [value for value, is_chosen in self.options if is_chosen]
            self._add(self.select, (chosen or [self.options[0][0]])[0])
            self.select = None

    def _add(self, name, value):
        self.fields.setdefault(name, []).append(value)
