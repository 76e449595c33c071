"""The repository keeps its own rules: dependencies, layout, imports that run one way."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
TOP = {
    "notebooks", "solutions", "vae_utils", "autograder", "tests", "environment.yml", "README.md",
    "pyproject.toml", "Makefile", "nbgrader_config.py", ".ci", "benchmarks", "docs", "LICENSE",
    ".gitignore",
}  # fmt: skip
LAYERS = (
    ("autograder.cli",),
    ("autograder.commands",),
    ("autograder.terminal", "autograder.page"),
    ("autograder.attack", "autograder.doctor"),
    ("autograder.regrade",),
    ("autograder.batch", "autograder.replay", "autograder.bundle"),
    ("autograder.local_workers", "autograder.dask_workers"),
    ("autograder.engine",),
    ("autograder.cache",),
    ("autograder.up_to_date",),
    ("autograder.scores",),
    ("autograder.worker", "autograder.recorder", "autograder.feedback"),
    ("autograder.nbgrader_plugin",),
    ("autograder.safekeeping",),
    ("autograder.backups",),
    ("autograder.written",),
    ("autograder.release",),
    ("autograder.proofreading",),
    ("autograder.tape_recorder",),
    ("autograder.record",),
    ("autograder.grading",),
    ("autograder.results", "autograder.seeds", "autograder.submissions"),
    ("autograder.sanitise", "autograder.judge", "autograder.session"),
    ("autograder.assignment",),
    ("autograder.carried_forward",),
    ("autograder.student",),
    ("autograder.checks",),
    ("autograder.wire", "autograder.outputs"),
    ("autograder.wire_pictures",),
    ("autograder.distrust",),
    ("autograder.known", "autograder.collecting", "autograder.sharing"),
    ("autograder.verdicts",),
    ("autograder.lean", "autograder.gradebook", "autograder.stamps"),
    ("autograder.database", "autograder.time_limit"),
)


def _conda() -> dict[str, str]:
    data = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = [line for line in data["dependencies"] if isinstance(line, str) and line != "pip"]
    lines += next(d["pip"] for d in data["dependencies"] if isinstance(d, dict))
    pairs = (re.match(r"([\w-]+)\s*(.*)", line) for line in lines)
    return {CONDA_NAMES.get(m[1], m[1]): m[2].replace(" ", "") for m in pairs if m}


def _project() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pairs = (re.match(r"([\w-]+)\s*(.*)", line) for line in project["dependencies"])
    found = {m[1]: m[2].replace(" ", "") for m in pairs if m}
    return {**found, "python": project["requires-python"]}


def test_conda_and_pip_name_the_same_dependencies_with_the_same_versions() -> None:
    assert _conda() == _project()


def test_the_top_level_is_what_it_should_be() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert {Path(line).parts[0] for line in listed.stdout.splitlines()} == TOP


def _imports(path: Path) -> set[str]:
    """Modules that a file imports when it is imported; imports inside functions come later."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_students_library_knows_nothing_of_the_autograder() -> None:
    for path in (ROOT / "vae_utils").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith("autograder")], path


def _layer(module: str) -> int | None:
    for number, layer in enumerate(LAYERS):
        if any(module == name or module.startswith(f"{name}.") for name in layer):
            return number
    return None


def test_imports_run_one_way() -> None:
    for path in (ROOT / "autograder").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        here = _layer(module)
        for target in _imports(path):
            there = _layer(target)
            if here is not None and there is not None and module not in target:
                assert here <= there or "checks" in module, f"{module} imports {target}"


def test_every_module_has_a_place_among_the_layers() -> None:
    for path in (ROOT / "autograder").glob("*.py"):
        if path.name != "__init__.py":
            assert _layer(f"autograder.{path.stem}") is not None, path.name


def test_the_sandbox_imports_nothing_of_the_judge() -> None:
    for path in (ROOT / "autograder" / "sandbox").glob("*.py"):
        ours = {name for name in _imports(path) if name.startswith("autograder.")}
        assert all(name.startswith("autograder.sandbox") for name in ours), path


def _lengths(path: Path) -> list[int]:
    lengths = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lengths.append(node.end_lineno - body[0].lineno + 1 if body else 0)  # type: ignore[operator]
    return lengths


@pytest.mark.parametrize("package", ["autograder", "vae_utils"])
def test_functions_are_short(package: str) -> None:
    lengths = sorted(n for path in (ROOT / package).rglob("*.py") for n in _lengths(path))
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[int(0.9 * len(lengths))] <= 25


def test_no_word_of_a_machine_stands_in_the_project() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        path = ROOT / line
        if path.suffix in (".py", ".md", ".toml", ".yml", ".ipynb", ".cfg", "") and path.is_file():
            assert str(ROOT) not in path.read_text(errors="replace"), line
