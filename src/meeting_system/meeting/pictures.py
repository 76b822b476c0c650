"""What a file really is, and small pictures of pictures. Nothing that a file says of itself is believed."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

SNIFFED_BYTES = 512
MOST_PIXELS = 50_000_000
PREVIEW_PX = 960
PREVIEW_TYPE = "image/webp"
OTHER = "application/octet-stream"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
)
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_ORIENTATION = 0x0112
"""Of Exif; from 5 on width and height are exchanged."""

_LIES_ON_ITS_SIDE = 5
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<body", b"<head", b"<iframe")


@dataclass(frozen=True)
class Preview:
    """A picture drawn anew: `width` and `height` in pixels are the original's, as it is shown."""

    content: bytes
    width: int
    height: int


def sniff(head: bytes) -> str:
    """Return the type of a file by its first bytes; what a browser could run is never named as that."""
    for at, signature, media_type in _SIGNATURES:
        if head[at : at + len(signature)] == signature:
            return OTHER if media_type == "image/webp" and head[:4] != b"RIFF" else media_type
    if _is_plain_text(head):
        return "text/plain"
    return OTHER


def is_picture(media_type: str) -> bool:
    """Tell whether previews are made of this type."""
    return media_type in _FORMATS


def draw_preview(content: bytes, media_type: str) -> Preview | None:
    """Draw a picture anew, small; None for what is no picture of this type, or is too large to be drawn.

    Takes up to a second: call it in a thread. The size is read before anything is unpacked, so that a small
    file that says it is huge costs nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as picture:
                return _redraw(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError):
        return None


def _redraw(picture: Image.Image) -> Preview | None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        return None
    if picture.getexif().get(_ORIENTATION, 1) >= _LIES_ON_ITS_SIDE:
        width, height = height, width
    # JPEG is unpacked at a fraction of its size where that is enough.
    picture.draft("RGB", (PREVIEW_PX, PREVIEW_PX))
    shown = ImageOps.exif_transpose(picture)
    small = shown.convert("RGBA" if _has_alpha(shown) else "RGB")
    small.thumbnail((PREVIEW_PX, PREVIEW_PX))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=4)
    return Preview(buffer.getvalue(), width, height)


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info


def _is_plain_text(head: bytes) -> bool:
    if not head or b"\x00" in head or any(mark in head.lower() for mark in _MARKUP):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut.
        return error.start >= len(head) - 3 and len(head) == SNIFFED_BYTES
    return True
