"""Wrong solutions of Part 0 and of the methods on top of it."""

from . import method_wrong, plain_wrong

WRONG = (*plain_wrong.WRONG, *method_wrong.WRONG)
