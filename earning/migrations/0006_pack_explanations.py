from django.db import migrations

CHUNK = 1000


def pack(apps, schema_editor):
    evaluations = apps.get_model("earning", "Evaluation").objects.filter(packed=None)
    while rows := list(evaluations.order_by("pk")[:CHUNK]):
        for row in rows:
            row.packed = row.explanation
        evaluations.model.objects.bulk_update(rows, ["packed"])


def unpack(apps, schema_editor):
    evaluations = apps.get_model("earning", "Evaluation").objects.order_by("pk")
    last = 0
    while rows := list(evaluations.filter(pk__gt=last)[:CHUNK]):
        for row in rows:
            row.explanation = row.packed
        evaluations.model.objects.bulk_update(rows, ["explanation"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("earning", "0005_packed_explanation"),
    ]

    operations = [migrations.RunPython(pack, unpack)]
