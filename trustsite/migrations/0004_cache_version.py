from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trustsite', '0003_login_attempts_are_counted_in_a_file'),
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
