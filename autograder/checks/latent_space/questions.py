"""Task `questions`: five statements, each True or False; the key stands here and nowhere else.

A tape holds only that five answers are there, each True or False (`vae_utils.compare.answered`):
right and wrong ones look the same to `check`. Whoever answers all the same gets what that gives.

1. p(x | z) is a product over pixels, so p(bottom | z) is one as well.
2. p(bottom | top) = int p(bottom | z) p(z | top) dz, and a mixture of products is no product.
3. ELBO = log p(x) - KL(q || p(z | x)), and training changes both terms.
4. A density is a positive number, whatever its logarithm is.
5. N(0; 0, 0.01^2) = 1 / (0.01 sqrt(2 pi)) = 39.9; only integrals of densities are at most 1.
"""

from autograder.checks import Draw, Misconception, worth
from autograder.student import Student

FUNCTION = "answers"
KEY = (True, False, False, False, True)
MISTAKES = (
    (
        "bottom_depends_given_z",
        "Once z is known, every pixel is a coin of its own: log p(x | z) is a sum over pixels, and "
        "so is that of the bottom half, over its own pixels. Nothing that the other pixels show "
        "changes the coin.",
    ),
    (
        "mixture_factorises",
        "Given only the top, z is unknown: p(bottom | top) is the average of p(bottom | z) over "
        "p(z | top). An average of products is no product. Each pixel of the bottom says something "
        "about z, and so about the other pixels: a stroke that begins also goes on.",
    ),
    (
        "elbo_as_closeness",
        "ELBO = log p(x) - KL(q || true posterior), and joint training changes log p(x), too: a "
        "run with a better decoder can have a higher ELBO and still a larger KL. Only for a fixed "
        "model does a higher ELBO mean a closer q.",
    ),
    (
        "log_for_density",
        "A normal density is an exponential divided by a positive number, so it is above 0 "
        "everywhere. Its logarithm can be negative, the density cannot.",
    ),
    (
        "density_as_probability",
        "A density is no probability: it has to integrate to 1, not to stay below 1. N(0, 0.01^2) "
        "has the density 1 / (0.01 sqrt(2 pi)), about 40, at 0.",
    ),
)


def _answers(student: Student, draw: Draw, number: int) -> None:
    """Question `number`, from 1; all questions are about one and the same call."""
    name, hint = MISTAKES[number - 1]
    answer = student.call(FUNCTION, choices=True, seed=draw.shared().seed())
    answer.must_answer(number - 1, KEY[number - 1], len(KEY), Misconception(name, hint, {}))


@worth(1)
def test_bottom_given_z(student: Student, draw: Draw) -> None:
    """Question 1: does the bottom half factorise, given z?"""
    _answers(student, draw, 1)


@worth(1)
def test_bottom_given_top(student: Student, draw: Draw) -> None:
    """Question 2: does the bottom half factorise, given the top half?"""
    _answers(student, draw, 2)


@worth(1)
def test_elbo_and_divergence(student: Student, draw: Draw) -> None:
    """Question 3: does a higher ELBO in joint training mean a smaller KL divergence?"""
    _answers(student, draw, 3)


@worth(1)
def test_negative_density(student: Student, draw: Draw) -> None:
    """Question 4: can a normal density be negative?"""
    _answers(student, draw, 4)


@worth(1)
def test_density_above_one(student: Student, draw: Draw) -> None:
    """Question 5: can a normal density be greater than 1?"""
    _answers(student, draw, 5)
