"""Pictures that editors upload: looked at, written anew, and kept in the sizes that pages ask for.

Nothing of an upload stays but what can be seen. It is decoded and encoded again, so what a camera
noted (when, where) and whatever hid behind the picture are gone; its name is made of its content
and says nothing of the name it came with.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import PurePath
from typing import Any, NoReturn, TypedDict

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, ImageOps

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000  # 160 MB once decoded; twice what a telephone takes
LONGEST_SIDE = 3200  # pixels of the copy that is kept
WIDTHS = (
    400,
    800,
    1200,
    1600,
)  # the text column is 608 CSS pixels, so 1600 serves screens of 2.5 pixels a pixel
FALLBACK_WIDTH = 800
# AVIF's own default of 75 makes files of twice the size with no difference one can see.
ENCODERS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 55, "speed": 6},
    "webp": {"format": "WEBP", "quality": 78},
    "jpg": {"format": "JPEG", "quality": 82, "progressive": True, "optimize": True},
}
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
ENDINGS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
NO_PICTURE = "This isn’t a picture we can use. It must be a JPEG, PNG, WebP or AVIF file."
PAPER = (250, 247, 241)  # behind what is see-through, where a format can't be

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow itself refuses twice this, before it decodes anything


class PictureSource(TypedDict):
    """What a `source` element says: a format, and the addresses of its sizes."""

    type: str
    srcset: str


class ReencodedImage(ContentFile):
    """A picture of our own writing, under a name made of its content and of how its renditions are
    made.
    """

    def __init__(self, data: bytes, ending: str) -> None:
        recipe = repr((WIDTHS, FALLBACK_WIDTH, ENCODERS)).encode()
        super().__init__(data, name=f"{sha256(recipe + data).hexdigest()[:20]}.{ending}")


def reencode(upload: File) -> ReencodedImage:
    """Return the picture in `upload`, written anew.

    Upright, in sRGB, at most `LONGEST_SIDE` wide and high.

    Raises ValidationError, in words for the editor, for anything that isn't a whole still picture
    of a sensible size.
    """
    image = _opened(upload)
    lossless = image.format == "PNG"
    try:
        image = _pixels(image)
    except Exception as error:  # decoders raise nearly anything on broken data
        _refuse(
            "This picture is damaged or cut short. Save it again in a picture program and try once more.",
            error,
        )
    if lossless or image.mode == "RGBA":
        return ReencodedImage(_encoded(image, {"format": "PNG"}), "png")
    return ReencodedImage(
        _encoded(image, {"format": "JPEG", "quality": 95, "subsampling": 0, "optimize": True}),
        "jpg",
    )


def _refuse(message: str, cause: Exception | None = None) -> NoReturn:
    raise ValidationError(message) from cause


def _opened(upload: File) -> Image.Image:
    """Read the head of `upload` alone, and refuse what needn't be decoded to be refused."""
    if not upload.size:
        _refuse("This file is empty.")
    if upload.size > MOST_BYTES:
        _refuse(
            f"This file has {upload.size / 1024**2:.1f} MB; a picture may have 10. Make it smaller and try again."
        )
    too_many = f"This picture has too many pixels: {MOST_PIXELS // 10**6} million is the most. Make it smaller."
    try:
        upload.seek(0)
        image = Image.open(upload, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        _refuse(too_many, error)
    except Exception as error:
        _refuse(NO_PICTURE, error)
    if image.width * image.height > MOST_PIXELS:
        _refuse(too_many)
    # Telephones put a second picture (depth, a thumbnail) behind a JPEG; Pillow calls that MPO. The
    # first is the picture.
    result = {"MPO": "JPEG"}.get(str(image.format), image.format)
    if result != "JPEG" and getattr(image, "n_frames", 1) > 1:
        _refuse(
            "Moving pictures can’t be used, because some readers are made ill by them. Use a still one."
        )
    ending = PurePath(upload.name or "").suffix.lower().removeprefix(".")
    if ENDINGS.get(ending, result) != result:
        _refuse(
            f"The name ends in .{ending}, but the file is a {result} picture. Give it its right ending and try again."
        )
    return image


def _pixels(image: Image.Image) -> Image.Image:
    """Decode.

    Upright, in sRGB, no larger than is kept, and with nothing beside the pixels. The mode is RGB or
    RGBA.
    """
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode.startswith(
        "I"
    ):  # sixteen bits of grey: a plain conversion would cut them off at white
        image = image.point(lambda value: value / 256, "L")
    if image.mode not in {mode, "CMYK"}:
        image = image.convert(mode)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image = _in_srgb(ImageOps.exif_transpose(image), mode)
    if mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    image.info.clear()  # or encoders would write some of it again
    return image


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, own, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            return converted or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile, or one of grey: the colours as they stand are the best guess
    return image.convert(mode)


def _encoded(image: Image.Image, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, **options)
    return file.getvalue()


def store_original(original: ReencodedImage, folder: str) -> None:
    """Store `original` in `folder`, without renditions."""
    original.seek(0)
    _store(f"{folder}{original.name}", original.read())


def stored_original(data: bytes, name: str) -> ReencodedImage:
    """Return a stored picture of our own writing as what renditions are made of, under its own name."""
    path = PurePath(name)
    original = ReencodedImage(data, path.suffix.removeprefix("."))
    original.name = path.name
    return original


def store_renditions(original: ReencodedImage, folder: str) -> list[dict[str, Any]]:
    """Store `original` and its renditions in `folder` ("pictures/").

    Return the renditions: name, type, width, height.
    """
    stem, _, _ = str(original.name).partition(".")
    store_original(original, folder)
    stored = []
    for image, ending in _renditions(Image.open(original, formats=FORMATS)):
        name = f"{folder}{stem}-{image.width}.{ending}"
        _store(name, _encoded(image, ENCODERS[ending]))
        stored.append(
            {"name": name, "type": TYPES[ending], "width": image.width, "height": image.height}
        )
    return stored


def _renditions(image: Image.Image) -> Iterator[tuple[Image.Image, str]]:
    """Yield the picture in each width and format, the narrow ones first; never wider than it is."""
    for width in sorted({min(width, image.width) for width in WIDTHS}):
        resized = _resized(image, width)
        yield resized, "avif"
        yield resized, "webp"
    flat = Image.new("RGB", image.size, PAPER)
    flat.paste(image, mask=image if image.mode == "RGBA" else None)
    yield _resized(flat, min(image.width, FALLBACK_WIDTH)), "jpg"


def _resized(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _store(name: str, body: bytes) -> None:
    # The name is made of the content, so a file that is there is the same, or was cut short when a
    # disk filled up.
    delete([name])
    default_storage.save(name, ContentFile(body))


def delete(names: Iterable[str]) -> None:
    """Delete stored files; one that isn't there is as good as deleted."""
    for name in names:
        default_storage.delete(name)


def sources(renditions: list[dict[str, Any]]) -> list[PictureSource]:
    """Return type and srcset of each format a browser may choose, the smallest format first."""
    return [_source(renditions, TYPES[ending]) for ending in ("avif", "webp")]


def _source(renditions: list[dict[str, Any]], type_: str) -> PictureSource:
    sizes = []
    for rendition in renditions:
        if rendition["type"] == type_:
            sizes.append(f"{default_storage.url(rendition['name'])} {rendition['width']}w")
    return {"type": type_, "srcset": ", ".join(sizes)}


def fallback(renditions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return address, width and height of the JPEG that every browser can show."""
    result = next((one for one in renditions if one["type"] == TYPES["jpg"]), None)
    return result | {"url": default_storage.url(result["name"])} if result else {}
