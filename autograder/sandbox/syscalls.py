"""The system calls that a student's kernel may still make; everything else is refused."""

from __future__ import annotations

import errno
import os
import socket
from types import ModuleType

_PLAIN = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range
fstat stat lstat newfstatat statx statfs fstatfs lseek access faccessat faccessat2
open openat creat getdents getdents64 getcwd chdir fchdir readlink readlinkat
rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat truncate ftruncate
fsync fdatasync flock umask fadvise64 readahead copy_file_range sendfile
mmap munmap mprotect mremap madvise brk msync mincore mlock munlock mbind get_mempolicy
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending rt_sigsuspend sigaltstack
pipe pipe2 dup dup2 dup3 select pselect6 poll ppoll
epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
timerfd_create timerfd_settime timerfd_gettime
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times
getitimer setitimer alarm pause timer_create timer_settime timer_gettime timer_delete
sched_yield sched_getaffinity sched_getparam sched_getscheduler getcpu
sched_get_priority_min sched_get_priority_max getpriority
getpid gettid getppid getpgrp getpgid getsid getuid geteuid getgid getegid
getgroups getresuid getresgid uname sysinfo getrusage getrlimit capget
futex futex_waitv set_robust_list get_robust_list rseq membarrier set_tid_address arch_prctl
exit exit_group restart_syscall getrandom
getsockname getpeername getsockopt setsockopt shutdown
recvfrom recvmsg
""".split()

_PRETENDED = """
chmod fchmod fchmodat fchmodat2 utime utimes utimensat futimesat
""".split()
"""These answer 'done' and do nothing. Landlock guards neither modes nor times, which shutil.copy
sets."""

_UNSUPPORTED = ["fallocate"]
"""As if the file system could not: who needs room writes instead. It takes room beyond the limit on
the size of a file (FALLOC_FL_KEEP_SIZE), in one call, and in a file that has no name."""

_FORBIDDEN = """
execve execveat fork vfork kill tkill ptrace process_vm_readv process_vm_writev
socket bind connect listen accept accept4 sendmsg sendmmsg
chown fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr mknod mknodat
link linkat symlink symlinkat mount umount2 unshare setns chroot pivot_root
memfd_create shmget shmat mq_open io_uring_setup bpf perf_event_open userfaultfd keyctl
setuid setgid setreuid setregid setresuid setresgid setsid setpgid setpriority setrlimit
""".split()
"""Refused with 'not permitted', which reads better than 'not implemented'."""

_CLONE_THREAD = 0x00010000
_SOCKET_TYPE = 0xF
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)
"""Duplicate, flags, locks. Not F_SETOWN, which would send signals to other processes."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Terminal questions, FIONREAD, FIONBIO, close-on-exec."""
_PRCTL = (15, 16, 23, 38, 39, 0x53564D41)
"""Thread names, capability and no-new-privileges questions, names of memory areas."""


def available() -> bool:
    """Whether libseccomp is there and the kernel takes filters."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return False
    return bool(pyseccomp.get_api() >= 1)


def _allow(rules: object, seccomp: ModuleType, names: list[str], action: object) -> None:
    for name in names:
        try:
            rules.add_rule(action, name)  # type: ignore[attr-defined]
        except OSError as error:  # a call that this architecture does not have
            if error.errno not in (errno.EDOM, errno.EINVAL, errno.ENOENT):
                raise


def restrict() -> None:
    """Install the filter on this thread and all it starts; there is no way back."""
    import pyseccomp as seccomp

    allow, arg = seccomp.ALLOW, seccomp.Arg
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    _allow(rules, seccomp, _PLAIN, allow)
    _allow(rules, seccomp, _PRETENDED, seccomp.ERRNO(0))
    _allow(rules, seccomp, _UNSUPPORTED, seccomp.ERRNO(errno.EOPNOTSUPP))
    _allow(rules, seccomp, _FORBIDDEN, seccomp.ERRNO(errno.EPERM))
    _threads_only(rules, seccomp)
    _pairs_only(rules, seccomp)
    for name, place, values in (("fcntl", 1, _FCNTL), ("ioctl", 1, _IOCTL), ("prctl", 0, _PRCTL)):
        for value in values:
            rules.add_rule(allow, name, arg(place, seccomp.EQ, value))
    # Questions about limits only: who lowers the own ones makes every call hang.
    rules.add_rule(allow, "prlimit64", arg(0, seccomp.EQ, 0), arg(2, seccomp.EQ, 0))
    rules.add_rule(seccomp.ERRNO(errno.EPERM), "prlimit64", arg(2, seccomp.NE, 0))
    rules.add_rule(allow, "tgkill", arg(0, seccomp.EQ, os.getpid()))
    rules.load()


def _threads_only(rules: object, seccomp: ModuleType) -> None:
    mask = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
    no_mask = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0)
    rules.add_rule(seccomp.ALLOW, "clone", mask)  # type: ignore[attr-defined]
    rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", no_mask)  # type: ignore[attr-defined]


def _pairs_only(rules: object, seccomp: ModuleType) -> None:
    """Pairs of connected stream sockets, which asyncio wakes itself with; no other sockets."""
    add, arg = rules.add_rule, seccomp.Arg  # type: ignore[attr-defined]
    unix = arg(0, seccomp.EQ, socket.AF_UNIX)
    stream = arg(1, seccomp.MASKED_EQ, _SOCKET_TYPE, socket.SOCK_STREAM)
    add(seccomp.ALLOW, "socketpair", unix, stream)  # a datagram could go to any socket's path
    add(seccomp.ALLOW, "sendto", arg(4, seccomp.EQ, 0))  # no address: only to a connected peer
