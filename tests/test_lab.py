"""A student at work: real JupyterLab, a real browser, the released notebook."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, sync_playwright

from autograder.assignment import Assignment
from tests.conftest import ROOT
from tests.samples import method
from tests.test_browser import _chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ARTEFACTS = ROOT / "artefacts"
SECONDS = 120
KERNEL_IS_IDLE = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const session = panel && panel.sessionContext && panel.sessionContext.session;
    return session && session.kernel.status === 'idle';
}"""
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are in the page
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
_KL = ", mu, logsigma"
WRONG = method(
    "kl_divergence", _KL, "return 0.5 * (mu**2 + torch.exp(logsigma) - 1 - logsigma).sum(-1)"
)
RIGHT = method(
    "kl_divergence", _KL,
    "return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)",
)  # fmt: skip


def _settings(folder: Path) -> Path:
    for name, values in SETTINGS.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def lab(vae: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab that shows the release and nothing else."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks" / "vae"
    folder.mkdir(parents=True)
    for path in (vae.released, vae.tape):
        shutil.copy(path, folder)
    places = {"HOME": home, "JUPYTER_RUNTIME_DIR": home / "runtime", "VAE_UTILS_DATA": home}
    places |= {"JUPYTERLAB_SETTINGS_DIR": _settings(home / "settings")}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
    environment = {**os.environ, **{k: str(v) for k, v in places.items()}, "VAE_UTILS_QUICK": "1"}
    port = _free_port()
    options = [
        "--no-browser", f"--port={port}", "--ip=127.0.0.1", "--allow-root",
        "--IdentityProvider.token=t", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/lab/tree/notebooks/vae/vae.ipynb?token=t"
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture(scope="module")
def page(lab: str) -> Iterator[Page]:
    """The notebook in a browser, everything above the KL run, its tasks untouched."""
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(1000 * SECONDS)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(KERNEL_IS_IDLE)
        _source(_cell(page, 'check("kl_divergence")')).click()
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-above')")
        yield page
        browser.close()


def _cell(page: Page, text: str) -> Locator:
    return page.locator(".jp-CodeCell", has_text=text).first


def _source(cell: Locator) -> Locator:
    return cell.locator(".cm-content").first


def _checked(page: Page, expected: str) -> str:
    """Run the check of the KL and wait until it shows that."""
    cell = _cell(page, 'check("kl_divergence")')
    _source(cell).click()
    page.keyboard.press("Shift+Enter")
    cell.locator(".jp-OutputArea-output", has_text=expected).first.wait_for()
    return cell.inner_text()


def _type(page: Page, source: str) -> None:
    _source(_cell(page, "def kl_divergence")).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")


def test_an_untouched_task_is_grey(page: Page) -> None:
    said = _checked(page, "not attempted")
    assert "CheckFailed" not in said and "○ kl_divergence: not attempted" in said
    page.screenshot(path=str(ARTEFACTS / "not_attempted.png"))


def test_a_wrong_formula_shows_its_hint(page: Page) -> None:
    _type(page, WRONG)
    said = _checked(page, "CheckFailed")
    assert "Hint: You have log sigma, the formula wants log sigma^2" in said
    assert "expected [0]" in said and "yours [0]" in said and "Traceback" not in said
    cell = _cell(page, 'check("kl_divergence")')
    picture = cell.locator("img").get_attribute("src") or ""
    drawn = base64.b64decode(picture.removeprefix("data:image/svg+xml;base64,"))
    assert drawn.count(b"<circle") == 7
    assert cell.locator("img").evaluate("image => image.naturalWidth") == 300
    cell.evaluate("cell => cell.scrollIntoView()")
    page.screenshot(path=str(ARTEFACTS / "hint.png"))


def test_a_right_formula_passes_and_validation_finds_the_others(page: Page) -> None:
    _type(page, RIGHT)
    said = _checked(page, "kl_divergence: passed")
    assert "5 of 5 points" in said and "CheckFailed" not in said
    page.screenshot(path=str(ARTEFACTS / "passed.png"))
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate").click()
    dialog = page.locator(".jp-Dialog", has_text="encoder")
    dialog.wait_for()
    page.screenshot(path=str(ARTEFACTS / "validate.png"))
    found = dialog.inner_text()
    assert 'check("encoder")' in found and "not attempted" in found
    assert 'check("kl_divergence")' not in found
