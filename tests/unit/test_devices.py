"""The device is chosen by what its driver tells at that moment. The driver is made up: no test needs a GPU."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from finder.embed.weights import find_model, folder_name
from tests.tiny_models import write_qwen3

pytestmark = pytest.mark.torch

GB = 1_000_000_000
BIG = 600_000_000
"""Parameters: 1.2 GB in 16 bit, and half a gigabyte to work with."""


class Driver:
    """What `torch.cuda` tells of two graphics processors; the second is the older one."""

    def __init__(self, patch: pytest.MonkeyPatch, free_bytes: list[int]) -> None:
        import torch

        self.free_bytes = free_bytes
        self.fractions: list[float] = []
        capabilities = [(8, 9), (7, 5)]
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 2)
        patch.setattr(torch.cuda, "mem_get_info", lambda index: (self.free_bytes[index], 16 * GB))
        patch.setattr(torch.cuda, "get_device_name", lambda device: f"Card {device.index}")
        patch.setattr(torch.cuda, "get_device_capability", lambda device: capabilities[device.index])
        patch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=16 * GB))
        patch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share, device: self.fractions.append(share))


@pytest.mark.parametrize(
    ("free_bytes", "name"), [([8 * GB, 4 * GB], "cuda:0 Card 0, bf16"), ([4 * GB, 8 * GB], "cuda:1 Card 1, fp16")]
)
def test_the_emptiest_card_is_taken_with_the_numbers_it_can_compute(
    monkeypatch: pytest.MonkeyPatch, free_bytes: list[int], name: str
) -> None:
    from finder.embed.encoder.devices import choose_device

    driver = Driver(monkeypatch, free_bytes)
    device = choose_device(BIG, is_float32=False, limit_bytes=None)
    assert device.name == name
    assert device.memory_bytes == 4 * GB
    assert driver.fractions == [0.25]


@pytest.mark.parametrize(("free_bytes", "limit_bytes"), [(3 * GB, None), (8 * GB, GB)])
def test_too_little_room_is_said(monkeypatch: pytest.MonkeyPatch, free_bytes: int, limit_bytes: int | None) -> None:
    from finder.embed.encoder.devices import choose_device

    Driver(monkeypatch, [free_bytes, 0])
    device = choose_device(BIG, is_float32=False, limit_bytes=limit_bytes)
    assert not device.is_gpu
    assert device.lacks_room
    assert "1.7 GB of graphics memory are needed" in device.name


def test_apples_memory_is_held_to_what_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from finder.embed.encoder.devices import choose_device

    shares: list[float] = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 16 * GB)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 0)
    monkeypatch.setattr(torch.mps, "set_per_process_memory_fraction", shares.append)
    device = choose_device(BIG, is_float32=False, limit_bytes=None)
    assert (device.name, device.memory_bytes) == ("mps, fp16", 8 * GB)
    assert shares == [0.5]


def test_an_encoder_without_room_knows_when_there_is_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from finder.embed.encoder import devices
    from finder.embed.encoder.embedder import Encoder

    monkeypatch.setattr(devices, "_SMALL_BYTES", 0)
    driver = Driver(monkeypatch, [GB // 2, 0])
    found = find_model(folder_name(bytes(write_qwen3(tmp_path / "model"))), tmp_path)
    encoder = Encoder(found.spec, found.folder)
    assert encoder.device.startswith("cpu")
    assert not encoder.has_room_on_gpu()
    driver.free_bytes = [8 * GB, 0]
    assert encoder.has_room_on_gpu()
