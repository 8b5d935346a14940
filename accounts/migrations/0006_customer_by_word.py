"""Built while customers go on registering; alone, because it cannot be part of a transaction."""

from django.db import migrations

INDEX = """
create index concurrently if not exists customer_by_word on accounts_customer using gin (
    accounts_customer_words(first_name, last_name, email, loyalty_card_number, phone)
)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0005_customer_words")]

    operations = [
        migrations.RunSQL(INDEX, "drop index concurrently if exists customer_by_word"),
    ]
