"""The wall holds: each hostile line is tried in a real sandboxed kernel."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.sandbox import host, walls
from autograder.sandbox.host import Nursery, Zygote, shared_zygote
from autograder.sandbox.landlock import without
from autograder.sandbox.policy import Policy, default_policy
from autograder.session import Cell, Session
from tests.conftest import ROOT, run

SECRET = ROOT / "solutions" / "vae" / "vae.py"

REFUSED = {
    "the root folder": "import os; os.listdir('/')",
    "the reference": f"open({str(SECRET)!r})",
    "the checks": f"open({str(ROOT / 'autograder' / 'checks' / 'vae' / 'elbo.py')!r})",
    "the checks as a module": "import autograder.checks.vae.elbo",
    "the course folder": f"import os; os.listdir({str(ROOT)!r})",
    "the password file": "open('/etc/passwd')",
    "the grader's memory": "import os; open(f'/proc/{os.getppid()}/mem', 'rb')",
    "the grader's environment": "import os; open(f'/proc/{os.getppid()}/environ', 'rb')",
    "the process list": "import os; os.listdir('/proc')",
    "the temporary folder": "import os; os.listdir('/tmp')",
    "shared memory": "open('/dev/shm/x', 'w')",
    "writing to a library": "import torch; open(torch.__file__, 'a')",
    "a symbolic link": "import os; os.symlink('/etc/passwd', 'link')",
    "a hard link": "import os, torch; os.link(torch.__file__, 'link')",
    "a named pipe": "import os; os.mkfifo('pipe')",
    "a fork": "import os; os.fork()",
    "a program": "import subprocess; subprocess.run(['ls'])",
    "exec": "import os; os.execv('/bin/ls', ['ls'])",
    "a worker process": "import multiprocessing; multiprocessing.Process(target=print).start()",
    "a signal to the parent": "import os; os.kill(os.getppid(), 9)",
    "a signal to everybody": "import os; os.kill(-1, 9)",
    "a TCP connection": "import socket; socket.create_connection(('127.0.0.1', 9), timeout=2)",
    "a UDP socket": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "an IPv6 socket": "import socket; socket.socket(socket.AF_INET6)",
    "a name lookup": "import socket; socket.getaddrinfo('example.org', 80)",
    "a unix connection": "import socket; socket.socket(socket.AF_UNIX).connect('/run/x')",
    "an abstract socket": "import socket; socket.socket(socket.AF_UNIX).connect(b'\\0x')",
    "a datagram socket": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair of datagram sockets": "import socket; socket.socketpair(type=socket.SOCK_DGRAM)",
    "a pair of packet sockets": "import socket; socket.socketpair(type=socket.SOCK_SEQPACKET)",
    "a download": "import urllib.request as u; u.urlopen('http://127.0.0.1:9', timeout=2)",
    "more memory": "bytearray(8 << 30)",
    "its own limits": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))",
    "another user": "import os; os.setuid(65534)",
    "a new owner": "import os; os.chown('.', 1, 1)",
    "a new root": "import os; os.chroot('.')",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_the_wall_refuses(walled: Session, source: str) -> None:
    outputs = run(walled, source)
    assert [output.output_type for output in outputs] == ["error"], outputs
    allowed = {
        "PermissionError", "OSError", "MemoryError", "ValueError", "ModuleNotFoundError",
        "gaierror", "URLError",
    }  # fmt: skip
    assert outputs[0].ename in allowed


def _trace(number: int, *arguments: str) -> str:
    call = f"libc.syscall({', '.join([str(number), *arguments])})"
    return f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print({call})"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64 system calls")
@pytest.mark.parametrize(
    "number",
    [101, 310, 311, 319, 321, 425, 435, 438, 272, 308, 250, 298, 29, 240, 165, 155],
    ids=(
        "ptrace process_vm_readv process_vm_writev memfd_create bpf io_uring_setup clone3 "
        "pidfd_getfd unshare setns keyctl perf_event_open shmget mq_open mount pivot_root"
    ).split(),
)
def test_the_wall_refuses_the_system_call(walled: Session, number: int) -> None:
    outputs = run(walled, _trace(number, "0", "0", "0", "0", "0"))
    assert outputs[0].text.strip() == "-1"


def test_modes_outside_stay_as_they_are(walled: Session) -> None:
    before = SECRET.stat().st_mode
    run(walled, f"import os; os.chmod({str(SECRET)!r}, 0)")
    assert SECRET.stat().st_mode == before


def test_the_environment_holds_nothing_of_the_graders(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    with Session([Cell("import os; print(dict(os.environ))", 5, cells := [])], policy):
        assert "hunter2" not in cells[0].text
        assert "HOME" in cells[0].text


def test_the_own_scratch_folder_is_there_to_be_used(walled: Session) -> None:
    source = "import torch; torch.save({'w': torch.ones(3)}, 'w.pt'); print(torch.load('w.pt'))"
    assert "tensor" in run(walled, source)[0].text


def test_ordinary_work_is_undisturbed(walled: Session) -> None:
    source = """
import shutil, tempfile, threading, numpy as np
from sklearn.cluster import KMeans
from sklearn.manifold import TSNE
import matplotlib.pyplot as plt
TSNE(perplexity=5).fit_transform(np.random.randn(30, 4))
KMeans(2, n_init=1).fit(np.random.randn(30, 4))
with tempfile.NamedTemporaryFile() as file:
    shutil.copy(file.name, 'copy')
thread = threading.Thread(target=lambda: None)
thread.start(); thread.join()
plt.plot([1, 2]); plt.show()
"""
    outputs = run(walled, source)
    assert [output.output_type for output in outputs] == ["display_data"], outputs
    assert "image/png" in outputs[0].data


def test_two_kernels_cannot_reach_each_other(policy: Policy) -> None:
    say = "import os; print(os.getpid(), os.getcwd())"
    with Session([Cell(say, 5, first := [])], policy), Session([], policy) as other:
        pid, folder = first[0].text.split()
        for source in (
            f"import os; os.kill({pid}, 9)",
            f"open('/proc/{pid}/mem', 'rb')",
            f"open('/proc/{pid}/cmdline', 'rb')",
            f"import os; os.listdir({folder!r})",
            f"import socket; socket.socket(socket.AF_UNIX).connect({folder + '/../k-1'!r})",
        ):
            assert run(other, source)[0].ename in ("PermissionError", "OSError"), source


def _death(policy: Policy, source: str, seconds: float = 20) -> str:
    with Session([Cell(source, seconds, outputs := [])], policy):
        return "\n".join(output.get("evalue", "") for output in outputs)


def test_a_full_disk_is_stopped(policy: Policy) -> None:
    small = replace(policy, scratch_size=8 << 20, file_size=4 << 20)
    source = (
        "import time\nfor i in range(9): open(str(i), 'wb').write(bytes(4 << 20))\ntime.sleep(9)"
    )
    assert "MiB to disk" in _death(small, source)


def test_a_file_larger_than_the_limit_cannot_be_written(policy: Policy) -> None:
    small = replace(policy, file_size=1 << 20)
    assert "File too large" in _death(small, "open('x', 'wb').write(bytes(9 << 20))")


def test_a_kernel_cannot_blind_its_watchdog(policy: Policy) -> None:
    small = replace(policy, scratch_size=8 << 20)
    source = """
import ctypes, time
ctypes.CDLL(None).prctl(15, b"\\xff\\xfe\\xfd", 0, 0, 0)
for i in range(3): open(str(i), 'wb').write(bytes(4 << 20))
time.sleep(9)
"""
    assert "MiB to disk" in _death(small, source)


def test_folders_nested_without_end_are_stopped_and_removed(policy: Policy) -> None:
    deep = "import os, time\nfor i in range(1500): os.mkdir('d'); os.chdir('d')\n"
    long = "import os, time\nfor i in range(20): os.mkdir('d' * 250); os.chdir('d' * 250)\n"
    for source in (deep, long):
        with Session([Cell(source, 5, [])], policy) as session:
            folder = Path(session.kernel.scratch)
            assert folder.exists()
        assert not folder.exists()
    assert "cannot be looked into" in _death(policy, long + "time.sleep(9)")


def test_folders_of_killed_graders_are_swept_away(tmp_path: Path) -> None:
    from autograder.sandbox.scratch import sweep

    gone, here = tmp_path / "vae-kernel-999999999-x", tmp_path / f"vae-kernel-{os.getpid()}-x"
    for folder in (gone, here):
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "f").touch()
    sweep(str(tmp_path))
    assert here.exists() and not gone.exists()


def test_thousands_of_files_are_stopped(policy: Policy) -> None:
    few = replace(policy, scratch_files=100)
    source = "import time\nfor i in range(500): open(str(i), 'w')\ntime.sleep(9)"
    assert "files" in _death(few, source)


def test_hundreds_of_threads_are_stopped(policy: Policy) -> None:
    source = (
        "import threading, time\n"
        "for _ in range(300): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
        "time.sleep(9)"
    )
    assert "threads" in _death(policy, source)


def test_a_kernel_that_outlives_its_time_is_stopped(policy: Policy) -> None:
    brief = replace(policy, wall_seconds=1)
    assert "ran for more than 1 s" in _death(brief, "import time; time.sleep(9)")


@pytest.mark.slow
def test_processor_time_is_limited(policy: Policy) -> None:
    brief = replace(policy, cpu_seconds=2)
    assert "processor time" in _death(brief, "while True: pass")


@pytest.mark.slow
def test_a_flood_of_output_is_cut(policy: Policy) -> None:
    brief = replace(policy, flood_bytes=1 << 20)
    assert "printed more than 1 MiB" in _death(brief, "while True: print('x' * 9999)")


def test_no_process_and_no_folder_survives(policy: Policy) -> None:
    with Session([], policy) as session:
        pid, scratch = session.kernel.pid, session.kernel.scratch
        assert Path(f"/proc/{pid}").exists() and Path(scratch).exists()
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(scratch).exists()


@pytest.mark.slow
def test_the_zygote_ends_with_its_grader() -> None:
    source = (
        "import os; from autograder.sandbox.host import shared_zygote;"
        "print(shared_zygote()._process.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT)
    pid = int(done.stdout)
    waiting = threading.Event()
    for _ in range(300):
        if not _runs(pid):
            return
        waiting.wait(0.1)
    pytest.fail(f"zygote {pid} survived")


def _runs(pid: int) -> bool:
    """Whether the process is there and not only waits for a parent that buries it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "\nState:\tZ" not in status


def test_a_listener_hears_nothing(walled: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        port = server.getsockname()[1]
        run(walled, f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=1)")
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.slow
def test_walls_are_not_raised_after_a_thread_was_started() -> None:
    source = (
        "import threading, time; threading.Thread(target=time.sleep, args=(2,)).start();"
        "from autograder.sandbox.walls import raise_walls; from autograder.sandbox.policy import *;"
        "raise_walls(Policy(), '/tmp')"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT)
    assert "before the first thread" in done.stderr


def test_without_landlock_the_grader_refuses_and_names_the_flag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walls.landlock, "abi", lambda: 0)
    with pytest.raises(walls.SandboxUnavailable, match=r"Landlock ABI 0 found.*--unprotected"):
        walls.require()


def test_hidden_folders_stay_closed_where_all_around_is_open(tmp_path: Path) -> None:
    for name in ("open", "secret"):
        (tmp_path / name).mkdir()
    rules = dict(without(str(tmp_path), [str(tmp_path / "secret")]))
    assert str(tmp_path / "secret") not in rules
    assert rules[str(tmp_path / "open")] > rules[str(tmp_path)]


def test_every_limit_has_a_default_and_a_reason() -> None:
    source = Path(walls.__file__).with_name("policy.py").read_text()
    body = source[source.index("class Policy") : source.index("protected: bool")]
    numbers = [line for line in body.splitlines() if ": int = " in line]
    assert len(numbers) >= 15
    for line in numbers:
        following = body.split(line)[1].lstrip().splitlines()[0]
        assert following.startswith('"""'), line


@pytest.mark.parametrize(
    ("value", "protected"), [(None, True), ("", True), ("0", True), ("1", False)]
)
def test_only_an_explicit_wish_takes_the_walls_down(
    monkeypatch: pytest.MonkeyPatch, value: str | None, protected: bool
) -> None:
    monkeypatch.delenv("AUTOGRADER_UNPROTECTED", raising=False)
    if value is not None:
        monkeypatch.setenv("AUTOGRADER_UNPROTECTED", value)
    assert default_policy().protected is protected


def test_policies_travel_to_the_zygote_unchanged() -> None:
    policy = replace(Policy(), threads=7)
    assert Policy.from_dict(policy.as_dict()) == policy


def test_one_zygote_serves_all_kernels_of_a_process() -> None:
    assert shared_zygote() is shared_zygote()


@pytest.mark.slow
def test_a_nursery_gives_each_worker_its_zygote_and_takes_all_down_with_it() -> None:
    nursery = Nursery()
    try:
        first, second = Zygote(nursery.requests), Zygote(nursery.requests)
        first.close()
        assert second.alive and second.poll(0) == 0
    finally:
        nursery.close()
    deadline = time.monotonic() + 5
    while second.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not second.alive
    second.close()


@pytest.mark.slow
def test_a_worker_whose_nursery_is_gone_starts_its_own_zygote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    monkeypatch.setattr(host, "_nurseries", {True: ours})
    monkeypatch.setattr(host, "_shared", lambda *_: [])
    zygote = shared_zygote()
    assert zygote.alive
    zygote.close()
