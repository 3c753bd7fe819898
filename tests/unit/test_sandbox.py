"""The sandbox holds: each attempt is made for real, in a child that has entered it."""

from __future__ import annotations

import errno
import json
import os
import signal
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from finder.workers import seccomp
from finder.workers.sandbox import SandboxReport

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox beyond limits is Linux's")

_PRELUDE = """
import ctypes, errno, json, mmap, os, select, signal, socket, subprocess, sys, tempfile, threading, time
from finder.workers import sandbox, seccomp
document = os.open(sys.argv[1], os.O_RDONLY)
ours, theirs = socket.socketpair()
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def raw(*arguments):
    if libc.syscall(*arguments) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    except Exception as error:
        return type(error).__name__
    return "done"

results = {}
report = sandbox.enter(768 << 20)
"""


def _run(tmp_path: Path, body: str, before: str = "") -> dict[str, str]:
    """What the child says of `body`, run inside the sandbox; `before` runs ahead of it."""
    document = tmp_path / "document.txt"
    document.write_bytes(b"what is open already")
    prelude = _PRELUDE.replace("report =", textwrap.dedent(before) + "\nreport =")
    done = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(body) + "\nprint(json.dumps(results))", str(document)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


_ATTEMPTS = """
path = sys.argv[1]
folder = os.path.dirname(path)
attempts = {
    "read another file": lambda: open("/etc/passwd").read(),
    "read the document by its name": lambda: open(path).read(),
    "open by openat2": lambda: raw(437, -100, b"/etc/passwd", (ctypes.c_uint64 * 3)(), 24),
    "read its own memory": lambda: open("/proc/self/mem", "rb").read(1),
    "list a folder": lambda: os.listdir(folder),
    "write a file": lambda: open(folder + "/new", "w").write("x"),
    "append to the document": lambda: open(path, "a").write("x"),
    "make a temporary file": lambda: tempfile.TemporaryFile(),
    "make a memory file": lambda: os.memfd_create("x"),
    "make a folder": lambda: os.mkdir(folder + "/folder"),
    "make a link": lambda: os.symlink(path, folder + "/link"),
    "make a hard link": lambda: os.link(path, folder + "/hard"),
    "make a FIFO": lambda: os.mkfifo(folder + "/fifo"),
    "rename": lambda: os.rename(path, folder + "/renamed"),
    "remove": lambda: os.unlink(path),
    "change rights": lambda: os.chmod(path, 0o777),
    "change the rights of what is open": lambda: os.fchmod(document, 0o777),
    "change times": lambda: os.utime(path),
    "cut a file": lambda: os.truncate(path, 0),
    "speak TCP": lambda: socket.socket().connect(("127.0.0.1", 9)),
    "speak UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "speak to a UNIX socket": lambda: socket.socket(socket.AF_UNIX),
    "speak netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "run a program": lambda: subprocess.run(["/bin/true"]),
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "become a program by descriptor": lambda: os.execve(document, ["x"], {}),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "fork": os.fork,
    "run a shell": lambda: os.popen("true").close(),
    "trace the parent": lambda: raw(101 if os.uname().machine == "x86_64" else 117, 16, os.getppid(), 0, 0),
    "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "kill everything": lambda: os.kill(-1, signal.SIGTERM),
    "read another's memory": lambda: raw(310 if os.uname().machine == "x86_64" else 270, os.getppid(), 0, 0, 0, 0, 0),
    "mount": lambda: raw(165 if os.uname().machine == "x86_64" else 40, b"x", b"/", b"tmpfs", 0, 0),
    "new namespace": lambda: raw(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
    "io_uring": lambda: raw(425, 8, (ctypes.c_char * 120)()),
    "load BPF": lambda: raw(321 if os.uname().machine == "x86_64" else 280, 0, 0, 0),
    "raise its memory limit": lambda: __import__("resource").setrlimit(9, (-1, -1)),
    "type into the terminal": lambda: __import__("fcntl").ioctl(0, 0x5412, b"x"),
    "leave for another root": lambda: os.chroot("/"),
    "change folder": lambda: os.chdir("/"),
}
results = {name: attempt(action) for name, action in attempts.items()}
"""
_BLOCKED = {"EPERM", "EACCES", "ValueError", "PermissionError"}


def test_nothing_can_be_reached_from_inside(tmp_path: Path) -> None:
    results = _run(tmp_path, _ATTEMPTS, before="import fcntl, resource")
    # tempfile tries several folders and says ENOENT when none of them will do.
    reached = {name: said for name, said in results.items() if said not in _BLOCKED | {"ENOENT"}}
    assert reached == {}
    assert sorted(os.listdir(tmp_path)) == ["document.txt"]
    assert (tmp_path / "document.txt").read_bytes() == b"what is open already"


@pytest.mark.parametrize("layer", ["Landlock", "seccomp"])
def test_each_layer_alone_keeps_files_closed(tmp_path: Path, layer: str) -> None:
    """In a container Landlock may be missing, on another processor the filter."""
    off = {
        "Landlock": "seccomp.install = lambda libc: (_ for _ in ()).throw(OSError(38, 'off'))",
        "seccomp": "sandbox._restrict_by_landlock = lambda libc: (_ for _ in ()).throw(OSError(38, 'off'))",
    }[layer]
    body = """
    results = {
        "report": str(report),
        "read": attempt(lambda: open("/etc/passwd")),
        "write": attempt(lambda: open(sys.argv[1] + "x", "w")),
    }
    """
    results = _run(tmp_path, body, before=off)
    if layer == "Landlock" and results["report"].startswith("limits only"):
        pytest.skip("this kernel has no Landlock")
    assert results["report"].startswith(layer)
    assert results["read"] in _BLOCKED
    assert results["write"] in _BLOCKED


def test_what_reading_takes_still_works(tmp_path: Path) -> None:
    body = """
    def threads():
        done = []
        started = [threading.Thread(target=lambda: done.append(os.pread(document, 4, 0))) for _ in range(4)]
        [thread.start() for thread in started]
        [thread.join() for thread in started]
        return str(done)

    def pass_descriptor():
        socket.send_fds(ours, [b"x"], [document])
        _, (received,), _, _ = socket.recv_fds(theirs, 1, 1)
        with open(received, "rb") as file:
            file.seek(0)
            return file.read().decode()

    def wait():
        poll = select.poll()
        poll.register(theirs, select.POLLIN)
        ours.sendall(b"x")
        return str(bool(poll.poll(1000)) and theirs.recv(1) == b"x")

    results = {
        "report": str(report),
        "read": os.read(document, 100).decode(),
        "map": mmap.mmap(document, 0, prot=mmap.PROT_READ)[:4].decode(),
        "size": str(os.fstat(document).st_size),
        "threads": threads(),
        "passed": pass_descriptor(),
        "wait": wait(),
        "memory": str(len(bytearray(300 << 20))),
        "random": str(len(os.urandom(8))),
        "time": str(time.time() > 0),
        "isatty": str(os.isatty(document)),
        "limits": str(__import__("resource").getrlimit(4)),
    }
    """
    results = _run(tmp_path, body, before="import resource")
    assert results["report"] in ("Landlock and seccomp", "seccomp (no Landlock: Function not implemented)")
    assert results["read"] == results["passed"] == "what is open already"
    assert results["map"] == "what"
    assert results["size"] == "20"
    assert results["threads"] == str([b"what"] * 4)
    assert results["wait"] == results["time"] == "True"
    assert results["memory"] == str(300 << 20)
    assert results["random"] == "8"
    assert results["isatty"] == "False"
    assert results["limits"] == "(0, 0)"


def test_memory_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    results = _run(tmp_path, 'results = {"huge": attempt(lambda: bytearray(1 << 30))}')
    assert results == {"huge": "MemoryError"}


def test_threads_that_ran_before_are_shut_in_too(tmp_path: Path) -> None:
    before = """
    go, said = threading.Event(), []
    thread = threading.Thread(target=lambda: (go.wait(), said.append(attempt(lambda: open("/etc/passwd")))))
    thread.start()
    """
    results = _run(tmp_path, 'go.set(); thread.join(); results = {"read": said[0]}', before=before)
    assert results == {"read": "EPERM"}


@pytest.mark.parametrize("ending", ["SIGABRT", "SIGSEGV", "SIGKILL"])
def test_a_crash_inside_looks_like_one_from_outside(tmp_path: Path, ending: str) -> None:
    action = "os.abort()" if ending == "SIGABRT" else f"os.kill(os.getpid(), signal.{ending})"
    done = subprocess.run([sys.executable, "-c", _PRELUDE + action, __file__], check=False, timeout=60)
    assert signal.Signals(-done.returncode).name == ending


_NUMBERS = {
    "x86_64": {"read": 0, "clone3": 435, "openat": 257, "socket": 41, "execve": 59, "clone": 56, "prlimit64": 302},
    "aarch64": {"read": 63, "clone3": 435, "openat": 56, "socket": 198, "execve": 221, "clone": 220, "prlimit64": 261},
}


def _decide(machine: str, number: int, arguments: tuple[int, ...] = (), architecture: int | None = None) -> int:
    """What the filter returns: the program is run here as the kernel would, for a processor this need not be."""
    arch = seccomp._AUDIT_ARCH[machine] if architecture is None else architecture
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    program, at, value = seccomp._program(machine, pid=77), 0, 0
    while True:
        step = program[at]
        at += 1
        if step.code == 0x20:
            (value,) = struct.unpack_from("=I", data, step.value)
        elif step.code == 0x54:
            value &= step.value
        elif step.code == 0x15:
            at += step.if_true if value == step.value else step.if_false
        else:
            return step.value


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_each_processor(machine: str) -> None:
    allow, refuse, unknown = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
    numbers = _NUMBERS[machine]
    assert _decide(machine, numbers["read"]) == allow
    assert _decide(machine, numbers["clone3"]) == unknown
    assert {_decide(machine, numbers[name]) for name in ("openat", "socket", "execve")} == {refuse}
    assert _decide(machine, numbers["clone"], (0x3D0F00,)) == allow  # what the C library gives for a thread
    assert _decide(machine, numbers["clone"], (0x11,)) == refuse  # SIGCHLD alone: a fork
    assert _decide(machine, numbers["clone"], (0x1000_0000 | 0x10000,)) == refuse  # CLONE_NEWUSER
    assert _decide(machine, numbers["prlimit64"], (0, 7, 0, 1)) == allow
    assert _decide(machine, numbers["prlimit64"], (0, 7, 1 << 32, 0)) == refuse
    assert _decide(machine, numbers["prlimit64"], (78, 7, 0, 0)) == refuse
    assert _decide(machine, numbers["read"] | 0x4000_0000) == refuse  # the x32 way in
    assert _decide(machine, numbers["read"], architecture=0x4000_0003) == refuse  # 32-bit calls


def test_words_say_what_holds() -> None:
    assert str(SandboxReport(("Landlock", "seccomp"), ())) == "Landlock and seccomp"
    assert str(SandboxReport((), ("no sandbox for darwin",))).startswith("limits only: ")
