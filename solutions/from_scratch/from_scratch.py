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
# # A variational autoencoder from scratch
#
# Deep-learning libraries make a model short to write and easy to misunderstand. Here you do without
# one. You build a variational autoencoder from matrix products and random numbers, and you write the
# optimiser that trains it, **Adam**, yourself. One thing is lent to you: the package
# [autograd](https://github.com/HIPS/autograd) finds the gradient of any function that you write in
# NumPy.
#
# You write six pieces of code, **40 points** in all. Training takes about a minute on one core of a
# laptop.
#
# ## The rules
#
# - Write your code in place of `raise NotImplementedError()`, in the marked blocks and only there.
# - Everything you need is imported already. Python's own library may be imported as well, other
#   packages may not. Autograd brings an Adam of its own, `autograd.misc.optimizers`; it is forbidden,
#   for here you write it.
# - **No loop over a batch.** Every function treats all rows at once. Loops over batches, epochs and
#   rows of a picture are fine.
# - **Leave what you are given as it is.** Whoever calls a function may still need it: no `x *= 2`, no
#   `x[0] = 1`, on an argument. (In `adam_step` it does no harm.)
# - `np` is autograd's NumPy: the same functions, but they remember what was computed, so that
#   gradients can be found. It cannot follow `array[i] = value`. Build new arrays instead, with
#   arithmetic, slices such as `array[:, :n]` and `np.concatenate`.
# - Random numbers come from `np.random`, for instance `np.random.randn(3, 4)`.
# - Talk about ideas with anyone you like, but write every line yourself.
#
# After each task comes a cell such as `check("compute_KL")`. Run it as often as you want: it tells
# you at once whether your code is right, and often what to look at if it is not. `check()` without a
# name shows how far you are.
#
# | letter | meaning | here |
# |:--|:--|--:|
# | $B$ | batch: the number of images treated at once | 200 |
# | $D$ | pixels of an image, $28 \times 28$ | 784 |
# | $L$ | numbers in a code $z$ | 50 |
# | $P$ | weights of the model, all in one row | 425,284 |

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
from itertools import pairwise

import autograd.numpy as np
import matplotlib.pyplot as plt
from autograd import value_and_grad
from autograd.misc import flatten

from vae_utils import check, load_digits_arrays

# %% nbgrader={"grade": false, "grade_id": "settings", "locked": true, "schema_version": 3, "solution": false}
np.random.seed(0)
data_dim = 784
latent_dim = 50
hidden_dim = 200
batch_size = 200
num_epochs = 25

# %% [markdown]
# ## The data
#
# Scikit-learn's handwritten digits, drawn at $28 \times 28$: 12,000 images for training and 1,000
# others for testing. Each pixel is a grey value from 0 to 1. The model is about black and white
# images, and so a grey value is read as a chance: a pixel of 0.7 becomes white with probability 0.7.
# **These coins are thrown anew whenever a training batch is used**, which makes more of few images.
# For the test images they are thrown once, here.


# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false}
def black_and_white(grey):
    """Make each pixel 1 with a chance equal to its grey value, else 0: [B, D]."""
    return (np.random.rand(*grey.shape) < grey).astype(float)


train_images, test_images = load_digits_arrays()
test_images = black_and_white(test_images)
batches = [train_images[i : i + batch_size] for i in range(0, len(train_images), batch_size)]

# %% [markdown]
# ## The networks are given
#
# A network is a list of layers, and a layer is a pair `(W, b)`. All of them start with small random
# numbers. Between two layers stands a ReLU, and behind the last one nothing: what comes out may be
# any number.
#
# There are two networks. The **decoder** turns codes `[B, L]` into logits `[B, D]`; its layers are
# `gen_params`, since it generates images. The **encoder** turns images `[B, D]` into rows `[B, 2L]`;
# its layers are `rec_params`, since it recognises them. In each of these rows, the first $L$ numbers
# are the means $\mu$ of the code, and **the last $L$ are $\log \sigma$**, the logarithms of its
# standard deviations. In all tasks, `encoder_output` means such an array.


# %% nbgrader={"grade": false, "grade_id": "networks", "locked": true, "schema_version": 3, "solution": false}
def init_network(sizes, scale=1e-2):
    """Draw the layers [(W, b), ...] of a network, W [m, n] and b [n], for sizes such as [2, 3, 4]."""
    return [(scale * np.random.randn(m, n), scale * np.random.randn(n)) for m, n in pairwise(sizes)]


def network(params, inputs):
    """Send inputs [B, sizes[0]] through the layers of a network: [B, sizes[-1]]."""
    for W, b in params[:-1]:
        inputs = np.maximum(inputs @ W + b, 0)
    W, b = params[-1]
    return inputs @ W + b


def sigmoid(logits):
    """Turn logits into probabilities, of the same shape."""
    return 0.5 * (1 + np.tanh(0.5 * logits))


# %% nbgrader={"grade": false, "grade_id": "initial_weights", "locked": true, "schema_version": 3, "solution": false}
gen_params = init_network([latent_dim, hidden_dim, hidden_dim, data_dim])
rec_params = init_network([data_dim, hidden_dim, hidden_dim, 2 * latent_dim])

# %% [markdown]
# ## Task 1: draw a code (5 points)
#
# The encoder's answer to an image $x$ is a normal distribution over codes with independent entries,
# the **approximate posterior** $q(z \mid x) = \mathcal{N}\big(\mu, \mathrm{diag}(\sigma^2)\big)$. You
# need codes from it, and gradients must find their way back through them into $\mu$ and
# $\log \sigma$. So keep chance apart from the weights: draw
# $\varepsilon \sim \mathcal{N}(0, I)$, which depends on nothing, and shift and stretch it,
#
# $$z = \mu + \sigma \odot \varepsilon.$$
#
# This is the **reparameterisation trick**.
#
# **Write** `sample_latent_variables_from_posterior`. Every entry gets noise of its own.
#
# **Expect** an array of shape `[B, L]`, another one at every call. Where $\log \sigma = 0$, entries
# scatter around $\mu$ with standard deviation 1; where $\log \sigma = 1$, with 2.718.


# %% nbgrader={"grade": false, "grade_id": "sample_latent_variables_from_posterior_solution", "locked": false, "schema_version": 3, "solution": true}
def sample_latent_variables_from_posterior(encoder_output):
    """Draw one code for each image, so that gradients reach the encoder's output.

    Args:
        encoder_output: [B, 2L], the means, then the logarithms of the standard deviations.

    Returns:
        z, one draw per row [B, L].
    """
    ### BEGIN SOLUTION
    mu, logsigma = np.split(encoder_output, 2, axis=-1)
    return mu + np.exp(logsigma) * np.random.randn(*mu.shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample_latent_variables_from_posterior", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("sample_latent_variables_from_posterior")

# %% [markdown]
# ## Task 2: how likely is an image? (5 points)
#
# Given the code, each pixel is a coin of its own. The decoder describes it by a logit $\ell$, and
# $\theta = 1 / (1 + e^{-\ell})$ is its chance to be white. An image of zeros and ones has the log
# probability
#
# $$\log p(x \mid z) = \sum_{d=1}^{D} \Big( x_d \log \theta_d + (1 - x_d) \log (1 - \theta_d) \Big).$$
#
# Typed in like this, it breaks: for $\ell = 40$ a computer rounds $\theta$ to 1, and the logarithm of
# $1 - \theta$ is gone. Put $\theta$ into the formula first. What remains is linear in $\ell$, but for
# one term $\log(1 + e^{\ell})$. That is $\log(e^0 + e^{\ell})$, and for logarithms of sums of two
# exponentials NumPy has a safe function, `np.logaddexp`.
#
# **Write** `bernoulli_log_prob`, without going through $\theta$.
#
# **Expect** one number per image, never above 0. If all logits are 0, it is
# $-784 \log 2 \approx -543.4$ for every image. A single pixel with $\ell = 1000$ has log
# probability 0 if it is white, and $-1000$ if it is black.


# %% nbgrader={"grade": false, "grade_id": "bernoulli_log_prob_solution", "locked": false, "schema_version": 3, "solution": true}
def bernoulli_log_prob(targets, logits):
    """Compute the log probability of black and white images with independent pixels.

    Args:
        targets: images [B, D], every entry 0 or 1.
        logits: log odds of a 1 [B, D].

    Returns:
        log p(targets) of each image [B]; finite for all finite logits.
    """
    ### BEGIN SOLUTION
    return np.sum(targets * logits - np.logaddexp(0, logits), axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bernoulli_log_prob", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("bernoulli_log_prob")

# %% [markdown]
# ## Task 3: how far is the posterior from the prior? (5 points)
#
# Before an image is seen, codes follow the **prior** $p(z) = \mathcal{N}(0, I)$. What an image
# teaches about its code is measured by the Kullback-Leibler divergence
#
# $$\mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)
# = \mathbb{E}_{z \sim q}\big[\log q(z \mid x) - \log p(z)\big].$$
#
# Entries of the code are independent, so you may work out a single one and add up. The log density of
# $\mathcal{N}(\mu, \sigma^2)$ at $z$ is
# $-\tfrac{1}{2} \log 2\pi - \log \sigma - (z - \mu)^2 / (2 \sigma^2)$. Under $q$, the mean of
# $(z - \mu)^2$ is $\sigma^2$, and the mean of $z^2$ is $\mu^2 + \sigma^2$. No random number is left
# in the end.
#
# **Write** `compute_KL`.
#
# **Expect** one number per image, never negative, and 0 if all of $\mu$ and $\log \sigma$ are 0. An
# entry with $\mu = 1$ and $\log \sigma = 0$ contributes $\tfrac{1}{2}$; one with $\mu = 0$ and
# $\log \sigma = 1$ contributes 2.195.


# %% nbgrader={"grade": false, "grade_id": "compute_KL_solution", "locked": false, "schema_version": 3, "solution": true}
def compute_KL(encoder_output):
    """Compute the divergence of each approximate posterior from the standard normal prior.

    Args:
        encoder_output: [B, 2L], the means, then the logarithms of the standard deviations.

    Returns:
        KL(q || p) of each image [B].
    """
    ### BEGIN SOLUTION
    mu, logsigma = np.split(encoder_output, 2, axis=-1)
    return 0.5 * np.sum(mu**2 + np.exp(2 * logsigma) - 2 * logsigma - 1, axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "compute_KL", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("compute_KL")

# %% [markdown]
# ## Task 4: the bound (5 points)
#
# Put together, they give the **variational lower bound** of $\log p(x)$, also called ELBO
# ([Kingma and Welling, 2014](https://arxiv.org/abs/1312.6114), eq. 3). With one random code for each
# image, its mean over a batch is
#
# $$\mathcal{L} = \frac{1}{B} \sum_{b=1}^{B} \Big( \log p(x_b \mid z_b)
# - \mathrm{KL}\big(q(z \mid x_b) \,\|\, p(z)\big) \Big), \qquad z_b \sim q(z \mid x_b).$$
#
# **Write** `vae_lower_bound`: send the images through the encoder, draw the codes, send these through
# the decoder, and use your three functions and the given `network`.
#
# **Expect** a single number, a little different at every call. With the initial weights it is about
# $-543.4$: every pixel is a fair coin, and the KL is next to nothing.


# %% nbgrader={"grade": false, "grade_id": "vae_lower_bound_solution", "locked": false, "schema_version": 3, "solution": true}
def vae_lower_bound(gen_params, rec_params, data):
    """Estimate the variational lower bound with one random code per image.

    Args:
        gen_params: layers of the decoder, [(W, b), ...] from L to D numbers.
        rec_params: layers of the encoder, [(W, b), ...] from D to 2L numbers.
        data: images [B, D], every entry 0 or 1.

    Returns:
        The mean over the batch, a single number.
    """
    ### BEGIN SOLUTION
    encoder_output = network(rec_params, data)
    z = sample_latent_variables_from_posterior(encoder_output)
    log_likelihood = bernoulli_log_prob(data, network(gen_params, z))
    return np.mean(log_likelihood - compute_KL(encoder_output))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vae_lower_bound", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("vae_lower_bound")

# %% [markdown]
# ## All weights in one row
#
# An optimiser need not know what a layer is. Autograd's `flatten` puts the weights of both networks
# into one long row $w$ of shape `[P]`, and also gives the function that undoes this.
#
# The function below throws the coins of a batch, and then has autograd work out your bound and its
# gradient $\partial \mathcal{L} / \partial w$, a row of the same shape.

# %% nbgrader={"grade": false, "grade_id": "gradient", "locked": true, "schema_version": 3, "solution": false}
weights, unflatten = flatten((gen_params, rec_params))


def bound_and_gradient(weights, grey):
    """Evaluate the bound of a batch in fresh black and white, and how it depends on the weights.

    Args:
        weights: all weights in one row [P].
        grey: images [B, D] in [0, 1].

    Returns:
        The bound, a single number, and its gradient [P].
    """
    data = black_and_white(grey)
    evaluate = value_and_grad(lambda params: vae_lower_bound(*params, data))
    bound, gradient = evaluate(unflatten(weights))
    return bound, flatten(gradient)[0]


# %% [markdown]
# ## Task 5: Adam (10 points)
#
# The simplest optimiser adds a small multiple of the gradient to the weights. Some weights then move
# too fast and others hardly at all, and each batch pulls in a direction of its own. **Adam**
# ([Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980), algorithm 1) keeps two running means for
# every single weight: $m$ of its gradient, and $v$ of the gradient's square. With the gradient $g$ of
# step $t$,
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) \, g, \qquad
# v \leftarrow \beta_2 v + (1 - \beta_2) \, g^2.$$
#
# Both start at 0, and that is why they are too small in the beginning: after $t$ steps, the shares of
# all gradients in $m$ add up to $1 - \beta_1^t$ only, and those of the squares in $v$ to
# $1 - \beta_2^t$. Divide by that, and then take the step,
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
# w \leftarrow w + \alpha \, \frac{\hat m}{\sqrt{\hat v} + \epsilon}.$$
#
# Three details, each of which has cost somebody an evening:
#
# - **Plus, not minus.** The paper goes downhill; the bound is to go up.
# - The first step has $t = 1$, and $t$ counts steps, not epochs.
# - $m$, $v$ and $t$ go on through **all** batches and epochs. Only before the very first step are
#   $m$ and $v$ zero.
#
# **Write** two functions.
#
# - `adam_step` takes one step, and returns the weights, `m` and `v` after it.
# - `train` goes through the batches, in the given order, once per epoch. For every batch it calls
#   `bound_and_gradient` once, and takes one step. It also returns all bounds, one number (a Python
#   `float`) for every step.
#
# **Expect** a first step of length $\alpha$ for every weight, whatever the size of its gradient, if
# that is not 0: then $\hat m = g$ and $\sqrt{\hat v} = |g|$.


# %% nbgrader={"grade": false, "grade_id": "adam_solution", "locked": false, "schema_version": 3, "solution": true}
def adam_step(weights, gradient, m, v, t, alpha=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Take one step of Adam, uphill.

    Args:
        weights: all weights in one row [P].
        gradient: of what is to be maximised, at these weights [P].
        m, v: running means of the gradient and of its square before this step, [P] each.
        t: the number of this step; the first one is 1.
        alpha: the step size.
        beta1, beta2: how much of m and v stays.
        eps: keeps the division from a zero; it is added to the root, not under it.

    Returns:
        The weights, m and v after the step, [P] each.
    """
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v
    ### END SOLUTION


def train(weights, batches, num_epochs):
    """Maximise the bound with Adam, one step a batch.

    Args:
        weights: all weights to start from, in one row [P].
        batches: a list of grey images, [B, D] each; the last one may be smaller.
        num_epochs: how many times to go through the list.

    Returns:
        The weights after the last step [P], and the bound of every step, a list of floats.
    """
    ### BEGIN SOLUTION
    m, v = np.zeros_like(weights), np.zeros_like(weights)
    bounds = []
    for _ in range(num_epochs):
        for grey in batches:
            bound, gradient = bound_and_gradient(weights, grey)
            bounds.append(float(bound))
            weights, m, v = adam_step(weights, gradient, m, v, t=len(bounds))
    return weights, bounds
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("adam")

# %% [markdown]
# Now train. The bound starts at $-543$ and leaps up within fifty steps, while the model learns where
# digits have their ink. Then it seems to rest for some epochs: the first weights are so small that
# codes hardly matter yet. Once they do, it climbs again. If this takes long on your computer, lower
# `num_epochs` while you try things out.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false}
weights, bounds = train(weights, batches, num_epochs)
gen_params, rec_params = unflatten(weights)

# %% nbgrader={"grade": false, "grade_id": "show_bounds", "locked": true, "schema_version": 3, "solution": false}
figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(bounds)
ax.set(xlabel="step", ylabel="bound, nats per image", ylim=(-250, None))
ax.grid(alpha=0.3)

# %% [markdown]
# The number to report is that of images which the model has never seen. After 25 epochs, expect a
# bound of about $-107$; other random numbers move it by five nats or so.

# %% nbgrader={"grade": false, "grade_id": "evaluation", "locked": true, "schema_version": 3, "solution": false}
seen = black_and_white(train_images[:1000])
print(f"bound of training images: {vae_lower_bound(gen_params, rec_params, seen):.1f}")
print(f"bound of test images:     {vae_lower_bound(gen_params, rec_params, test_images):.1f}")

# %% [markdown]
# ## Task 6: pictures (10 points)
#
# This function draws many small images as the tiles of a large one. It **returns its figure**, and so
# do your functions.


# %% nbgrader={"grade": false, "grade_id": "show_images", "locked": true, "schema_version": 3, "solution": false}
def show_images(images, columns):
    """Draw images side by side, row by row from the top left.

    Args:
        images: [N, D], every entry in [0, 1]; N is a multiple of columns.
        columns: how many stand in a row.

    Returns:
        A figure of N / columns rows, without ticks.
    """
    rows, size = len(images) // columns, min(0.8, 12 / columns)
    tiles = np.reshape(images, (rows, columns, 28, 28)).transpose(0, 2, 1, 3)
    canvas = plt.figure(figsize=(size * columns, size * rows))
    ax = canvas.add_axes((0, 0, 1, 1))
    ax.imshow(tiles.reshape(28 * rows, 28 * columns), cmap="gray", vmin=0, vmax=1)
    ax.set_axis_off()
    return canvas


# %% [markdown]
# A code becomes a picture as its **means**: the chances $\theta$ of all pixels to be white. They look
# smoother than an image of zeros and ones, and say more.
#
# **Write** three functions. Each ends with a call of `show_images`; none needs a loop.
#
# - `prior_figure` draws 25 codes from the prior and shows their means, five in a row.
# - `reconstruction_figure` shows all given images in one row, and below each what the model makes of
#   it: the means for its **posterior mean**. So nothing is drawn by chance here.
# - `interpolation_figure` takes the images in pairs, 0 and 1, 2 and 3, and so on, with a row for each
#   pair. A code walks in even steps on a straight line from the posterior mean of image $2i$, on the
#   left, to that of image $2i + 1$, on the right:
#
# $$z_\alpha = (1 - \alpha) \, \mu_{2i} + \alpha \, \mu_{2i+1}, \qquad
# \alpha = 0, \tfrac{1}{24}, \tfrac{2}{24}, \dots, 1.$$
#
# The row shows the means for all 25 codes, those of both ends included.
#
# **Expect** digits from the prior that are not all perfect, reconstructions that are smoother than
# their images, and rows in which one digit turns into another without a jump.


# %% nbgrader={"grade": false, "grade_id": "pictures_solution", "locked": false, "schema_version": 3, "solution": true}
def prior_figure(gen_params):
    """Show the means of 25 codes from the prior.

    Args:
        gen_params: layers of the decoder, [(W, b), ...] from L to D numbers.

    Returns:
        A figure of 5 rows and 5 columns.
    """
    latent_dim = len(gen_params[0][0])
    ### BEGIN SOLUTION
    z = np.random.randn(25, latent_dim)
    return show_images(sigmoid(network(gen_params, z)), columns=5)
    ### END SOLUTION


def reconstruction_figure(gen_params, rec_params, images):
    """Show images, and what the model makes of them.

    Args:
        gen_params: layers of the decoder, [(W, b), ...] from L to D numbers.
        rec_params: layers of the encoder, [(W, b), ...] from D to 2L numbers.
        images: [N, D], every entry 0 or 1.

    Returns:
        A figure of 2 rows and N columns: the images, and below each the means for its posterior mean.
    """
    ### BEGIN SOLUTION
    mu, _ = np.split(network(rec_params, images), 2, axis=-1)
    means = sigmoid(network(gen_params, mu))
    return show_images(np.concatenate([images, means]), columns=len(images))
    ### END SOLUTION


def interpolation_figure(gen_params, rec_params, images, steps=25):
    """Show the way from each image of even number to the next one, in the latent space.

    Args:
        gen_params: layers of the decoder, [(W, b), ...] from L to D numbers.
        rec_params: layers of the encoder, [(W, b), ...] from D to 2L numbers.
        images: [2N, D], every entry 0 or 1; rows 2i and 2i + 1 are a pair.
        steps: the number of columns, at least 2.

    Returns:
        A figure of N rows and `steps` columns: from image 2i on the left to image 2i + 1.
    """
    ### BEGIN SOLUTION
    mu, _ = np.split(network(rec_params, images), 2, axis=-1)
    start, end = mu[0::2, None], mu[1::2, None]
    alpha = np.linspace(0, 1, steps)[:, None]
    z = (1 - alpha) * start + alpha * end
    means = sigmoid(network(gen_params, z.reshape(-1, z.shape[-1])))
    return show_images(means, columns=steps)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pictures", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("pictures")

# %% nbgrader={"grade": false, "grade_id": "show_prior", "locked": true, "schema_version": 3, "solution": false}
figure = prior_figure(gen_params)
# %% nbgrader={"grade": false, "grade_id": "show_reconstruction", "locked": true, "schema_version": 3, "solution": false}
figure = reconstruction_figure(gen_params, rec_params, test_images[:10])
# %% nbgrader={"grade": false, "grade_id": "show_interpolation", "locked": true, "schema_version": 3, "solution": false}
figure = interpolation_figure(gen_params, rec_params, test_images[:10])

# %% [markdown]
# ## How far are you?
#
# Here are all six tasks together. The grader runs the same checks, with other numbers.

# %% nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false}
check()

# %% [markdown]
# ## Where to go from here
#
# - Replace Adam by plain gradient ascent, $w \leftarrow w + \alpha g$, and try some step
#   sizes. How far do you get in as many steps?
# - Leave out the two divisions by $1 - \beta^t$, and train again. What happens in the first twenty
#   steps?
# - Derive the gradient of `bernoulli_log_prob` with respect to the logits by hand, and compare it
#   with autograd's. One line of algebra, and a surprisingly simple answer.
# - Draw the first weights larger, with `scale=5e-2`. How long does the bound rest now?
