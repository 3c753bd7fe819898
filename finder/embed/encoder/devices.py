"""Where a model computes: a graphics processor with enough free memory, or the processor. Imports torch.

ROCm shows itself to torch as CUDA. Other programs come first: of a graphics processor's memory at most half of what is
free is taken, or what the user allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import psutil
import torch

from finder.embed.hardware import graphics_processor

_SMALL_BYTES = 256 << 20
"""A model with less than this is ready on the processor before a graphics processor has been set up."""
_LEAST_WORK_BYTES = 512 << 20
"""Beside the weights, for the batches and for what the device's libraries take."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device, and what it computes with."""

    target: torch.device
    dtype: torch.dtype
    name: str
    """For showing: `cuda:0 NVIDIA H100, bf16`."""
    memory_bytes: int
    """For weights and batches together."""
    lacks_room: bool = False
    """True for a processor in the place of a graphics processor whose memory others have taken."""

    @property
    def is_gpu(self) -> bool:
        return self.target.type != "cpu"


def processor(why: str = "") -> Device:
    """The processor, in float32; half of the memory that is free.

    Args:
        why: it is taken, for showing, where one would expect a graphics processor.
    """
    name = f"cpu, fp32 ({why})" if why else "cpu, fp32"
    return Device(torch.device("cpu"), torch.float32, name, psutil.virtual_memory().available // 2)


def choose_device(parameters: int, is_float32: bool, limit_bytes: int | None) -> Device:
    """The device for a model of so many parameters.

    Args:
        is_float32: it is computed in float32 wherever it is.
        limit_bytes: of a graphics processor's memory; None for at most half of what is free.
    """
    if 4 * parameters < _SMALL_BYTES:
        return processor("so small a model is ready there sooner" if graphics_processor() is not None else "")
    if torch.cuda.is_available():
        found = _cuda(is_float32, limit_bytes)
    elif torch.backends.mps.is_available():
        found = _mps(is_float32, limit_bytes)
    else:
        return processor()
    needed_bytes = parameters * found.dtype.itemsize + _LEAST_WORK_BYTES
    if found.memory_bytes < needed_bytes:
        why = f"{_gb(needed_bytes)} of graphics memory are needed, {_gb(found.memory_bytes)} may be taken"
        return replace(processor(why), lacks_room=True)
    _hold_to(found)
    return found


def _hold_to(device: Device) -> None:
    """Let torch's own allocator refuse what is more than may be taken."""
    if device.target.type == "cuda":
        total_bytes = torch.cuda.get_device_properties(device.target).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, device.memory_bytes / total_bytes), device.target)
    else:
        torch.mps.set_per_process_memory_fraction(min(1.0, device.memory_bytes / torch.mps.recommended_max_memory()))


def _cuda(is_float32: bool, limit_bytes: int | None) -> Device:
    """The one with the most free memory."""
    free_bytes = [torch.cuda.mem_get_info(index)[0] for index in range(torch.cuda.device_count())]
    index = free_bytes.index(max(free_bytes))
    device = torch.device("cuda", index)
    has_bfloat16 = torch.version.hip is not None or torch.cuda.get_device_capability(device) >= (8, 0)
    dtype = torch.float32 if is_float32 else torch.bfloat16 if has_bfloat16 else torch.float16
    name = f"cuda:{index} {torch.cuda.get_device_name(device)}, {_short(dtype)}"
    return Device(device, dtype, name, _allowed(free_bytes[index], limit_bytes))


def _mps(is_float32: bool, limit_bytes: int | None) -> Device:
    free_bytes = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    dtype = torch.float32 if is_float32 else torch.float16
    return Device(torch.device("mps"), dtype, f"mps, {_short(dtype)}", _allowed(free_bytes, limit_bytes))


def _allowed(free_bytes: int, limit_bytes: int | None) -> int:
    return free_bytes // 2 if limit_bytes is None else min(free_bytes, limit_bytes)


def _short(dtype: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[dtype]


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
