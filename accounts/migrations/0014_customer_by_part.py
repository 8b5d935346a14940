"""Built while customers go on registering; alone, because it cannot be part of a transaction."""

from django.db import migrations

INDEX = """
create index concurrently if not exists customer_by_part on accounts_customer using gin (
    accounts_customer_parts(first_name, last_name, email, loyalty_card_number, phone)
)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0013_customer_parts")]

    operations = [
        migrations.RunSQL(INDEX, "drop index concurrently if exists customer_by_part"),
    ]
