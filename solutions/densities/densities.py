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
# # Likelihoods, divergences and importance sampling
#
# How good is a variational autoencoder? Its training pushes up a lower bound, the ELBO. The number
# that we would rather know is the log probability of images that the model has never seen,
# $\log p(x)$. In this notebook you write the five building blocks that both need, train a VAE with
# them, and then estimate $\log p(x)$ itself by **importance sampling**. Published results of this
# very model are within your reach.
#
# You write seven small pieces of code, **50 points** in all. Training takes about half a minute on a
# laptop without a graphics card.
#
# ## The rules
#
# - Write your code in place of `raise NotImplementedError()`, in the marked blocks and only there.
# - Everything you need is imported already. NumPy and Python's own library may be imported as well,
#   other packages may not. `torch.distributions` is allowed in this notebook: use it to test your
#   own formulas, or even to answer with it.
# - Talk about ideas with anyone you like, but write every line yourself.
#
# After each task comes a cell such as `check("log_mean_exp")`. Run it as often as you want: it tells
# you at once whether your function is right, and often what to look at if it is not. `check()`
# without a name shows how far you are.
#
# | letter | meaning | here |
# |:--|:--|--:|
# | $B$ | batch: the number of images treated at once | 64 |
# | $D$ | the number of numbers that describe one image, or one code | 784, 100 |
# | $K$ | the number of random codes that are drawn for one image | 1 to 1,000 |
#
# Every function below takes a batch of $B$ rows and returns **one number per row, of shape `[B]`**.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from vae_utils import (
    check,
    load_binarized_mnist,
    plot_losses,
    select_device,
    visualize_vae_samples,
)

# %% nbgrader={"grade": false, "grade_id": "device", "locked": true, "schema_version": 3, "solution": false}
device = select_device("auto")

# %% nbgrader={"grade": false, "grade_id": "settings", "locked": true, "schema_version": 3, "solution": false}
batch_size = 64
obs_dim = 784
hidden_dim = 300
latent_dim = 100
num_epochs = 20

# %% [markdown]
# ## Task 1: how likely is a black and white image? (6 points)
#
# The decoder of a VAE gives every pixel $d$ a probability $\mu_d$ of being white. Given the code, the
# pixels are independent coins. A black and white image $x$, a row of zeros and ones, then has the
# log likelihood
#
# $$\log p(x) = \sum_{d=1}^{D} \Big( x_d \log \mu_d + (1 - x_d) \log (1 - \mu_d) \Big).$$
#
# Why logarithms? The product of 784 probabilities is far too small for a floating point number; the
# sum of their logarithms is a number like $-100$.
#
# **Write** `log_likelihood_bernoulli`. The first line makes each input a row, whatever its shape.
#
# **Expect** one number per image, never above 0. For $\mu_d = \tfrac{1}{2}$ it is
# $-784 \log 2 \approx -543$, whatever the image.


# %% nbgrader={"grade": false, "grade_id": "log_likelihood_bernoulli_solution", "locked": false, "schema_version": 3, "solution": true}
def log_likelihood_bernoulli(mu, target):
    """Score black and white images by the log likelihood of independent pixels.

    Args:
        mu: probabilities of a 1, [B, ...], strictly between 0 and 1.
        target: images [B, ...] of the same shape, every entry 0 or 1.

    Returns:
        log p(target; mu) of each image [B].
    """
    mu, target = mu.flatten(1), target.flatten(1)
    ### BEGIN SOLUTION
    return (target * mu.log() + (1 - target) * (1 - mu).log()).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_likelihood_bernoulli", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("log_likelihood_bernoulli")

# %% [markdown]
# ## Task 2: how likely is a code? (6 points)
#
# Codes $z$ are real numbers, so their likelihood is a **density**. Encoder and prior are normal
# distributions with independent entries. Entry $d$ has mean $\mu_d$ and variance $\sigma_d^2$, and
# the encoder returns the logarithm of the variance, $\mathrm{logvar}_d = \log \sigma_d^2$:
#
# $$\log \mathcal{N}(z; \mu, \sigma^2)
# = \sum_{d=1}^{D} \Big( - \tfrac{1}{2} \log 2\pi - \tfrac{1}{2} \mathrm{logvar}_d
# - \frac{(z_d - \mu_d)^2}{2 \exp(\mathrm{logvar}_d)} \Big).$$
#
# A density may exceed 1, so this number may be positive. Keep the constant $\log 2\pi$: we are going
# to add and subtract densities, and at the end every nat counts.
#
# **Write** `log_likelihood_normal`.
#
# **Expect** one number per row. For $D = 1$, $\mu = z = 0$ and logvar $= 0$ it is $-0.919$.


# %% nbgrader={"grade": false, "grade_id": "log_likelihood_normal_solution", "locked": false, "schema_version": 3, "solution": true}
def log_likelihood_normal(mu, logvar, z):
    """Score codes by the log density of a normal distribution with independent entries.

    Args:
        mu: means [B, ...].
        logvar: logarithms of the variances [B, ...].
        z: codes [B, ...], all of the same shape.

    Returns:
        log N(z; mu, exp(logvar)) of each row [B].
    """
    mu, logvar, z = mu.flatten(1), logvar.flatten(1), z.flatten(1)
    ### BEGIN SOLUTION
    terms = math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp()
    return -0.5 * terms.sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_likelihood_normal", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("log_likelihood_normal")

# %% [markdown]
# ## Task 3: the logarithm of a mean of tiny numbers (6 points)
#
# At the end of this notebook we average $K$ probabilities of which we know only the logarithms
# $y_1, \dots, y_K$, numbers like $-900$. $e^{-900}$ is 0 for a computer, and the logarithm of 0 is
# minus infinity. The way out: take the largest number out of the sum before the exponential,
#
# $$\log \frac{1}{K} \sum_{k=1}^{K} e^{y_k}
# = a + \log \frac{1}{K} \sum_{k=1}^{K} e^{y_k - a}, \qquad a = \max_k y_k.$$
#
# Now the largest term is $e^0 = 1$. Nothing overflows, and what is lost was negligible. Each row has
# a maximum of its own.
#
# **Write** `log_mean_exp`.
#
# **Expect** one number per row. It lies between the mean and the maximum of the row; a row of equal
# numbers gives that number; and adding a constant to a row adds it to the result.


# %% nbgrader={"grade": false, "grade_id": "log_mean_exp_solution", "locked": false, "schema_version": 3, "solution": true}
def log_mean_exp(y):
    """Average along each row what `y` holds the logarithms of, safely.

    Args:
        y: logarithms [B, K].

    Returns:
        log(mean_k exp(y[b, k])) of each row [B].
    """
    ### BEGIN SOLUTION
    largest = y.max(dim=-1, keepdim=True).values
    return largest.squeeze(-1) + (y - largest).exp().mean(dim=-1).log()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_mean_exp", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("log_mean_exp")

# %% [markdown]
# ## Task 4: the divergence of two normal distributions, exactly (6 points)
#
# The ELBO holds the Kullback-Leibler divergence of the encoder's distribution $q$ from the prior $p$,
#
# $$\mathrm{KL}(q \,\|\, p) = \mathbb{E}_{z \sim q}\big[\log q(z) - \log p(z)\big].$$
#
# Let both be normal with independent entries: $q$ with means $\mu_q$ and variances $\sigma_q^2$, $p$
# with $\mu_p$ and $\sigma_p^2$. Put in the densities of Task 2. Entries are independent, so
# their divergences add. Under $q$ you know two averages:
#
# $$\mathbb{E}_q[(z - \mu_q)^2] = \sigma_q^2, \qquad
# \mathbb{E}_q[(z - \mu_p)^2] = \sigma_q^2 + (\mu_q - \mu_p)^2.$$
#
# Simplify, and you have the formula. It must hold for any $p$, not for the standard normal only.
#
# **Write** `kl_gaussian_gaussian_analytic`, without random numbers.
#
# **Expect** one number per row, never negative, and 0 if both distributions are the same. In one
# dimension, $\mathrm{KL}(\mathcal{N}(1, 1) \,\|\, \mathcal{N}(0, 4)) = \log 2 - \tfrac{1}{4}$.


# %% nbgrader={"grade": false, "grade_id": "kl_gaussian_gaussian_analytic_solution", "locked": false, "schema_version": 3, "solution": true}
def kl_gaussian_gaussian_analytic(mu_q, logvar_q, mu_p, logvar_p):
    """Compute KL(q || p) of normal distributions with independent entries.

    Args:
        mu_q, mu_p: means [B, ...].
        logvar_q, logvar_p: logarithms of the variances [B, ...].

    Returns:
        The divergence of each row [B].
    """
    mu_q, logvar_q = mu_q.flatten(1), logvar_q.flatten(1)
    mu_p, logvar_p = mu_p.flatten(1), logvar_p.flatten(1)
    ### BEGIN SOLUTION
    ratio = (logvar_q - logvar_p).exp()
    distance = (mu_q - mu_p) ** 2 / logvar_p.exp()
    return 0.5 * (logvar_p - logvar_q + ratio + distance - 1).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kl_gaussian_gaussian_analytic", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("kl_gaussian_gaussian_analytic")

# %% [markdown]
# ## Task 5: the same by rolling dice (6 points)
#
# Most pairs of distributions have no formula. What always works is the definition itself: draw $N$
# codes from $q$ and average,
#
# $$\mathrm{KL}(q \,\|\, p) \approx \frac{1}{N} \sum_{n=1}^{N} \big(\log q(z_n) - \log p(z_n)\big),
# \qquad z_n \sim q.$$
#
# This is a **Monte Carlo** estimate. It is right on average, and its error shrinks like
# $1 / \sqrt{N}$. With a small $N$ it may even be negative, though the divergence never is.
#
# **Write** `kl_gaussian_gaussian_mc`. Every row has its own $N$ codes, and every entry of a code its
# own noise. To draw from $q$ you need a standard deviation, and you are given logarithms of
# variances.
#
# **Expect** one number per row, close to that of Task 4, and another one at every call.


# %% nbgrader={"grade": false, "grade_id": "kl_gaussian_gaussian_mc_solution", "locked": false, "schema_version": 3, "solution": true}
def kl_gaussian_gaussian_mc(mu_q, logvar_q, mu_p, logvar_p, num_samples=1):
    """Estimate KL(q || p) of normal distributions with independent entries by Monte Carlo.

    Args:
        mu_q, mu_p: means [B, ...].
        logvar_q, logvar_p: logarithms of the variances [B, ...].
        num_samples: how many codes to draw from q for each row.

    Returns:
        The estimate for each row [B].
    """
    mu_q, logvar_q = mu_q.flatten(1), logvar_q.flatten(1)
    mu_p, logvar_p = mu_p.flatten(1), logvar_p.flatten(1)
    ### BEGIN SOLUTION
    total = torch.zeros(len(mu_q), device=mu_q.device)
    for _ in range(num_samples):
        z = mu_q + (0.5 * logvar_q).exp() * torch.randn_like(mu_q)
        log_q = log_likelihood_normal(mu_q, logvar_q, z)
        total = total + log_q - log_likelihood_normal(mu_p, logvar_p, z)
    return total / num_samples
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kl_gaussian_gaussian_mc", "locked": true, "points": 6, "schema_version": 3, "solution": false}
check("kl_gaussian_gaussian_mc")

# %% [markdown]
# ## The data: every pixel 0 or 1
#
# Results on binarised MNIST are always reported on the same fixed set of black and white images
# ([Larochelle and Murray, 2011](https://proceedings.mlr.press/v15/larochelle11a.html)): 50,000
# images for training, 10,000 to watch the training with (*validation*), 10,000 for the final *test*.
# If the set cannot be downloaded, scikit-learn's smaller digits stand in; each of their pixels was
# made white with a chance equal to its grey value. Everything below works with either.

# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false}
train_loader, valid_loader, test_loader = load_binarized_mnist(batch_size, device=device)

# %% nbgrader={"grade": false, "grade_id": "training_images", "locked": true, "schema_version": 3, "solution": false}
x = next(iter(train_loader))
visualize_vae_samples(x[:32].view(-1, 28, 28), num_rows=4, num_cols=8)

# %% [markdown]
# ## The model is given
#
# Encoder and decoder have two hidden layers of 300 ELU units each, and a code has 100 entries. The
# encoder returns means and log variances of $q(z \mid x)$, the decoder the probabilities of white
# pixels. Two details:
#
# - The decoder subtracts 5 before the sigmoid. Most pixels are black, and so the model starts out by
#   believing that.
# - Probabilities are kept a hair away from 0 and 1, so that no logarithm is infinite.


# %% nbgrader={"grade": false, "grade_id": "model_class", "locked": true, "schema_version": 3, "solution": false}
class VAE(nn.Module):
    """A variational autoencoder for black and white images."""

    def __init__(self, obs_dim, hidden_dim, latent_dim):
        """Lay out the layers: D = obs_dim pixels, L = latent_dim entries of a code."""
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim),
            nn.ELU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ELU(),
            nn.Linear(hidden_dim, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ELU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ELU(),
            nn.Linear(hidden_dim, obs_dim),
        )

    def encode(self, x):
        """Means [B, L] and log variances [B, L] of q(z | x) for images x [B, D]."""
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        return mu, logvar

    def draw(self, mu, logvar):
        """One code for each row [B, L], so that gradients reach mu and logvar."""
        return mu + (0.5 * logvar).exp() * torch.randn_like(mu)

    def decode(self, z):
        """Probabilities of white pixels [B, D] for codes z [B, L]."""
        return torch.sigmoid(self.decoder(z) - 5).clamp(1e-6, 1 - 1e-6)


# %% [markdown]
# ## Task 6: train it (8 points)
#
# The prior is the standard normal distribution, $p(z) = \mathcal{N}(0, I)$. With one code per image,
# the ELBO is
#
# $$\mathrm{ELBO}(x) = \log p(x \mid z) - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big),
# \qquad z \sim q(z \mid x).$$
#
# **Write** two functions.
#
# - `elbo` encodes, draws one code per image (`vae.draw`), decodes, and puts the formula together from
#   your own functions. Use the exact divergence of Task 4: less noise, better gradients.
# - `train` goes through the loader once per epoch. For every batch it takes **one** step of
#   `torch.optim.Adam`, with learning rate `lr`, down the mean of $-\mathrm{ELBO}$ over the batch. It
#   returns the losses, one number (a Python `float`) for every step.
#
# **Expect** losses that begin between 500 and 650 and fall fast. Here is what to reach:
#
# | data | mean $-$ELBO on the validation set after 20 epochs |
# |:--|--:|
# | binarised MNIST | at most 102 |
# | scikit-learn's digits | at most 115 |


# %% nbgrader={"grade": false, "grade_id": "train_solution", "locked": false, "schema_version": 3, "solution": true}
def elbo(vae, x):
    """Estimate the evidence lower bound of each image with one random code.

    Args:
        vae: a VAE.
        x: images [B, D], every entry 0 or 1.

    Returns:
        The estimate for each image [B].
    """
    ### BEGIN SOLUTION
    mu, logvar = vae.encode(x)
    theta = vae.decode(vae.draw(mu, logvar))
    zero = torch.zeros_like(mu)
    kl = kl_gaussian_gaussian_analytic(mu, logvar, zero, zero)
    return log_likelihood_bernoulli(theta, x) - kl
    ### END SOLUTION


def train(vae, loader, epochs, lr=3e-4):
    """Maximise the mean ELBO with Adam, one step a batch.

    Args:
        vae: a VAE, which is trained in place.
        loader: gives batches of images [B, D] each time it is gone through.
        epochs: how many times to go through it.
        lr: Adam's learning rate.

    Returns:
        The loss of every step, a list of floats.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(vae.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for x in loader:
            loss = -elbo(vae, x).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train", "locked": true, "points": 8, "schema_version": 3, "solution": false}
check("train")

# %% [markdown]
# Now train, and look at the loss of every step. If this takes long on your computer, lower
# `num_epochs` while you try things out.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false}
vae = VAE(obs_dim, hidden_dim, latent_dim).to(device)
losses = train(vae, train_loader, num_epochs)
plot_losses(losses)


# %% nbgrader={"grade": false, "grade_id": "validation", "locked": true, "schema_version": 3, "solution": false}
@torch.no_grad()
def average(score, loader):
    """The mean over all images of a loader of what `score(x)` gives for each [B]."""
    return torch.cat([score(x) for x in loader]).mean().item()


print(f"validation -ELBO: {-average(lambda x: elbo(vae, x), valid_loader):.2f}")

# %% [markdown]
# ## Task 7: how likely are new images really? (12 points)
#
# The ELBO is a bound. The log probability itself averages over all codes,
#
# $$\log p(x) = \log \mathbb{E}_{z \sim p(z)}\big[p(x \mid z)\big],$$
#
# but hardly any code of the prior has to do with $x$. So draw from where the action is, from
# $q(z \mid x)$, and weigh each code by how much too often it comes up. This is **importance
# sampling** ([Burda et al., 2016](https://arxiv.org/abs/1509.00519), eq. 8):
#
# $$\log p(x) \approx \log \frac{1}{K} \sum_{k=1}^{K}
# \frac{p(x \mid z_k) \, p(z_k)}{q(z_k \mid x)}, \qquad z_k \sim q(z \mid x).$$
#
# The sum is right on average for every $K$. Its logarithm comes out too small on average; with $K = 1$
# this is an ELBO, and it rises towards $\log p(x)$ as $K$ grows.
#
# All terms are tiny: work with their logarithms,
# $\log p(x \mid z_k) + \log p(z_k) - \log q(z_k \mid x)$, and bring them together with `log_mean_exp`.
#
# **Write** `log_p_x`. A loop over $k$ is fine. So is one large batch.
#
# **Expect** one number per image, a few nats above its ELBO. For 200 codes per image:
#
# | data | mean $\log p(x)$ on the test set |
# |:--|--:|
# | binarised MNIST | about $-95.5$ |
# | scikit-learn's digits | about $-108$ |


# %% nbgrader={"grade": false, "grade_id": "log_p_x_solution", "locked": false, "schema_version": 3, "solution": true}
def log_p_x(vae, x, num_samples=200):
    """Estimate the log probability of each image by importance sampling.

    Args:
        vae: a trained VAE.
        x: images [B, D], every entry 0 or 1.
        num_samples: K, how many codes to draw for each image.

    Returns:
        The estimate of log p(x) for each image [B].
    """
    ### BEGIN SOLUTION
    mu, logvar = vae.encode(x)
    zero = torch.zeros_like(mu)
    log_weights = []
    for _ in range(num_samples):
        z = vae.draw(mu, logvar)
        log_likelihood = log_likelihood_bernoulli(vae.decode(z), x)
        log_ratio = log_likelihood_normal(zero, zero, z) - log_likelihood_normal(mu, logvar, z)
        log_weights.append(log_likelihood + log_ratio)
    return log_mean_exp(torch.stack(log_weights, dim=-1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_p_x", "locked": true, "points": 12, "schema_version": 3, "solution": false}
check("log_p_x")

# %% [markdown]
# Both numbers on images that the model has never seen. The gap between them is, on average, the
# divergence of $q(z \mid x)$ from the true posterior: it says how much the encoder leaves on the table.

# %% nbgrader={"grade": false, "grade_id": "evaluation", "locked": true, "schema_version": 3, "solution": false}
print(f"test  ELBO:    {average(lambda x: elbo(vae, x), test_loader):.2f}")
print(f"test  log p(x): {average(lambda x: log_p_x(vae, x), test_loader):.2f}")

# %% [markdown]
# And here is what the model dreams of: probabilities of white pixels for codes from the prior.

# %% nbgrader={"grade": false, "grade_id": "generated_images", "locked": true, "schema_version": 3, "solution": false}
with torch.no_grad():
    theta = vae.decode(torch.randn(32, latent_dim, device=device))
visualize_vae_samples(theta.view(-1, 28, 28), num_rows=4, num_cols=8)

# %% [markdown]
# ## How far are you?
#
# Here are all seven tasks together. The grader runs the same checks, with other numbers.

# %% nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false}
check()

# %% [markdown]
# ## Where to go from here
#
# - Plot `log_p_x` of one image over $K$ = 1, 10, 100, 1,000. Why does it rise, and where will it stop?
# - Train on the importance-weighted bound itself, `log_p_x(vae, x, 5)`, in place of the ELBO. You have
#   built an IWAE ([Burda et al., 2016](https://arxiv.org/abs/1509.00519)).
# - Sort the test images by $\log p(x)$. Which ones does the model find most surprising?
