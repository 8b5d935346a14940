"""Built while customers go on registering; alone, because it cannot be part of a transaction."""

from django.db import migrations

# Dropped first: one whose building was interrupted stands there, and serves nobody.
WORDS = [
    "drop index concurrently if exists customer_by_folded_word",
    """
    create index concurrently customer_by_folded_word on accounts_customer using gin (
        accounts_customer_folded_words(first_name, last_name, email, loyalty_card_number, phone)
    )
    """,
]
PARTS = [
    "drop index concurrently if exists customer_by_folded_part",
    """
    create index concurrently customer_by_folded_part on accounts_customer using gin (
        accounts_customer_folded_parts(first_name, last_name, email, loyalty_card_number, phone)
    )
    """,
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0020_customer_folded_words")]

    operations = [
        migrations.RunSQL(WORDS, "drop index concurrently if exists customer_by_folded_word"),
        migrations.RunSQL(PARTS, "drop index concurrently if exists customer_by_folded_part"),
    ]
