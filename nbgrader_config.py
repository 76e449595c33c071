"""nbgrader, configured for this course: stock commands, our folders, our judge."""

import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

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
    ".pytest_cache",
]

c.GenerateAssignment.force = True  # a release is generated, so it can be generated again
c.GenerateAssignment.post_convert_hook = "autograder.nbgrader_plugin.record_tapes"

c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"
c.Autograde.pre_convert_hook = "autograder.nbgrader_plugin.begin_grading"
c.Autograde.post_convert_hook = "autograder.nbgrader_plugin.end_grading"
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.JudgeSubmission",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.nbgrader_plugin.HoldUngraded",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.nbgrader_plugin.TellWhatWaits",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# nbgrader 0.9 relates new rows in an order about which SQLAlchemy 2.1 warns at length.
warnings.filterwarnings("ignore", category=SAWarning)

# nbgrader sees notebooks; the solutions are kept as text and converted when they have changed.
refresh_sources(root)
