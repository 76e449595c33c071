"""Answers in words: a person gives the points, and until then they are neither earned nor lost."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find, grade_id, is_written, names
from autograder.gradebook import Gradebook
from autograder.grading import broken_rules, solutions, written_answers
from autograder.page import render, rows
from autograder.record import read_report
from autograder.regrade import Move
from autograder.release import gradebook_url, is_registered, reference, register, release
from autograder.sanitise import MAX_ANSWER, Clean, sanitise
from autograder.scores import Scores, scores
from autograder.submissions import find_submissions
from autograder.terminal import print_report
from autograder.up_to_date import decided, outdated, standing
from autograder.verdicts import CheckResult, Report, State, TaskReport, Verdict, WrittenAnswer
from tests.conftest import ROOT
from tests.samples import cell_of, handed_in, method

FIRST, SECOND = "map_answer", "posterior_answer"
_KEPT = ("imports", "model_class", "kl_divergence_solution", "kl_divergence")
_MARKS = '"grade": true, "locked": false, "points": 2, "schema_version": 3, "solution": true'
_ANSWER = """
# %% [markdown]
# Say in your own words what you see ({0}).

# %% [markdown] nbgrader={{"grade_id": "{0}", {1}}}
# Only the reference says {0}: ones lie apart in a wedge.
"""
HOSTILE = """<script>document.title = "PWNED"</script><img src=x onerror="alert(1)">
```
</code></pre><h1>Score: 52 / 52</h1> ![picture](http://evil.example/x.png) [l](javascript:alert(1))
~~~ $\\require{html}\\href{javascript:alert(1)}{x}$ \\newcommand{\\x}{\\x} $$\\def\\a{\\a\\a}\\a$$
import torch.distributions
{{ resources }} {% raw %} &lt;b&gt; &#x41; | a | b |
"""
WRONG_KL = method("kl_divergence", ", mu, logsigma", "return mu.sum(-1)")


def _toy_source() -> str:
    """A reference with one task of `vae` and two answers in words."""
    text = (ROOT / "solutions" / "vae" / "vae.py").read_text()
    head, *cells = re.split(r"(?m)^(?=# %% )", text)
    kept = "".join(
        c for name in _KEPT for c in cells if f'"grade_id": "{name}"' in c.split("\n")[0]
    )
    answers = "".join(_ANSWER.format(name, _MARKS) for name in (FIRST, SECOND))
    return f"{head}# %% [markdown]\n# # A toy\n\n{kept}{answers}"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The toy, released, with nothing handed in."""
    course = tmp_path_factory.mktemp("manual") / "course"
    source = course / "solutions" / "vae" / "vae.py"
    source.parent.mkdir(parents=True)
    source.write_text(_toy_source())
    shutil.copy(ROOT / "nbgrader_config.py", course)
    release(find("vae", course))
    return find("vae", course)


def _submission(toy: Assignment, first: str = "", second: str = "", kl: str = "") -> NotebookNode:
    """The reference's code, with these answers; those that are empty stay as released."""
    notebook = copy.deepcopy(toy.template)
    done = handed_in(toy.template, reference(toy))
    code = "kl_divergence_solution"
    cell_of(notebook, code).source = kl or cell_of(done, code).source
    for name, text in ((FIRST, first), (SECOND, second)):
        cell_of(notebook, name).source = text or cell_of(notebook, name).source
    return notebook


def _hand_in(toy: Assignment, student: str, notebook: NotebookNode) -> None:
    place = toy.course / "submitted" / student / "vae"
    place.mkdir(parents=True, exist_ok=True)
    (place / "vae.ipynb").write_text(nbformat.writes(notebook))


def _clean(toy: Assignment, notebook: NotebookNode) -> Clean:
    return sanitise(nbformat.writes(notebook).encode(), toy.template)


def _source(clean: Clean, name: str) -> str:
    return str(cell_of(clean.notebook, name).source)


def _waits(toy: Assignment, clean: Clean) -> dict[str, bool]:
    return {answer.task: answer.waits for answer in written_answers(clean.notebook, toy)}


@pytest.mark.parametrize("name", names())
def test_no_answer_of_a_reference_is_in_the_release(name: str) -> None:
    assignment = find(name, ROOT)
    for cell in filter(is_written, reference(assignment).cells):
        released = (ROOT / "notebooks" / name).rglob("*")
        text = "".join(path.read_bytes().decode("latin-1") for path in released if path.is_file())
        lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
        assert lines and not [line for line in lines if json.dumps(line)[1:-1] in text]
        assert cell_of(assignment.template, grade_id(cell)).source == "YOUR ANSWER HERE"


def test_the_toys_release_holds_no_answer_and_a_tape_of_its_task(toy: Assignment) -> None:
    assert [task.name for task in toy.tasks] == ["kl_divergence"] and toy.points == 5
    assert toy.written == {FIRST: 2, SECOND: 2}
    assert "Only the reference says" in toy.source.read_text()
    for path in (toy.released, toy.tape):
        assert b"Only the reference says" not in path.read_bytes()


def test_points_of_answers_are_in_the_gradebook(toy: Assignment) -> None:
    assert is_registered(toy)
    with Gradebook(gradebook_url(toy.course)) as gradebook:
        cells = gradebook.find_notebook("vae", "vae").grade_cells
        assert {cell.name: cell.max_score for cell in cells} == {
            "kl_divergence": 5, FIRST: 2, SECOND: 2,
        }  # fmt: skip
    register(toy)


def test_an_answer_waits_and_an_untouched_one_does_not(toy: Assignment) -> None:
    clean = _clean(toy, _submission(toy, first="Ones lie apart."))
    assert _waits(toy, clean) == {FIRST: True, SECOND: False}
    assert _source(clean, FIRST) == "```text\nOnes lie apart.\n```" and clean.notes == ()
    assert _source(clean, SECOND) == cell_of(toy.template, SECOND).source


@pytest.mark.parametrize("blank", [" ", "\n\n", "  YOUR ANSWER HERE\n"])
def test_blank_space_is_no_answer(toy: Assignment, blank: str) -> None:
    clean = _clean(toy, _submission(toy, first=blank))
    assert _waits(toy, clean) == {FIRST: False, SECOND: False}
    assert clean.notebook == _clean(toy, _submission(toy)).notebook


def test_an_answer_is_no_code(toy: Assignment) -> None:
    clean = _clean(toy, _submission(toy, first="import torch.distributions", second="import os"))
    assert [grade_id(cell) for cell in solutions(clean.notebook)] == ["kl_divergence_solution"]
    assert broken_rules(clean, toy) == {}


def test_a_long_answer_is_cut_and_not_lost(toy: Assignment) -> None:
    clean = _clean(toy, _submission(toy, first="x" * 300_000, second="y" * MAX_ANSWER))
    assert _waits(toy, clean) == {FIRST: True, SECOND: True}
    assert _source(clean, FIRST).count("x") == MAX_ANSWER + 1  # of ```text
    assert clean.notes == ("The answer map_answer is longer than 20,000 characters and was cut.",)


def test_an_answer_whose_cell_lost_its_name_is_found(toy: Assignment) -> None:
    notebook = _submission(toy, first="Ones lie apart.", second="An ellipse is no banana.")
    for cell in notebook.cells:
        cell.metadata = {}
    clean = _clean(toy, notebook)
    assert _source(clean, FIRST) == "```text\nOnes lie apart.\n```"
    assert _source(clean, SECOND) == "```text\nAn ellipse is no banana.\n```"
    assert len(clean.notebook.cells) == len(toy.template.cells)
    assert not [note for note in clean.notes if "missing; the empty one" in note]


def test_without_names_untouched_answers_are_untouched(toy: Assignment) -> None:
    notebook = _submission(toy)
    for cell in notebook.cells:
        cell.metadata = {}
    clean = _clean(toy, notebook)
    assert _waits(toy, clean) == {FIRST: False, SECOND: False}
    assert len(clean.notebook.cells) == len(toy.template.cells)


def test_an_answer_beside_its_empty_cell_counts(toy: Assignment) -> None:
    notebook = _submission(toy, second="Here.")
    place = notebook.cells.index(cell_of(notebook, FIRST))
    for text in ("and fours near nines.", "Ones lie apart,"):
        notebook.cells.insert(place + 1, nbformat.v4.new_markdown_cell(text))
    notebook.cells.append(nbformat.v4.new_markdown_cell("A remark behind an answer."))
    clean = _clean(toy, notebook)
    assert _source(clean, FIRST) == "```text\nOnes lie apart,\n\nand fours near nines.\n```"
    assert _source(clean, SECOND) == "```text\nHere.\n```"
    assert clean.notebook.cells[-1].source == "```text\nA remark behind an answer.\n```"
    assert clean.notes == (
        "The cell map_answer was empty; the text beside it counts as the answer.",
    )


def test_a_deleted_answer_is_put_back_empty(toy: Assignment) -> None:
    notebook = _submission(toy)
    notebook.cells.remove(cell_of(notebook, FIRST))
    clean = _clean(toy, notebook)
    assert _waits(toy, clean) == {FIRST: False, SECOND: False}
    assert clean.notes == ("The cell map_answer is missing; the empty one was put back.",)


def _run(course: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _copied(course: Path, folder: Path) -> Path:
    return Path(shutil.copytree(course, folder, symlinks=True))


@pytest.fixture(scope="module")
def handed(toy: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with ada, who did all; ben, who did nothing; eva, who is hostile; and joe, who has
    one answer and a wrong KL; kim's file is no notebook."""
    folder = tmp_path_factory.mktemp("handed") / "course"
    found = find("vae", _copied(toy.course, folder))
    (folder / "gradebook.db").unlink()
    _hand_in(found, "ada", _submission(found, "Ones lie apart.", "Two hills, one ellipse."))
    _hand_in(found, "ben", copy.deepcopy(found.template))
    _hand_in(found, "eva", _submission(found, HOSTILE, HOSTILE * 200))
    _hand_in(found, "joe", _submission(found, "Ones lie apart.", kl=WRONG_KL))
    _hand_in(found, "kim", copy.deepcopy(found.template))
    (folder / "submitted" / "kim" / "vae" / "vae.ipynb").write_text("no notebook")
    return folder


@pytest.fixture(scope="module")
def ours(handed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Assignment, str]:
    """Graded by `autograder grade`, with feedback; and what that printed."""
    folder = _copied(handed, tmp_path_factory.mktemp("ours") / "course")
    return find("vae", folder), _run(folder, "autograder", "grade", "vae", "--feedback")


@pytest.fixture(scope="module")
def stock(handed: Path, tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """Graded by stock nbgrader, with feedback."""
    folder = _copied(handed, tmp_path_factory.mktemp("stock") / "course")
    _run(folder, "nbgrader", "autograde", "vae")
    _run(folder, "nbgrader", "generate_feedback", "vae")
    return find("vae", folder)


@pytest.fixture
def course(ours: tuple[Assignment, str], tmp_path: Path) -> Assignment:
    """A copy of what was graded, to change."""
    return find("vae", _copied(ours[0].course, tmp_path / "course"))


def _report(assignment: Assignment, student: str) -> Report:
    report = read_report(nbformat.read(assignment.autograded(student), as_version=4))
    assert report is not None
    return report


def _gradebook(assignment: Assignment, student: str) -> dict[str, tuple]:
    with Gradebook(gradebook_url(assignment.course)) as gradebook:
        found = gradebook.find_submission_notebook("vae", "vae", student)
        return {
            g.name: (g.auto_score, g.manual_score, bool(g.needs_manual_grade)) for g in found.grades
        }


def _give(assignment: Assignment, student: str, **points: float) -> None:
    """What formgrader does when a person gives points."""
    with Gradebook(gradebook_url(assignment.course)) as gradebook:
        for grade in gradebook.find_submission_notebook("vae", "vae", student).grades:
            if grade.name in points:
                grade.manual_score, grade.needs_manual_grade = points[grade.name], False
        gradebook.db.commit()


WAITS, NOTHING, GIVEN = (None, None, True), (0.0, None, False), (5.0, None, False)
EXPECTED = {
    "ada": {"kl_divergence": GIVEN, FIRST: WAITS, SECOND: WAITS},
    "ben": {"kl_divergence": NOTHING, FIRST: NOTHING, SECOND: NOTHING},
    "eva": {"kl_divergence": GIVEN, FIRST: WAITS, SECOND: WAITS},
    "joe": {"kl_divergence": NOTHING, FIRST: WAITS, SECOND: NOTHING},
    "kim": {"kl_divergence": WAITS, FIRST: WAITS, SECOND: WAITS},
}


@pytest.mark.slow
def test_written_answers_wait_in_the_gradebook_and_untouched_ones_have_no_points(
    ours: tuple[Assignment, str],
) -> None:
    assert {student: _gradebook(ours[0], student) for student in EXPECTED} == EXPECTED


@pytest.mark.slow
def test_stock_nbgrader_leaves_the_same_gradebook_and_reports(
    ours: tuple[Assignment, str], stock: Assignment
) -> None:
    assert {student: _gradebook(stock, student) for student in EXPECTED} == EXPECTED
    for student in ("ada", "ben", "eva", "joe"):
        assert _report(stock, student).written == _report(ours[0], student).written
        assert _report(stock, student).score == _report(ours[0], student).score


@pytest.mark.slow
def test_the_report_tells_checked_points_and_those_that_wait(ours: tuple[Assignment, str]) -> None:
    told = {
        student: (report.score, report.max_score, report.waiting)
        for student in EXPECTED
        for report in (_report(ours[0], student),)
    }
    assert told == {
        "ada": (5, 5, 4), "ben": (0, 5, 0), "eva": (5, 5, 4), "joe": (0, 5, 2), "kim": (None, 5, 0),
    }  # fmt: skip


def _row(said: str, student: str) -> list[str]:
    line = next(line for line in said.splitlines() if line.strip().startswith(student))
    return line.split()[1:]


@pytest.mark.slow
def test_the_table_counts_no_waiting_answer_as_zero(ours: tuple[Assignment, str]) -> None:
    said = ours[1]
    assert _row(said, "ada") == ["5", "waits", "waits", "5", "+", "4?"]
    assert _row(said, "ben") == ["–", "0", "–", "0", "–", "0", "0"]
    assert _row(said, "joe") == ["F", "0", "waits", "–", "0", "0", "+", "2?"]
    assert _row(said, "kim") == ["refused"]
    assert "(5 + 4?)" in said
    assert "? points of written answers, which wait for a person" in " ".join(said.split())


@pytest.mark.slow
def test_a_waiting_answer_is_graded_and_up_to_date(ours: tuple[Assignment, str]) -> None:
    assignment = ours[0]
    assert outdated(assignment, find_submissions(assignment)) == []


@pytest.mark.slow
def test_a_gradebook_that_says_something_else_of_an_answer_is_not_up_to_date(
    course: Assignment,
) -> None:
    with Gradebook(gradebook_url(course.course)) as gradebook:
        for student, score in (("ada", 0.0), ("ben", None)):
            found = gradebook.find_submission_notebook("vae", "vae", student)
            next(g for g in found.grades if g.name == FIRST).auto_score = score
        gradebook.db.commit()
    late = {s.student for s in outdated(course, find_submissions(course))}
    assert late == {"ada", "ben"}


@pytest.mark.slow
def test_points_of_a_person_make_the_total(course: Assignment) -> None:
    _give(course, "ada", map_answer=1.5)
    said = _run(course.course, "autograder", "grade", "vae")
    assert "0 graded now" in said
    assert _row(said, "ada") == ["5", "1.5", "waits", "6.5", "*", "+", "2?"]
    _give(course, "ada", posterior_answer=0)
    _give(course, "joe", map_answer=0)
    said = _run(course.course, "autograder", "grade", "vae")
    assert _row(said, "ada") == ["5", "1.5", "0", "6.5", "*"]
    assert _row(said, "joe") == ["F", "0", "0", "–", "0", "0", "*"]
    found = {row.student: row for row in rows(course)}
    assert (found["ada"].score, found["ada"].waits, found["ada"].unread) == (6.5, False, {})


@pytest.mark.slow
def test_a_regrade_keeps_what_a_person_has_given(course: Assignment) -> None:
    _give(course, "ada", map_answer=1.5, posterior_answer=2)
    _run(course.course, "autograder", "grade", "vae", "--force")
    assert _gradebook(course, "ada") == {
        "kl_divergence": GIVEN, FIRST: (None, 1.5, False), SECOND: (None, 2.0, False),
    }  # fmt: skip
    assert _gradebook(course, "eva") == EXPECTED["eva"]
    known, reports = scores(course), standing(course, find_submissions(course))
    assert decided(dict(reports), known) == {"ada": 8.5}
    assert "0 of 5 results would change" in _run(
        course.course, "autograder", "regrade", "vae", "--dry-run"
    )


@pytest.mark.slow
def test_an_answer_that_has_changed_is_read_again(course: Assignment) -> None:
    _give(course, "ada", map_answer=1.5, posterior_answer=2)
    _hand_in(course, "ada", _submission(course, "Ones lie apart!", "Two hills, one ellipse."))
    _run(course.course, "autograder", "grade", "vae")
    found = _gradebook(course, "ada")
    assert found[FIRST] == (None, 1.5, True) and found[SECOND] == (None, 2.0, False)


@pytest.mark.slow
def test_stock_nbgrader_keeps_points_too_and_asks_to_look_again(
    stock: Assignment, tmp_path: Path
) -> None:
    course = find("vae", _copied(stock.course, tmp_path / "course"))
    _give(course, "ada", map_answer=1.5, posterior_answer=2)
    _run(course.course, "nbgrader", "autograde", "vae", "--student", "ada", "--force")
    found = _gradebook(course, "ada")
    assert found[FIRST] == (None, 1.5, True) and found[SECOND] == (None, 2.0, True)
    said = _run(course.course, "autograder", "grade", "vae")
    assert _row(said, "ada")[-1] != "*"  # until somebody has looked


@pytest.mark.slow
def test_a_second_answer_is_no_new_verdict_and_is_told(course: Assignment) -> None:
    _hand_in(course, "joe", _submission(course, "Ones lie apart.", "And now this.", kl=WRONG_KL))
    said = _run(course.course, "autograder", "regrade", "vae", "--yes")
    assert "1 of 5 results would change" in said and "0 → 0" in said
    assert "posterior_answer: waits for a person now" in said
    assert _gradebook(course, "joe")[SECOND] == WAITS


class _Page(HTMLParser):
    """Texts, and the elements that hold each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.elements: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open[-2:]), data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(data for _, data in self.texts).split())


def _page(assignment: Assignment, student: str) -> _Page:
    return _Page(assignment.feedback(student).read_text())


@pytest.fixture(params=["ours", "stock"])
def graded(request: pytest.FixtureRequest) -> Assignment:
    """Graded by our command, and by stock nbgrader."""
    found = request.getfixturevalue(request.param)
    return found if request.param == "stock" else found[0]


@pytest.mark.slow
def test_feedback_says_what_waits_and_takes_nothing_away(graded: Assignment) -> None:
    seen = _page(graded, "ada").text
    assert "vae (Score: 5.0 / 5.0)" in seen
    assert "may give up to 4 more points. The score above is of all the rest." in seen
    assert seen.count("Waits for a person , who may give up to 2 points.") == 2
    assert "Written response" not in seen and "0.0 / 2.0" not in seen
    seen = _page(graded, "joe").text
    assert "vae (Score: 0.0 / 7.0)" in seen and "Written response (Score: 0.0 / 2.0)" in seen
    assert seen.count("Waits for a person") == 1 and "No response." in seen
    seen = _page(graded, "ben").text
    assert "vae (Score: 0.0 / 9.0)" in seen and "Waits for a person" not in seen


@pytest.mark.slow
def test_feedback_shows_points_of_a_person(course: Assignment) -> None:
    _give(course, "ada", map_answer=1.5)
    _run(course.course, "nbgrader", "generate_feedback", "vae", "--force")
    seen = _page(course, "ada").text
    assert "vae (Score: 6.5 / 7.0)" in seen and "Written response (Score: 1.5 / 2.0)" in seen
    assert "may give up to 2 more points" in seen and seen.count("Waits for a person") == 1
    _give(course, "ada", posterior_answer=2)
    _run(course.course, "nbgrader", "generate_feedback", "vae", "--force")
    seen = _page(course, "ada").text
    assert "vae (Score: 8.5 / 9.0)" in seen and "Waits" not in seen and "Not all" not in seen


@pytest.mark.slow
def test_a_hostile_answer_is_plain_text(graded: Assignment) -> None:
    page = _page(graded, "eva")
    shown = [(where, text) for where, text in page.texts if "PWNED" in text or "href" in text]
    answers = [(where, text) for where, text in shown if "document.title" in text]
    assert [where for where, _ in answers] == [("div", "pre")] * 2
    assert answers[0][1].strip() == HOSTILE.strip()
    assert answers[1][1].startswith(HOSTILE[:MAX_ANSWER]) and len(answers[1][1]) < MAX_ANSWER + 3
    honest = _page(graded, "ada")
    for tag in ("script", "img", "h1", "iframe", "a"):
        found = [about for name, about in page.elements if name == tag]
        known = [about for name, about in honest.elements if name == tag]
        assert found == known, tag
    assert not [a for _, a in page.elements for name in a if name.startswith("on")]


@pytest.mark.slow
def test_formgrader_shows_a_hostile_answer_as_plain_text(ours: tuple[Assignment, str]) -> None:
    """Its page is nbconvert's of the graded notebook, as is the feedback's."""
    from nbconvert.exporters import HTMLExporter

    notebook = nbformat.read(ours[0].autograded("eva"), as_version=4)
    page = _Page(HTMLExporter(template_name="classic").from_notebook_node(notebook)[0])
    answers = [where for where, text in page.texts if "document.title" in text]
    assert answers == [("div", "pre")] * 2


@pytest.mark.slow
def test_the_report_page_says_who_waits_for_the_instructor(course: Assignment) -> None:
    page = " ".join(_Page(render(course)).text.split())
    assert "5 submissions, 4 graded, mean score 2.5 of 5" in page
    assert "3 of them wait for you to read their written answers" in page
    assert page.count("and up to 4 from you") == 2 and page.count("and up to 2 from you") == 1
    for student, points in (("ada", 2.0), ("eva", 0.0), ("joe", 1.0)):
        _give(course, student, map_answer=points, posterior_answer=points)
    page = " ".join(_Page(render(course)).text.split())
    assert "mean score 4.0 of 9" in page and "from you" not in page  # 9, 0, 5 and 2


def test_a_notebook_on_its_own_tells_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    check = CheckResult("test_x", "a claim", 5.0, Verdict.PASSED)
    answers = (WrittenAnswer(FIRST, 2.0, True), WrittenAnswer(SECOND, 2.0, False))
    print_report(Report("vae", 1, (TaskReport("kl", 5.0, (check,)),), written=answers))
    said = capsys.readouterr().out
    assert "map_answer: waits for a person, who may give up to 2 points" in said
    assert "posterior_answer: not attempted, 0 of 2 points" in said
    assert "score 5 of 5, and up to 2 from a person (seed 1)" in said


def test_a_report_with_answers_survives_its_json() -> None:
    answers = (WrittenAnswer(FIRST, 2.0, True), WrittenAnswer(SECOND, 2.0, False))
    report = Report("vae", 1, (), written=answers)
    data = json.loads(json.dumps(report.as_dict()))
    assert Report.from_dict(data) == report and data["waiting"] == 2
    del data["written"]  # of reports that are older than this
    assert Report.from_dict(data) == Report("vae", 1, ())


def test_a_move_tells_of_answers_that_came_or_went() -> None:
    before = Report("vae", 1, (), written=(WrittenAnswer(FIRST, 2.0, True),))
    after = Report("vae", 1, (), written=(WrittenAnswer(FIRST, 2.0, False),))
    assert Move("ada", before, after).reasons() == ["map_answer: not attempted now"]
    assert Move("ada", after, before).reasons() == ["map_answer: waits for a person now"]


def _decided(report: Report, **cells: tuple[float | None, float | None, bool]) -> bool:
    held = Scores()
    for name, (automatic, manual, waits) in cells.items():
        held.add(name, automatic, manual, 0.0)
        held.waiting |= {name} if waits else set()
    return "ada" in decided({"ada": report}, {"ada": held})


def test_a_score_is_decided_by_what_people_have_said() -> None:
    answers = (WrittenAnswer(FIRST, 2.0, True), WrittenAnswer(SECOND, 2.0, True))
    report = Report("vae", 1, (), written=answers)
    unread, read, again = (None, None, True), (None, 0.0, False), (None, 1.0, True)
    assert not _decided(report, **{FIRST: unread, SECOND: unread})
    assert _decided(report, **{FIRST: read, SECOND: unread})
    assert _decided(report, **{FIRST: read, SECOND: read})
    assert not _decided(report, **{FIRST: read, SECOND: again})
    refused = Report("vae", 1, (), State.REFUSED, "why")
    assert not _decided(refused, **{FIRST: read, SECOND: unread})
    assert _decided(refused, **{FIRST: read, SECOND: read})


@pytest.mark.slow
def test_an_answer_cannot_be_replayed(ours: tuple[Assignment, str]) -> None:
    course = ours[0].course
    command = [
        "autograder",
        "replay",
        "submitted/ada/vae/vae.ipynb",
        "--task",
        FIRST,
        "--seed",
        "1",
    ]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == 2 and "a person reads map_answer" in done.stderr
