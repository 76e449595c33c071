"""nbgrader, configured for this course: stock commands, our folders, our judge."""

from pathlib import Path

from autograder.release import refresh_sources

c = get_config()  # noqa: F821

root = Path(__file__).resolve().parent
c.CourseDirectory.course_id = "vae"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
# Percent-format solutions must never be copied into a release, nor students' modules be graded.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "__pycache__",
    "*.py",
    "*.pyc",
    "*.tape",
    ".pytest_cache",
]

c.GenerateAssignment.force = True  # a release is generated, so it can be generated again
c.GenerateAssignment.post_convert_hook = "autograder.nbgrader_plugin.record_tapes"

c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"
c.Autograde.pre_convert_hook = "autograder.nbgrader_plugin.register_assignment"
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.JudgeSubmission",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.nbgrader_plugin.HoldUngraded",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Students' markdown and outputs are hostile text: no script of theirs runs in a feedback page.
c.HTMLExporter.sanitize_html = True

# nbgrader sees notebooks; the solutions are kept as text and converted when they have changed.
refresh_sources(root)
