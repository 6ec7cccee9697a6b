"""The intake: requests by the public forms, until the worker has decided them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0005_names_of_the_field'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('guide', 'Asks for the guide'), ('settings', 'Asks for the link to what we hold'), ('move', 'Names a new address')], max_length=10)),
                ('address', models.EmailField(max_length=254)),
                ('fingerprint', models.CharField(db_index=True, editable=False, max_length=64)),
                ('wants_letters', models.BooleanField(default=False, verbose_name='wants the letters')),
                ('wording', models.CharField(blank=True, max_length=20, verbose_name='wording agreed to')),
                ('asked_by', models.CharField(blank=True, editable=False, max_length=22)),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('is_stuck', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
