"""
Leave room in the pages of customers: every purchase changes its customer's totals.

With room in its page a row is changed in place, as none of the totals has an index; without, the
new version is entered into all of them, of which the two of words and parts cost ten times the
change itself.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_token_session_last_seen")]

    operations = [
        migrations.RunSQL(
            "alter table accounts_customer set (fillfactor = 70)",
            "alter table accounts_customer reset (fillfactor)",
        ),
    ]
