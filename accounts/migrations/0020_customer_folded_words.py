"""
The words and the parts of what a customer is looked for by, without case and without the marks on
letters; what was asked for is folded by the same function. Bodies bound when made: see `core_folded`.
"""

from django.db import migrations

# Each column by itself: most hold ASCII alone, which costs next to nothing.
WORDS = """
create function accounts_customer_folded_words(
    first_name text, last_name text, email text, card text, phone text
) returns tsvector language sql immutable parallel safe
return array_to_tsvector(array_remove(string_to_array(
    coalesce(core_folded(first_name), '') || ' ' || coalesce(core_folded(last_name), '') || ' '
    || coalesce(core_folded(email), '') || ' ' || coalesce(core_folded(card), '') || ' '
    || coalesce(core_folded(phone), ''),
' '), ''))
"""

# Quoted after folding, so that no letter can turn into a sign of the query; NULL for no word.
ASKED = r"""
create function accounts_customer_folded_words_asked(value text)
returns tsquery language sql immutable parallel safe
return (
    select string_agg(
        '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':*', ' & '
    )::tsquery
    from unnest(string_to_array(core_folded(value), ' ')) word
    where word <> ''
)
"""

PARTS = """
create function accounts_customer_folded_parts(
    first_name text, last_name text, email text, card text, phone text
) returns text[] language sql immutable parallel safe
return (
    select coalesce(array_agg(distinct substr(word, place, 3)), '{}')
    from unnest(array[
        core_folded(first_name), core_folded(last_name), core_folded(email), core_folded(card), phone
    ]) word, generate_series(1, length(word) - 2) place
)
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_leaner_indexes"), ("core", "0025_folded")]

    operations = [
        migrations.RunSQL(
            WORDS, "drop function accounts_customer_folded_words(text, text, text, text, text)"
        ),
        migrations.RunSQL(ASKED, "drop function accounts_customer_folded_words_asked(text)"),
        migrations.RunSQL(
            PARTS, "drop function accounts_customer_folded_parts(text, text, text, text, text)"
        ),
    ]
