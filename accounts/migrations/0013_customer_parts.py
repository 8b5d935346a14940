"""
The parts of three letters of what a customer is looked for by, so that a piece out of the middle of
a name, an e-mail address, a card or a phone number is found by index. No contrib extension is
needed. A function, because an index needs an immutable expression and a query must repeat it.
"""

from django.db import migrations

PARTS = """
create function accounts_customer_parts(
    first_name text, last_name text, email text, card text, phone text
) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct substr(word, place, 3)), '{}')
    from unnest(array[lower(first_name), lower(last_name), lower(email), lower(card), phone]) word,
        generate_series(1, length(word) - 2) place
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_customer_listed")]

    operations = [
        migrations.RunSQL(
            PARTS, "drop function accounts_customer_parts(text, text, text, text, text)"
        ),
    ]
