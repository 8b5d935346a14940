"""
What is said of a file and of its rows, in the language of the person who looks.

It is kept as the API answers it: in English, with its values filled in. A million such texts cost
no more than what they say, so the sentence is found again when somebody reads it.
"""

import re

from django.utils.translation import gettext, gettext_noop

from loyalty.cockpit import refusals

# What the API's answers begin with; whoever looks at a file has converted nothing.
BEGINNINGS = ("Convert exception: ", "Processing exception: ")
# A fault behind the node that it is about, such as `items.0.name` or `lastName:`.
OF_NODE = re.compile(r"([A-Za-z][\w.]*:?) (.+)", re.DOTALL)

SENTENCES = {
    *refusals.SENTENCES,
    # Of a node's shape; they stand behind its name.
    gettext_noop("is required node"),
    gettext_noop("should be UUID"),
    gettext_noop("should be integer value"),
    gettext_noop("has an invalid value"),
    gettext_noop("has invalid date format (Y-m-d required)"),
    gettext_noop("has invalid date format (ATOM required)"),
    # Of values
    gettext_noop("The value you selected is not a valid choice."),
    gettext_noop("This agreement is required."),
    gettext_noop("This collection should contain 1 element or more."),
    gettext_noop("This value is already used."),
    gettext_noop("This value is not a valid email address."),
    gettext_noop("This value is not a valid phone number."),
    gettext_noop("This value is not valid."),
    gettext_noop("This value should be greater than 0."),
    gettext_noop("This value should not be blank."),
    # Customers
    gettext_noop("Every label needs a key."),
    # Points
    gettext_noop("Give a customer id, an e-mail address, a loyalty card number or a phone number."),
    gettext_noop("This customer does not exist."),
    # Segments and coupon codes
    gettext_noop("More than one campaign has this name; give its id."),
    gettext_noop("The pool has this code already."),
    gettext_noop("There is no such campaign."),
    gettext_noop("There is no such customer."),
    gettext_noop("There is no such segment."),
    gettext_noop("This customer is in the list already."),
    # Rows that were chosen in a list
    gettext_noop("It is not there any more."),
    gettext_noop("It was so already."),
    gettext_noop("Nothing was chosen."),
    gettext_noop("Only gifts are sent."),
    gettext_noop("This customer has the label already."),
    # Rows that are none
    gettext_noop("A cell stands outside of the named columns."),
    gettext_noop("The line holds a NUL character."),
    gettext_noop("The line holds half a surrogate pair."),
    gettext_noop("The line is nested too deep."),
    gettext_noop("The line is no JSON object."),
    gettext_noop("The line is not JSON."),
    gettext_noop("The line is too long."),
    gettext_noop("The row cannot be stored."),
    gettext_noop("This row was brought in before, by a file of the same content."),
    gettext_noop("Too many lines make up this row."),
    # Files
    gettext_noop("A file of the same content is being brought in at this moment."),
    gettext_noop("Only points that were brought in can be taken back, and only once."),
    gettext_noop("The file is a ZIP archive. Unpack it, and send the file inside."),
    gettext_noop("The file is empty."),
    gettext_noop("The file is not text, nor a workbook (XLSX)."),
    gettext_noop("The first line holds a NUL character."),
    gettext_noop("The first line must name the columns."),
    gettext_noop(
        "The request ended before the file did. The rows that are counted here were taken."
    ),
    gettext_noop("The worker was killed here again and again. Nothing more was tried."),
    gettext_noop("This file cannot be brought in now."),
    gettext_noop("a document type is not accepted"),
    gettext_noop("a row is too long"),
    gettext_noop("it has no sheet"),
    gettext_noop("it has too many parts"),
    gettext_noop("it is too large; save it as CSV"),
}
# With values; `why` may be a sentence itself.
TEMPLATES = (
    gettext_noop("is refused: %(why)s"),
    gettext_noop("should be one of: %(values)s"),
    gettext_noop("A customer may have at most %(count)s labels."),
    gettext_noop("A list of customers holds at most %(count)s."),
    gettext_noop("Line %(lines)s cannot be read: %(why)s."),
    gettext_noop("The column %(name)s stands there %(count)s times."),
    gettext_noop("The document's gross value should be less than %(most)s."),
    gettext_noop("The file breaks off: %(why)s"),
    gettext_noop("The file has more than %(count)s columns."),
    gettext_noop("The file has no column %(name)s."),
    gettext_noop("The file has too few columns. Its rows need: %(names)s."),
    gettext_noop("The file lacks columns: %(names)s."),
    gettext_noop("The line has %(cells)s cells, the header %(columns)s."),
    gettext_noop("The workbook cannot be read: %(why)s"),
    gettext_noop("There is no column %(name)s."),
    gettext_noop("This collection should contain %(count)s elements or less."),
    gettext_noop("This value is longer than %(count)s characters."),
    gettext_noop("This value should be %(least)s or more."),
    gettext_noop("This value should be less than %(most)s."),
    gettext_noop("This value should have at most %(count)s decimals."),
    gettext_noop("Two columns are mapped to %(name)s."),
)


def _pattern_of(template: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", template)
    return re.compile(
        "".join(
            f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        ),
        re.DOTALL,
    )


PATTERNS = [(_pattern_of(template), template) for template in TEMPLATES]


def tell(message: str) -> str:
    """Return what is said in the reader's language; a part that nobody translated stays."""
    text = message
    for beginning in BEGINNINGS:
        text = text.removeprefix(beginning)
    return _sentence(text) or "; ".join(_fault(part) for part in text.split("; "))


def _fault(text: str) -> str:
    if (sentence := _sentence(text)) is not None:
        return sentence
    if (found := OF_NODE.fullmatch(text)) is None:
        return text
    node, words = found.groups()
    return f"{node} {_sentence(words) or words}"


def _sentence(text: str) -> str | None:
    if text in SENTENCES:
        return gettext(text)
    for pattern, template in PATTERNS:
        if match := pattern.fullmatch(text):
            values = match.groupdict()
            if why := values.get("why"):
                values["why"] = _sentence(why) or why
            return gettext(template) % values
    return None
