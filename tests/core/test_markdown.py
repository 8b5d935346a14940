"""Markdown as HTML: GEN-8."""

import pytest

from loyalty.core import markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("  \n", "", id="blank"),
        pytest.param("_a_ **b**", "<p><em>a</em> <strong>b</strong></p>", id="emphasis"),
        pytest.param("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>", id="list"),
        pytest.param(
            "[us](https://example.com)",
            '<p><a href="https://example.com" rel="noopener noreferrer nofollow">us</a></p>',
            id="link",
        ),
        pytest.param(
            "<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>", id="bare-html"
        ),
        pytest.param(
            "![x](data:image/svg+xml;base64,AAAA)",
            "<p>![x](data:image/svg+xml;base64,AAAA)</p>",
            id="data-address",
        ),
    ],
)
def test_renders(text: str, html: str) -> None:
    assert markdown.html(text) == html
