from django.db import migrations

import loyalty.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("earning", "0004_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="packed",
            field=loyalty.core.fields.PackedJSONField(null=True),
        ),
    ]
