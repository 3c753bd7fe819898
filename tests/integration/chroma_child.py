"""What the tests of the Chroma store run in processes of their own, since a damaged store may end its process.

python -m tests.integration.chroma_child add DIRECTORY COUNT      adds up to COUNT, printing the mark as it moves
python -m tests.integration.chroma_child try DIRECTORY...         opens each in a fork and says how it went
python -m tests.integration.chroma_child isolated DIRECTORY       uses a store where an internet socket is death
python -m tests.integration.chroma_child connect                  opens an internet socket in the same trap
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import sys
from pathlib import Path

import numpy as np

from finder.vectors import Float32Array, Int64Array, Space

SPACE = Space(key="e" * 64, model="test", dimension=32)
SYNC_THRESHOLD = 1000
"""So that a small store has index files and, behind them, vectors that Chroma replays when it is opened."""


def vectors(count: int) -> tuple[Int64Array, Float32Array]:
    """The first `count` of always the same unit vectors, with their sequence numbers."""
    rng = np.random.default_rng(11)
    rows = rng.standard_normal((count, SPACE.dimension), dtype=np.float32)
    return np.arange(1, count + 1), rows / np.linalg.norm(rows, axis=1, keepdims=True)


def add(directory: Path, count: int) -> None:
    from finder.store.chroma import ChromaIndex

    index = ChromaIndex(directory, SPACE.dimension, sync_threshold=SYNC_THRESHOLD)
    print(index.mark, flush=True)
    seqs, rows = vectors(count)
    for start in range(index.mark, count, 100):
        print(index.add(seqs[start : start + 100], rows[start : start + 100]), flush=True)
    index.close()


def judge(directory: Path) -> str:
    """`true` where the store answers what was put in, `damaged` where it says so, else `untrue` and how much."""
    from finder.errors import StoreDamagedError
    from finder.store.chroma import ChromaIndex

    try:
        index = ChromaIndex(directory, SPACE.dimension, sync_threshold=SYNC_THRESHOLD)
        seqs, rows = vectors(index.mark)
        if index.count() < index.mark:
            return f"untrue: {index.mark - index.count()} are missing"
        wrong = 0
        for seq, row in zip(seqs[::7].tolist(), rows[::7], strict=True):
            hits = index.search(row, 10)
            is_right = len(hits.seqs) == min(10, index.mark) and hits.seqs[0] == seq and abs(hits.scores[0] - 1) < 1e-3
            wrong += not is_right
        index.close()
    except StoreDamagedError as error:
        return f"damaged: {error.detail}"
    return f"untrue: {wrong} do not find themselves" if wrong else f"true: {index.mark}"


def judge_in_forks(directories: list[Path]) -> None:
    """Print a JSON object: of each directory's name, what `judge` said, or `died`."""
    import chromadb  # imported once, before forking: it takes a second

    assert chromadb.__version__
    said = {}
    for directory in directories:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, judge(directory).encode())
                os._exit(0)
            finally:
                os._exit(1)  # a panic in Rust is no Exception: the worker dies of it
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            verdict = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        said[directory.name] = verdict if status == 0 else "died"
    print(json.dumps(said))


def forbid_internet_sockets() -> None:
    """From now on a socket of the families IPv4 or IPv6 ends the process by SIGSYS, whichever thread asks for it.

    A seccomp filter (Linux, seccomp(2)): it sees native code too, which an audit hook of Python's does not.
    """
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
    load, equal, answer = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    allow, kill = 0x7FFF0000, 0x80000000
    program = [
        (load, 0, 0, 0),  # the system call's number
        (equal, 0, 3, number),
        (load, 0, 0, 16),  # its first argument
        (equal, 2, 0, int(socket.AF_INET)),
        (equal, 1, 0, int(socket.AF_INET6)),
        (answer, 0, 0, allow),
        (answer, 0, 0, kill),
    ]

    class Instruction(ctypes.Structure):
        _fields_ = (
            ("code", ctypes.c_ushort),
            ("jump_true", ctypes.c_ubyte),
            ("jump_false", ctypes.c_ubyte),
            ("k", ctypes.c_uint),
        )

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction)))

    instructions = (Instruction * len(program))(*(Instruction(*line) for line in program))
    filter_ = Program(len(program), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    assert libc.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert libc.prctl(set_seccomp, mode_filter, ctypes.byref(filter_), 0, 0) == 0, os.strerror(ctypes.get_errno())


def main(command: str, *arguments: str) -> None:
    if command == "add":
        add(Path(arguments[0]), int(arguments[1]))
    elif command == "try":
        judge_in_forks([Path(argument) for argument in arguments])
    elif command == "connect":
        socket.socket(socket.AF_INET).close()
    elif command == "isolated":
        forbid_internet_sockets()
        main(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
