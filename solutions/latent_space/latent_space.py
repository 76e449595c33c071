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
# # A latent space that you can see
#
# A code of two numbers is a point in the plane. That is far too little for sharp digits, and just
# right for understanding: you can draw the whole latent space, walk through it, and watch a posterior
# distribution take shape.
#
# In this notebook you train a variational autoencoder with a **two-dimensional latent space** on
# black and white digits, draw everything there is to see in it, and then do what the encoder was never
# trained for: you see only the top half of a digit, and infer the rest.
#
# There are **48 points** for code and for five quick questions, and 4 more for two short answers
# in your own words. Training takes about half a minute on a laptop without a graphics card.
#
# ## The rules
#
# - Write your code in place of `raise NotImplementedError()`, in the marked blocks and only there.
# - Everything you need is imported already. NumPy and Python's own library may be imported as well,
#   other packages may not.
# - Densities and sampling are written out here: `torch.distributions` is forbidden in this notebook.
# - **No loop over a batch.** Every function treats all rows at once. Loops over training steps, and
#   over the panels of a picture, are fine; tasks that want none at all say so.
# - Talk about ideas with anyone you like, but write every line yourself.
#
# After each task comes a cell such as `check("log_prior")`. Run it as often as you want: it tells
# you at once whether your code is right, and often what to look at if it is not. `check()`
# without a name shows how far you are.
#
# | letter | meaning | here |
# |:--|:--|--:|
# | $B$ | batch: the number of images treated at once | 100 |
# | $D$ | pixels of an image, $28 \times 28$ | 784 |
# | $L$ | numbers in a code $z$ | 2 |
# | $H$ | units of the hidden layer | 500 |
# | $K$ | random codes drawn for one image | 1 to 100 |

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
import math

import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torch.nn.functional as F

from vae_utils import (
    BinaryLoader,
    add_to_class,
    check,
    load_mnist,
    load_weights,
    plot_losses,
    save_weights,
    select_device,
)

# %% nbgrader={"grade": false, "grade_id": "device", "locked": true, "schema_version": 3, "solution": false}
device = select_device("auto")

# %% nbgrader={"grade": false, "grade_id": "settings", "locked": true, "schema_version": 3, "solution": false}
batch_size = 100
data_dim = 784
latent_dim = 2
hidden_dim = 500
num_epochs = 30

# %% [markdown]
# ## Part 0: densities (0 points)
#
# Four short functions on which everything below rests. They earn no points, but nothing works without
# them, and `check` looks at them as closely as at the others.
#
# A code is normally distributed with independent entries: entry $d$ has mean $\mu_d$ and standard
# deviation $\sigma_d$. You are given $\log \sigma_d$. The **log density** of a whole row is a sum,
#
# $$\log \mathcal{N}(x; \mu, \sigma^2) = \sum_d \Big( -\tfrac{1}{2} \log 2\pi - \log \sigma_d
# - \tfrac{1}{2} \Big(\frac{x_d - \mu_d}{\sigma_d}\Big)^2 \Big).$$
#
# **Write** `factorized_gaussian_log_density`.
#
# **Expect** one number per row; the standard normal density of two entries at 0 has the logarithm
# $-\log 2\pi \approx -1.838$.


# %% nbgrader={"grade": false, "grade_id": "factorized_gaussian_log_density_solution", "locked": false, "schema_version": 3, "solution": true}
def factorized_gaussian_log_density(mu, logsig, xs):
    """Compute the log density of normal distributions with independent entries.

    Args:
        mu: means [B, L].
        logsig: logarithms of the standard deviations [B, L].
        xs: where to evaluate the density [B, L].

    Returns:
        The log density of each row [B].
    """
    ### BEGIN SOLUTION
    standardised = (xs - mu) / logsig.exp()
    return (-0.5 * math.log(2 * math.pi) - logsig - 0.5 * standardised**2).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "factorized_gaussian_log_density", "locked": true, "points": 0, "schema_version": 3, "solution": false}
check("factorized_gaussian_log_density")

# %% [markdown]
# A pixel is a coin. The decoder describes it by a **logit** $\ell$, any real number, and the
# probability of a 1 is $\theta = \mathrm{sigmoid}(\ell) = 1 / (1 + e^{-\ell})$. In terms of the logit,
#
# $$\log p(x) = x \log \theta + (1 - x) \log (1 - \theta) = x \, \ell - \log(1 + e^{\ell}).$$
#
# Mind large numbers: for $\ell = 100$, `exp` is beyond what a float can hold. PyTorch has a function
# for $\log(1 + e^{\ell})$ that knows how to deal with that.
#
# **Write** `bernoulli_log_density`, pixel by pixel: no sum yet.
#
# **Expect** numbers that are never above 0. For $\ell = 0$ they are $-\log 2$; for $\ell = 100$ and
# $x = 0$ the answer is $-100$, not infinity.


# %% nbgrader={"grade": false, "grade_id": "bernoulli_log_density_solution", "locked": false, "schema_version": 3, "solution": true}
def bernoulli_log_density(logits, x):
    """Compute the log probability of each pixel.

    Args:
        logits: log odds of a 1, of any shape.
        x: pixels of the same shape, every entry 0 or 1.

    Returns:
        log p(x) of each pixel, in that shape; finite for logits up to +-100.
    """
    ### BEGIN SOLUTION
    return x * logits - F.softplus(logits)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bernoulli_log_density", "locked": true, "points": 0, "schema_version": 3, "solution": false}
check("bernoulli_log_density")

# %% [markdown]
# Now draw. For codes, stretch and shift standard normal noise, so that gradients can pass:
# $z = \mu + \sigma \odot \varepsilon$ with $\varepsilon \sim \mathcal{N}(0, I)$. This is the
# **reparameterisation trick**.
#
# **Write** `sample_diag_gaussian`. Every entry gets noise of its own.


# %% nbgrader={"grade": false, "grade_id": "sample_diag_gaussian_solution", "locked": false, "schema_version": 3, "solution": true}
def sample_diag_gaussian(mu, logsig):
    """Draw from normal distributions, so that gradients reach mu and logsig.

    Args:
        mu: means [B, L].
        logsig: logarithms of the standard deviations [B, L].

    Returns:
        One draw per row [B, L].
    """
    ### BEGIN SOLUTION
    return mu + logsig.exp() * torch.randn_like(mu)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample_diag_gaussian", "locked": true, "points": 0, "schema_version": 3, "solution": false}
check("sample_diag_gaussian")

# %% [markdown]
# For a pixel, compare uniform noise $u \in [0, 1)$ with its probability: $u < \theta$ happens with
# probability $\theta$.
#
# **Write** `sample_bernoulli`.
#
# **Expect** zeros and ones as floats, in the shape of `theta`.


# %% nbgrader={"grade": false, "grade_id": "sample_bernoulli_solution", "locked": false, "schema_version": 3, "solution": true}
def sample_bernoulli(theta):
    """Draw zeros and ones.

    Args:
        theta: probabilities of a 1, of any shape.

    Returns:
        Draws of that shape, every entry 0.0 or 1.0.
    """
    ### BEGIN SOLUTION
    return (torch.rand_like(theta) < theta).float()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample_bernoulli", "locked": true, "points": 0, "schema_version": 3, "solution": false}
check("sample_bernoulli")

# %% [markdown]
# ## The data
#
# MNIST's digits, made black and white: pixels above one half become 1, the others 0. If MNIST cannot
# be downloaded, scikit-learn's smaller digits stand in.

# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false}
train_digits, test_digits = load_mnist(
    batch_size, train_size=10_000, test_size=2_000, device=device
)


def black_and_white(loader):
    """All images of a loader with every pixel 0 or 1 [N, D], and their labels [N]."""
    images, labels = zip(*loader, strict=True)
    return (torch.cat(images).flatten(1) > 0.5).float(), torch.cat(labels)


train_images, train_labels = black_and_white(train_digits)
test_images, test_labels = black_and_white(test_digits)
train_loader = BinaryLoader(train_images, batch_size, shuffle=True)
test_loader = BinaryLoader(test_images, batch_size)

# %% [markdown]
# ## Part 1: the model (5 points)
#
# Nature draws a code $z$ of two numbers from the **prior** $p(z) = \mathcal{N}(0, I)$. The **decoder**
# turns it into 784 logits, and every pixel of the image $x$ is then a coin of its own: that is the
# **likelihood** $p(x \mid z)$.
#
# The class below lays out all layers, those of the encoder included. You add its methods one at a
# time: `@add_to_class(VAE)` in front of a function attaches it to the class. If you run the next cell
# again, run the cells of your methods again, too.


# %% nbgrader={"grade": false, "grade_id": "model_class", "locked": true, "schema_version": 3, "solution": false}
class VAE(nn.Module):
    """A variational autoencoder with one hidden layer on either side."""

    def __init__(self, data_dim=784, latent_dim=2, hidden_dim=500):
        """Lay out the layers: D = data_dim pixels, L = latent_dim, H = hidden_dim."""
        super().__init__()
        self.latent_dim = latent_dim
        self.decoder_hidden = nn.Linear(latent_dim, hidden_dim)
        self.decoder_output = nn.Linear(hidden_dim, data_dim)
        self.encoder_hidden = nn.Linear(data_dim, hidden_dim)
        self.encoder_output = nn.Linear(hidden_dim, 2 * latent_dim)


# %% [markdown]
# ### The prior (1 point)
#
# **Write** `log_prior`, the log density of $\mathcal{N}(0, I)$. Use a function of Part 0.
#
# **Expect** one number per code, largest at $z = 0$.


# %% nbgrader={"grade": false, "grade_id": "log_prior_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def log_prior(self, z):
    """Compute log p(z) of the standard normal prior.

    Args:
        z: codes [B, L].

    Returns:
        The log density of each code [B].
    """
    ### BEGIN SOLUTION
    zero = torch.zeros_like(z)
    return factorized_gaussian_log_density(zero, zero, z)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_prior", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check("log_prior")

# %% [markdown]
# ### The decoder (2 points)
#
# One hidden layer with a hyperbolic tangent, and a linear one after it:
#
# $$h = \tanh(W_1 z + b_1), \qquad \text{logits} = W_2 h + b_2,$$
#
# with $W_1, b_1$ in `self.decoder_hidden` and $W_2, b_2$ in `self.decoder_output`.
#
# **Write** `decoder`. It returns logits: no sigmoid here.


# %% nbgrader={"grade": false, "grade_id": "decoder_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def decoder(self, z):
    """Turn codes into the logits of all pixels.

    Args:
        z: codes [B, L].

    Returns:
        Logits [B, D].
    """
    ### BEGIN SOLUTION
    return self.decoder_output(torch.tanh(self.decoder_hidden(z)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decoder", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("decoder")

# %% [markdown]
# ### The likelihood (1 point)
#
# Given the code, pixels are independent, so the log probability of an image is the sum over its
# pixels.
#
# **Write** `log_likelihood`, from `self.decoder` and a function of Part 0.
#
# **Expect** one number per image. An untrained model gives about $-784 \log 2 \approx -543$.


# %% nbgrader={"grade": false, "grade_id": "log_likelihood_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def log_likelihood(self, x, z):
    """Compute log p(x | z), for each image with its own code.

    Args:
        x: images [B, D], every entry 0 or 1.
        z: codes [B, L].

    Returns:
        The log probability of each image given its code [B].
    """
    ### BEGIN SOLUTION
    return bernoulli_log_density(self.decoder(z), x).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_likelihood", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check("log_likelihood")

# %% [markdown]
# ### Both together (1 point)
#
# **Write** `joint_log_density`: $\log p(x, z) = \log p(x \mid z) + \log p(z)$.


# %% nbgrader={"grade": false, "grade_id": "joint_log_density_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def joint_log_density(self, x, z):
    """Compute log p(x, z), for each image with its own code.

    Args:
        x: images [B, D], every entry 0 or 1.
        z: codes [B, L].

    Returns:
        The joint log density of each pair [B].
    """
    ### BEGIN SOLUTION
    return self.log_likelihood(x, z) + self.log_prior(z)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "joint_log_density", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check("joint_log_density")

# %% [markdown]
# ## Part 2: inference (13 points)
#
# ### The encoder (2 points)
#
# Which codes could have produced an image? The **encoder** answers with a normal distribution
# $q(z \mid x) = \mathcal{N}\big(\mu, \mathrm{diag}(\sigma^2)\big)$:
#
# $$h = \tanh(W_3 x + b_3), \qquad (\mu, \log \sigma) = W_4 h + b_4,$$
#
# with $W_3, b_3$ in `self.encoder_hidden` and $W_4, b_4$ in `self.encoder_output`. The last layer has
# $2L$ outputs: the first $L$ are $\mu$, the others $\log \sigma$.
#
# **Write** `encoder`.
#
# **Expect** two tensors of shape `[B, L]`. Before training, all entries are small.


# %% nbgrader={"grade": false, "grade_id": "encoder_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def encoder(self, x):
    """Describe the approximate posterior q(z | x) of each image.

    Args:
        x: images [B, D].

    Returns:
        mu [B, L], the means, and logsigma [B, L], the logarithms of the standard deviations.
    """
    ### BEGIN SOLUTION
    mu, logsigma = self.encoder_output(torch.tanh(self.encoder_hidden(x))).chunk(2, dim=-1)
    return mu, logsigma
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("encoder")

# %% [markdown]
# ### The density of a code (1 point)
#
# **Write** `log_q`: $\log q(z \mid x)$, from what the encoder returned.


# %% nbgrader={"grade": false, "grade_id": "log_q_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def log_q(self, mu, logsigma, z):
    """Compute log q(z | x) of codes under the approximate posterior.

    Args:
        mu: means [B, L].
        logsigma: logarithms of the standard deviations [B, L].
        z: codes [B, L].

    Returns:
        The log density of each code [B].
    """
    ### BEGIN SOLUTION
    return factorized_gaussian_log_density(mu, logsigma, z)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "log_q", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check("log_q")

# %% [markdown]
# ### The ELBO (5 points)
#
# The log probability of an image, $\log p(x) = \log \int p(x, z) \, dz$, has a lower bound that can
# be estimated with a single random code:
#
# $$\log p(x) \ge \mathrm{ELBO}(x)
# = \mathbb{E}_{z \sim q(z \mid x)}\big[\log p(x, z) - \log q(z \mid x)\big].$$
#
# **Write** `elbo`: encode, draw one code for each image, and average over the batch. Any estimate that
# is right on average will do, with right gradients; you may use the exact KL divergence if you know it.
#
# **Expect** one number for the whole batch. Before training it lies around $-544$.


# %% nbgrader={"grade": false, "grade_id": "elbo_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def elbo(self, x):
    """Estimate the mean evidence lower bound of a batch, with one random code per image.

    Args:
        x: images [B, D], every entry 0 or 1.

    Returns:
        The mean over the batch, a single number [].
    """
    ### BEGIN SOLUTION
    mu, logsigma = self.encoder(x)
    z = sample_diag_gaussian(mu, logsigma)
    return (self.joint_log_density(x, z) - self.log_q(mu, logsigma, z)).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "elbo", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("elbo")

# %% [markdown]
# ### The loss (2 points)
#
# Optimisers walk downhill, and the ELBO is to go up.
#
# **Write** `loss`, what training makes small.


# %% nbgrader={"grade": false, "grade_id": "loss_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def loss(self, x):
    """Compute what is to be minimised on a batch.

    Args:
        x: images [B, D], every entry 0 or 1.

    Returns:
        A single number [].
    """
    ### BEGIN SOLUTION
    return -self.elbo(x)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loss", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("loss")

# %% [markdown]
# ### Training (3 points)
#
# **Write** two functions.
#
# - `train` goes through the loader once per epoch. For every batch it takes **one** step of
#   `torch.optim.Adam`, with learning rate `lr`, down `model.loss`. It returns the losses, one number
#   (a Python `float`) for every step.
# - `test_elbo` gives the mean ELBO over **all images** of a loader, without gradients. Mind the last
#   batch: it may be smaller than the others, and its images count as much as any.
#
# **Expect** losses that begin near 544 and fall fast. On the test images, reach an ELBO of at least
# these:
#
# | data | after 30 epochs |
# |:--|--:|
# | MNIST | $-166$ |
# | scikit-learn's digits | $-154$ |


# %% nbgrader={"grade": false, "grade_id": "train_solution", "locked": false, "schema_version": 3, "solution": true}
def train(model, loader, epochs, lr=1e-3):
    """Minimise the loss with Adam, one step a batch.

    Args:
        model: a VAE, which is trained in place.
        loader: gives batches of images [B, D] each time it is gone through.
        epochs: how many times to go through it.
        lr: Adam's learning rate.

    Returns:
        The loss of every step, a list of floats.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for x in loader:
            loss = model.loss(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
    ### END SOLUTION


def test_elbo(model, loader):
    """Estimate the mean ELBO over all images of a loader.

    Args:
        model: a VAE.
        loader: gives batches of images [B, D]; they may differ in size.

    Returns:
        The mean over the images, a float.
    """
    ### BEGIN SOLUTION
    total, count = 0.0, 0
    with torch.inference_mode():
        for x in loader:
            total += model.elbo(x).item() * len(x)
            count += len(x)
    return total / count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("train")

# %% [markdown]
# Train, and look at the loss of every step. A hundred epochs give a few nats more, if you have
# the time; lower `num_epochs` while you try things out.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false}
vae = VAE(data_dim, latent_dim, hidden_dim).to(device)
losses = train(vae, train_loader, num_epochs)
plot_losses(losses)

# %% nbgrader={"grade": false, "grade_id": "evaluation", "locked": true, "schema_version": 3, "solution": false}
print(f"test ELBO: {test_elbo(vae, test_loader):.1f}")

# %% [markdown]
# Keep the weights, so that you need not train again tomorrow: from now on, the cell after the next one
# is enough. Only numbers are saved, no code, and only numbers are loaded.

# %% nbgrader={"grade": false, "grade_id": "saving", "locked": true, "schema_version": 3, "solution": false}
save_weights(vae, "latent_space.pt")

# %% nbgrader={"grade": false, "grade_id": "loading", "locked": true, "schema_version": 3, "solution": false}
vae = load_weights(VAE(data_dim, latent_dim, hidden_dim).to(device), "latent_space.pt")
print(f"test ELBO of the loaded model: {test_elbo(vae, test_loader):.1f}")

# %% [markdown]
# ## Part 3: pictures (15 points)
#
# Every function below makes a picture with matplotlib and **returns its figure**. The check looks at
# what the figure holds, panel by panel. A digit is drawn with this function:


# %% nbgrader={"grade": false, "grade_id": "show_digit", "locked": true, "schema_version": 3, "solution": false}
def show_digit(ax, pixels):
    """Draw pixels [D] in [0, 1] as a digit, without axes around it."""
    ax.imshow(pixels.detach().cpu().reshape(28, 28), cmap="gray", vmin=0, vmax=1)
    ax.set_axis_off()


# %% [markdown]
# ### Digits that never were (5 points)
#
# Draw codes from the prior, decode them, and you have new digits. The decoder's answer can be shown in
# two ways: the **means**, the probabilities $\theta$ of white pixels, and **samples**, images of zeros
# and ones that are drawn with these probabilities.
#
# **Write** two functions.
#
# - `samples_figure` draws `count` codes. Its figure has 2 rows and `count` columns: above the mean of
#   each code, below it one binary sample of this very mean.
# - `draws_figure` has one row for each code: its mean on the left, then `samples` binary samples of
#   it.


# %% nbgrader={"grade": false, "grade_id": "samples_figure_solution", "locked": false, "schema_version": 3, "solution": true}
def samples_figure(model, count=10):
    """Show what codes from the prior look like: means above samples.

    Args:
        model: a VAE.
        count: number of codes.

    Returns:
        A figure of 2 rows and `count` columns, without ticks.
    """
    ### BEGIN SOLUTION
    z = torch.randn(count, model.latent_dim, device=device)
    means = torch.sigmoid(model.decoder(z))
    figure, axes = plt.subplots(2, count, figsize=(count, 2), squeeze=False)
    for column, mean in enumerate(means):
        show_digit(axes[0, column], mean)
        show_digit(axes[1, column], sample_bernoulli(mean))
    return figure
    ### END SOLUTION


def draws_figure(model, count=10, samples=3):
    """Show how much samples of one code differ: a row for each code.

    Args:
        model: a VAE.
        count: number of codes.
        samples: number of samples of each.

    Returns:
        A figure of `count` rows and 1 + `samples` columns, without ticks: the mean, then samples.
    """
    ### BEGIN SOLUTION
    z = torch.randn(count, model.latent_dim, device=device)
    means = torch.sigmoid(model.decoder(z))
    figure, axes = plt.subplots(count, 1 + samples, figsize=(1 + samples, count), squeeze=False)
    for mean, row in zip(means, axes, strict=True):
        show_digit(row[0], mean)
        for ax in row[1:]:
            show_digit(ax, sample_bernoulli(mean))
    return figure
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "samples_figure", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("samples_figure")

# %% nbgrader={"grade": false, "grade_id": "show_samples", "locked": true, "schema_version": 3, "solution": false}
figure = samples_figure(vae)
# %% nbgrader={"grade": false, "grade_id": "show_draws", "locked": true, "schema_version": 3, "solution": false}
figure = draws_figure(vae, count=4)

# %% [markdown]
# ### A map of the digits (5 points)
#
# Where in the plane does the encoder put each digit? And what does the decoder make of every place?
#
# **Write** two functions.
#
# - `latent_scatter` draws the **means** of $q(z \mid x)$ of all images as points, the first entry of
#   the code to the right and the second one up, one colour for each label, with a legend that says
#   which colour is which digit.
# - `lattice` decodes a whole grid of codes into **one** image, tile beside tile. The tile in row $i$
#   (from the top) and column $j$ shows the mean of the code $z = (v_j, v_{n-1-i})$ for the given values
#   $v_0 < \dots < v_{n-1}$: so places match those of the scatter plot. Fifty values give an image of
#   $1400 \times 1400$ pixels.


# %% nbgrader={"grade": false, "grade_id": "latent_scatter_solution", "locked": false, "schema_version": 3, "solution": true}
def latent_scatter(model, images, labels):
    """Show where the encoder puts images, coloured by label.

    Args:
        model: a VAE.
        images: [N, D], every entry 0 or 1.
        labels: [N], whole numbers from 0 to 9.

    Returns:
        A figure with one point for each image, and a legend.
    """
    ### BEGIN SOLUTION
    with torch.inference_mode():
        mu, _ = model.encoder(images)
    mu, labels = mu.cpu(), labels.cpu()
    figure, ax = plt.subplots(figsize=(7, 6))
    for label in labels.unique():
        x, y = mu[labels == label].T
        ax.scatter(x, y, s=6, color=f"C{int(label)}", label=str(int(label)))
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    ax.legend(title="digit", markerscale=2)
    return figure
    ### END SOLUTION


def lattice(model, values):
    """Show the mean of every code of a square grid, as one image.

    Args:
        model: a VAE.
        values: increasing numbers [n], the same for both entries of the code.

    Returns:
        A figure with one image of 28 n x 28 n pixels, without ticks.
    """
    ### BEGIN SOLUTION
    n = len(values)
    up, right = torch.meshgrid(values.flip(0), values, indexing="ij")
    with torch.inference_mode():
        theta = torch.sigmoid(model.decoder(torch.stack([right, up], dim=-1).reshape(-1, 2)))
    image = theta.reshape(n, n, 28, 28).transpose(1, 2).reshape(28 * n, 28 * n)
    figure, ax = plt.subplots(figsize=(8, 8))
    ax.imshow(image.cpu(), cmap="gray", vmin=0, vmax=1)
    ax.set_axis_off()
    return figure
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "latent_scatter", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("latent_scatter")

# %% nbgrader={"grade": false, "grade_id": "show_scatter", "locked": true, "schema_version": 3, "solution": false}
figure = latent_scatter(vae, train_images[:5000], train_labels[:5000])
# %% nbgrader={"grade": false, "grade_id": "show_lattice", "locked": true, "schema_version": 3, "solution": false}
figure = lattice(vae, torch.linspace(-3, 3, 50, device=device))

# %% [markdown]
# ### From one digit to another (5 points)
#
# Take the codes of two digits, and walk from one to the other on a straight line:
#
# $$z_\alpha = \alpha \, z_a + (1 - \alpha) \, z_b, \qquad 0 \le \alpha \le 1.$$
#
# **Write** three functions.
#
# - `interpolate` gives $z_\alpha$, and raises a `ValueError` if $\alpha$ is not between 0 and 1.
# - `interpolation_figure` has one row for each pair of images. Take the means of $q(z \mid x)$ of both
#   as $z_a$ and $z_b$. The first column shows the decoder's mean for $\alpha = 1$, the last one for
#   $\alpha = 0$, and `steps` columns in all are evenly spaced.
# - `reconstruction_figure` has one row for each image: the image itself, and then, for each of `draws`
#   codes that are drawn from $q(z \mid x)$, the decoder's mean and one binary sample of it.


# %% nbgrader={"grade": false, "grade_id": "interpolation_solution", "locked": false, "schema_version": 3, "solution": true}
def interpolate(z_a, z_b, alpha):
    """Mix two codes.

    Args:
        z_a, z_b: codes, of the same shape.
        alpha: the share of z_a, a number from 0 to 1.

    Returns:
        alpha z_a + (1 - alpha) z_b, of that shape.

    Raises:
        ValueError: alpha is not between 0 and 1.
    """
    ### BEGIN SOLUTION
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}, not between 0 and 1")
    return alpha * z_a + (1 - alpha) * z_b
    ### END SOLUTION


def interpolation_figure(model, images_a, images_b, steps=10):
    """Show the way from images to others, in the latent space.

    Args:
        model: a VAE.
        images_a, images_b: [P, D], P pairs of images.
        steps: number of columns, at least 2.

    Returns:
        A figure of P rows and `steps` columns, without ticks: from image a on the left to b.
    """
    ### BEGIN SOLUTION
    z_a, _ = model.encoder(images_a)
    z_b, _ = model.encoder(images_b)
    figure, axes = plt.subplots(len(images_a), steps, figsize=(steps, len(images_a)), squeeze=False)
    for column in range(steps):
        alpha = 1 - column / (steps - 1)
        theta = torch.sigmoid(model.decoder(interpolate(z_a, z_b, alpha)))
        for ax, mean in zip(axes[:, column], theta, strict=True):
            show_digit(ax, mean)
    return figure
    ### END SOLUTION


def reconstruction_figure(model, images, draws=2):
    """Show images beside what the model makes of their codes.

    Args:
        model: a VAE.
        images: [N, D], every entry 0 or 1.
        draws: number of codes for each image.

    Returns:
        A figure of N rows and 1 + 2 `draws` columns, without ticks: image, mean, sample, mean, ...
    """
    ### BEGIN SOLUTION
    mu, logsigma = model.encoder(images)
    figure, axes = plt.subplots(
        len(images), 1 + 2 * draws, figsize=(1 + 2 * draws, len(images)), squeeze=False
    )
    for ax, image in zip(axes[:, 0], images, strict=True):
        show_digit(ax, image)
    for draw in range(draws):
        theta = torch.sigmoid(model.decoder(sample_diag_gaussian(mu, logsigma)))
        for row, mean in zip(axes, theta, strict=True):
            show_digit(row[1 + 2 * draw], mean)
            show_digit(row[2 + 2 * draw], sample_bernoulli(mean))
    return figure
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "interpolation", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("interpolation")

# %% nbgrader={"grade": false, "grade_id": "show_interpolation", "locked": true, "schema_version": 3, "solution": false}
first = torch.stack([test_images[test_labels == digit][0] for digit in range(10)])
figure = interpolation_figure(vae, first[[1, 3, 7]], first[[0, 8, 4]])
# %% nbgrader={"grade": false, "grade_id": "show_reconstruction", "locked": true, "schema_version": 3, "solution": false}
figure = reconstruction_figure(vae, first[[2, 4, 6, 9]])

# %% [markdown]
# ### In your own words (2 points)
#
# Compare the scatter plot with the lattice. Which digits are neighbours, which ones overlap, and what
# do images decoded from between two clouds look like? Two or three sentences. **Your answer is read by
# a person.**

# %% [markdown] nbgrader={"grade": true, "grade_id": "map_answer", "locked": false, "points": 2, "schema_version": 3, "solution": true}
# Ones lie apart in a narrow wedge of their own, since few pixels are enough for them. Fours and nines
# overlap almost completely: two numbers are too few to tell them apart. Between two clouds, images are
# blends that still look like strokes of a pen, because neighbouring codes have similar images; some
# are digits of a third kind that happens to lie in between.

# %% [markdown]
# ## Part 4: half an image (15 points)
#
# Cover the lower half of a digit. What might be there? The encoder has never seen half an image, so
# it cannot help. The model can: it knows $p(z)$ and $p(x \mid z)$.
#
# ### The model of the top half (5 points)
#
# Pixels are independent given $z$, so the probability of the top half is the product of its own
# pixels, and the others need not be known:
#
# $$\log p(\text{top} \mid z) = \sum_{d \,\in\, \text{top}} \log p(x_d \mid z), \qquad
# \log p(\text{top}, z) = \log p(\text{top} \mid z) + \log p(z).$$
#
# An image is stored row by row, from the top.
#
# **Write** three functions. No loops here.
#
# - `top_half` keeps the first 14 of 28 rows of each image.
# - `log_p_top` gives $\log p(\text{top} \mid z)$, for each half image with its own code.
# - `joint_top` gives $\log p(\text{top}, z)$ of **one** half image for many codes at once.


# %% nbgrader={"grade": false, "grade_id": "top_half_solution", "locked": false, "schema_version": 3, "solution": true}
def top_half(images):
    """Keep the first 14 rows of each image.

    Args:
        images: [B, D].

    Returns:
        Their top halves [B, D / 2].
    """
    ### BEGIN SOLUTION
    return images[:, : 14 * 28]
    ### END SOLUTION


def log_p_top(model, top, z):
    """Compute log p(top | z), for each half image with its own code.

    Args:
        model: a VAE.
        top: half images [B, D / 2], every entry 0 or 1.
        z: codes [B, L].

    Returns:
        The log probability of each half image given its code [B].
    """
    ### BEGIN SOLUTION
    return bernoulli_log_density(top_half(model.decoder(z)), top).sum(dim=-1)
    ### END SOLUTION


def joint_top(model, top, zs):
    """Compute log p(top, z) of one half image for many codes.

    Args:
        model: a VAE.
        top: one half image [D / 2], every entry 0 or 1.
        zs: codes [N, L].

    Returns:
        The joint log density with each code [N].
    """
    ### BEGIN SOLUTION
    return log_p_top(model, top.expand(len(zs), -1), zs) + model.log_prior(zs)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "top_half", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("top_half")

# %% [markdown]
# ### Inference without an encoder (5 points)
#
# Fit a normal distribution $q(z) = \mathcal{N}\big(\mu, \mathrm{diag}(\sigma^2)\big)$ to this one
# half image, by pushing up its own ELBO,
#
# $$\mathrm{ELBO}(\mu, \log \sigma) = \mathbb{E}_{z \sim q}\big[\log p(\text{top}, z) - \log q(z)\big]
# \;\approx\; \frac{1}{K} \sum_{k=1}^{K} \big(\log p(\text{top}, z_k) - \log q(z_k)\big),
# \qquad z_k \sim q.$$
#
# The parameters $\mu$ and $\log \sigma$ are four numbers, and Adam can find them. This is
# **stochastic variational inference**.
#
# **Write** four functions.
#
# - `elbo_top` estimates the ELBO, averaged over `draws` codes that are drawn **inside** it, so that
#   gradients reach `mu` and `logsigma`. Any estimate that is right on average will do. No loop here:
#   treat all codes at once.
# - `fit_top` starts from $\mu = 0$ and $\log \sigma = 0$, improves the ELBO step by step, and returns
#   what it has found.
# - `posterior_figure` shows in one plot, over the codes of a grid, contour lines of the joint density
#   $p(\text{top}, z)$ as a function of $z$, and those of $q(z)$ in another colour. Choose levels that
#   show the hills, for instance 3, 10, 30 and 90 per cent of the largest density.
# - `completion_figure` shows the digit itself on the left. On the right it keeps the top half, and
#   completes it with the decoder's mean for a code from $q$.


# %% nbgrader={"grade": false, "grade_id": "svi_solution", "locked": false, "schema_version": 3, "solution": true}
def elbo_top(model, top, mu, logsigma, draws):
    """Estimate the ELBO of one half image.

    Args:
        model: a VAE.
        top: one half image [D / 2], every entry 0 or 1.
        mu: the mean of q [L].
        logsigma: the logarithm of the standard deviation of q [L].
        draws: K, the number of codes to average over.

    Returns:
        The estimate, a single number [].
    """
    ### BEGIN SOLUTION
    mu, logsigma = mu.expand(draws, -1), logsigma.expand(draws, -1)
    z = sample_diag_gaussian(mu, logsigma)
    return (joint_top(model, top, z) - model.log_q(mu, logsigma, z)).mean()
    ### END SOLUTION


def fit_top(model, top, draws=20, steps=400, lr=0.05):
    """Fit q to one half image by stochastic variational inference.

    Args:
        model: a VAE; its weights stay as they are.
        top: one half image [D / 2], every entry 0 or 1.
        draws: K, codes for each estimate of the ELBO.
        steps: steps of the optimiser.
        lr: its learning rate.

    Returns:
        mu [L] and logsigma [L] of q.
    """
    ### BEGIN SOLUTION
    mu = torch.zeros(model.latent_dim, device=top.device, requires_grad=True)
    logsigma = torch.zeros(model.latent_dim, device=top.device, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logsigma], lr=lr)
    for _ in range(steps):
        loss = -elbo_top(model, top, mu, logsigma, draws)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logsigma.detach()
    ### END SOLUTION


def posterior_figure(model, top, mu, logsigma, values_1, values_2):
    """Show p(top, z) and q(z) as contour lines over a grid of codes.

    Args:
        model: a VAE.
        top: one half image [D / 2], every entry 0 or 1.
        mu, logsigma: of q, [L] each.
        values_1: increasing numbers [n], for the first entry of the code, to the right.
        values_2: increasing numbers [m], for the second entry, upwards.

    Returns:
        A figure with the contour lines of both densities in one plot.
    """
    ### BEGIN SOLUTION
    up, right = torch.meshgrid(values_2, values_1, indexing="ij")
    zs = torch.stack([right, up], dim=-1).reshape(-1, 2)
    with torch.inference_mode():
        joint = joint_top(model, top, zs)
        q = model.log_q(mu.expand_as(zs), logsigma.expand_as(zs), zs)
    figure, ax = plt.subplots(figsize=(6, 6))
    for log_density, colour in ((joint, "C0"), (q, "C1")):
        density = (log_density - log_density.max()).exp().reshape(right.shape)
        levels = [0.03, 0.1, 0.3, 0.9]
        ax.contour(right.cpu(), up.cpu(), density.cpu(), levels=levels, colors=colour)
    ax.plot([], [], color="C0", label="p(top, z)")
    ax.plot([], [], color="C1", label="q(z)")
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    ax.legend()
    return figure
    ### END SOLUTION


def completion_figure(model, image, mu, logsigma):
    """Show an image beside its top half, completed by the model.

    Args:
        model: a VAE.
        image: one image [D], every entry 0 or 1.
        mu, logsigma: of q, [L] each.

    Returns:
        A figure of 1 row and 2 columns, without ticks.
    """
    ### BEGIN SOLUTION
    z = sample_diag_gaussian(mu, logsigma)
    theta = torch.sigmoid(model.decoder(z.unsqueeze(0)))[0]
    completed = torch.cat([image[: 14 * 28], theta[14 * 28 :]])
    figure, axes = plt.subplots(1, 2, figsize=(4, 2))
    show_digit(axes[0], image)
    show_digit(axes[1], completed)
    return figure
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "svi", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("svi")

# %% nbgrader={"grade": false, "grade_id": "fitting", "locked": true, "schema_version": 3, "solution": false}
image = test_images[0]
top = top_half(image.unsqueeze(0))[0]
mu, logsigma = fit_top(vae, top)
print(f"ELBO of the top half: {elbo_top(vae, top, mu, logsigma, 1000):.2f}")

# %% nbgrader={"grade": false, "grade_id": "show_posterior", "locked": true, "schema_version": 3, "solution": false}
around = 6 * logsigma.exp().max() * torch.linspace(-1, 1, 100, device=device)
figure = posterior_figure(vae, top, mu, logsigma, mu[0] + around, mu[1] + around)
# %% nbgrader={"grade": false, "grade_id": "show_completion", "locked": true, "schema_version": 3, "solution": false}
figure = completion_figure(vae, image, mu, logsigma)

# %% [markdown]
# ### True or false? (5 points)
#
# 1. Given $z$, the distribution of the bottom half factorises: $p(\text{bottom} \mid z)$ is a product
#    over its pixels.
# 2. Given the top half, it factorises as well: $p(\text{bottom} \mid \text{top})$ is a product over
#    pixels.
# 3. Encoder and decoder are trained together. If one training run ends with a higher ELBO than another,
#    its $q(z \mid x)$ is closer to its true posterior: the KL divergence between them is smaller.
# 4. The density of a normal distribution can be negative.
# 5. The density of a normal distribution can be greater than 1.
#
# **Write** your five answers, each `True` or `False`, in this order. The check says only whether all
# are answered; your grader says whether they are right.


# %% nbgrader={"grade": false, "grade_id": "questions_solution", "locked": false, "schema_version": 3, "solution": true}
def answers():
    """Answer the five questions.

    Returns:
        Five values, each True or False.
    """
    ### BEGIN SOLUTION
    return True, False, False, False, True
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "questions", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("questions")

# %% [markdown]
# ### In your own words (2 points)
#
# Look at the contours of $p(\text{top}, z)$ and of $q(z)$. Where does $q$ fall short, and what does
# that mean for the completed digits? Two or three sentences. **Your answer is read by a person.**

# %% [markdown] nbgrader={"grade": true, "grade_id": "posterior_answer", "locked": false, "points": 2, "schema_version": 3, "solution": true}
# The joint density is bent, and may have two hills; a normal distribution with independent entries
# can only be an upright ellipse on one of them, and the KL divergence prefers to sit well inside one
# hill. So completions drawn from q look alike, and miss other digits that have the same top half.

# %% [markdown]
# ## How far are you?
#
# Here are all tasks together. The grader runs the same checks, with other numbers, and counts the five
# questions as well.

# %% nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false}
check()

# %% [markdown]
# ## Where to go from here
#
# - Show the bottom half, or every second pixel, and infer the rest. What changes in your code?
# - Give $q$ a full covariance matrix, written as a triangular one. How much does the ELBO rise?
# - Train with $L = 10$ and compare test ELBO and samples. What do you lose?
