"""A seccomp filter that leaves a process what computing takes, and nothing that reaches out of it. Linux alone.

Every system call that is not listed fails with EPERM: opening anything, sockets, programs, processes, and whatever a
later kernel may bring. Imports ctypes and the standard library alone.

Sources: seccomp(2); the kernel's Documentation/userspace-api/seccomp_filter.rst; linux/bpf_common.h; asm/unistd_64.h
(x86_64) and asm-generic/unistd.h (aarch64) for the numbers.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable
from typing import NamedTuple

PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_NUMBER = {"x86_64": 317, "aarch64": 277}
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # Bytes, from and to what is open already.
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "dup": (32, 23),
    "fadvise64": (221, 223),
    # The worker's own connection, and waiting.
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "shutdown": (48, 210),
    "getsockopt": (55, 209),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "pipe2": (293, 59),
    # Memory and threads.
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "membarrier": (324, 283),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "map_shadow_stack": (453, 453),
    "set_tid_address": (218, 96),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # Signals to itself.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    # Facts about itself and the time.
    "gettid": (186, 178),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "getrandom": (318, 278),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getcwd": (79, 17),
}
"""Name -> number on x86_64 and on aarch64, None where there is none."""


class _Check(NamedTuple):
    """One argument of a call must be one of `values`, after `mask`."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFF_FFFF
    is_upper_half: bool = False


_CLONE_NUMBERS = (56, 220)
_CLONE_THREAD = 0x0001_0000
_CLONE_NEW_NAMESPACES = 0x7E02_0080
_AT_EMPTY_PATH = 0x1000
_DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
_TERMINAL_QUESTIONS = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX


def _restricted(pid: int) -> dict[tuple[int, int], tuple[_Check, ...]]:
    """Calls that are allowed for some arguments alone: numbers on x86_64 and on aarch64 -> what must hold."""
    return {
        (72, 25): (_Check(1, _DESCRIPTOR_COMMANDS),),  # fcntl
        (16, 29): (_Check(1, _TERMINAL_QUESTIONS),),  # ioctl
        # newfstatat of a descriptor, which is how the C library asks for fstat.
        (262, 79): (_Check(3, (_AT_EMPTY_PATH,), mask=_AT_EMPTY_PATH),),
        _CLONE_NUMBERS: (_Check(0, (_CLONE_THREAD,), mask=_CLONE_THREAD | _CLONE_NEW_NAMESPACES),),  # clone
        # kill and tgkill, so that abort() and a fault end the process as they should.
        (62, 129): (_Check(0, (pid,)),),
        (234, 131): (_Check(0, (pid,)),),
        # prlimit64, only to ask about itself: no new limit is given (a null pointer).
        (302, 261): (_Check(0, (0, pid)), _Check(2, (0,)), _Check(2, (0,), is_upper_half=True)),
    }


_REFUSED_TO_PROGRAMS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "unshare": (272, 97),
    "setns": (308, 268),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
"""What another program than ours may not do, which needs more to begin with than our workers: it must be loaded."""
_FIRST_X32_NUMBER = 0x4000_0000
"""x86_64 has every call a second time from here on."""
_CLONE3_NUMBER = 435

# Classic BPF. The data it sees: number, architecture, instruction pointer (8 bytes), six arguments of 8 bytes.
_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_IF_NOT_BELOW = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_NUMBER_OFFSET, _ARCH_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_ALLOW = 0x7FFF_0000
_REFUSE = 0x0005_0000 | errno.EPERM
# The C library then falls back on `clone`, whose flags can be seen.
_UNKNOWN = 0x0005_0000 | errno.ENOSYS


class _Instruction(NamedTuple):
    code: int
    if_true: int
    if_false: int
    value: int


def _return(value: int) -> _Instruction:
    return _Instruction(_RETURN, 0, 0, value)


def _when_number(number: int, block: list[_Instruction]) -> list[_Instruction]:
    return [_Instruction(_JUMP_IF_EQUAL, 0, len(block), number), *block]


def _checked(checks: tuple[_Check, ...]) -> list[_Instruction]:
    block: list[_Instruction] = []
    for check in checks:
        # Both architectures are little-endian: the lower half of an argument comes first.
        offset = _ARGUMENTS_OFFSET + 8 * check.argument + (4 if check.is_upper_half else 0)
        block += [_Instruction(_LOAD, 0, 0, offset), _Instruction(_AND, 0, 0, check.mask)]
        count = len(check.values)
        block += [_Instruction(_JUMP_IF_EQUAL, count - at, 0, value) for at, value in enumerate(check.values)]
        block.append(_return(_REFUSE))
    return [*block, _return(_ALLOW)]


def _number_loaded(machine: str) -> list[_Instruction]:
    return [
        _Instruction(_LOAD, 0, 0, _ARCH_OFFSET),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _return(_REFUSE),
        _Instruction(_LOAD, 0, 0, _NUMBER_OFFSET),
    ]


def _program_for_programs(machine: str) -> list[_Instruction]:
    column = list(_AUDIT_ARCH).index(machine)
    program = [
        *_number_loaded(machine),
        _Instruction(_JUMP_IF_NOT_BELOW, 0, 1, _FIRST_X32_NUMBER),
        _return(_REFUSE),
    ]
    for numbers in _REFUSED_TO_PROGRAMS.values():
        number = numbers[column]
        if number is not None:
            program += _when_number(number, [_return(_REFUSE)])
    program += _when_number(_CLONE_NUMBERS[column], _checked(_restricted(0)[_CLONE_NUMBERS]))
    return [*program, *_when_number(_CLONE3_NUMBER, [_return(_UNKNOWN)]), _return(_ALLOW)]


def _program(machine: str, pid: int) -> list[_Instruction]:
    column = list(_AUDIT_ARCH).index(machine)
    program = _number_loaded(machine)
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            program += _when_number(number, [_return(_ALLOW)])
    for pair, checks in _restricted(pid).items():
        program += _when_number(pair[column], _checked(checks))
    return [*program, *_when_number(_CLONE3_NUMBER, [_return(_UNKNOWN)]), _return(_REFUSE)]


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install(libc: ctypes.CDLL) -> None:
    """Put the filter over every thread of this process, for good. `PR_SET_NO_NEW_PRIVS` must be set.

    Raises:
        OSError: the kernel refuses, or there is no filter for this processor.
    """
    _install(libc, lambda machine: _program(machine, os.getpid()))


def install_for_program(libc: ctypes.CDLL) -> None:
    """The same with another filter, for a program that is to be executed next: no socket, no process, no signal.

    Raises:
        OSError: as above.
    """
    _install(libc, _program_for_programs)


def _install(libc: ctypes.CDLL, instructions: Callable[[str], list[_Instruction]]) -> None:
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions(machine))
    program = _Program(len(code) // 8, code)
    flags = _SECCOMP_FILTER_FLAG_TSYNC
    answer = libc.syscall(_SECCOMP_NUMBER[machine], _SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program))
    if answer > 0:
        raise OSError(errno.EBUSY, "a thread could not be brought under the filter")
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
