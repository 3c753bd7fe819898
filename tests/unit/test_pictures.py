"""Pictures as pixels: upright, small enough, on white; and what is no picture, or too large a one, is said to be so."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from finder.errors import FileError
from finder.extract.media.pictures import draw_picture

RED, BLUE = (200, 30, 30), (30, 30, 200)


def saved(image: Image.Image, format: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file


def half_and_half(width: int = 400, height: int = 200) -> Image.Image:
    """The left half red, the right half blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def pixel(data: bytes, stride_bytes: int, x: int, y: int) -> tuple[int, ...]:
    at = y * stride_bytes + 3 * x
    return tuple(data[at : at + 3])


def is_like(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_every_usual_format_is_scaled_down_to_what_is_wanted(format: str) -> None:
    pixels, full = draw_picture(saved(half_and_half(), format), 100)
    assert (pixels.width, pixels.height, full) == (100, 50, (400, 200))
    assert is_like(pixel(pixels.data, pixels.stride_bytes, 10, 25), RED)
    assert is_like(pixel(pixels.data, pixels.stride_bytes, 90, 25), BLUE)


def test_a_small_picture_is_not_blown_up() -> None:
    pixels, _ = draw_picture(saved(half_and_half(40, 20), "PNG"), 1000)
    assert (pixels.width, pixels.height) == (40, 20)


def test_a_photo_taken_upright_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned to the right
    pixels, full = draw_picture(saved(half_and_half(), "JPEG", exif=exif), 100)
    assert (pixels.width, pixels.height, full) == (50, 100, (200, 400))
    assert is_like(pixel(pixels.data, pixels.stride_bytes, 25, 5), RED)
    assert is_like(pixel(pixels.data, pixels.stride_bytes, 25, 95), BLUE)


def test_what_is_transparent_lies_on_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((*RED, 255), (10, 0, 20, 20))
    pixels, _ = draw_picture(saved(image, "PNG"), 100)
    assert pixel(pixels.data, pixels.stride_bytes, 2, 2) == (255, 255, 255)
    assert pixel(pixels.data, pixels.stride_bytes, 15, 2) == RED


def test_a_measurement_in_16_bits_is_shown_from_dark_to_light() -> None:
    image = Image.new("I;16", (20, 20), 1000)
    image.paste(3000, (10, 0, 20, 20))
    pixels, _ = draw_picture(saved(image, "TIFF"), 100)
    assert pixel(pixels.data, pixels.stride_bytes, 2, 2) == (0, 0, 0)
    assert pixel(pixels.data, pixels.stride_bytes, 15, 2) == (255, 255, 255)


def claimed_png(width: int, height: int) -> io.BytesIO:
    """A PNG whose header claims a size, with next to nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b""))


@pytest.mark.parametrize("side_px", [12_000, 60_000])
def test_a_picture_that_claims_a_monstrous_size_is_not_decoded(side_px: int) -> None:
    with pytest.raises(FileError) as raised:
        draw_picture(claimed_png(side_px, side_px), 100)
    assert raised.value.code == "too_large"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unsupported"),
        (b"just some words", "unsupported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unsupported"),  # would be a program's to draw
        (saved(half_and_half(), "PNG").getvalue()[:300], "corrupt"),
    ],
)
def test_what_is_no_picture_is_said_to_be_none(data: bytes, code: str) -> None:
    with pytest.raises(FileError) as raised:
        draw_picture(io.BytesIO(data), 100)
    assert raised.value.code == code
