"""A fixed set of attacks on this very machine: what a student's code might try, tried."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.sandbox.policy import Policy
from autograder.session import Cell, Session

_SECONDS = 4.0


@dataclass(frozen=True)
class Attempt:
    """What was tried, whether the sandbox held, and what the attacker saw."""

    about: str
    blocked: bool
    seen: str


def _attacks(course: Path, port: int) -> dict[str, str]:
    """Source by description; a line that comes to its end has got in."""
    reading = {
        "read the reference solutions": course / "solutions" / "vae" / "vae.py",
        "read the checks": Path(__file__).parent / "checks" / "vae" / "elbo.py",
        "read the key of the seeds": course / ".autograder" / "secret",
        "read the gradebook": course / "gradebook.db",
        "read other students' work": course / "submitted",
        "read the users of the machine": "/etc/passwd",
        "read your home folder": Path.home(),
        "read the grader's memory": f"/proc/{os.getpid()}/mem",
        "read the grader's environment": f"/proc/{os.getpid()}/environ",
    }
    reads = {
        about: f"import os; os.listdir(p) if os.path.isdir(p := {str(path)!r}) else open(p, 'rb')"
        for about, path in reading.items()
    }
    return {
        **reads,
        "write into a library": "import torch; open(torch.__file__, 'a')",
        "write into the course": f"open({str(course / 'planted.py')!r}, 'w')",
        "connect to a server": f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)",
        "look up a name": "import socket; socket.getaddrinfo('example.org', 80)",
        "start a program": "import subprocess; subprocess.run(['/bin/sh', '-c', 'true'])",
        "fork a process": "import os; pid = os.fork(); pid or os._exit(0)",
        "end the grader": f"import os; os.kill({os.getpid()}, 0)",
        "trace the grader": "import ctypes; assert ctypes.CDLL(None).ptrace(0x4206, "
        f"{os.getpid()}, 0, 0) == 0",
        "become another user": "import os; os.setuid(65534)",
        "share memory": "open('/dev/shm/planted', 'w')",
        "use 8 GiB of memory": "x = bytearray(8 << 30); x[::4096] = b'x' * (2 << 20)",
        "set disk aside for a file without a size": "import ctypes, os\n"
        "call = ctypes.CDLL(None).fallocate\n"
        "call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]\n"
        "assert call(os.open('x', os.O_RDWR | os.O_CREAT), 1, 0, 1 << 30) == 0",
        "write 1 GiB to disk": "[open(str(n), 'wb').write(bytes(1 << 23)) for n in range(128)]",
        "start 1,000 threads": "import threading, time\n"
        "for _ in range(1000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        "run for ever": "while True: pass",
        "load the judge": "import importlib.util\n"  # an import of it may take longer than a cell
        "importlib.util.find_spec('autograder.judge').loader.get_code('autograder.judge')",
    }


def _text(cell: Cell) -> str:
    """What the attacker saw: printed text, or the exception."""
    words = (
        output.get("text") or output.get("evalue") or output.get("ename") or ""
        for output in cell.outputs
    )
    return "\n".join(words)


def attack(course: Path, policy: Policy) -> Iterator[Attempt]:
    """Run all of them in sandboxed kernels. What gets to its end prints a word nobody can guess."""
    word = secrets.token_hex(8)
    policy = replace(policy, cell_seconds=int(_SECONDS))
    with socket.create_server(("127.0.0.1", 0)) as server:
        attacks = _attacks(course, server.getsockname()[1])
        cells = {
            about: Cell(f"{source}\nprint('{word[::-1]}'[::-1])", _SECONDS, [])
            for about, source in attacks.items()
        }
        with Session(list(cells.values()), policy):
            for about, cell in cells.items():
                seen = _text(cell)
                said = seen.strip().splitlines()
                yield Attempt(about, word not in seen, said[0][:100] if said else "nothing")
