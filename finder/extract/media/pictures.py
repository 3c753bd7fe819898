"""Pictures as pixels, scaled down to what is shown. The only importer of Pillow, which decodes them.

For a worker in a sandbox: codecs have been taken over by pictures before, those of every library.
"""

from __future__ import annotations

import warnings
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from finder.errors import FileError
from finder.extract.media.pixels import MOST_PIXELS, Pixels

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "ICO", "AVIF")
_MOST_DECODED_PIXELS = 120_000_000
"""As large as a camera's; one that claims more is not decoded at all."""
_PAPER = (255, 255, 255)
"""Shows through what is transparent."""


def preload() -> None:
    """Import every codec: Pillow brings them in only when a picture needs them."""
    Image.init()


def draw_picture(file: BinaryIO, longest_px: int) -> tuple[Pixels, tuple[int, int]]:
    """Decode a picture's first frame, upright, scaled down so that it fits a square.

    Returns:
        What is to be shown, and (width, height) of the picture itself.
    Raises:
        FileError: corrupt, unsupported, too_large.
    """
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what is large, and of what the file's tags get wrong
            with Image.open(file, formats=_FORMATS) as opened:
                return _drawn(opened, longest_px)
    except Image.DecompressionBombError as error:
        raise FileError("too_large", "Too large to be shown", "It has more pixels than any camera's.") from error
    except UnidentifiedImageError as error:
        raise FileError("unsupported", "Not a picture that can be shown", "Its format is not known.") from error
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, OverflowError, ArithmeticError) as error:
        # Of damaged bytes its codecs make all of these.
        raise FileError("corrupt", "Damaged", f"It cannot be decoded ({type(error).__name__}).") from error


def _drawn(opened: Image.Image, longest_px: int) -> tuple[Pixels, tuple[int, int]]:
    width, height = opened.size
    if width * height > _MOST_DECODED_PIXELS:
        raise FileError("too_large", "Too large to be shown", f"It has {width:,} × {height:,} pixels.")
    picture = opened
    longest_px = min(longest_px, int(MOST_PIXELS**0.5))
    picture.thumbnail((longest_px, longest_px), reducing_gap=2.0)  # of a JPEG only so much is decoded
    picture = ImageOps.exif_transpose(picture)
    if (picture.size[0] > picture.size[1] and width < height) or (picture.size[0] < picture.size[1] and width > height):
        width, height = height, width
    if picture.mode.startswith(("I;16", "I", "F")):
        picture = _in_8_bits(picture)
    if picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, (*_PAPER, 255))
        picture = Image.alpha_composite(paper, picture.convert("RGBA"))
    picture = picture.convert("RGB")
    return Pixels(*picture.size, picture.size[0] * 3, picture.tobytes()), (width, height)


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """A measurement's grey, from its darkest to its lightest."""
    wide = picture.convert("F")
    low, high = wide.getextrema()
    assert isinstance(low, float)
    assert isinstance(high, float)
    share = 255 / ((high - low) or 1.0)
    return wide.point(lambda value: value * share - low * share).convert("L")
