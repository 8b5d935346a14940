from django.db import migrations, models


class Migration(migrations.Migration):
    """Both columns have a default in the database: the release before writes neither."""

    dependencies = [("core", "0022_import_options")]

    operations = [
        migrations.AddField(
            model_name="consumercursor",
            name="after_event_id",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="consumercursor",
            name="until_event_id",
            field=models.BigIntegerField(null=True),
        ),
    ]
