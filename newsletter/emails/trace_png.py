"""The logo's trace as a PNG, for e-mails: their readers drop SVG."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

# The logo's trace, "M2 18h14l6-14 9 25 7-17 4 6h20" in a box of 64 by 32.
POINTS = [(2, 18), (16, 18), (22, 4), (31, 29), (38, 12), (42, 18), (62, 18)]
BOX, STROKE = (64, 32), 3
INK = (63, 125, 107)  # between the light and the dark moss: 3:1 on a light and on a dark ground
DENSITY, OVERSAMPLING = 2, 4  # pixels for sharp screens; drawn larger still, then reduced


@cache
def trace_png() -> bytes:
    """Return the picture, twice as large as it is shown."""
    scale = DENSITY * OVERSAMPLING
    picture = Image.new("RGBA", (BOX[0] * scale, BOX[1] * scale), (*INK, 0))
    draw = ImageDraw.Draw(picture)
    points = [(x * scale, y * scale) for x, y in POINTS]
    draw.line(points, fill=INK, width=STROKE * scale, joint="curve")
    for x, y in (points[0], points[-1]):
        half = STROKE * scale / 2
        draw.ellipse((x - half, y - half, x + half, y + half), fill=INK)
    file = BytesIO()
    size = (BOX[0] * DENSITY, BOX[1] * DENSITY)
    picture.resize(size, Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()
