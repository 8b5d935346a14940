"""
The indexes that only unfolded searches used. Their functions stay: the release before this one
calls them as long as it runs beside it, slowly then, and an error would be worse.
"""

from django.db import migrations

WORDS = """
create index concurrently if not exists customer_by_word on accounts_customer using gin (
    accounts_customer_words(first_name, last_name, email, loyalty_card_number, phone)
)
"""
PARTS = """
create index concurrently if not exists customer_by_part on accounts_customer using gin (
    accounts_customer_parts(first_name, last_name, email, loyalty_card_number, phone)
)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0021_customer_by_folded_word")]

    operations = [
        migrations.RunSQL("drop index concurrently if exists customer_by_word", WORDS),
        migrations.RunSQL("drop index concurrently if exists customer_by_part", PARTS),
    ]
