from django.db import models


class PageStamp(models.Model):
    """One row: a number that grows when public pages change.

    Every worker's page store watches it.
    """

    number = models.PositiveBigIntegerField(default=1)
