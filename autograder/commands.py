"""What the commands of `autograder` do, from parsed arguments to an exit status."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.assignment import CONFIG, Assignment, course_folder, find, names
from autograder.sandbox.policy import UNPROTECTED_VARIABLE, Policy, default_policy
from autograder.sandbox.walls import require
from autograder.verdicts import Report, State

if TYPE_CHECKING:
    from autograder.engine import Workers
    from autograder.submissions import Submission

Command = Callable[[argparse.Namespace], int]
Graders = Callable[[argparse.Namespace, Assignment, Policy], int]


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


def of_each(run: Command) -> Command:
    """A command about the assignment that is named, or about all of the course, one by one.

    Those of which nothing was handed in are passed over, unless that is so of all.
    """

    def all_or_one(arguments: argparse.Namespace) -> int:
        from autograder.submissions import NothingHandedIn

        if arguments.assignment:
            return run(arguments)
        if vars(arguments).get("bundle"):
            raise LookupError(f"a bundle holds one assignment: name it ({', '.join(names())})")
        done, nothing = [], {}
        for name in names():
            try:
                done.append(run(argparse.Namespace(**{**vars(arguments), "assignment": name})))
            except NothingHandedIn as problem:
                nothing[name] = str(problem)
        if not done:
            raise NothingHandedIn("\n".join(nothing.values()))
        for name in nothing:
            print(f"{name}: nothing was handed in")
        return max(done)

    return all_or_one


def release(arguments: argparse.Namespace) -> int:
    from autograder.release import release

    assignment = _assignment(arguments)
    release(assignment)
    print(f"wrote {assignment.released}\nwrote {assignment.tape}")
    if arguments.bundle:
        from autograder.bundle import write_bundle

        write_bundle(assignment, arguments.bundle)
        print(f"wrote {arguments.bundle}: all that students need")
    return 0


def alone(run: Graders) -> Command:
    """A command that has the course to itself; another grader is waited for."""

    def locked(arguments: argparse.Namespace) -> int:
        from autograder.safekeeping import only_grader

        policy, assignment = _policy(arguments), _assignment(arguments)
        with only_grader(assignment.course):
            return run(arguments, assignment, policy)

    return locked


def _workers(
    arguments: argparse.Namespace, assignment: Assignment, policy: Policy, most: int
) -> Workers:
    """Who grades: a cluster, or as many processes as were asked for and there is work for."""
    if arguments.scheduler:
        from autograder.dask_workers import DaskWorkers

        return DaskWorkers(assignment, policy, arguments.scheduler)
    from autograder.local_workers import LocalWorkers, default_jobs

    return LocalWorkers(assignment, policy, min(arguments.jobs or default_jobs(), most))


def _submissions(arguments: argparse.Namespace, assignment: Assignment) -> list[Submission]:
    """What was handed in, in the course's folder or elsewhere."""
    from autograder.submissions import find_in_storage, find_submissions

    if arguments.submissions:
        return find_in_storage(arguments.submissions, assignment, arguments.student)
    return find_submissions(assignment, arguments.student)


def grade(arguments: argparse.Namespace, assignment: Assignment, policy: Policy) -> int:
    from autograder import batch
    from autograder.cache import Cache
    from autograder.safekeeping import require_writable
    from autograder.scores import scores
    from autograder.submissions import overlooked
    from autograder.terminal import Progress, print_table
    from autograder.up_to_date import decided, feedback_is_missing, standing

    submissions = _submissions(arguments, assignment)
    current = {} if arguments.force else standing(assignment, submissions)
    todo = [submission for submission in submissions if submission.student not in current]
    done: dict[str, Report] = {}
    if todo:
        require_writable(assignment.course)  # before judging, which takes its time
        workers = _workers(arguments, assignment, policy, len(todo))
        with Progress(len(todo)) as progress:
            known = Cache(assignment, forget=arguments.force)
            done = batch.grade_all(assignment, todo, workers, progress, arguments.feedback, known)
    failed = {}
    if arguments.feedback:
        late = [s.student for s in submissions if feedback_is_missing(assignment, s.student)]
        failed = batch.write_feedback(assignment, late)
    reports = {s.student: done.get(s.student) or current.get(s.student) for s in submissions}
    held = scores(assignment)
    print_table(assignment, reports, done, decided(reports, held), held)
    for sentence in overlooked(assignment):
        print(sentence, file=sys.stderr)
    for student, reason in failed.items():
        print(f"no feedback page for {student}: {reason}", file=sys.stderr)
    return 1 if failed else _status(done.values())


def _status(reports: Iterable[Report | None]) -> int:
    """1 if the grader failed on a submission, 0 whatever the scores."""
    faulty = (report and report.state is State.INFRASTRUCTURE_FAULT for report in reports)
    return 1 if any(faulty) else 0


def regrade(arguments: argparse.Namespace, assignment: Assignment, policy: Policy) -> int:
    from autograder import batch, regrade
    from autograder.cache import Cache
    from autograder.engine import Judging, at_work
    from autograder.release import gradebook_file
    from autograder.safekeeping import require_writable
    from autograder.terminal import Progress, print_moves

    if not arguments.dry_run:
        require_writable(assignment.course)  # before judging, which takes its time
    submissions = _submissions(arguments, assignment)
    workers = _workers(arguments, assignment, policy, len(submissions))
    with Progress(len(submissions)) as progress, at_work(workers):
        judging = Judging(workers, assignment, submissions, Cache(assignment))
        moves = regrade.moves(assignment, progress.over(judging))
    print_moves(moves, len(submissions))
    if arguments.dry_run or not moves or not (arguments.yes or _agreed()):
        print("nothing was written")
        return 0
    moved = {move.student for move in moves}
    todo = [s for s in submissions if s.student in moved]
    # Judged again, and to the same result: 20,000 notebooks at once would not fit into memory.
    workers = _workers(arguments, assignment, policy, len(todo))
    with Progress(len(todo)) as progress:
        known = Cache(assignment)
        done = batch.grade_all(assignment, todo, workers, progress, arguments.feedback, known)
    back = "`autograder restore` takes that back in the gradebook"
    print(f"wrote {len(todo)} results" + (f"; {back}" if gradebook_file(assignment.course) else ""))
    return _status(done.values())


def _agreed() -> bool:
    return sys.stdin.isatty() and input("write these results? [y/N] ").lower() in ("y", "yes")


def check(arguments: argparse.Namespace) -> int:
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
    return _status([report])


def replay(arguments: argparse.Namespace) -> int:
    from autograder.replay import replay
    from autograder.submissions import read_file
    from autograder.worker import start

    if not arguments.file.exists():
        raise FileNotFoundError(
            f"there is no file {arguments.file}: a replay line starts from the course's folder"
        )
    arguments.assignment = arguments.assignment or arguments.file.stem
    policy, assignment = _policy(arguments), _assignment(arguments)
    data = read_file(arguments.file)
    start()
    replayed = replay(data, assignment, arguments.task, arguments.seed, policy)
    print(replayed.text())
    if arguments.save:
        replayed.save(arguments.save)
        print(f"wrote {arguments.save}: beside the notebook, check({arguments.task!r}) replays it")
    return 0


def report(arguments: argparse.Namespace) -> int:
    from autograder.page import write_page

    print(f"wrote {write_page(_assignment(arguments))}")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    from autograder.backups import backups, require_file, restore
    from autograder.safekeeping import only_grader

    course = _course(arguments)
    require_file(course)
    if arguments.list:
        print("\n".join(path.name for path in backups(course)) or "no copies yet")
        return 0
    with only_grader(course):
        print(f"the gradebook is that of {restore(course, arguments.copy).name} again")
        print("what was there before is the newest copy now: a second `autograder restore` is back")
        print("what this gradebook does not know is graded by the next `autograder grade`")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
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
