"""Find customers by whatever a caller says of themselves."""

from typing import Any

from django.db import models
from django.db.models.functions import Concat, Lower

from accounts.models import Customer
from loyalty.core.models import Store

WORDS_MAX = 6


def words_of(*, separator: str = " ") -> models.Func:
    """
    Return the expression of a customer's words, lower case, as `customer_by_word` indexes it.

    Words as they are, not as a text-search parser would cut them: an e-mail address, a card number
    with dashes or a phone number is one word, so that its beginning finds it.
    """
    parts: list[Any] = []
    for name in ("first_name", "last_name", "email", "loyalty_card_number", "phone"):
        parts += [models.F(name), models.Value(separator)]
    text = Lower(Concat(*parts, output_field=models.TextField()))
    return models.Func(
        models.Func(
            models.Func(text, models.Value(separator), function="string_to_array"),
            models.Value(""),
            function="array_remove",
        ),
        function="array_to_tsvector",
    )


def matching(customers: "models.QuerySet[Customer]", text: str) -> "models.QuerySet[Customer]":
    """Keep the customers who have a word beginning with each word of `text`; all for an empty one."""
    words = text.lower().split()[:WORDS_MAX]
    if not words:
        return customers
    query = " & ".join(f"{_quoted(word)}:*" for word in words)
    return customers.alias(
        is_match=models.Func(
            words_of(),
            models.Func(models.Value(query), template="%(expressions)s::tsquery"),
            arg_joiner=" @@ ",
            template="(%(expressions)s)",
            output_field=models.BooleanField(),
        )
    ).filter(is_match=True)


def find_customers(store: Store, text: str, *, limit: int) -> list[Customer]:
    """Return a few customers of a store whose name, e-mail, card or phone begins so; newest first."""
    customers = Customer.objects.in_store(store).select_related("level")
    return list(matching(customers, text).order_by("-pk")[:limit])


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
