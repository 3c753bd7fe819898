"""A model put into memory: which module computes it, if one can. Imports torch, and transformers where needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import torch

from finder.embed.encoder import bert
from finder.embed.encoder.devices import Device
from finder.embed.encoder.network import Network
from finder.embed.models import ModelSpec
from finder.errors import ModelUnavailableError


def load_network(spec: ModelSpec, folder: Path, config: Mapping[str, Any], device: Device) -> Network:
    """The model in memory, computed in the fastest way that is its own.

    Args:
        config: the model's `config.json`.
    Raises:
        ModelUnavailableError: too large for this computer, not to be read, or not of the dimension that `spec` says.
    """
    _refuse_too_large(spec, parameters_of(spec, config), device)
    network = _network(spec, folder, config, device)
    if network.width < spec.dimension:
        raise ModelUnavailableError(
            f"The model {spec.name} cannot be used",
            f"Its vectors have {network.width} dimensions, not {spec.dimension}.",
            "Choose another: inkling model list",
        )
    return network


def _network(spec: ModelSpec, folder: Path, config: Mapping[str, Any], device: Device) -> Network:
    if bert.is_computed(config):
        return bert.Bert(folder, spec.weights, device.target, spec.pooling)
    # transformers takes two seconds to import, which the built-in model does without.
    from finder.embed.encoder import decoder, stock

    if decoder.is_computed(config):
        return decoder.Decoder(folder, device, spec.pooling)
    return stock.StockModel(folder, device, spec.pooling)


def parameters_of(spec: ModelSpec, config: Mapping[str, Any]) -> int:
    """How many a model has; of one in a folder of one's own as many as its weights have room for."""
    is_16_bit = str(config.get("dtype") or config.get("torch_dtype")).endswith("16")
    weights_bytes = sum(spec.file(name).size_bytes for name in spec.weights)
    return spec.parameters or weights_bytes // (2 if is_16_bit else 4)


def _refuse_too_large(spec: ModelSpec, parameters: int, device: Device) -> None:
    needed_bytes = parameters * torch.float32.itemsize
    free_bytes = psutil.virtual_memory().available
    if not device.is_gpu and needed_bytes > free_bytes:
        raise ModelUnavailableError(
            f"The model {spec.name} is too large for this computer",
            f"It needs {needed_bytes / 1e9:.1f} GB of memory,"
            f" of which {free_bytes / 1e9:.1f} GB are free ({device.name}).",
            "Close other programs, or choose a smaller model: inkling model list",
        )
