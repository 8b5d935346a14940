from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_rewards_by_their_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="coupon",
            name="payout_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("requested", "Requested"),
                    ("paid", "Paid"),
                    ("failed", "Failed, points given back"),
                    ("cancelled", "Cancelled"),
                ],
                max_length=16,
            ),
        ),
    ]
