"""The command `autograder`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from autograder import lean  # noqa: F401  before anything that imports nbformat
from autograder.assignment import CONFIG, Assignment, ReleaseFailed, course_folder, find
from autograder.sandbox.policy import UNPROTECTED_VARIABLE, Policy, default_policy
from autograder.sandbox.walls import SandboxUnavailable, require
from autograder.sanitise import Refused

Graders = Callable[[argparse.Namespace, Assignment, Policy], int]

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
"""


def _course_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--course",
        type=Path,
        metavar="DIR",
        help="folder with nbgrader_config.py (default: the nearest one upwards from here)",
    )


def _policy(arguments: argparse.Namespace) -> Policy:
    if arguments.unprotected:
        os.environ[UNPROTECTED_VARIABLE] = "1"  # workers and nbgrader see it too
    policy = default_policy()
    if policy.protected:
        require()
    else:
        print("warning: students' code runs WITHOUT walls on this machine", file=sys.stderr)
    return policy


def _course(arguments: argparse.Namespace) -> Path:
    course: Path = (arguments.course or course_folder()).resolve()
    if not (course / CONFIG).is_file():
        raise LookupError(f"{course} is no course: there is no {CONFIG} in it")
    return course


def _assignment(arguments: argparse.Namespace) -> Assignment:
    return find(arguments.assignment, _course(arguments))


def _release(arguments: argparse.Namespace) -> int:
    from autograder.release import release

    assignment = _assignment(arguments)
    release(assignment)
    print(f"wrote {assignment.released}\nwrote {assignment.tape}")
    if arguments.bundle:
        from autograder.bundle import write_bundle

        write_bundle(assignment, arguments.bundle)
        print(f"wrote {arguments.bundle}: all that students need")
    return 0


def _alone(run: Graders) -> Callable[[argparse.Namespace], int]:
    """A command that has the course to itself; another grader is waited for."""

    def alone(arguments: argparse.Namespace) -> int:
        from autograder.safekeeping import only_grader

        policy, assignment = _policy(arguments), _assignment(arguments)
        with only_grader(assignment.course):
            return run(arguments, assignment, policy)

    return alone


def _grade(arguments: argparse.Namespace, assignment: Assignment, policy: Policy) -> int:
    from autograder import batch
    from autograder.submissions import find_submissions
    from autograder.terminal import Progress, print_table

    submissions = find_submissions(assignment, arguments.student)
    todo = [s for s in submissions if arguments.force or not batch.is_up_to_date(assignment, s)]
    jobs = arguments.jobs or batch.default_jobs()
    with Progress(len(todo)) as progress:
        done = (
            batch.grade_all(assignment, todo, policy, jobs, progress, arguments.feedback)
            if todo
            else {}
        )
    if arguments.feedback:
        late = [s.student for s in submissions if batch.feedback_is_missing(assignment, s.student)]
        batch.write_feedback(assignment, late)
    reports = {
        s.student: done.get(s.student) or batch.earlier_report(assignment, s.student)
        for s in submissions
    }
    print_table(assignment, reports, graded=len(done))
    return 0


def _regrade(arguments: argparse.Namespace, assignment: Assignment, policy: Policy) -> int:
    from autograder import batch, regrade
    from autograder.submissions import find_submissions
    from autograder.terminal import Progress, print_moves

    submissions = find_submissions(assignment, arguments.student)
    jobs = arguments.jobs or batch.default_jobs()
    with (
        Progress(len(submissions)) as progress,
        batch.judged(assignment, submissions, policy, jobs) as results,
    ):
        moves = regrade.moves(assignment, progress.over(results))
    print_moves(moves, len(submissions))
    if arguments.dry_run or not moves or not (arguments.yes or _agreed()):
        print("nothing was written")
        return 0
    moved = {move.student for move in moves}
    todo = [s for s in submissions if s.student in moved]
    # Judged again, and to the same result: 20,000 notebooks at once would not fit into memory.
    with Progress(len(todo)) as progress:
        batch.grade_all(assignment, todo, policy, jobs, progress, arguments.feedback)
    print(f"wrote {len(todo)} results; `autograder restore` takes that back in the gradebook")
    return 0


def _agreed() -> bool:
    return sys.stdin.isatty() and input("write these results? [y/N] ").lower() in ("y", "yes")


def _check(arguments: argparse.Namespace) -> int:
    from autograder.submissions import Submission
    from autograder.terminal import print_report
    from autograder.worker import judge_file, start

    policy, assignment = _policy(arguments), _assignment(arguments)
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    if not arguments.file.exists():
        raise FileNotFoundError(f"there is no file {arguments.file}")
    start()
    report = judge_file(Submission("", arguments.file), assignment, policy, seed).report
    if arguments.json:
        text = json.dumps(report.as_dict(), indent=2)
        print(text) if str(arguments.json) == "-" else arguments.json.write_text(text + "\n")
    if str(arguments.json) != "-":
        print_report(report)
    return 1 if report.state == "infrastructure_fault" else 0


def _replay(arguments: argparse.Namespace) -> int:
    from autograder.replay import replay
    from autograder.submissions import read_file
    from autograder.worker import start

    arguments.assignment = arguments.assignment or arguments.file.stem
    policy, assignment = _policy(arguments), _assignment(arguments)
    start()
    data = read_file(arguments.file)
    replayed = replay(data, assignment, arguments.task, arguments.seed, policy)
    print(replayed.text())
    if arguments.save:
        replayed.save(arguments.save)
        print(f"wrote {arguments.save}: beside the notebook, check({arguments.task!r}) replays it")
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from autograder.page import write_page

    print(f"wrote {write_page(_assignment(arguments))}")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from autograder.safekeeping import backups, only_grader, restore

    course = _course(arguments)
    if arguments.list:
        print("\n".join(path.name for path in backups(course)) or "no copies yet")
        return 0
    with only_grader(course):
        print(f"the gradebook is that of {restore(course, arguments.copy).name} again")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from autograder.doctor import findings
    from autograder.terminal import print_attempt, print_finding

    course, well = _course(arguments), True
    for finding in findings(course):
        print_finding(finding)
        well = well and finding.healthy
    if arguments.attack:
        from autograder.attack import attack
        from autograder.worker import start

        policy = _policy(arguments)
        start()
        for attempt in attack(course, policy):
            print_attempt(attempt)
            well = well and attempt.blocked
    return 0 if well else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "autograder", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        _course_options(added)
        return added

    def sandboxed(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--unprotected",
            action="store_true",
            help="run students' code without walls, where the machine has none to offer",
        )

    def batch(added: argparse.ArgumentParser) -> None:
        added.add_argument("assignment")
        added.add_argument("--student", nargs="+", metavar="ID", help="only these students")
        added.add_argument(
            "--jobs", type=_positive, metavar="N", help="workers (default: all cores)"
        )
        added.add_argument("--feedback", action="store_true", help="write feedback pages as well")
        sandboxed(added)

    added = command("release", _release, "Build the students' notebook and its tape.")
    added.add_argument("assignment")
    added.add_argument(
        "--bundle", type=Path, metavar="FILE.zip", help="pack all that students need into one file"
    )
    added = command("grade", _alone(_grade), "Grade submissions into the gradebook, in parallel.")
    batch(added)
    added.add_argument("--force", action="store_true", help="grade again what is graded already")
    added = command("regrade", _alone(_regrade), "Judge all again; show who moves, then write.")
    batch(added)
    added.add_argument("--dry-run", action="store_true", help="show, and write nothing")
    added.add_argument("--yes", action="store_true", help="write without asking")
    added = command("check", _check, "Grade one notebook without a gradebook.")
    added.add_argument("file", type=Path, metavar="FILE.ipynb")
    added.add_argument("--assignment", required=True, metavar="NAME")
    added.add_argument("--seed", type=int, metavar="N", help="repeat a run (default: random)")
    added.add_argument("--json", type=Path, metavar="FILE", help="write the report; - for stdout")
    sandboxed(added)
    added = command("replay", _replay, "Show the calls on which a submission's task failed.")
    added.add_argument("file", type=Path, metavar="SUBMISSION")
    added.add_argument("--task", required=True, metavar="T")
    added.add_argument("--seed", required=True, type=int, metavar="S", help="as the feedback says")
    added.add_argument("--assignment", metavar="NAME", help="default: the file's name")
    added.add_argument("--save", type=Path, metavar="FILE.tape", help="write the calls as a tape")
    sandboxed(added)
    added = command("report", _report, "Write one HTML page about an assignment.")
    added.add_argument("assignment")
    added = command("restore", _restore, "Put back the gradebook as it was before a batch.")
    added.add_argument("copy", nargs="?", help="name of a copy (default: the newest)")
    added.add_argument("--list", action="store_true", help="show which copies there are")
    added = command("doctor", _doctor, "Look over isolation, versions, release and gradebook.")
    added.add_argument("--attack", action="store_true", help="try the sandbox on this machine")
    sandboxed(added)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers, 1 or more")
    return int(text)


def main() -> int:
    """Entry point. Exit status 0 when the command worked, whatever the scores."""
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
