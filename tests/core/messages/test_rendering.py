"""A text with snippets …"""

import pytest

from loyalty.core.messages import catalogue, rendering, texts
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.rendering import BrokenText

KNOWN = ("first_name", "url")


def test_says_the_values() -> None:
    assert rendering.fill("Hello {{ first_name }}{{url}}!", {"first_name": "Ann"}) == "Hello Ann!"


def test_keeps_values_what_they_are_in_html() -> None:
    """Nobody's first name becomes part of a mail's page."""
    values = {"first_name": '<b onclick="x()">{{ url }}', "url": "https://x/?a=1&b=2"}

    html = rendering.fill_html('<p title="{{ first_name }}"><a href="{{ url }}">x</a></p>', values)

    assert html == (
        '<p title="&lt;b onclick=&quot;x()&quot;&gt;{{ url }}">'
        '<a href="https://x/?a=1&amp;b=2">x</a></p>'
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ last_name }}", id="another-snippet"),
        pytest.param("{{ first_name.password }}", id="an-attribute"),
        pytest.param("{{ first_name|safe }}", id="a-filter"),
        pytest.param("{{ first_name", id="without-an-end"),
        pytest.param("first_name }}", id="without-a-start"),
        pytest.param("{% load os %}", id="a-tag"),
        pytest.param("{# first_name #}", id="a-comment"),
        pytest.param("{{ }}", id="empty"),
        pytest.param("{{ {{ first_name }} }}", id="nested"),
    ],
)
def test_is_refused_with(text: str) -> None:
    """MSG-4: only the event's snippets, and nothing else that looks like a language."""
    with pytest.raises(BrokenText):
        rendering.check(text, KNOWN)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("<SCRIPT src=x></SCRIPT>", id="script-in-capitals"),
        pytest.param('<iframe src="https://x"></iframe>', id="iframe"),
        pytest.param('<p onmouseover="x()">x</p>', id="handler"),
        pytest.param('<a href="java\tscript:x()">x</a>', id="script-link"),
        pytest.param('<a href="{{ first_name }}">x</a>', id="link-that-a-person-typed"),
        pytest.param("<a href={{ url }}>x</a>", id="without-quotes"),
        pytest.param('<p style="{{ first_name }}">x</p>', id="in-a-style"),
        pytest.param("<style>p { color: {{ first_name }} }</style>", id="in-a-style-sheet"),
    ],
)
def test_is_refused_as_html_with(html: str) -> None:
    with pytest.raises(BrokenText):
        rendering.check_html(html, KNOWN)


def test_becomes_a_plain_text() -> None:
    html = """<style>p {}</style><h1>Hello,   Ann &amp; Bob</h1>
    <p>One<br>two <a href="https://x/y">here</a></p><ul><li>a</li><li>b</li></ul>
    <p><a href="https://x/z">Press</a></p><p>https://x/z</p>"""

    assert rendering.plain(html) == (
        "Hello, Ann & Bob\n\nOne\ntwo here: https://x/y\n\n- a\n- b\n\nPress:\n\nhttps://x/z\n"
    )


@pytest.mark.parametrize("occasion", catalogue.OCCASIONS, ids=lambda occasion: occasion.name)
def test_of_ours_is_sound_in_every_language(occasion: catalogue.Occasion) -> None:
    """MSG-4, of the texts that come with the program."""
    for channel in occasion.channels:
        ours = texts.ours(occasion, channel)
        assert tuple(ours) == texts.languages()
        for text in ours.values():
            assert bool(text.subject) == (channel != MessageChannel.SMS)
            rendering.check(text.subject, occasion.allowed)
            is_mail = channel == MessageChannel.EMAIL
            (rendering.check_html if is_mail else rendering.check)(text.content, occasion.allowed)
            assert set(occasion.allowed) <= set(catalogue.SAMPLES) | {"program_name"}
