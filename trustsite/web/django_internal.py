"""The one seam to what Django keeps for itself: names that begin with an underscore, under names of
our own.

When Django is upgraded, this is the module to read again. Modules of Django that have no page in its
documentation are listed, with who imports them, in tests/trustsite/test_imports.py.
"""

from io import BytesIO

from django.db.models.fields.files import FieldFile
from django.http import HttpRequest


def is_uploaded(file: FieldFile) -> bool:
    """Whether a file was put into its field and isn't stored yet."""
    return bool(file) and not file._committed  # type: ignore[attr-defined]


class BeforeModelChecksMixin:
    """A form of a model that is asked once more between its own checks and those of the model."""

    def before_model_checks(self) -> None:
        """Set on `instance` what decides how the model is checked."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        self.before_model_checks()
        super()._post_clean()  # type: ignore[misc]


class AroundModelChecksMixin:
    """A form of a model that looks at its row before and after the checks of the model.

    Its names are its own: it may be laid over a form that has BeforeModelChecksMixin.
    """

    def row_before_checks(self) -> object:
        """Return what `after_model_checks` is given."""

    def after_model_checks(self, before: object) -> None:
        """Add the form's own errors."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        before = self.row_before_checks()
        super()._post_clean()  # type: ignore[misc]
        self.after_model_checks(before)


def read_whole_body(request: HttpRequest) -> bytes:
    """Return a request's body and leave the request as if nobody had read it."""
    body: bytes = request.read()
    request._stream = BytesIO(body)
    request._read_started = False  # type: ignore[attr-defined]
    return body
