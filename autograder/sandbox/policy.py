"""Every limit of the sandbox in one object, each with its default and its reason."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vae_utils.rules import Rules

MIB = 1024**2
UNPROTECTED_VARIABLE = "AUTOGRADER_UNPROTECTED"


def _readable() -> tuple[str, ...]:
    """Python, its libraries and what they read: fonts, time zones, the linker's cache."""
    import vae_utils

    paths = sysconfig.get_paths()
    places = {
        paths["stdlib"],  # of the base interpreter, also inside a virtual environment
        paths["platstdlib"],
        paths["purelib"],
        paths["platlib"],
        str(Path(paths["stdlib"]).parent),  # libpython and friends
        str(Path(vae_utils.__file__).parent),
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/share",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/etc/fonts",
        "/dev/urandom",
        "/dev/zero",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/sys/devices/system/cpu",
    }
    return tuple(sorted(os.path.realpath(place) for place in places if os.path.exists(place)))


def _hidden() -> tuple[str, ...]:
    """The checks and the judge: unreadable even where they are installed among the libraries."""
    return (str(Path(__file__).resolve().parents[1]),)


@dataclass(frozen=True)
class Policy:
    """What a student's kernel may do and use. Times in seconds, sizes in bytes."""

    readable: tuple[str, ...] = field(default_factory=_readable)
    hidden: tuple[str, ...] = field(default_factory=_hidden)
    forbidden: tuple[str, ...] = ()
    """Modules that the assignment's rules take out of the kernel, for example
    torch.distributions."""
    packages: tuple[str, ...] | None = None
    """Packages that functions may import while they are judged; None allows all."""
    memory: int = 3072 * MIB
    """Private memory on top of the libraries: t-SNE and training need 0.5 GiB."""
    file_size: int = 16 * MIB
    """The largest file: saved weights of the course's models are below 10 MiB."""
    scratch_size: int = 256 * MIB
    """All files together; a watchdog looks, because there is no quota without root."""
    scratch_files: int = 2000
    """Inodes can be used up as well."""
    open_files: int = 128
    """Honest code uses a dozen. Files that are deleted while open escape the watchdog; with the
    limit above, they take 2 GiB at most."""
    threads: int = 64
    """OpenMP starts one a core; an honest notebook none."""
    cpu_seconds: int = 240
    """All cells and all calls of one submission; an honest one needs 10."""
    wall_seconds: int = 300
    """A kernel that outlives this is not working but waiting."""
    submission_seconds: int = 600
    """Everything together, restarts after crashes included."""
    cell_seconds: int = 5
    """A cell without a task (training, pictures) runs on the small data set in 0.6 s. Being cut
    short costs a picture in the feedback, never a point."""
    solution_cell_seconds: int = 30
    """A solution cell defines functions; some students try them out in it."""
    call_cpu_seconds: int = 15
    """Computing in one judged call: the slowest right solution, explicit loops over [B, L], needs
    5 here. Unlike the clock it does not run faster where the machine is busy."""
    call_seconds: int = 60
    """One judged call by the clock, for code that waits instead of computing."""
    output_bytes: int = 4 * MIB
    """Printed text and pictures of one cell that are kept; the notebook's own need 0.3 MiB."""
    notebook_bytes: int = 32 * MIB
    """What is kept of all cells of a notebook together."""
    flood_bytes: int = 64 * MIB
    """Output after which the kernel is stopped instead of read."""
    reply_bytes: int = 64 * MIB
    """One message from the kernel; the largest honest answer is 8 MiB."""
    protected: bool = True
    """False only by the instructor's explicit flag: no walls, for machines without Landlock."""

    @property
    def with_torch(self) -> bool:
        """Whether the kernel holds torch: an assignment without it is served from a process that
        has never imported it."""
        return self.packages is None or "torch" in self.packages

    def as_dict(self) -> dict[str, Any]:
        """The policy as JSON, for the zygote."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Policy:
        """The inverse of `as_dict`."""
        tuples = {key: tuple(v) for key, v in data.items() if isinstance(v, (list, tuple))}
        return cls(**{**data, **tuples})

    def here(self) -> Policy:
        """The same limits with the paths of this machine, for a policy from another one."""
        local = Policy()
        return replace(self, readable=local.readable, hidden=local.hidden)

    def under(self, rules: Rules) -> Policy:
        """This policy with an assignment's rules: forbidden modules cannot even be read."""
        hidden = (*self.hidden, *map(_folder, rules.forbidden))
        return replace(self, hidden=hidden, forbidden=rules.forbidden, packages=rules.packages)


def _folder(module: str) -> str:
    """Where a module lies: its folder if it is a package, else its file."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin:
        raise ValueError(f"the rules forbid {module}, which is not installed")
    path = Path(spec.origin)
    return os.path.realpath(path.parent if path.name == "__init__.py" else path)


def default_policy() -> Policy:
    """The policy in force: walls up, unless the instructor's environment says otherwise."""
    unprotected = os.environ.get(UNPROTECTED_VARIABLE, "") not in ("", "0")
    return replace(Policy(), protected=not unprotected)
