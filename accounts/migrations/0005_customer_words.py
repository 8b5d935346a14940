"""
A customer's words as the cockpit's search finds them: name, e-mail address, card and phone, lower
case and as they are, so that the beginning of each is found by index. No contrib extension is
needed. A function, because an index needs an immutable expression and a query must repeat it.
"""

from django.db import migrations

WORDS = """
create function accounts_customer_words(
    first_name text, last_name text, email text, card text, phone text
) returns tsvector language sql immutable parallel safe as $$
    select array_to_tsvector(array_remove(string_to_array(lower(
        coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '')
        || ' ' || coalesce(card, '') || ' ' || coalesce(phone, '')
    ), ' '), ''))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_customer_avatar")]

    operations = [
        migrations.RunSQL(
            WORDS, "drop function accounts_customer_words(text, text, text, text, text)"
        ),
    ]
