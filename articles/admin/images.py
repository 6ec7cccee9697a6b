"""The editors' pictures: uploaded once, with their words, and the articles that show them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from articles.admin.uses import UsesMixin
from articles.editing.picture_sizes import is_given_up
from articles.images.renditions import ENDINGS, NO_PICTURE, reencode
from articles.models import Picture
from trustsite.desk.publishing import PublishGuard

THUMBNAIL_HEIGHT = 90  # CSS pixels
GIVEN_UP = "Its sizes could not be made. Upload it anew."
PREPARING = (
    "The picture is kept. Its sizes are being made and will be there within a minute; until then pages show it"
    " as it is."
)


class PictureForm(forms.ModelForm):
    original = forms.FileField(
        label="Picture",
        widget=AdminFileWidget(attrs={"accept": ".jpg,.jpeg,.png,.webp,.avif"}),
        validators=[FileExtensionValidator(list(ENDINGS), message=NO_PICTURE)],
        error_messages={"empty": "This file is empty."},
        help_text="JPEG, PNG, WebP or AVIF, up to 10 MB; 1600 pixels wide or more looks best. "
        "What the camera noted, such as time and place, is taken out.",
    )

    class Meta:
        model = Picture
        fields = ("original", "key", "alt", "decorative", "caption")
        widgets = {
            name: forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
            for name in ("alt", "caption")
        }
        help_texts = {
            "key": "Small letters, digits and hyphens, such as garden-path. It stays: articles ask for it."
        }

    def clean_original(self) -> Any:
        """Put a picture of our own writing in the place of an upload, before anything else reads
        it.
        """
        given = self.cleaned_data["original"]
        return reencode(given) if isinstance(given, UploadedFile) else given


@admin.register(Picture)
class PictureAdmin(UsesMixin, PublishGuard):
    """Pictures. One that a text shows can't be deleted, and its key can't be changed."""

    form = PictureForm
    list_display = ("key", "thumbnail", "alt", "decorative", "size", "uses_count")
    search_fields = ("key", "alt", "caption")
    readonly_fields = ("thumbnail", "directive")

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        obj.prepares_later = True
        super().save_model(request, obj, form, change)
        if not obj.is_prepared:
            messages.info(request, PREPARING)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.paste))
        return [path("paste/", view, name="articles_picture_paste"), *super().get_urls()]

    def paste(self, request: HttpRequest) -> JsonResponse:
        """Keep a picture that was pasted or dragged into a text, by the form and checks of every upload."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PictureForm(request.POST, request.FILES)
        if not form.is_valid():
            errors = {name: [str(one) for one in found] for name, found in form.errors.items()}
            return JsonResponse({"errors": errors}, status=400)
        picture = form.save(commit=False)
        picture.prepares_later = True
        super().save_model(request, picture, form, change=False)
        self.log_addition(request, picture, "Pasted into a text.")
        return JsonResponse({"key": picture.key})

    def get_fields(self, request: HttpRequest, obj: Picture | None = None) -> tuple[str, ...]:
        entered = ("original", "key", "alt", "decorative", "caption")
        return ("thumbnail", *entered, "directive", "used_in") if obj else entered

    def get_readonly_fields(
        self, request: HttpRequest, obj: Picture | None = None
    ) -> tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "key") if obj else fields

    @admin.display(description="preview")
    def thumbnail(self, picture: Picture) -> str:
        """The picture, small."""
        if not picture.is_prepared:
            return GIVEN_UP if is_given_up(picture) else "Being made ready"
        small = next(
            (item for item in picture.sources if item["type"] == "image/webp" and item["srcset"]),
            None,
        )
        if small is None:
            return ""
        width = round(THUMBNAIL_HEIGHT * picture.width / picture.height)
        narrowest = small["srcset"].partition(" ")[0]
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="">', narrowest, width, THUMBNAIL_HEIGHT
        )

    @admin.display(description="pixels")
    def size(self, picture: Picture) -> str:
        """Width and height of the largest copy."""
        return f"{picture.width} × {picture.height}"

    @admin.display(description="to use it")
    def directive(self, picture: Picture) -> str:
        """The line that puts it into an article."""
        return f":::picture {picture.key} on a line of its own"
