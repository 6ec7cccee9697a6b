import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0014_uses_of_texts")]

    operations = [
        migrations.CreateModel(
            "ImportJob",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("looking", "Being looked through"),
                            ("looked", "Looked through; waits for a word"),
                            ("working", "Being brought in"),
                            ("done", "Done"),
                            ("failed", "Not done"),
                            ("dropped", "Thrown away"),
                        ],
                        default="looking",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="file")),
                ("program", models.CharField(blank=True, max_length=20)),
                ("hosts", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("outcomes", models.JSONField(default=list)),
                ("cursor", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("asked_by", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={"default_permissions": (), "ordering": ["-pk"]},
        ),
    ]
