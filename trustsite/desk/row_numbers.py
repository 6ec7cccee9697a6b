"""Row numbers that a list of the admin posts: nonsense in them is answered by 400, where Django would fail."""

import re
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

FORM_ID = re.compile(r"form-\d+-id")


class RowNumbersMiddleware(MiddlewareMixin):
    """Looks at the numbers of chosen and edited rows, for the admin of every model."""

    def process_view(self, request: HttpRequest, view: Any, *args: Any) -> None:
        """Raise BadRequest when one can't be a row of the model whose list was sent."""
        model_admin = getattr(view, "model_admin", None)  # set by Django's admin on its views
        if request.method != "POST" or model_admin is None or not request.user.is_staff:
            return
        numbers = request.POST.getlist("_selected_action")
        for name in filter(FORM_ID.fullmatch, request.POST):
            numbers += filter(None, request.POST.getlist(name))
        for number in numbers:
            try:
                model_admin.opts.pk.to_python(number)
            except ValidationError as error:
                raise BadRequest("A row of the list has no number.") from error
