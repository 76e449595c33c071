"""Resources: code that uses up time, memory, disk, processes or the grader's patience."""

from __future__ import annotations

import nbformat
from nbformat.notebooknode import NotebookNode

from tests.hostile.submission import HONEST, WITHOUT_KL, Hostile, cell, in_kl, notebook


def _cell(name: str, about: str, *lines: str, says: str = "") -> Hostile:
    return Hostile(name, about, HONEST, cell(*lines), says)


def _in_kl(name: str, about: str, line: str, says: str) -> Hostile:
    return Hostile(name, about, WITHOUT_KL, in_kl(line), says)


def _many_cells(made: NotebookNode) -> None:
    made.cells[:0] = [nbformat.v4.new_code_cell(f"x = {n}") for n in range(900)]
    made.cells += [nbformat.v4.new_code_cell(f"x = {n}") for n in range(1100)]


def _many_prints(made: NotebookNode) -> None:
    source = "print('x' * (4 << 20) + '1')"
    made.cells[:0] = [nbformat.v4.new_code_cell(source) for _ in range(40)]


def _pump(message: str) -> tuple[str, ...]:
    """Writes to the judge without end, past all that counts or cuts."""
    return (
        "import os",
        f"message = {message}",
        "while True: os.write(3, message)",
    )


TIME = (
    _cell("loop", "an endless loop in a cell", "while True: pass", says="stopped after 5 s"),
    _in_kl("loop-in-kl", "an endless loop in the KL", "while True: pass", "did not come back"),
    _cell("loop-stubborn", "an endless loop that swallows interrupts", "while True:",
        "    try:", "        while True: pass", "    except BaseException: pass",
        says="stopped after 5 s"),
    _in_kl("sleep-in-kl", "sleeps for ever in the KL", "import time; time.sleep(10**6)",
        "did not come back"),
    _cell("input", "waits for input", "input('your password: ')", says="StdinNotImplemented"),
    _in_kl("input-in-kl", "waits for input in the KL", "input()", "StdinNotImplemented"),
    _cell("stopped", "stops itself with SIGSTOP", "import os, signal",
        "os.kill(os.getpid(), signal.SIGSTOP)", says="stopped after 5 s|not permitted"),
    _cell("hang-at-exit", "hangs when it is ended", "import atexit, time",
        "atexit.register(time.sleep, 10**6)"),
    _cell("deaf", "ignores all signals", "import signal",
        "for n in range(1, 32):", "    try: signal.signal(n, signal.SIG_IGN)",
        "    except (OSError, ValueError): pass"),
    _cell("alarm", "an alarm that rings later", "import signal", "signal.alarm(1)",
        "signal.signal(signal.SIGALRM, lambda *a: 1 / 0)"),
    _cell("alarm-often", "an alarm that rings a hundred times a second", "import signal",
        "signal.signal(signal.SIGALRM, lambda *a: 1 / 0)",
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)"),
    _cell("alarm-processor", "an alarm for each hundredth second of computing", "import signal",
        "signal.signal(signal.SIGPROF, lambda *a: 1 / 0)",
        "signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)"),
    _cell("slow-regex", "a regular expression that never ends", "import re",
        "re.match('(a+)+b', 'a' * 60)", says="stopped after 5 s"),
    _cell("background", "a thread that goes on and on", "import threading",
        "def spin():", "    while True: sum(range(1000))",
        "threading.Thread(target=spin, daemon=True).start()"),
    _cell("late-patch", "a thread that patches torch later", "import threading, time",
        "def later():", "    time.sleep(1); torch.equal = torch.allclose = lambda *a, **k: True",
        "threading.Thread(target=later).start()"),
)  # fmt: skip

SIZE = (
    _cell("memory-list", "a list without end", "x = [0]", "while True: x += x",
        says="MemoryError|ended Python|memory"),
    _in_kl("memory-in-kl", "100 GB in the KL", "x = torch.ones(25 * 10**9)", "memory|Memory"),
    _cell("memory-mapped", "maps memory until there is none", "import mmap", "x = []",
        "while True: x.append(mmap.mmap(-1, 1 << 30)); x[-1][::4096] = b'x' * (1 << 18)",
        says="memory|Memory|MemoryError|allocate"),
    _cell("disk", "files without end", "for n in range(10**6):",
        "    open(f'f{n}', 'wb').write(bytes(10**7))", says="MiB to disk|No space|stopped"),
    _cell("disk-one-file", "one file of 100 GB", "with open('f', 'wb') as f:",
        "    for n in range(10**5): f.write(bytes(10**6))", says="File too large|MiB to disk"),
    _cell("disk-small-files", "a hundred thousand files",
        "for n in range(10**5): open(f'{n}', 'w')", says="files"),
    _cell("disk-reserved", "disk set aside for a file without size and name", "import ctypes, os",
        "fd = os.open('x', os.O_RDWR | os.O_CREAT); os.unlink('x')",
        "call = ctypes.CDLL(None, use_errno=True).fallocate",
        "call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]",
        "keep_size = 1",
        "if call(fd, keep_size, 0, 96 << 20): raise OSError(ctypes.get_errno(), 'fallocate')",
        says="Errno 95"),
    _cell("disk-in-flight", "files that wait in a socket, beyond all counts",
        "import array, os, socket", "a, b = socket.socketpair()",
        "for n in range(200):",
        "    with open(f'{n}', 'wb') as f:",
        "        f.write(bytes(15 << 20)); os.unlink(f'{n}')",
        "        a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,",
        "            array.array('i', [f.fileno()]))])",
        says="not permitted"),
    _cell("descriptors", "opens files until there are none", "x = []",
        "while True: x.append(open('/dev/null'))", says="Too many open files"),
    _cell("output", "200 MB of output", "for n in range(200): print('x' * 10**6)",
        says="printed more than|were left out|cut"),
    _cell("output-stderr", "50 MB on stderr", "import sys",
        "for n in range(50): sys.stderr.write('x' * 10**6)"),
    _cell("output-images", "three thousand pictures", "import matplotlib.pyplot as plt",
        "from IPython.display import display, Image", "plt.plot([1, 2]); plt.savefig('p.png')",
        "for n in range(3000): display(Image('p.png'))"),
    _cell("output-one-line", "one line of 30 MB", "print('x' * (30 << 20))"),
    _cell("output-huge-repr", "an object with a huge repr", "class R:",
        "    def __repr__(self): return 'x' * (30 << 20)", "R()"),
    _cell("output-colours", "a million codes for colours", "print('\\x1b[mx' * 1_000_000)"),
    _cell("output-colours-slowly", "colours in many small messages", "for n in range(400):",
        "    print('\\x1b[mx' * 1000, flush=True)"),
    _cell("output-many", "19,000 outputs of a letter", "from IPython.display import display",
        "for n in range(19_000): display({'text/plain': 'x'}, raw=True)"),
    Hostile("output-all-cells", "40 cells of 4 MB each", HONEST, notebook(_many_prints)),
    Hostile("blank-lines", "blank lines that no highlighter likes", HONEST, cell(
        " \n" * 20_000 + "x = 1")),
    _cell("endless-message", "messages as large as they may be, without end",
        *_pump("(15 << 20).to_bytes(4, 'little') + (60 << 20).to_bytes(4, 'little') * 10000"),
        says="printed more than"),
    _cell("endless-messages", "messages as small as they may be, without end",
        *_pump("bytes(1 << 16)"), says="nobody asked for"),
    _in_kl("traceback", "an exception with a text of 20 MB", "raise ValueError('x' * (20 << 20))",
        "ValueError"),
    _in_kl("traceback-evil", "an exception whose text raises",
        "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})()", "text cannot be shown"),
    _in_kl("recursion", "recursion without end", "f = lambda: f(); f()", "RecursionError"),
    _in_kl("recursion-deep", "recursion that bursts the stack",
        "import sys; sys.setrecursionlimit(10**9); f = lambda: f(); f()",
        "ended Python|RecursionError|memory"),
    _cell("threads", "ten thousand threads", "import threading, time", "for n in range(10**4):",
        "    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        says="can't start new thread|threads"),
    Hostile("cells", "2,000 cells", HONEST, notebook(_many_cells), "has 2[0-9]+ cells"),
    _cell("limits", "takes its own limits down", "import resource",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))",
        says="not allowed to raise|not permitted"),
)  # fmt: skip

PROCESSES = (
    _cell("fork-bomb", "forks without end", "import os", "while True: os.fork()",
        says="Operation not permitted|Permission|stopped after"),
    _cell("shell", "a program in the background", "import os", "os.system('sleep 1000 &')",
        "print(os.path.exists('/bin/sh'))"),
    _cell("magic-shell", "a program by IPython's own means", "!sleep 1000 &"),
    _cell("multiprocessing", "worker processes", "import multiprocessing",
        "multiprocessing.Pool(50)", says="Error"),
    _cell("kill-parent", "a signal to its parent", "import os", "os.kill(os.getppid(), 9)",
        says="not permitted|Permission"),
    _cell("kill-all", "a signal to everybody", "import os", "os.kill(-1, 9)",
        says="not permitted|Permission"),
    _cell("new-session", "leaves its session and its group", "import os", "os.setsid()"),
    _cell("priority", "takes the processor for itself", "import os", "os.nice(-20)"),
)  # fmt: skip

RESOURCES = (*TIME, *SIZE, *PROCESSES)
