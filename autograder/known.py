"""What was judged before of a submission, task by task, and what each verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.verdicts import CheckResult, Verdict


@dataclass(frozen=True)
class Known:
    """The verdicts on a task.

    They hold for the same file, seed, checks and judge, as long as the tasks that they rest on lose
    points where they did.
    """

    results: tuple[CheckResult, ...]
    lost: bool
    """Whether it lost points with the student's own parts."""
    rests_on: dict[str, bool] = field(default_factory=dict)
    """Other tasks that could sway the verdicts, and whether they had lost points."""

    def holds(self, lost: frozenset[str]) -> bool:
        """Whether the verdicts are the same now that these tasks have lost points."""
        return all((name in lost) is was for name, was in self.rests_on.items())

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        results = [{**vars(result), "verdict": result.verdict.value} for result in self.results]
        return {"results": results, "lost": self.lost, "rests_on": self.rests_on}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Known:
        """The inverse of `as_dict`; raises KeyError, TypeError or ValueError for anything else."""
        results = tuple(
            CheckResult(**{**result, "verdict": Verdict(result["verdict"])})
            for result in data["results"]
        )
        return cls(results, bool(data["lost"]), dict(data["rests_on"]))
