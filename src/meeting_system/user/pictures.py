"""Pictures of people, drawn anew: what comes out is a small WebP of pixels alone, whatever came in."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps

from meeting_system.user.errors import PictureInvalid

SIDE = 256
MOST_PIXELS = 24_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What browsers and telephones make. Others have decoders that nobody attacked for long enough."""
QUALITY = 82


def draw_avatar(content: bytes) -> bytes:
    """Return the middle square of a picture as WebP, 256 pixels wide. Raises PictureInvalid.

    The size is looked at before anything is unpacked: a bomb stays packed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                _check_size(picture)
                return _draw(picture)
    except PictureInvalid:
        raise
    except Exception as error:  # decoders raise whatever a hostile file makes them
        raise PictureInvalid("no picture: send PNG, JPEG, WebP or GIF") from error


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise PictureInvalid(f"more than {MOST_PIXELS // 1_000_000} million pixels: make it smaller")


def _draw(picture: Image.Image) -> bytes:
    # JPEG can be read at a fraction of its size.
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))
    upright = ImageOps.exif_transpose(picture)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    square = ImageOps.fit(upright.convert(mode), (SIDE, SIDE), Image.Resampling.LANCZOS)
    drawn = io.BytesIO()
    square.save(drawn, "WEBP", quality=QUALITY, exif=b"", icc_profile=b"", xmp=b"")
    return drawn.getvalue()


def open_studio() -> ThreadPoolExecutor:
    """Return the thread that draws: one, since a picture may take 100 MB while it is unpacked."""
    return ThreadPoolExecutor(1, thread_name_prefix="pictures")
