from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trustsite', '0002_tries_at_the_door'),
    ]

    operations = [
        # The table keeps its name: the release before this one goes on counting in it.
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.RenameModel('PageStamp', 'CacheVersion'),
            migrations.AlterModelTable('CacheVersion', 'trustsite_pagestamp'),
        ]),
        migrations.AddField(
            model_name='cacheversion',
            name='changes',
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
