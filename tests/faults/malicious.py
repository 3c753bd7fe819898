"""Readers that a hostile file has taken over, run by the worker as its `sitecustomize`: for the real sandbox to hold.

A file named `evil-NAME` is read by the function NAME here, once all is imported and the sandbox is closed. What it
returns becomes the document's text: for what only tries, the name of the error that it met. Imported by no test.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from finder.extract import registry
from finder.types import Document

_MIB = 1 << 20
_X86 = os.uname().machine == "x86_64"
libc = ctypes.CDLL(None, use_errno=True)


def raw(*arguments: object) -> None:
    if libc.syscall(*arguments) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def pipe() -> socket.socket:
    """The worker's own pipe to the service."""
    return socket.socket(fileno=os.dup(int(sys.argv[1])))


def frame(header: bytes, length: int | None = None, blob_lengths: tuple[int, ...] = ()) -> bytes:
    head = struct.pack("!4sIHH", b"INK1", len(header) if length is None else length, len(blob_lengths), 0)
    return head + struct.pack(f"!{len(blob_lengths)}I", *blob_lengths) + header


# What may be tried and is refused.


def run_a_program(document: Path) -> None:
    subprocess.run(["/usr/bin/touch", document.parent / "touched"], check=True)


def become_a_program(document: Path) -> None:
    os.execv("/usr/bin/touch", ["touch", os.fspath(document.parent / "touched")])


def fork(document: Path) -> None:
    if os.fork() == 0:
        (document.parent / "touched").write_text("x")
        os._exit(0)


def open_a_socket(document: Path) -> None:
    socket.create_connection(("127.0.0.1", int(os.environ["EVIL_PORT"]))).sendall(b"x")


def send_over_its_own_socket(document: Path) -> None:
    """sendmsg is allowed; an address with it leads nowhere, for the pipe is connected."""
    pipe().sendto(b"x", b"\0" + b"elsewhere")


def write_a_file(document: Path) -> None:
    (document.parent / "touched").write_text("x")


def write_the_document(file: BinaryIO) -> None:
    os.pwrite(file.fileno(), b"x", 0)


def map_the_document_for_writing(file: BinaryIO) -> None:
    mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_WRITE)[0] = 0


def read_another_file(document: Path) -> str:
    return (document.parent / "secret.txt").read_text()


def read_the_folder(document: Path) -> str:
    return str(os.listdir(document.parent))


def read_its_own_memory(document: Path) -> str:
    return str(Path("/proc/self/mem").open("rb").read(1))


def read_the_environment_of_the_service(document: Path) -> str:
    return Path(f"/proc/{os.getppid()}/environ").read_text()


def trace_the_service(document: Path) -> None:
    raw(101 if _X86 else 117, 16, os.getppid(), 0, 0)


def kill_the_service(document: Path) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def stop_the_service_by_its_thread(document: Path) -> None:
    raw(234 if _X86 else 131, os.getppid(), os.getppid(), signal.SIGSTOP)


def signal_by_descriptor(file: BinaryIO) -> None:
    fcntl.fcntl(file.fileno(), fcntl.F_SETOWN, os.getppid())


def rename_the_document(document: Path) -> None:
    document.rename(document.with_name("renamed"))


def remove_the_document(document: Path) -> None:
    document.unlink()


def open_the_document_to_all(file: BinaryIO) -> None:
    os.fchmod(file.fileno(), 0o777)


def watch_a_folder(document: Path) -> None:
    raw(294 if _X86 else 26, 0)


def become_root(document: Path) -> None:
    raw(272 if _X86 else 97, 0x10000000)


def take_more_memory(document: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def take_more_log(document: Path) -> None:
    """Standard error is the log. Past its limit the system says no."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for _ in range(64):
        os.write(2, b"\n" * _MIB)


def receive_what_is_not_sent(document: Path) -> str:
    """The next request would be another file's."""
    waiting = pipe()
    return "nothing" if not select.select([waiting], [], [], 0.1)[0] else str(waiting.recv(100))


# What ends this process, or the request.


def endless_time(document: Path) -> None:
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):  # the last two are the C library's own
            signal.signal(number, signal.SIG_IGN)
    threads = [threading.Thread(target=threading.Event().wait, daemon=True) for _ in range(9)]
    for thread in threads:
        thread.start()
    while True:
        pass


def endless_memory(document: Path) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 * _MIB))


def endless_words(document: Path) -> str:
    return "words " * (20 * _MIB)


def close_everything(document: Path) -> None:
    os.closerange(3, 1 << 16)


def leave(document: Path) -> None:
    os._exit(0)


def answer_in_no_known_form(document: Path) -> None:
    pipe().sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 9)


def lie_about_a_length(document: Path) -> None:
    pipe().sendall(frame(b"{}", 0xFFFFFFFF))


def lie_about_bytes_beside(document: Path) -> None:
    pipe().sendall(frame(b'{"id": 1, "result": {}}', None, (0xFFFFFFFF,) * 16))


def nest_an_answer(document: Path) -> None:
    pipe().sendall(frame(b'{"id": 1, "result": ' + b"[" * 100_000))


def pass_a_descriptor(document: Path) -> None:
    socket.send_fds(pipe(), [frame(b'{"told": {}}')], [0, 1, 2])


_read = registry.read_document


def _read_or_attack(file: BinaryIO, name: bytes, limits: Any = None) -> Document:
    if not name.startswith(b"evil-"):
        return _read(file, name, limits)
    attack: Callable[..., str | None] = globals()[name[5:].decode()]
    takes_file = "file" in attack.__annotations__
    try:
        said = attack(file if takes_file else Path(os.environ["EVIL_FOLDER"]) / os.fsdecode(name))
    except (OSError, ValueError) as error:
        said = type(error).__name__
    return Document(said or "done")


registry.read_document = _read_or_attack
