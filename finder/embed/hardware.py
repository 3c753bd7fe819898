"""What this computer could compute a model with, found out without loading a model library.

The worker that computes finds out for itself what torch can use; here it is about what to advise a person.
"""

from __future__ import annotations

import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from finder.embed.models import ModelSpec

_NVIDIA = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""The driver's; the last one is that of the Windows Subsystem for Linux."""
_AMD = Path("/dev/kfd")
_ONLY_CPU = "+cpu"
"""How PyTorch's builds without CUDA and ROCm call their version."""
_PRODUCT_SIZE = 1_024
_LEAST_MEASURED_S = 0.05
_SHARE_REACHED = 0.75
"""Of the rate of matrix products, an encoder reaches about so much on a processor."""


def graphics_processor() -> str | None:
    """The graphics processor that the installed torch can compute with, in words; None where there is none."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "an Apple graphics processor"
    try:
        is_only_cpu = version("torch").endswith(_ONLY_CPU)
    except PackageNotFoundError:
        return None
    if is_only_cpu:
        return None
    if any(path.exists() for path in _NVIDIA):
        return "an NVIDIA graphics processor"
    return "an AMD graphics processor" if _AMD.exists() else None


def seconds_for(spec: ModelSpec, tokens: int) -> float | None:
    """About how long so many tokens take on this computer's processor; None where the model's work is not known."""
    if not spec.linear_parameters:
        return None
    return 2 * spec.linear_parameters * tokens / (_operations_per_second() * _SHARE_REACHED)


def _operations_per_second() -> float:
    """Multiplications and additions in float32, measured with matrix products on all cores."""
    left = np.ones((_PRODUCT_SIZE, _PRODUCT_SIZE), np.float32)
    left @ left  # the first one starts the threads
    begun_s, count = time.perf_counter(), 0
    while (elapsed_s := time.perf_counter() - begun_s) < _LEAST_MEASURED_S:
        left @ left
        count += 1
    return 2.0 * _PRODUCT_SIZE**3 * count / elapsed_s
