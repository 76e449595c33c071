"""Importing this first makes the import of nbformat and nbgrader several times faster.

jsonschema can check internationalised URLs with rfc3987_syntax and imports it where it is
installed; that builds a parser from 38 grammars, more than a second in every process. No schema
of a notebook has such a URL. Import this in processes of our own only: it hides the package.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
