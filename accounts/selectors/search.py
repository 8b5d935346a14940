"""Find customers by whatever a caller says of themselves."""

from django.db import models

from accounts.models import Customer
from loyalty.core.models import Store

WORDS_MAX = 6
# The longest that any of the columns holds; the server refuses to look for much longer ones.
WORD_LENGTH_MAX = 255
PART_LENGTH = 3


def words_of() -> models.Func:
    """
    Return the expression of a customer's words, as the index `customer_by_folded_word` has it.

    Words as they are, not as a text-search parser would cut them: an e-mail address, a card
    number with dashes or a phone number is one word, so that its beginning finds it.
    """
    names = ("first_name", "last_name", "email", "loyalty_card_number", "phone")
    return models.Func(*map(models.F, names), function="accounts_customer_folded_words")


def with_parts_of(text: str) -> models.Q:
    """
    Return the condition that a customer has all parts of `text`, by `customer_by_folded_part`.

    That index finds a few too many, whose parts stand elsewhere: the caller asks for the text,
    too. A text of fewer than three letters has no parts, and no index helps.
    """
    if len(text) < PART_LENGTH:
        return models.Q()
    names = ("first_name", "last_name", "email", "loyalty_card_number", "phone")
    asked: list[models.Value] = [models.Value(text), *[models.Value(None) for _ in names[1:]]]
    condition = models.Func(
        models.Func(*map(models.F, names), function="accounts_customer_folded_parts"),
        # By the same function, so that the letters are folded in the same way.
        models.Func(
            *asked,
            function="accounts_customer_folded_parts",
            template="%(function)s(%(expressions)s)",
            arg_joiner="::text, ",
        ),
        arg_joiner=" @> ",
        template="(%(expressions)s)",
        output_field=models.BooleanField(),
    )
    return models.Q(condition)


def matching(customers: "models.QuerySet[Customer]", text: str) -> "models.QuerySet[Customer]":
    """
    Keep who has a word beginning with each word of `text`; everybody for an empty one.

    Neither case nor the marks on letters count: "luk" finds Łukasz.
    """
    words = text.split()[:WORDS_MAX]
    if not words:
        return customers
    if max(map(len, words)) > WORD_LENGTH_MAX:
        return customers.none()
    # Where the query goes on by another index, such as the newest first, the server believes that
    # one person in fifty has such a word, and would read all to find one; of parts it knows more.
    found = customers.filter(with_parts_of(max(words, key=len)))
    return found.alias(
        is_match=models.Func(
            words_of(),
            models.Func(
                models.Value(" ".join(words)), function="accounts_customer_folded_words_asked"
            ),
            arg_joiner=" @@ ",
            template="(%(expressions)s)",
            output_field=models.BooleanField(),
        )
    ).filter(is_match=True)


def find_customers(store: Store, text: str, *, limit: int) -> list[Customer]:
    """Return a few customers whose name, e-mail, card or phone begins so, newest first."""
    customers = Customer.objects.in_store(store).select_related("level")
    return list(matching(customers, text).order_by("-pk")[:limit])
