"""What `check` says of parts that use each other."""

from __future__ import annotations

import pytest

from tests.mutants.book import Wrong
from tests.mutants.test_tape import checked
from vae_utils.replaying import FAILED, PASSED, WAITING, Replay
from vae_utils.tape import read

from .notebook import BOOK, body, namespace
from .test_parts import SOME_PARTS, USERS


@pytest.mark.parametrize("wrong", SOME_PARTS[::2], ids=str)
def test_a_wrong_part_costs_only_its_own_task_here_too(wrong: Wrong) -> None:
    replay = Replay(read(BOOK.assignment.tape), namespace({wrong.task: wrong.source}))
    for user in USERS[wrong.task]:
        done = replay.task(user)
        assert done.points == done.max_points, done.outcomes
        said = {outcome.message for outcome in done.outcomes} - {""}
        assert said <= {f"right, given your own {wrong.task}"}


UNTOUCHED = body("kl_divergence", "raise NotImplementedError()")
WRONG_KL = body("kl_divergence", "return 0.3 * mu.sum(-1)")
ADDED = body(
    "elbo",
    "mu, logsigma = self.encoder(x)\ntheta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
    "log_p = -F.binary_cross_entropy(theta, x, reduction='none').sum(-1)\n"
    "return log_p + self.kl_divergence(mu, logsigma)",
)


def test_a_part_that_is_not_attempted_costs_nothing_more() -> None:
    done = checked(BOOK, {"kl_divergence": UNTOUCHED}, "elbo")
    assert done.verdict == PASSED


def test_nothing_is_said_of_a_failure_that_may_come_from_a_part() -> None:
    unknown = ADDED.replace("log_p + self", "log_p - 3 * self")
    done = checked(BOOK, {"kl_divergence": WRONG_KL, "elbo": unknown}, "elbo")
    assert done.verdict == WAITING
    assert "uses your kl_divergence, not right yet" in done.outcomes[0].message


def test_a_crash_names_its_line() -> None:
    done = checked(BOOK, {"elbo": body("elbo", "x = x + 1\nreturn nothing")}, "elbo")
    assert done.verdict == FAILED
    assert "NameError: name 'nothing' is not defined (in line 4, elbo" in done.worst.message


def test_arguments_are_called_by_their_names() -> None:
    lines = "return 0.5 * (mu**2 + torch.exp(2 * logsigma.detach()) - 1 - 2 * logsigma).sum(-1)"
    done = checked(BOOK, {"kl_divergence": body("kl_divergence", lines)}, "kl_divergence")
    assert "the gradient of logsigma: entry [0, 0] is" in done.worst.message
