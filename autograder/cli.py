"""The command `autograder`: its arguments."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from autograder import lean  # noqa: F401  isort: skip  before anything that imports nbformat
from autograder import commands
from autograder.assignment import ReleaseFailed
from autograder.sandbox.walls import SandboxUnavailable
from autograder.sanitise import Refused

_DESCRIPTION = """\
Grades the notebooks of the VAE course.

  autograder release vae          build what students get: notebook and tape
  autograder grade vae            grade submitted/*/vae/vae.ipynb into the gradebook
  autograder regrade vae          judge all again, show who moves and why, then write
  autograder check FILE.ipynb --assignment vae
                                  grade one notebook, without a gradebook
  autograder replay SUBMISSION --task T --seed S
                                  show the calls on which a task failed
  autograder report vae           write report/vae.html from the gradebook
  autograder restore              put back the gradebook as it was before the last batch
  autograder doctor --attack      look the machine over, and try the sandbox on it

release, grade, regrade and report without a name act on all assignments of the course.
"""


def _course_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--course",
        type=Path,
        metavar="DIR",
        help="folder with nbgrader_config.py (default: the nearest one upwards from here)",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "autograder", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = parsers.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        _course_options(added)
        return added

    def sandboxed(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--unprotected",
            action="store_true",
            help="run students' code without walls, where the machine has none to offer",
        )

    def one_or_all(added: argparse.ArgumentParser) -> None:
        added.add_argument("assignment", nargs="?", help="its name (default: all of the course)")

    def batch(added: argparse.ArgumentParser) -> None:
        one_or_all(added)
        added.add_argument("--student", nargs="+", metavar="ID", help="only these students")
        added.add_argument(
            "--jobs", type=_positive, metavar="N", help="workers (default: all cores)"
        )
        added.add_argument(
            "--scheduler", metavar="ADDRESS", help="grade on a Dask cluster: tcp://HOST:8786"
        )
        added.add_argument(
            "--submissions",
            metavar="URL",
            help="read s3://..., gs://... instead of submitted/",
        )
        added.add_argument("--feedback", action="store_true", help="write feedback pages as well")
        sandboxed(added)

    release = commands.of_each(commands.release)
    added = command("release", release, "Build the students' notebook and its tape.")
    one_or_all(added)
    added.add_argument(
        "--bundle", type=Path, metavar="FILE.zip", help="pack all that students need into one file"
    )
    added = command(
        "grade",
        commands.of_each(commands.alone(commands.grade)),
        "Grade submissions into the gradebook, in parallel.",
    )
    batch(added)
    added.add_argument("--force", action="store_true", help="grade again what is graded already")
    added = command(
        "regrade",
        commands.of_each(commands.alone(commands.regrade)),
        "Judge all again; show who moves, then write.",
    )
    batch(added)
    added.add_argument("--dry-run", action="store_true", help="show, and write nothing")
    added.add_argument("--yes", action="store_true", help="write without asking")
    added = command("check", commands.check, "Grade one notebook without a gradebook.")
    added.add_argument("file", type=Path, metavar="FILE.ipynb")
    added.add_argument("--assignment", required=True, metavar="NAME")
    added.add_argument("--seed", type=int, metavar="N", help="repeat a run (default: random)")
    added.add_argument("--json", type=Path, metavar="FILE", help="write the report; - for stdout")
    sandboxed(added)
    added = command(
        "replay", commands.replay, "Show the calls on which a submission's task failed."
    )
    added.add_argument("file", type=Path, metavar="SUBMISSION")
    added.add_argument("--task", required=True, metavar="T")
    added.add_argument("--seed", required=True, type=int, metavar="S", help="as the feedback says")
    added.add_argument("--assignment", metavar="NAME", help="default: the file's name")
    added.add_argument("--save", type=Path, metavar="FILE.tape", help="write the calls as a tape")
    sandboxed(added)
    report = commands.of_each(commands.report)
    added = command("report", report, "Write one HTML page about an assignment.")
    one_or_all(added)
    added = command("restore", commands.restore, "Put back the gradebook as it was before a batch.")
    added.add_argument("copy", nargs="?", help="name of a copy (default: the newest)")
    added.add_argument("--list", action="store_true", help="show which copies there are")
    added = command(
        "doctor", commands.doctor, "Look over isolation, versions, release and gradebook."
    )
    added.add_argument("--attack", action="store_true", help="try the sandbox on this machine")
    sandboxed(added)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers, 1 or more")
    return int(text)


def main() -> int:
    """Entry point. Exit status 0 when the command worked, whatever the scores; 1 where the grader
    failed on a submission; 2 where the command could not be carried out."""
    arguments = _parser().parse_args()
    # Workers start with an empty first entry in sys.path: no file beside us may be imported.
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        return int(arguments.run(arguments))
    except (ReleaseFailed, SandboxUnavailable, LookupError, OSError, Refused) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "autograder: stopped; what is graded is kept, run again for the rest", file=sys.stderr
        )
        return 130


if __name__ == "__main__":
    sys.exit(main())
