from django.db import migrations, models

# Executions are looked for by rule, so the key begins with it and its index goes.
BY_RULE = """
alter table earning_ruleexecution drop constraint earning_ruleexecution_pkey;
alter table earning_ruleexecution add primary key (rule_id, evaluation_id);
"""
BY_EVALUATION = """
alter table earning_ruleexecution drop constraint earning_ruleexecution_pkey;
alter table earning_ruleexecution add primary key (evaluation_id, rule_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("earning", "0008_instant_rewards"),
    ]

    operations = [
        migrations.AlterField(
            "ruleexecution",
            "rule",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.deletion.PROTECT,
                related_name="executions",
                to="earning.earningrule",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BY_RULE, BY_EVALUATION)],
            state_operations=[
                migrations.AlterField(
                    "ruleexecution",
                    "pk",
                    models.CompositePrimaryKey(
                        "rule_id",
                        "evaluation_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                )
            ],
        ),
    ]
