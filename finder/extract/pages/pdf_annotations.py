"""What people have added to a page of a PDF: values of form fields, comments. Imports pypdfium2 and no reader.

Source: ISO 32000-1, 12.5 (annotations) and 12.7 (forms).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from pypdfium2 import PdfiumError
from pypdfium2 import raw as pdfium

_MOST_ANNOTATIONS = 1000
"""Of one page."""
_MOST_OPTIONS = 100
"""Of one list."""
_MAY_HOLD_OPTIONS = (b"Opt", b"Parent")
_UNREAD = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
"""A pop-up repeats the comment it belongs to."""


def annotated(page: Any) -> Iterator[str]:
    """The texts in the annotations of a page of pypdfium2."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            yield from _chosen(page.pdf, annotation) or [_entry(annotation, b"V")]
        elif kind not in _UNREAD:
            yield _entry(annotation, b"Contents")
        pdfium.FPDFPage_CloseAnnot(annotation)


def _chosen(pdf: Any, annotation: Any) -> list[str]:
    """What a field that offers a choice shows: all of a list, else what was chosen; empty for other fields."""
    if not any(pdfium.FPDFAnnot_HasKey(annotation, key) for key in _MAY_HOLD_OPTIONS):
        return []
    with suppress(PdfiumError):
        pdf.init_forms()  # not before it is needed: every page then costs more
    forms = pdf.formenv
    count = pdfium.FPDFAnnot_GetOptionCount(forms, annotation) if forms else 0
    is_list = count > 0 and pdfium.FPDFAnnot_GetFormFieldType(forms, annotation) == pdfium.FPDF_FORMFIELD_LISTBOX
    return [
        _string(partial(pdfium.FPDFAnnot_GetOptionLabel, forms, annotation, option))
        for option in range(min(count, _MOST_OPTIONS))
        if is_list or pdfium.FPDFAnnot_IsOptionSelected(forms, annotation, option)
    ]


def _entry(annotation: Any, key: bytes) -> str:
    """A text in an annotation's dictionary, "" where there is none."""
    return _string(partial(pdfium.FPDFAnnot_GetStringValue, annotation, key))


def _string(read: Callable[[Any, int], int]) -> str:
    """What a function of pdfium writes into a buffer, whose size in bytes it tells when it gets none."""
    size_bytes = read(None, 0)
    buffer = ctypes.create_string_buffer(size_bytes)
    read(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size_bytes)
    return buffer.raw[:-2].decode("utf-16-le", "replace")
