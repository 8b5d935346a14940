"""
From a text with `{{ snippets }}` and their values to what is sent.

Texts are written by staff, so they can do one thing: name a snippet. Nothing is evaluated, looked
up or loaded. What a text must not hold is refused when it is saved, so that nothing fails at night.
"""

import re
from collections.abc import Collection, Mapping
from html import escape
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from loyalty.core.messages.catalogue import ADDRESSES

SNIPPET = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}")
# What is left of these after the snippets is a snippet that was mistyped, or another language.
BROKEN = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
CONTENT_MAX = 100_000
# Mail programs drop them, and a browser that shows a preview should not meet them.
FORBIDDEN_TAGS = frozenset(
    {"script", "iframe", "frame", "object", "embed", "applet", "form", "input", "base", "link"}
)
BLOCKS = frozenset(
    {"address", "article", "blockquote", "div", "dl", "dt", "dd", "footer", "header", "section"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"}
)
UNSEEN = frozenset({"head", "style", "title", "script"})


class BrokenText(ValueError):
    """A text that cannot be sent; the message says why, for people."""


def check(text: str, snippets: Collection[str]) -> None:
    """:raises BrokenText: it names another snippet, or is mistyped (MSG-4)."""
    unknown = [name for name in SNIPPET.findall(text) if name not in snippets]
    if unknown:
        raise BrokenText(
            _("There is no variable “%(name)s” here. Known: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(snippets)}
        )
    if broken := BROKEN.search(SNIPPET.sub("", text)):
        raise BrokenText(
            _("“%(mark)s” does not belong to a variable. Write variables as {{ name }}.")
            % {"mark": broken.group()}
        )


def check_html(text: str, snippets: Collection[str]) -> None:
    """As `check`, and :raises BrokenText: it holds what runs, or a snippet at a risky place."""
    check(text, snippets)
    _Checker(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a plain text."""
    return SNIPPET.sub(lambda match: values.get(match[1], ""), text)


def fill_html(text: str, values: Mapping[str, str]) -> str:
    """Put values into HTML, where they stay the texts that they are."""
    return SNIPPET.sub(lambda match: escape(values.get(match[1], "")), text)


def plain(html: str) -> str:
    """Return HTML as a plain text: paragraphs apart, links with their addresses."""
    return _Plain(html).text()


class _Checker(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN_TAGS or "{{" in tag:
            raise BrokenText(_("<%(tag)s> cannot stand in a message.") % {"tag": tag})
        for name, value in attrs:
            self._check_attribute(name, value or "")
        if re.search(r"=\s*\{\{", self.get_starttag_text() or ""):
            raise BrokenText(_("A variable in an attribute needs quotes around it."))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and "{{" in data:
            raise BrokenText(_("A variable cannot stand among the styles."))

    def _check_attribute(self, name: str, value: str) -> None:
        if name.startswith("on") or "{{" in name:
            raise BrokenText(_("“%(name)s” cannot stand in a message.") % {"name": name})
        if re.sub(r"[\s\x00-\x1f]", "", value).lower().startswith(("javascript:", "vbscript:")):
            raise BrokenText(_("A link cannot run a script."))
        snippets = SNIPPET.findall(value)
        if name in {"href", "src"}:
            # An address of ours begins it, so nothing that a person typed decides where it leads.
            if any(snippet not in ADDRESSES for snippet in snippets):
                raise BrokenText(
                    _("A link can only name these variables: %(known)s.")
                    % {"known": ", ".join(sorted(ADDRESSES))}
                )
        elif snippets and name not in {"alt", "title"}:
            raise BrokenText(_("A variable cannot stand in “%(name)s”.") % {"name": name})


class _Plain(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._hidden = 0
        self._href = ""
        self._label_from = 0
        self._addresses: list[str] = []
        self.feed(html)
        self.close()

    def text(self) -> str:
        lines = [" ".join(line.split()) for line in "".join(self._parts).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
        for address in self._addresses:
            # A button's address stands below it once more, for programs without buttons.
            if f"\n{address}\n" in text:
                text = text.replace(f": {address}\n", ":\n", 1)
        return text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._hidden += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in {"td", "th"}:
            self._parts.append(" ")
        elif tag in BLOCKS:
            self._parts.append("\n\n")
        elif tag == "a":
            self._href = dict(attrs).get("href") or ""
            self._label_from = len(self._parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a":
            self._end_link()
        elif tag in BLOCKS and tag != "li":
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data.replace("\n", " "))

    def _end_link(self) -> None:
        label = "".join(self._parts[self._label_from :]).strip()
        address = self._href.removeprefix("mailto:")
        if address and not address.startswith("#") and address != label:
            self._parts.append(f": {address}" if label else address)
            self._addresses.append(address)
        self._href = ""
