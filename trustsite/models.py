from django.db import models


class PageStamp(models.Model):
    """One row: a number that grows when public pages change. Every worker's page store watches it."""

    number = models.PositiveBigIntegerField(default=1)


class Tries(models.Model):
    """How often something was tried at the desk's door within a quarter of an hour: a keyed hash of by whom, and a number."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)
