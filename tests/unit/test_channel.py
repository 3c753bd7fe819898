"""Frames over a socket pair: what goes in comes out, and what is not a frame is refused in time."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finder.workers.channel import Channel, ChannelError

HEAD = struct.Struct("!4sIHH")


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    left, right = socket.socketpair()
    channels = (
        Channel(left, frame_limit_bytes=4 << 20, frame_timeout_s=0.3),
        Channel(right, frame_limit_bytes=4 << 20, frame_timeout_s=0.3, takes_descriptors=True),
    )
    yield channels
    for channel in channels:
        channel.close()


@pytest.fixture
def raw() -> Iterator[tuple[socket.socket, Channel]]:
    """A bare socket, and a channel at its other end."""
    left, right = socket.socketpair()
    channel = Channel(right, frame_limit_bytes=1 << 20, frame_timeout_s=0.3)
    yield left, channel
    left.close()
    channel.close()


def test_a_frame_arrives_with_its_blobs(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    near.send({"id": 1, "text": "Überraschung 你好"}, [b"\x00\x01", bytearray(b""), memoryview(b"abc")])
    message = far.receive()
    assert message is not None
    assert message.header == {"id": 1, "text": "Überraschung 你好"}
    assert [bytes(blob) for blob in message.blobs] == [b"\x00\x01", b"", b"abc"]


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(st.characters()), st.text(st.characters()) | st.integers() | st.none()))
def test_any_text_survives_the_way_lone_surrogates_too(header: dict[str, object]) -> None:
    left, right = socket.socketpair()
    near, far = Channel(left), Channel(right)
    try:
        near.send(header)
        message = far.receive()
        assert message is not None
        assert message.header == header
    finally:
        near.close()
        far.close()


def test_a_frame_larger_than_the_sockets_buffer_goes_both_ways_at_once(pair: tuple[Channel, Channel]) -> None:
    blob = os.urandom(3 << 20)
    received: list[bytes] = []

    def take(channel: Channel) -> None:
        message = channel.receive()
        assert message is not None
        received.append(bytes(message.blobs[0]))

    threads = [threading.Thread(target=take, args=(channel,)) for channel in pair]
    for thread in threads:
        thread.start()
    for channel in pair:
        channel.send({}, [blob])
    for thread in threads:
        thread.join()
    assert received == [blob, blob]


def test_frames_of_many_senders_never_mix(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    threads = [
        threading.Thread(target=lambda n=n: [near.send({"n": n}, [bytes([n]) * 5000]) for _ in range(20)])  # type: ignore[misc]
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for _ in range(160):
        message = far.receive()
        assert message is not None
        assert bytes(message.blobs[0]) == bytes([message.header["n"]]) * 5000
    for thread in threads:
        thread.join()


def test_descriptors_travel_with_their_frame(pair: tuple[Channel, Channel], tmp_path: Path) -> None:
    near, far = pair
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
        with open(tmp_path / name, "rb") as file:
            near.send({"name": name}, descriptors=[file.fileno()])
    for name in ("one", "two"):
        message = far.receive()
        assert message is not None
        assert message.header["name"] == name
        (descriptor,) = message.descriptors
        assert os.read(descriptor, 10) == name.encode()
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)


def test_descriptors_that_nobody_asked_for_are_dropped(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    reading, writing = os.pipe()
    far.send({}, descriptors=[writing])
    os.close(writing)
    message = near.receive()
    assert message is not None
    assert message.descriptors == []
    assert os.read(reading, 1) == b""  # the last writing end is closed
    os.close(reading)


def test_the_end_is_none_and_an_end_within_a_frame_is_an_error(raw: tuple[socket.socket, Channel]) -> None:
    near, channel = raw
    near.sendall(HEAD.pack(b"INK1", 2, 0, 0) + b"{}")
    near.sendall(HEAD.pack(b"INK1", 20, 0, 0) + b"{")
    near.shutdown(socket.SHUT_WR)
    assert channel.receive() is not None
    with pytest.raises(ChannelError, match="within a frame"):
        channel.receive()
    assert channel.receive() is None


@pytest.mark.parametrize(
    "frame",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        HEAD.pack(b"INK1", (1 << 20) + 1, 0, 0),
        HEAD.pack(b"INK1", 2, 1, 0) + struct.pack("!I", 0xFFFFFFFF) + b"{}",
        HEAD.pack(b"INK1", 2, 0xFFFF, 0),
        HEAD.pack(b"INK1", 2, 0, 0) + b"[]",
        HEAD.pack(b"INK1", 3, 0, 0) + b"{,}",
        HEAD.pack(b"INK1", 2, 0, 0) + b"\xff\xff",
        HEAD.pack(b"INK1", 200_000, 0, 0) + b"[" * 200_000,
        HEAD.pack(b"INK1", 5_000, 0, 0) + b"9" * 5_000,
        HEAD.pack(b"INK1", 0, 0, 0),
    ],
)
def test_what_is_not_a_frame_is_refused(raw: tuple[socket.socket, Channel], frame: bytes) -> None:
    near, channel = raw
    sender = threading.Thread(target=near.sendall, args=(frame,))
    sender.start()
    with pytest.raises(ChannelError):
        channel.receive()
    channel.close()
    near.close()
    sender.join()


@pytest.mark.parametrize("sent", [b"I", b"INK1\x00\x00", HEAD.pack(b"INK1", 9, 0, 0) + b"{"])
def test_a_half_sent_frame_times_out(raw: tuple[socket.socket, Channel], sent: bytes) -> None:
    near, channel = raw
    near.sendall(sent)
    begun = time.monotonic()
    with pytest.raises(ChannelError, match="in time"):
        channel.receive()
    assert time.monotonic() - begun < 30


def test_a_frame_sent_in_drops_has_no_more_time_than_another(raw: tuple[socket.socket, Channel]) -> None:
    near, channel = raw
    stop = threading.Event()

    def drip() -> None:
        near.sendall(HEAD.pack(b"INK1", 1000, 0, 0))
        while not stop.wait(0.05):
            near.sendall(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(ChannelError, match="in time"):
        channel.receive()
    stop.set()
    thread.join()


def test_a_reader_who_does_not_read_costs_the_sender_a_bounded_time(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    with pytest.raises(ChannelError, match="does not read"):
        near.send({}, [bytes(3 << 20)])
    with pytest.raises(ChannelError):
        near.send({})  # half a frame is out: nothing may follow it
    assert far.is_readable(0)


def test_too_long_a_frame_is_refused_before_it_is_sent(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    with pytest.raises(ValueError, match="limit"):
        near.send({}, [bytes(5 << 20)])
    near.send({"still": "usable"})
    message = far.receive()
    assert message is not None
    assert message.header == {"still": "usable"}


def test_hanging_up_wakes_the_receiver(pair: tuple[Channel, Channel]) -> None:
    near, far = pair
    received: list[object] = []
    thread = threading.Thread(target=lambda: received.append(far.receive()))
    thread.start()
    near.hang_up()
    thread.join(60)
    assert received == [None]
