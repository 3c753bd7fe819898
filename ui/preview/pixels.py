"""Pixels of the service as an image: no codec of Qt's ever sees a file."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QImage


def image_of(answer: dict[str, Any]) -> QImage:
    """The image that came beside a `PreviewedPage` or a `PreviewedPicture`; a null one where it is none."""
    blobs = answer.get("blobs") or [b""]
    width, height, stride_bytes = answer["width"], answer["height"], answer["stride_bytes"]
    if len(blobs[0]) < height * stride_bytes:
        return QImage()
    image = QImage(bytes(blobs[0]), width, height, stride_bytes, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, and what is drawn fastest
