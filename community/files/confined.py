"""Runs another program with little memory, little time, no network, and nothing to read but itself and what it is given.

Whatever reads hostile bytes is started through this file, as a process of its own that knows nothing of the house:
`python -I confined.py LIMITS PROGRAM …`, with the limits as JSON. `run` starts it, and ends all that it began when its time is up.

Three walls, each of which holds without the others: limits of resources (setrlimit(2)), a filter of system calls that lets nobody
open a socket to anywhere (seccomp(2)), and, where the kernel has it, a rule of which folders are there (landlock(7)).
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/opt", "/proc", "/sys/devices/system/cpu", "/var/cache/fontconfig"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"),
    *("/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/passwd", "/etc/nsswitch.conf", "/etc/locale.alias"),
    *("/etc/alternatives", "/etc/libreoffice", "/var/lib/libreoffice", "/var/spool/libreoffice"),
)
"""Where programs and their letters lie: nothing of the house, nor of its settings."""
MOST_SAID = 4_000_000
"""Bytes of what a program says that are listened to."""


@dataclass(frozen=True)
class Limits:
    """What a program may use: bytes of address space, seconds of the processor, bytes of each file that it writes, seconds on the
    clock.
    """

    memory: int
    cpu: int
    file: int
    clock: float


@dataclass(frozen=True)
class Said:
    """How a program ended. `code` is negative for the number of a signal; `late`: its time was up, on the clock."""

    code: int
    out: bytes
    late: bool = False

    @property
    def spent(self) -> bool:
        """Whether it was ended for using more than it may."""
        return self.late or self.code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ)


def run(command: list[str], limits: Limits, *, reads: list[str], writes: str, meets: str = "") -> Said:
    """Run a program to its end. It may read the system, its own interpreter and `reads`, and write within the folder `writes`,
    which is its home as well; in the folder `meets` it may lay sockets at which its own processes meet, and nothing else. Nothing
    of our environment reaches it.
    """
    asked = asdict(limits) | {"reads": [*reads, command[0]], "writes": [writes], "meets": meets}
    words = [sys.executable, "-I", __file__, json.dumps(asked), *command]
    env = {"PATH": os.defpath, "HOME": writes, "TMPDIR": writes, "LANG": "C.UTF-8"}
    said = Path(writes) / ".said"
    with said.open("w+b") as out:  # not a pipe: nobody has to empty it
        process = subprocess.Popen(
            words, env=env, cwd=writes, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        late = False
        try:
            process.wait(limits.clock)
        except subprocess.TimeoutExpired:
            late = True
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # with all that it began
            except ProcessLookupError:
                pass
            process.wait()
        out.seek(0)
        return Said(process.returncode, out.read(MOST_SAID), late)


# ---- within the process ---------------------------------------------------------------------------------------------

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
# audit number of the machine, then the numbers of socket(2) and of the calls that could open one behind its back:
# io_uring_setup(2), and of those that look into other processes: ptrace(2), process_vm_readv(2).
_CALLS = {"x86_64": (0xC000003E, 41, (425, 101, 310)), "aarch64": (0xC00000B7, 198, (425, 117, 270))}
_X32 = 0x40000000
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES


def _program(machine: str) -> bytes:
    """The filter (seccomp(2), classic BPF): sockets between processes of this machine only."""
    audit, socket, others = _CALLS[machine]
    load, same, more, give = 0x20, 0x15, 0x35, 0x06
    steps: list[tuple[int, int, int, int]] = [
        (load, 0, 0, 4), (same, 1, 0, audit), (give, 0, 0, _REFUSE),
        (load, 0, 0, 0), (more, 0, 1, _X32), (give, 0, 0, _REFUSE),
    ]  # fmt: skip
    for number in others:
        steps += [(same, 0, 1, number), (give, 0, 0, _REFUSE)]
    steps += [(same, 1, 0, socket), (give, 0, 0, _ALLOW)]
    steps += [(load, 0, 0, 16), (same, 1, 0, 1), (give, 0, 0, _REFUSE), (give, 0, 0, _ALLOW)]  # AF_UNIX
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def _no_network(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _CALLS:
        return False
    program = _program(machine)
    made = _Filter(len(program) // 8, program)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(made), 0, 0) == 0)


_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READS, _SOCKETS, _WRITES, _REFER = 0b1101, 1 << 9, (1 << 13) - 1, 1 << 13  # landlock(7)


class _Below(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _only_here(libc: ctypes.CDLL, reads: list[str], writes: list[str], meets: str) -> bool:
    """Let nothing be seen but these. False where the kernel has no such rules."""
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = ctypes.c_uint64(_WRITES | (_REFER if version >= 2 else 0))
    rules = libc.syscall(_CREATE, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    own = [sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent), *sys.path]
    asked = [(path, _READS) for path in (*_SYSTEM, *own, *reads)]
    asked += [("/dev/null", 0b110)] + [(path, handled.value) for path in writes]
    asked += [(meets, _SOCKETS)] if meets else []
    for path, allowed in asked:
        try:
            at = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not Path(path).is_dir():
            allowed &= 0b111
        libc.syscall(_ADD, rules, 1, ctypes.byref(_Below(allowed, at)), 0)
        os.close(at)
    return bool(libc.syscall(_RESTRICT, rules, 0) == 0)


def _enter(asked: dict[str, object], command: list[str]) -> None:
    """The process: put up the walls, then become the program."""
    for limit, value in (
        (resource.RLIMIT_AS, asked["memory"]),
        (resource.RLIMIT_CPU, asked["cpu"]),
        (resource.RLIMIT_FSIZE, asked["file"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))  # type: ignore[arg-type]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _only_here(libc, asked["reads"], asked["writes"], asked["meets"])  # type: ignore[arg-type]
    _no_network(libc)
    os.execv(command[0], command)  # noqa: S606 no shell is what is wanted


if __name__ == "__main__":
    _enter(json.loads(sys.argv[1]), sys.argv[2:])
