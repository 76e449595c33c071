"""What people see, in a real browser: pages render, and nothing of a student's runs in them."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import find
from autograder.page import write_page
from tests.samples import Sample, hand_in, make_course

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVIL = "<script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\">"
CODE = f"""
from IPython.display import HTML, Javascript, Markdown, SVG, display
evil = {EVIL!r}
print(evil)
display(HTML(evil), Javascript("document.title='PWNED'"), Markdown(evil))
display({{"image/svg+xml": "<svg onload=\\"document.title='PWNED'\\"></svg>"}}, raw=True)
raise ValueError(evil)
"""


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("chromium is not installed, and this run must not skip browser tests")
        pytest.skip("chromium is not installed")
    return found


def _browse(page: Path, profile: Path, *options: str) -> str:
    command = [
        _chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--virtual-time-budget=3000", f"--user-data-dir={profile}",
        *options, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def _evil(released: NotebookNode, _solved: NotebookNode) -> bytes:
    notebook = copy.deepcopy(released)
    notebook.cells.insert(3, nbformat.v4.new_markdown_cell(EVIL + "[x](javascript:alert(1))"))
    notebook.cells.insert(4, nbformat.v4.new_code_cell(CODE))
    notebook.metadata["title"] = EVIL
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one hostile and one unreadable submission, graded, with feedback."""
    folder = tmp_path_factory.mktemp("browser") / "course"
    make_course(folder)
    samples = (Sample("eve", "scripts everywhere", 0, _evil),
               Sample("kim", "not JSON", None, lambda r, s: EVIL.encode()))  # fmt: skip
    hand_in(find("vae", folder), samples)
    subprocess.run(["autograder", "grade", "vae", "--feedback"], cwd=folder, check=True)
    write_page(find("vae", folder))
    return folder


@pytest.mark.parametrize("student", ["eve", "kim"])
def test_nothing_of_a_student_runs_in_the_feedback(
    course: Path, tmp_path: Path, student: str
) -> None:
    page = course / "feedback" / student / "vae" / "vae.html"
    seen = _browse(page, tmp_path, "--dump-dom")
    assert "<title>vae</title>" in seen
    assert student == "kim" or "PWNED" in seen  # it is shown, as text
    assert "<title>PWNED</title>" not in seen
    assert 'href="javascript:' not in seen


def test_nothing_of_a_student_runs_in_the_report(course: Path, tmp_path: Path) -> None:
    seen = _browse(course / "report" / "vae.html", tmp_path, "--dump-dom")
    assert "<title>vae: report</title>" in seen and "eve" in seen


def test_the_report_can_be_photographed(course: Path, tmp_path: Path) -> None:
    picture = tmp_path / "report.png"
    _browse(course / "report" / "vae.html", tmp_path / "profile", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000
