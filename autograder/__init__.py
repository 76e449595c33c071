"""Grades the course's notebooks: sandbox, judge, nbgrader plug-in, commands."""
