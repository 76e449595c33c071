"""What a worker process of a batch does. The coordinator imports this too, so torch comes late."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
from dataclasses import replace
from functools import cache

from autograder.assignment import Assignment
from autograder.results import Graded, ungraded
from autograder.sandbox.host import adopt_from
from autograder.sandbox.policy import Policy
from autograder.sanitise import Refused
from autograder.seeds import course_secret, seed_of
from autograder.submissions import Submission, digest_of, submission_name
from autograder.verdicts import State

MEMORY = 6 << 30
"""Bytes of a worker: a kernel that floods its judge costs that worker, not the machine."""


def _end_with_coordinator() -> None:
    """A killed coordinator leaves its workers waiting for work that never comes."""
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        os.kill(os.getpid(), signal.SIGKILL)


def begin(nursery: socket.socket, with_torch: bool) -> None:
    """What a process of a batch does first; nothing here takes time or can fail.

    nursery: where to ask for a zygote, with torch or without.
    """
    threading.Thread(target=_end_with_coordinator, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator, which ends us
    logging.disable(logging.CRITICAL)
    adopt_from(nursery, with_torch)


@cache
def start() -> None:
    """One thread for the judge's arithmetic, as there are as many workers as cores, and a limit."""
    if torch := sys.modules.get("torch"):  # brought along, or else not wanted
        torch.set_num_threads(1)
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def work(submission: Submission, assignment: Assignment, policy: Policy) -> Graded:
    """What a process of a batch does with each submission."""
    start()
    return judge_file(submission, assignment, policy)


def judge_file(
    submission: Submission,
    assignment: Assignment,
    policy: Policy,
    seed: int | None = None,
    secret: bytes | None = None,
) -> Graded:
    """Grade one file; this process's zygote stays warm for the next.

    seed: of the inputs; without it, the course's own for these bytes from this student.
    secret: the course's key for seeds; without it, it is read from the course's folder.
    """
    from autograder.grading import grade

    try:
        data = submission.read()
    except Refused as refusal:
        reason = f"{refusal} {submission.note}".strip()
        report = ungraded(assignment, seed or 0, State.REFUSED, reason)
        return Graded(report, copy.deepcopy(assignment.template))
    digest = digest_of(data)
    if seed is None:
        secret = secret or course_secret(assignment.course)
        seed = seed_of(secret, submission.student, assignment.name, digest)
    graded = grade(data, assignment, seed, policy, submission.known)
    graded = replace(graded, digest=digest)
    named = submission_name(assignment, submission)
    graded = replace(graded, report=replace(graded.report, submission=named))
    if submission.note:
        notes = (submission.note, *graded.report.notes)
        return replace(graded, report=replace(graded.report, notes=notes))
    return graded
