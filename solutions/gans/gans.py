# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: nbgrader,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Critics, distances and a GAN
#
# A variational autoencoder is trained by a likelihood: how probable is each image? This notebook does
# without one. A second network, the **critic**, looks at real and at generated images and gives a
# number to each. How far apart it can keep the two kinds is a *distance* between two distributions,
# and making that distance small trains a generator.
#
# First you write two distances and the penalty that one of them needs. Then you measure both where
# the truth is known, and see why one of them is a poor guide. At last you train a generative
# adversarial network (GAN) on small colour images of digits, and walk around in its latent space.
#
# There are **48 points** for code, and 2 more for a short answer in your own words. On a laptop
# without a graphics card, the two long cells take about two minutes and one minute.
#
# ## The rules
#
# - Write your code in place of `raise NotImplementedError()`, in the marked blocks and only there.
# - Everything you need is imported already. NumPy and Python's own library may be imported as well,
#   other packages may not.
# - **No loop over a batch.** Every function treats all rows at once. Loops over training steps are
#   fine.
# - **Leave what you are given as it is.** Whoever calls a function may still need it: no `x *= 2`, no
#   `x.mul_(t)`, on an argument.
# - Talk about ideas with anyone you like, but write every line yourself.
#
# After each task comes a cell such as `check("lp_reg")`. Run it as often as you want: it tells you at
# once whether your code is right, and often what to look at if it is not. `check()` without a name
# shows how far you are.
#
# | letter | meaning | here |
# |:--|:--|--:|
# | $B$ | batch: the number of points or images treated at once | 512, 32 |
# | $P$, $Q$ | the distribution of real data $x$, and that of generated data $y$ | |
# | $V$ | the critic; it gives one number to each point or image | |
# | $L$ | numbers in a code $z$ | 100 |

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torch.nn.functional as F

from vae_utils import check, is_quick, load_colour_digits, select_device

# %% nbgrader={"grade": false, "grade_id": "device", "locked": true, "schema_version": 3, "solution": false}
device = select_device("auto")

# %% nbgrader={"grade": false, "grade_id": "settings", "locked": true, "schema_version": 3, "solution": false}
latent_dim = 100
toy_first, toy_steps, toy_width = 500, 100, 256
wgan_steps, critic_steps, learning_rate, batch_size = 1000, 2, 8e-4, 32
if is_quick():  # a grader does not wait for training
    toy_first, toy_steps, toy_width = 5, 1, 16
    wgan_steps = 2

# %% [markdown]
# ## Task 1: the squared Hellinger distance (6 points)
#
# Let $P$ and $Q$ have densities $p$ and $q$. Their **squared Hellinger distance** is
#
# $$H^2(P, Q) = \int \Big( \sqrt{p(x)} - \sqrt{q(x)} \Big)^2 dx.$$
#
# It is 0 if $P = Q$, and never more than 2. For images nobody knows $p$ and $q$; there are only
# samples. But for every critic $V$ whatsoever,
#
# $$H^2(P, Q) \ge \mathbb{E}_{x \sim P}\big[ g(V(x)) \big]
# - \mathbb{E}_{y \sim Q}\big[ f^*\big( g(V(y)) \big) \big],
# \qquad g(v) = 1 - e^{-v}, \quad f^*(t) = \frac{t}{1 - t},$$
#
# and the best critic, $V = \tfrac{1}{2} \log (p / q)$, makes this an equality
# ([Nowozin, Cseke and Tomioka, 2016](https://arxiv.org/abs/1606.00709)). The **output activation**
# $g$ keeps its values below 1, where the **conjugate** $f^*$ is finite. Samples are enough for the
# right-hand side: replace each expectation by a mean.
#
# **Write** `vf_squared_hellinger`. Put $g$ into $f^*$ on paper first: what remains is short, and does
# not divide by zero when $V(y)$ is large.
#
# **Expect** a single number. If $V$ is 0 everywhere, it is 0. If $V$ is $\log 2$ on all of $x$ and
# $-\log 2$ on all of $y$, it is 1.


# %% nbgrader={"grade": false, "grade_id": "vf_squared_hellinger_solution", "locked": false, "schema_version": 3, "solution": true}
def vf_squared_hellinger(x, y, critic):
    """Estimate a lower bound of the squared Hellinger distance from samples.

    Args:
        x: samples of P [B, ...].
        y: samples of Q [B, ...].
        critic: a function; of a batch [B, ...] it gives V of each row, [B] or [B, 1].

    Returns:
        The bound, a single number [], differentiable.
    """
    ### BEGIN SOLUTION
    return (1 - torch.exp(-critic(x))).mean() - torch.expm1(critic(y)).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vf_squared_hellinger", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("vf_squared_hellinger")

# %% [markdown]
# ## Task 2: the Wasserstein distance (6 points)
#
# Think of $P$ as a heap of sand, and of $Q$ as the place where it should lie. The **Wasserstein
# distance** $W(P, Q)$ is the least work that moves it there: mass times way. It can be written with a
# critic, too,
#
# $$W(P, Q) = \max_V \; \mathbb{E}_{x \sim P}\big[ V(x) \big] - \mathbb{E}_{y \sim Q}\big[ V(y) \big],$$
#
# where $V$ must not be steeper than 1 anywhere (a **1-Lipschitz** function:
# $|V(a) - V(b)| \le \|a - b\|$). No activation, no conjugate.
#
# **Write** `vf_wasserstein_distance`, the difference of the two means. That the critic is not too steep
# is taken care of in the next task.
#
# **Expect** a single number, of either sign.


# %% nbgrader={"grade": false, "grade_id": "vf_wasserstein_distance_solution", "locked": false, "schema_version": 3, "solution": true}
def vf_wasserstein_distance(x, y, critic):
    """Estimate how far a critic keeps two distributions apart.

    Args:
        x: samples of P [B, ...].
        y: samples of Q [B, ...].
        critic: a function; of a batch [B, ...] it gives V of each row, [B] or [B, 1].

    Returns:
        The mean of V over x minus that over y, a single number [], differentiable.
    """
    ### BEGIN SOLUTION
    return critic(x).mean() - critic(y).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vf_wasserstein_distance", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("vf_wasserstein_distance")

# %% [markdown]
# ## Task 3: not too steep (8 points)
#
# A network does not keep to a slope by itself. Make it pay for every place where it is too steep. Such
# places are looked for between the two kinds of data: each pair $(x_b, y_b)$ gives one point on the
# line that joins them,
#
# $$\hat x_b = t_b \, x_b + (1 - t_b) \, y_b, \qquad t_b \sim \mathcal{U}(0, 1),$$
#
# and the **Lipschitz penalty** ([Petzka, Fischer and Lukovnikov,
# 2018](https://arxiv.org/abs/1709.08894)) is
#
# $$\frac{1}{B} \sum_{b=1}^{B} \Big( \max\big( 0, \; \| \nabla V(\hat x_b) \| - 1 \big) \Big)^2.$$
#
# Four details decide:
#
# - **One $t$ per pair**, the same for all pixels of an image, another one for the next pair.
# - The norm is that of the **whole** gradient: of an image, the root of the sum over all its squares.
# - A slope below 1 costs nothing.
# - The penalty is going to be minimised, so it must itself be differentiable with respect to the
#   critic's weights. `torch.autograd.grad` forgets how it came to its answer, unless you pass
#   `create_graph=True`.
#
# For the gradient of every row at once, differentiate the **sum** of the critic's values: no row's
# value depends on another row.
#
# **Write** `lp_reg`.
#
# **Expect** 4 from the critic $V(x) = w^\top x$ if $\|w\| = 3$, whatever the data, and 0 if
# $\|w\| = 0.9$. Where $x = y$, the gradient is taken at $x$ itself.


# %% nbgrader={"grade": false, "grade_id": "lp_reg_solution", "locked": false, "schema_version": 3, "solution": true}
def lp_reg(x, y, critic):
    """Penalise a critic for being steeper than 1 between two batches.

    Args:
        x: samples of P [B, ...].
        y: samples of Q, of the same shape.
        critic: a differentiable function; of a batch [B, ...] it gives V of each row, [B] or [B, 1].

    Returns:
        The mean penalty, a single number [], differentiable with respect to the critic's weights.
    """
    ### BEGIN SOLUTION
    t = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device)
    xhat = (t * x + (1 - t) * y).requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).clamp(min=0).square().mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lp_reg", "locked": true, "points": 8, "schema_version": 3, "solution": false}
check("lp_reg")

# %% [markdown]
# ## Task 4: two lines (10 points)
#
# Try both distances where the truth is known. Data are points of the plane. With $u$ uniform between 0
# and 1, $P$ is the distribution of $(0, u)$, and $Q$ that of $(\theta, u)$: two parallel lines,
# $\theta$ apart.
#
# - All sand moves by $\theta$, so $W(P, Q) = |\theta|$.
# - If $\theta = 0$, both are the same, and $H^2(P, Q) = 0$. Otherwise no point is on both lines, and
#   $H^2(P, Q) = 2$, its maximum, **however close they are**.
#
# A generator that has to find $\theta = 0$ downhill gets a direction from the first, and none from the
# second ([Arjovsky, Chintala and Bottou, 2017](https://arxiv.org/abs/1701.07875), example 1).
#
# The critic is given.


# %% nbgrader={"grade": false, "grade_id": "toy_critic", "locked": true, "schema_version": 3, "solution": false}
class ToyCritic(nn.Module):
    """Three hidden layers with ReLU: points of the plane [B, 2] to values [B]."""

    def __init__(self, width=256):
        """Lay out the layers; width is the number of units of each hidden one."""
        super().__init__()
        self.hidden1 = nn.Linear(2, width)
        self.hidden2 = nn.Linear(width, width)
        self.hidden3 = nn.Linear(width, width)
        self.output = nn.Linear(width, 1)

    def forward(self, x):
        h = F.relu(self.hidden1(x))
        h = F.relu(self.hidden2(h))
        h = F.relu(self.hidden3(h))
        return self.output(h).squeeze(-1)


# %% [markdown]
# **Write** four functions.
#
# - `toy_samples` draws $n$ points from each distribution. Every point has a $u$ of its own.
# - `fit_critic` trains a critic with `torch.optim.SGD`, one step for every pair of batches, so that it
#   makes the distance as large as it can. For `"hellinger"` the loss is minus your distance of Task 1.
#   For `"wasserstein"` it is minus that of Task 2, plus `penalty` times the penalty of Task 3. It
#   returns the distances, without the penalty: one number (a Python `float`) for every step, from
#   before that step.
# - `toy_curves` estimates both distances for each $\theta$, in the given order. Each distance has a
#   new `ToyCritic(width)`, which then **keeps on learning** from one $\theta$ to the next: lines that
#   moved a little need a critic that changes a little. For every step draw 512 new points of each
#   kind, `first` times for the first $\theta$ and `steps` times for each of the others. The estimate is
#   the distance on a last fresh batch, as large as the others.
# - `toy_figure` plots both estimates against $\theta$ in one panel, as lines with a marker
#   (`marker="o"`) at each estimate, and with a legend.
#
# **Expect** two minutes of patience. Then the Wasserstein distance follows $\theta$ closely. The
# squared Hellinger distance starts below 2, since its critic has only begun to learn at $\theta = 2$.
# It climbs to about 1.9, is still above 1.4 where the lines are $0.2$ apart, and then drops to 0: a
# critic of finite steepness cannot separate lines that nearly touch.


# %% nbgrader={"grade": false, "grade_id": "toy_solution", "locked": false, "schema_version": 3, "solution": true}
def toy_samples(theta, n):
    """Draw points from two parallel lines.

    Args:
        theta: how far Q lies to the right of P.
        n: number of points of each.

    Returns:
        x from P [n, 2] and y from Q [n, 2], on `device`.
    """
    ### BEGIN SOLUTION
    x, y = torch.rand(2, n, 2, device=device)
    x[:, 0], y[:, 0] = 0, theta
    return x, y
    ### END SOLUTION


def fit_critic(critic, batches, distance, lr=1e-3, penalty=50.0):
    """Train a critic to tell two distributions apart, with plain gradient steps.

    Args:
        critic: a module, which is trained in place.
        batches: gives pairs (x, y) of samples, [B, 2] each, one pair for every step.
        distance: "hellinger" or "wasserstein".
        lr: the learning rate of `torch.optim.SGD`.
        penalty: the weight of the Lipschitz penalty, for "wasserstein" only.

    Returns:
        The distance before each step, without the penalty, a list of floats.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.SGD(critic.parameters(), lr=lr)
    distances = []
    for x, y in batches:
        if distance == "hellinger":
            value = vf_squared_hellinger(x, y, critic)
            loss = -value
        else:
            value = vf_wasserstein_distance(x, y, critic)
            loss = penalty * lp_reg(x, y, critic) - value
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        distances.append(value.item())
    return distances
    ### END SOLUTION


def toy_curves(thetas, first=500, steps=100, width=256):
    """Estimate both distances for each theta.

    Args:
        thetas: a list of numbers, in the order in which the critics meet them.
        first: training steps for the first of them.
        steps: training steps for each of the others.
        width: units of each hidden layer of the critics.

    Returns:
        Two tensors: the squared Hellinger distances [T] and the Wasserstein distances [T].
    """
    ### BEGIN SOLUTION
    curves = []
    for name, estimate in (
        ("hellinger", vf_squared_hellinger),
        ("wasserstein", vf_wasserstein_distance),
    ):
        critic, values = ToyCritic(width).to(device), []
        for theta in thetas:
            count = steps if values else first
            fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)
            values.append(estimate(*toy_samples(theta, 512), critic).item())
        curves.append(torch.tensor(values))
    return tuple(curves)
    ### END SOLUTION


def toy_figure(thetas, hellinger, wasserstein):
    """Plot both distances against theta.

    Args:
        thetas: a list of T numbers.
        hellinger: squared Hellinger distances [T].
        wasserstein: Wasserstein distances [T].

    Returns:
        A figure of one panel with two lines, a marker at each estimate, and a legend.
    """
    ### BEGIN SOLUTION
    _, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    ax.plot(thetas, hellinger, marker="o", markersize=4, label="squared Hellinger distance")
    ax.plot(thetas, wasserstein, marker="o", markersize=4, label="Wasserstein distance")
    ax.set(xlabel=r"$\theta$", ylabel="estimate")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax.figure
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "toy", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("toy")

# %% [markdown]
# Now for all of $\theta = 2, 1.9, \dots, 0$. It has to be downwards: lines that are far apart are easy
# to separate, and what a critic has learned about them helps with the closer ones.

# %% nbgrader={"grade": false, "grade_id": "run_toy", "locked": true, "schema_version": 3, "solution": false}
thetas = [tenths / 10 for tenths in range(20, -1, -1)]
hellinger, wasserstein = toy_curves(thetas, toy_first, toy_steps, toy_width)

# %% nbgrader={"grade": false, "grade_id": "show_toy", "locked": true, "schema_version": 3, "solution": false}
figure = toy_figure(thetas, hellinger, wasserstein)

# %% [markdown]
# ## The data
#
# Colour images, $32 \times 32$ pixels with red, green and blue between 0 and 1. If you have SVHN, the
# Street View House Numbers, in vae_utils' data folder, you get these. Otherwise you get
# scikit-learn's digits, painted in light colours on dark ones; they are much easier to learn, and fit
# for a laptop. (With a graphics card, try `source="svhn"`, which downloads 180 MB; and at the top
# 20,000 steps, with batches of 64.)
#
# The second function turns a loader into an endless row of batches, without the labels. Note that the
# last batch of each round is smaller than the others.

# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false}
loader = load_colour_digits(batch_size, train_size=10_000, device=device)


# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false}
def show_images(images, columns):
    """Draw images side by side, row by row from the top left.

    Args:
        images: [N, 3, 32, 32], every entry in [0, 1]; N is a multiple of columns.
        columns: how many stand in a row.

    Returns:
        A figure of N / columns rows, without ticks.
    """
    rows, size = len(images) // columns, min(0.7, 10 / columns)
    tiles = F.pad(images.detach().cpu(), (1, 1, 1, 1), value=1.0)
    tiles = tiles.view(rows, columns, 3, 34, 34).permute(0, 3, 1, 4, 2)
    figure = plt.figure(figsize=(size * columns, size * rows))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.imshow(tiles.reshape(34 * rows, 34 * columns, 3))
    ax.set_axis_off()
    return ax.figure


def endless(loader):
    """Go through the images of a loader for ever: batches [B, 3, 32, 32]."""
    while True:
        for images, _ in loader:
            yield images


# %% nbgrader={"grade": false, "grade_id": "show_data", "locked": true, "schema_version": 3, "solution": false}
figure = show_images(next(endless(loader))[:30], columns=10)

# %% [markdown]
# ## The networks are given
#
# The **generator** turns a code into an image, from $4 \times 4$ up to $32 \times 32$ pixels. The
# critic goes the other way. Batch normalisation makes the generator learn faster; the layers before it
# have no biases, since it would take them away again. The critic does without: with it, the value of an
# image would depend on the rest of the batch, and Task 3 relies on that not being so.


# %% nbgrader={"grade": false, "grade_id": "networks", "locked": true, "schema_version": 3, "solution": false}
class Generator(nn.Module):
    """Codes [B, L] to images [B, 3, 32, 32], every entry in [0, 1]."""

    def __init__(self, latent_dim=100, width=16):
        """Lay out the layers; width is the number of channels at 16 x 16 pixels."""
        super().__init__()
        self.latent_dim, self.width = latent_dim, width
        self.project = nn.Linear(latent_dim, 4 * width * 4 * 4, bias=False)
        self.norm1 = nn.BatchNorm2d(4 * width)
        self.up1 = nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * width)
        self.up2 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)
        self.norm3 = nn.BatchNorm2d(width)
        self.up3 = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)

    def forward(self, z):
        h = self.project(z).view(-1, 4 * self.width, 4, 4)
        h = self.up1(F.relu(self.norm1(h)))
        h = self.up2(F.relu(self.norm2(h)))
        return torch.sigmoid(self.up3(F.relu(self.norm3(h))))


class Critic(nn.Module):
    """Images [B, 3, 32, 32] to values [B]."""

    def __init__(self, width=16):
        """Lay out the layers; width is the number of channels at 16 x 16 pixels."""
        super().__init__()
        self.down1 = nn.Conv2d(3, width, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.down3 = nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1)
        self.score = nn.Linear(4 * width * 4 * 4, 1)

    def forward(self, x):
        h = F.leaky_relu(self.down1(x), 0.2)
        h = F.leaky_relu(self.down2(h), 0.2)
        h = F.leaky_relu(self.down3(h), 0.2)
        return self.score(h.flatten(1)).squeeze(-1)


# %% [markdown]
# ## Task 5: train a generator (10 points)
#
# Let $P$ be the distribution of the data, and $Q$ that of images $y = G(z)$ from codes
# $z \sim \mathcal{N}(0, I)$. The critic estimates $W(P, Q)$, and the generator makes it smaller, as the
# paper of Task 4 proposes. With a penalty of weight $\lambda = 10$, they minimise
#
# $$\mathcal{L}_V = -\Big( \mathbb{E}_x\big[V(x)\big] - \mathbb{E}_z\big[V(G(z))\big] \Big)
# + \lambda \cdot \text{penalty}, \qquad
# \mathcal{L}_G = -\mathbb{E}_z\big[ V(G(z)) \big].$$
#
# The generator has no use for $\mathbb{E}_x[V(x)]$: nothing in there depends on it.
#
# **Write** three functions.
#
# - `critic_loss` is $\mathcal{L}_V$ on one batch, from your Tasks 2 and 3. Its gradient reaches the
#   critic only; the images are to the critic what data are.
# - `generator_loss` is $\mathcal{L}_G$ on one batch. Its gradient passes through the critic into the
#   generator.
# - `train_wgan` makes one `torch.optim.Adam` for each of the two, with learning rate `lr` and
#   `betas=(0.5, 0.9)`. Each of its `steps` consists of `critic_steps` steps of the critic, every one
#   with the next batch of `endless(loader)` and as many new codes, and then one step of the generator,
#   with as many new codes as the last batch had images. Before each step, clear the gradients of
#   what is going to move: the generator's loss leaves some in the critic, too. It returns the critic's
#   loss of the last of its steps, one number (a Python `float`) for every step of the generator.
#
# **Expect** losses that fall from 0 to about -10 within the first twenty steps, while the critic
# learns to tell grey from colours. Then they rise towards 0, with ups and downs: data and generated
# images come closer.


# %% nbgrader={"grade": false, "grade_id": "train_wgan_solution", "locked": false, "schema_version": 3, "solution": true}
def critic_loss(generator, critic, x, z, penalty=10.0):
    """Compute what the critic minimises on a batch.

    Args:
        generator: a module, codes [B, L] to images; no gradient reaches it.
        critic: a module, images to values [B].
        x: images of the data [B, 3, 32, 32].
        z: codes [B, L].
        penalty: the weight of the Lipschitz penalty.

    Returns:
        A single number [].
    """
    ### BEGIN SOLUTION
    y = generator(z).detach()
    return penalty * lp_reg(x, y, critic) - vf_wasserstein_distance(x, y, critic)
    ### END SOLUTION


def generator_loss(generator, critic, z):
    """Compute what the generator minimises on a batch.

    Args:
        generator: a module, codes [B, L] to images.
        critic: a module, images to values [B].
        z: codes [B, L].

    Returns:
        A single number [].
    """
    ### BEGIN SOLUTION
    return -critic(generator(z)).mean()
    ### END SOLUTION


def train_wgan(generator, critic, loader, steps, critic_steps=5, lr=1e-4, penalty=10.0):
    """Train generator and critic in turn, with Adam.

    Args:
        generator: a module, codes [B, L] to images, with L in `generator.latent_dim`.
        critic: a module, images to values [B]; both are trained in place.
        loader: gives pairs (images [B, 3, 32, 32], labels [B]) each time it is gone through.
        steps: the number of the generator's steps.
        critic_steps: how many steps of the critic come before each of them.
        lr: Adam's learning rate, for both.
        penalty: the weight of the Lipschitz penalty.

    Returns:
        The critic's last loss before each of the generator's steps, a list of floats.
    """
    ### BEGIN SOLUTION
    settings = {"lr": lr, "betas": (0.5, 0.9)}
    critic_optimizer = torch.optim.Adam(critic.parameters(), **settings)
    generator_optimizer = torch.optim.Adam(generator.parameters(), **settings)
    batches, losses = endless(loader), []
    for _ in range(steps):
        for _ in range(critic_steps):
            x = next(batches)
            z = torch.randn(len(x), generator.latent_dim, device=x.device)
            loss = critic_loss(generator, critic, x, z, penalty)
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()
        losses.append(loss.item())
        z = torch.randn(len(x), generator.latent_dim, device=x.device)
        generator_optimizer.zero_grad()
        generator_loss(generator, critic, z).backward()
        generator_optimizer.step()
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_wgan", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("train_wgan")

# %% [markdown]
# The defaults of `train_wgan`, five steps of the critic for each of the generator and a learning rate
# of $10^{-4}$, are safe and slow. Small networks and easy digits put up with more: here the critic
# takes two steps, and both learn eight times as fast.
#
# Training takes about a minute. That is enough to see that your code works, and **not enough for
# good digits**: expect light strokes on dark paper, a third of them in the shape of a digit. For
# digits set `wgan_steps` to 8,000 at the top, restart, and have a break of ten minutes. Then more
# than half of the images show one, and the others are something in between.
#
# In training, batch normalisation looks at the other images of the batch. `generator.eval()` makes it
# use averages from training instead. So from then on an image depends on its own code only.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false}
generator = Generator(latent_dim).to(device, memory_format=torch.channels_last)
critic = Critic().to(device, memory_format=torch.channels_last)
losses = train_wgan(generator, critic, loader, wgan_steps, critic_steps, learning_rate)
generator = generator.eval()

# %% nbgrader={"grade": false, "grade_id": "show_losses", "locked": true, "schema_version": 3, "solution": false}
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(losses)
ax.set(xlabel="step of the generator", ylabel="loss of the critic")
ax.grid(alpha=0.3)

# %% [markdown]
# ## Task 6: explore (8 points)
#
# What has the generator learned? Each of these functions returns a figure, drawn by `show_images`.
#
# **Write** three functions. (`@torch.no_grad()` in front of them saves the work of keeping track of
# gradients.)
#
# - `samples_figure` shows images of codes $z \sim \mathcal{N}(0, I)$.
# - `dimensions_figure` starts from one code $z$ and changes **one entry at a time**: image $i$ is
#   $G(z + \varepsilon e_i)$, where $e_i$ has a 1 in place $i$ and zeros elsewhere.
# - `interpolation_figure` walks from one code to another, for $\alpha = 0, 0.1, \dots, 1$, in two rows
#   of eleven images. The upper row walks between the **codes**, and the lower one between the
#   **pixels** of their images:
#
# $$G\big(\alpha \, z_a + (1 - \alpha) \, z_b\big)
# \qquad \text{and} \qquad \alpha \, G(z_a) + (1 - \alpha) \, G(z_b).$$
#
# **Expect** that both rows begin with $G(z_b)$ and end with $G(z_a)$.


# %% nbgrader={"grade": false, "grade_id": "explore_solution", "locked": false, "schema_version": 3, "solution": true}
@torch.no_grad()
def samples_figure(generator, count=60, columns=12):
    """Show images of random codes.

    Args:
        generator: a module, codes [B, L] to images, with L in `generator.latent_dim`.
        count: number of images, a multiple of columns.
        columns: how many stand in a row.

    Returns:
        A figure of count / columns rows.
    """
    ### BEGIN SOLUTION
    z = torch.randn(count, generator.latent_dim, device=device)
    return show_images(generator(z), columns)
    ### END SOLUTION


@torch.no_grad()
def dimensions_figure(generator, z, eps=4.0, columns=10):
    """Show what becomes of an image if one entry of its code is moved.

    Args:
        generator: a module, codes [B, L] to images.
        z: a single code [L], where L is a multiple of columns.
        eps: what is added to an entry.
        columns: how many images stand in a row.

    Returns:
        A figure of L images, row by row; for image i only entry i was moved.
    """
    ### BEGIN SOLUTION
    moved = z + eps * torch.eye(len(z), device=z.device)
    return show_images(generator(moved), columns)
    ### END SOLUTION


@torch.no_grad()
def interpolation_figure(generator, z_a, z_b):
    """Show a walk between two codes, and one between the pixels of their images.

    Args:
        generator: a module, codes [B, L] to images.
        z_a, z_b: single codes [L].

    Returns:
        A figure of two rows with 11 images each, from that of z_b to that of z_a: above, images of
        the codes in between; below, the two images mixed.
    """
    ### BEGIN SOLUTION
    alpha = torch.linspace(0, 1, 11, device=z_a.device)[:, None]
    walk = generator(alpha * z_a + (1 - alpha) * z_b)
    image_a, image_b = generator(torch.stack([z_a, z_b]))
    alpha = alpha[:, :, None, None]
    return show_images(torch.cat([walk, alpha * image_a + (1 - alpha) * image_b]), columns=11)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "explore", "locked": true, "points": 8, "schema_version": 3, "solution": false}
check("explore")

# %% nbgrader={"grade": false, "grade_id": "show_samples", "locked": true, "schema_version": 3, "solution": false}
figure = samples_figure(generator)

# %% [markdown]
# Each entry of one code moved by 4, all 100 of them:

# %% nbgrader={"grade": false, "grade_id": "show_dimensions", "locked": true, "schema_version": 3, "solution": false}
figure = dimensions_figure(generator, torch.randn(latent_dim, device=device))

# %% [markdown]
# Three pairs of codes, and two rows for each: a walk between the codes, and below it one between the
# pixels.

# %% nbgrader={"grade": false, "grade_id": "show_interpolation", "locked": true, "schema_version": 3, "solution": false}
for z_a, z_b in torch.randn(3, 2, latent_dim, device=device):
    interpolation_figure(generator, z_a, z_b)

# %% [markdown]
# ### In your own words (2 points)
#
# Compare the two kinds of walks: what do you see half way, and why? And do single entries of the code
# have a meaning of their own, such as a colour, a place or a digit? Three or four sentences. **Your
# answer is read by a person**, who gives one point for each of the two questions: half of it for what
# you see, half for the reason.

# %% [markdown] nbgrader={"grade": true, "grade_id": "explore_answer", "locked": false, "points": 2, "schema_version": 3, "solution": true}
# Half way between two codes there is still one digit of one colour, or something on its way from one to
# another, because the generator learned that codes give images like those of the data, and codes in
# between are codes, too. Half way between pixels lie two faint digits on top of each other, which no
# image of the data looks like. Most entries change colour and shape at the same time: nothing in the
# training asks for entries with separate meanings, and any rotation of the codes would serve as well.
#
# **Marking scheme**
#
# - 0.5: says that half way between codes there is one image, of one digit or of a shape between two,
#   and half way between pixels two faint ones on top of each other.
# - 0.5: gives the reason: codes in between are as likely as others in training, so the generator makes
#   images like the data of them, while a mean of two images is none of the data.
# - 0.5: says what moving single entries does in their own figure, whatever it is: most change several
#   properties at once, some hardly anything.
# - 0.5: gives the reason: nothing in the loss asks for entries with a meaning of their own (the prior
#   is the same in all directions).
#
# A short training shows pale spots only: then what they say must fit their own pictures.

# %% [markdown]
# ## How far are you?
#
# Here are all six tasks together. The grader runs the same checks, with other numbers.

# %% nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false}
check()

# %% [markdown]
# ## Where to go from here
#
# - Walk through $\theta$ upwards in Task 4, from 0 to 2. What does the Hellinger curve look like now, and
#   why?
# - Leave out the penalty in Task 4. What happens to the Wasserstein estimate?
# - Replace the penalty by $\big( \|\nabla V(\hat x)\| - 1 \big)^2$, which wants a slope of exactly 1, and
#   train both. Which critic's loss is larger?
# - Train a classifier on the real digits; the loader has their labels. How sure is it about generated
#   ones, and how often does it see each digit? A generator that leaves some out is said to have
#   **collapsed modes**.
