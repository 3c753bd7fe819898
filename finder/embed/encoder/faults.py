"""What a graphics processor raises, told apart: memory ran out, the device failed, or we erred. Imports torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from finder.embed.encoder.network import Forward
from finder.errors import DeviceFaultError

_OUT_OF_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "HIPBLAS_STATUS_ALLOC_FAILED")
_DEVICE_LIBRARIES = ("CUDA", "HIP", "CUBLAS", "CUDNN", "cuDNN", "MPS")
_TITLE = "The graphics processor failed"
_HINT = "It is tried again; if it happens often, its driver is at fault."


@contextlib.contextmanager
def device_faults() -> Iterator[None]:
    """What a graphics processor raises becomes an error with words; it is not to be used any more by this process."""
    try:
        yield
    except torch.AcceleratorError as error:
        raise DeviceFaultError(_TITLE, _cause(error), _HINT) from error
    except RuntimeError as error:
        if not any(library in str(error) for library in _DEVICE_LIBRARIES):
            raise
        raise DeviceFaultError(_TITLE, _cause(error), _HINT) from error


def computed(forward: Forward, sequences: Sequence[list[int]]) -> Tensor | None:
    """None where memory does not hold it."""
    try:
        return forward(sequences)
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        return None


def _cause(error: RuntimeError) -> str:
    """The first line: the rest is advice to programmers."""
    return (str(error).splitlines() or [""])[0][:200]


def _is_out_of_memory(error: RuntimeError) -> bool:
    """torch says it by a class of its own for CUDA and ROCm, in words for Metal and for what its libraries ask for."""
    told = str(error)
    return isinstance(error, torch.OutOfMemoryError) or any(words in told for words in _OUT_OF_MEMORY)


def no_memory() -> DeviceFaultError:
    """For a device whose memory holds not even the smallest batch."""
    return DeviceFaultError(_TITLE, "Its memory is taken by other programs.", _HINT)
