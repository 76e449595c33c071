"""Forgery: points without work, through the process, the notebook or the files around it."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from tests.conftest import ROOT
from tests.hostile.submission import (
    HONEST,
    RIGHT_KL,
    WITHOUT_KL,
    WRONG_KL,
    Hostile,
    Place,
    cell,
    in_kl,
    kl,
    notebook,
    write,
)
from tests.samples import cell_of

SOLUTION = str(ROOT / "solutions" / "vae" / "vae.py")
CHECKS = str(ROOT / "autograder" / "checks" / "vae")


def _patched(name: str, about: str, *lines: str) -> Hostile:
    return Hostile(f"patches-{name}", about, HONEST, cell(*lines))


def _lying(
    name: str, about: str, *lines: str, before: str = "", score: float = WITHOUT_KL
) -> Hostile:
    """A wrong KL that tries to look right; score: 0 where it spoils what else was right."""
    return Hostile(name, about, score, kl(*lines, before=before))


def _linked(name: str, target: str) -> Place:
    return lambda folder: (folder / name).symlink_to(target)


def _is_link(target: str) -> Place:
    def place(folder: Path) -> None:
        folder.rmdir()
        folder.symlink_to(target)

    return place


def _silent(name: str, about: str, *lines: str) -> Hostile:
    return Hostile(name, about, HONEST, cell(*lines))


PATCHES = (
    _patched("torch", "comparisons of torch always agree",
        "for name in ('allclose', 'equal', 'isclose', 'eq'):",
        "    setattr(torch, name, lambda *a, **k: torch.tensor(True))",
        "torch.testing.assert_close = lambda *a, **k: None"),
    _patched("tensors", "tensors equal everything",
        "torch.Tensor.__eq__ = lambda *a: torch.tensor(True)",
        "torch.Tensor.__ne__ = lambda *a: torch.tensor(False)",
        "torch.Tensor.__bool__ = lambda *a: True"),
    _patched("numpy", "comparisons of NumPy always agree",
        "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True",
        "np.testing.assert_allclose = lambda *a, **k: None"),
    _patched("pytest", "a pytest that never fails",
        "import sys, types",
        "sys.modules['pytest'] = types.SimpleNamespace(main=lambda *a: 0, raises=None)"),
    _patched("builtins", "assertions and comparisons of Python",
        "import builtins", "builtins.AssertionError = Exception", "builtins.abs = lambda x: 0"),
    _patched("judge", "the judge's own functions, wherever they are",
        "import sys", "for m in list(sys.modules.values()):",
        "    for name in ('compare', 'compared', 'judge', 'grade', 'recognise'):",
        "        if hasattr(m, name): setattr(m, name, lambda *a, **k: None)"),
    _patched("classes-by-gc", "every class found by a search gets an agreeable __eq__",
        "import gc", "for c in [o for o in gc.get_objects() if isinstance(o, type)]:",
        "    if 'torch' in c.__module__ or 'vae' in c.__module__:",
        "        try: c.__eq__ = lambda *a: True", "        except Exception: pass"),
    _patched("default-dtype", "halves all precision", "torch.set_default_dtype(torch.float16)"),
    _patched("vae-utils", "check() and add_to_class", "import vae_utils",
        "vae_utils.check = lambda *a: print('70 of 70 points')"),
)  # fmt: skip

KERNEL = "import gc\nk = next(o for o in gc.get_objects() if type(o).__name__ == 'Kernel')"
"""Finds what runs cells and makes calls, in its own process."""

PROBE = (
    _lying("probe-answers", "the kernel's own answers are replaced", WRONG_KL, score=0, before=(
        "import vae_utils.evaluating as e, vae_utils.calls as c\n"
        "e.evaluate = e._run = lambda call, ns: c.Reply((torch.zeros(7),))")),
    _lying("probe-handler", "the kernel's handler is replaced", WRONG_KL, score=0, before=(
        f"{KERNEL}\nk._call = lambda m: k.send('reply', {{'passed': True, 'points': 70}})")),
    _lying("probe-tensors", "what is sent back is replaced", WRONG_KL, score=0, before=(
        "import safetensors.numpy as s\nold = s.save\n"
        "s.save = lambda tensors: old({n: t * 0 for n, t in tensors.items()})")),
    _lying("probe-twice", "two replies to one question", WRONG_KL, before=(
        f"{KERNEL}\nold = k.send\n"
        "def send(*a):\n    old(*a)\n    old(*a)\n"
        "k.send = send")),
    _lying("probe-floods", "replies that nobody asked for", KERNEL,
        "k._request = 'another'",
        "for i in range(30_000): k.send('reply', {'outputs': []}, b'x')",
        WRONG_KL),
    _lying("probe-traced", "looks into the probe with settrace", WRONG_KL, before=(
        "import sys\nloot = []\n"
        "def spy(frame, event, arg):\n    loot.append(dict(frame.f_locals))\n    return spy\n"
        "sys.settrace(spy)")),
    _lying("stack-search", "looks for the expected values on the stack",
        "import sys", "f = sys._getframe()", "while f:",
        "    for name, v in f.f_locals.items():",
        "        if 'expected' in name and hasattr(v, '__len__'): return v[0]",
        "    f = f.f_back", WRONG_KL),
    _lying("gc-search", "looks for the expected values in memory", "import gc",
        "for o in gc.get_objects():",
        "    if isinstance(o, torch.Tensor) and o.dtype == torch.float64 and len(o.shape) == 1:",
        "        if len(o) == len(mu): return o", WRONG_KL),
    _lying("argument-search", "returns some part of what it was given",
        "return self.__dict__.get('expected', mu.sum(-1))"),
)  # fmt: skip

REPLIES = (
    _lying("equals-everything", "an object that equals everything", "class Yes:",
        "    __eq__ = __le__ = __lt__ = lambda *a: True", "    shape = mu.shape[:1]",
        "return Yes()"),
    _lying("torch-function", "a tensor that answers every operation with success",
        "return torch.zeros(len(mu)).as_subclass(Yes)", before=(
        "class Yes(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kw=None):\n"
        "        return torch.tensor(True)")),
    _lying("pickled", "an object that runs code where it is unpickled", "class P:",
        "    def __reduce__(self): return (print, ('unpickled',))", "return P()"),
    _lying("object-array", "an array of objects", "return np.array([object()] * len(mu))"),
    _lying("nan", "numbers that are not numbers", "return mu.sum(-1) * float('nan')"),
    _lying("infinite", "numbers without end", "return mu.sum(-1) + float('inf')"),
    _lying("complex", "complex numbers", "return mu.sum(-1) * 1j"),
    _lying("meta", "a tensor without numbers", "return torch.empty(len(mu), device='meta')"),
    _lying("expanded", "a small tensor that is huge when written out",
        "return torch.zeros(1).expand(10**11)"),
    _lying("thousand-values", "more values than anybody wants", "return (mu.sum(-1),) * 1000"),
    _lying("inputs-changed", "changes its inputs so that the right answer is 0",
        "mu.zero_(); logsigma.zero_()", "return torch.zeros(len(mu))"),
    _lying("inputs-grown", "changes the shape of its inputs in place",
        "mu.resize_(1, 1); logsigma.resize_(1, 1)", "return torch.zeros(1)"),
    _lying("generator", "a generator in place of numbers", "yield mu.sum(-1)"),
    _lying("constant", "the numbers of the public tape", "return torch.tensor([34.5] * len(mu))"),
    _lying("graded-only", "another answer where it believes that it is graded", "import os",
        "graded = 'kernel' in os.getcwd()", "return mu.sum(-1) * (0 if graded else 1)"),
    _lying("seeded-oracle", "asks the generator what is coming", "return torch.rand(len(mu))"),
    Hostile("inputs-of-others", "a right sampler that spoils what the KL gets", HONEST,
        cell("old = torch.Tensor.exp_", "torch.Tensor.exp_ = lambda t: old(t.zero_())")),
)  # fmt: skip

HOOKS = (
    _silent("input-transformer", "rewrites cells before they run",
        "get_ipython().input_transformers_cleanup.append(",
        "    lambda lines: ['print(70)\\n'] + lines)"),
    _silent("ast-transformer", "rewrites syntax trees", "import ast",
        "class T(ast.NodeTransformer):",
        "    def visit_Raise(self, node): return ast.Return(ast.Constant(1.0))",
        "get_ipython().ast_transformers.append(T())"),
    _silent("displayhook", "shows 70 for everything", "import sys",
        "sys.displayhook = lambda value: print(70)"),
    _silent("pre-run-cell", "a hook before every cell",
        "get_ipython().events.register('pre_run_cell', lambda info: print('70 points'))"),
    _silent("import-hook", "its own autograder for whoever imports one", "import sys, types",
        "class Finder:", "    def find_spec(self, name, path, target=None):",
        "        if name.startswith('autograder'): sys.modules[name] = types.ModuleType(name)",
        "sys.meta_path.insert(0, Finder())"),
    _silent("excepthook", "exceptions disappear", "import sys",
        "get_ipython().showtraceback = lambda *a, **k: None", "sys.excepthook = lambda *a: None"),
    _silent("atexit", "prints a score at the end", "import atexit",
        "atexit.register(lambda: print('{\"points\": 70}'))"),
    _silent("score-printed", "prints what a score looks like", "print('70')", "70.0"),
    _silent("score-displayed", "displays what a verdict looks like",
        "from IPython.display import *",
        "display({'text/plain': '70', 'text/html': '<b>passed</b>, 70 of 70 points'}, raw=True)"),
    _silent("new-shell-name", "the shell calls itself by another name",
        "type(get_ipython()).__name__ = 'Judge'"),
)  # fmt: skip


def _exits(name: str, about: str, line: str, says: str) -> Hostile:
    return Hostile(f"exit-{name}", about, WITHOUT_KL, in_kl(line), says)


EXITS = (
    _exits("sys", "sys.exit in the KL", "import sys; sys.exit(0)", "SystemExit"),
    _exits("os", "os._exit in the KL", "import os; os._exit(0)", "ended Python itself"),
    _exits("abort", "os.abort in the KL", "import os; os.abort()", "ended Python itself"),
    _exits("segfault", "a null pointer in the KL", "import ctypes; ctypes.string_at(0)",
        "ended Python itself"),
    _exits("interrupt", "a KeyboardInterrupt in the KL", "raise KeyboardInterrupt",
        "KeyboardInterrupt"),
    _exits("generator-exit", "a GeneratorExit in the KL", "raise GeneratorExit", "GeneratorExit"),
    Hostile("exit-cell", "sys.exit in a cell", HONEST, cell("import sys", "sys.exit(0)")),
    Hostile("exit-cell-hard", "os._exit in a cell", HONEST, cell("import os", "os._exit(0)"),
        "This cell ended Python itself"),
    Hostile("exit-quit", "quit() in a cell", HONEST, cell("quit()"),
        "quit and exit end nothing here"),
    Hostile("exit-line", "closes the kernel's line to the judge", HONEST,
        cell("import os", "os.close(3)"), "This cell ended Python itself"),
    Hostile("exit-last-cell", "os._exit in the last cell", HONEST,
        cell("import os", "os._exit(0)", last=True), "This cell ended Python itself"),
    Hostile("exit-loop", "the kernel's loop has no next request", HONEST,
        cell(*KERNEL.splitlines(), "k._receive = None"), "ended Python itself"),
)  # fmt: skip


def _metadata(change: dict[str, object], name: str = "kl_divergence") -> Place:
    def edit(made: NotebookNode) -> None:
        cell_of(made, name).metadata.setdefault("nbgrader", {}).update(change)

    return notebook(edit)


def _test_cell(source: str) -> Place:
    def edit(made: NotebookNode) -> None:
        for one in made.cells:
            if one.metadata.get("nbgrader", {}).get("grade"):
                one.source = source

    return notebook(edit)


def _bonus(made: NotebookNode) -> None:
    graded = copy.deepcopy(cell_of(made, "kl_divergence"))
    graded.metadata.nbgrader.update(grade_id="bonus", points=1000)
    graded.source, graded.id = "1000.0", "bonus"
    made.cells.append(graded)


def _doubled(made: NotebookNode) -> None:
    graded = cell_of(made, "kl_divergence")
    for number in range(20):
        again = copy.deepcopy(graded)
        again.id = f"again-{number}"
        made.cells.append(again)


def _swapped(made: NotebookNode) -> None:
    one, other = cell_of(made, "kl_divergence_solution"), cell_of(made, "elbo_solution")
    names = [c.metadata.nbgrader.grade_id for c in (one, other)]
    one.metadata.nbgrader.grade_id, other.metadata.nbgrader.grade_id = reversed(names)


def _without(*kinds: str) -> Place:
    def edit(made: NotebookNode) -> None:
        made.cells = [
            c for c in made.cells if not any(c.metadata.get("nbgrader", {}).get(k) for k in kinds)
        ]

    return notebook(edit)


def _verdicts_of_its_own(made: NotebookNode) -> None:
    made.metadata["autograder"] = {"report": {"score": 70}, "digest": "x", "refused": ""}
    for one in made.cells:
        if one.metadata.get("nbgrader", {}).get("grade"):
            data = {"text/plain": "70"}
            one.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]


NOTEBOOKS = (
    Hostile("points-edited", "a thousand points for the KL", HONEST, _metadata({"points": 1000})),
    Hostile("points-negative", "points below 0", HONEST, _metadata({"points": -5})),
    Hostile("grade-flag", "the graded cell is no longer graded", HONEST,
        _metadata({"grade": False})),
    Hostile("solution-flag", "a graded cell that is a solution", HONEST,
        _metadata({"solution": True})),
    Hostile("schema-edited", "another version of nbgrader's schema", HONEST,
        _metadata({"schema_version": 99})),
    Hostile("checksum-edited", "another checksum", HONEST, _metadata({"checksum": "0" * 32})),
    Hostile("skip-tag", "a tag that lets nbclient skip the cell", HONEST, notebook(
        lambda made: cell_of(made, "elbo_solution").metadata.update(tags=["skip-execution"]))),
    Hostile("bonus-cell", "one more graded cell, worth a thousand", HONEST, notebook(_bonus)),
    Hostile("graded-cell-doubled", "the graded cell stands there twenty times", HONEST,
        notebook(_doubled)),
    Hostile("ids-swapped", "two solutions under each other's names, both defined", HONEST,
        notebook(_swapped)),
    Hostile("graded-cells-replaced", "graded cells that say 70", HONEST, _test_cell("70.0"),
        "was changed; the original was put back"),
    Hostile("graded-cells-deleted", "no graded cells", HONEST, _without("grade"), "were put back"),
    Hostile("locked-cells-deleted", "no locked cells", HONEST, _without("locked"), "were put back"),
    Hostile("reversed", "all cells in reverse order", HONEST,
        notebook(lambda made: made.cells.reverse())),
    Hostile("own-verdicts", "verdicts and scores written in", HONEST,
        notebook(_verdicts_of_its_own)),
)  # fmt: skip


def _reads(name: str, about: str, path: str) -> Hostile:
    source = (f"text = open({path!r}).read()", "print(text)", "exec(text)")
    return Hostile(f"reads-{name}", about, HONEST, cell(*source), "Permission denied|No such file")


def _writes(name: str, about: str, path: str) -> Hostile:
    source = f"open({path!r}, 'a').write('x')"
    return Hostile(f"writes-{name}", about, HONEST, cell(source), "Permission denied|No such file")


def _beside(files: dict[str, str]) -> Place:
    """The solved notebook with other files beside it."""

    def place(folder: Path) -> None:
        cell("import os", "print(os.listdir())")(folder)
        for name, text in files.items():
            write(text, name)(folder)

    return place


_BOMB = "raise SystemExit('planted')\n"
_TRIGGER = "CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET auto_score = 70; END"
FILES = (
    _reads("solution", "the reference", SOLUTION),
    _reads("checks", "the checks", f"{CHECKS}/elbo.py"),
    _reads("gradebook", "the gradebook", "{COURSE}/gradebook.db"),
    _reads("neighbour", "another student's work",
        "{COURSE}/submitted/ada/vae/vae.ipynb"),
    _reads("results", "another student's result",
        "{COURSE}/autograded/ada/vae/vae.ipynb"),
    _reads("course-secret", "the key of the seeds", "{COURSE}/.autograder/secret"),
    _reads("history", "the history of the shell", "{HOME}/.bash_history"),
    _reads("parent-memory", "the judge's memory", "/proc/self/../1/environ"),
    Hostile("imports-checks", "the checks as a module", HONEST,
        cell("from autograder.checks.vae import elbo", "print(elbo.__file__)"),
        "Error"),
    Hostile("reads-all-descriptors", "everything that is open", HONEST, cell(
        "import os", "for fd in range(3, 200):",
        "    try: print(fd, os.pread(fd, 100, 0))", "    except OSError: pass")),
    _writes("solution", "the reference", SOLUTION),
    _writes("library", "a library", str(Path(nbformat.__file__))),
    _writes("gradebook", "the gradebook", "{COURSE}/gradebook.db"),
    _writes("neighbour", "another student's work",
        "{COURSE}/submitted/ada/vae/vae.ipynb"),
    Hostile("trigger", "a trigger in the database", HONEST, cell("import sqlite3",
        "db = sqlite3.connect('{COURSE}/gradebook.db')", f"db.execute({_TRIGGER!r})"),
        "unable to open database file|not authorized|disk I/O"),
    Hostile("shadows-in-scratch", "modules of its own in the working folder", HONEST, cell(
        "for name in ('torch', 'numpy', 'safetensors', 'sitecustomize', 'json', 'sklearn'):",
        f"    open(name + '.py', 'w').write({_BOMB!r})", "import os", "os._exit(0)")),
    Hostile("startup-in-scratch", "start-up files for the next kernel", HONEST, cell(
        "import os", "home = os.environ['HOME']",
        "for place in ('.ipython/profile_default/startup', '.config/matplotlib', '.jupyter'):",
        "    os.makedirs(f'{home}/{place}', exist_ok=True)",
        f"    open(f'{{home}}/{{place}}/00.py', 'w').write({_BOMB!r})", "os._exit(0)")),
    Hostile("links-to-folder", "another student's folder by a link", None,
        _linked("x", "../../ada/vae"), "x is a link"),
    Hostile("is-a-link", "the folder itself is another student's", None, _is_link("../ada/vae"),
        "is a link"),
    Hostile("replies-overflow", "replies with a shape that overflows", 0.0, cell(
        "import safetensors.numpy as s, json, struct",
        "j = {'t0': {'dtype': 'F32', 'shape': [0, 2**40, 2**40], 'data_offsets': [0, 0]}}",
        "j = json.dumps(j).encode()",
        "s.save = lambda t, *a: struct.pack('<Q', len(j)) + j"), "reply is malformed"),
    Hostile("files-beside", "modules and configuration beside the notebook", HONEST, _beside({
        name: _BOMB for name in (
            "torch.py", "numpy.py", "conftest.py", "sitecustomize.py", "nbgrader_config.py",
            "jupyter_config.py", "ipython_config.py", "vae_utils/__init__.py", "autograder.py")})),
    Hostile("gradebook-beside", "a gradebook and results of its own", HONEST, _beside({
        "gradebook.db": "x", "autograded/vae.ipynb": "{}", "vae.tape": "x", "pytest.ini": "[x]"})),
    Hostile("right-in-class-body", "the right KL by another way", HONEST, kl(RIGHT_KL, before=(
        "import sys\nsys.modules['torch_'] = torch"))),
)  # fmt: skip

FORGERY = (*PATCHES, *PROBE, *REPLIES, *HOOKS, *EXITS, *NOTEBOOKS, *FILES)
