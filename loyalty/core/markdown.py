"""Texts that staff write in Markdown, as HTML that any page may carry. Source: GEN-8."""

import nh3
from markdown_it import MarkdownIt

# Bare HTML in a text stays visible as what was typed.
_RENDERER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("em", "strong", "s", "ul", "ol", "li", "a", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


def html(text: str) -> str:
    """Render Markdown; what could run a script is left out. An empty text stays empty."""
    if not text.strip():
        return ""
    rendered = _RENDERER.render(text)
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    ).strip()
