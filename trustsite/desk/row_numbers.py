"""Row numbers that a list's form posts: nonsense in them is answered by 400, where Django would fail."""

import re

from django.core.exceptions import BadRequest, ValidationError
from django.db import models
from django.http import HttpRequest

FORM_ID = re.compile(r"form-\d+-id")


def check(request: HttpRequest, model: type[models.Model]) -> None:
    """Raise BadRequest when a chosen or edited row's number can't be one of the model's."""
    numbers = request.POST.getlist("_selected_action")
    for name in filter(FORM_ID.fullmatch, request.POST):
        numbers += filter(None, request.POST.getlist(name))
    for number in numbers:
        try:
            model._meta.pk.to_python(number)
        except ValidationError as error:
            raise BadRequest("A row of the list has no number.") from error
