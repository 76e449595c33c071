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
# # The variational autoencoder
#
# In this notebook you build a network that invents handwritten digits. It is called a
# *variational autoencoder*, VAE for short
# ([Kingma and Welling, 2014](https://arxiv.org/abs/1312.6114);
# [Rezende, Mohamed and Wierstra, 2014](https://arxiv.org/abs/1401.4082)).
#
# It has two halves. The **encoder** reads an image and writes a short code. The **decoder** reads a
# code and paints an image. Train both together, throw random codes at the decoder, and new digits
# appear that nobody ever wrote.
#
# You write seven short functions, of one to five lines each. All you need is some Python, a little
# PyTorch, and to have met the normal distribution before.
#
# | task | function | points |
# |:--|:--|--:|
# | 1 | `encoder`: from an image to a distribution over codes | 10 |
# | 2 | `sample_with_reparam`: draw a code, and keep the gradients | 10 |
# | 3 | `decoder`: from a code to pixel probabilities | 10 |
# | 4 | `kl_divergence`: how far a code's distribution is from the prior | 5 |
# | 5 | `elbo`: the number that training pushes up | 15 |
# | 6 | `sample`: invent new digits | 10 |
# | 7 | `embed`: a map of the codes in the plane | 10 |
# | | **together** | **70** |

# %% [markdown]
# ## How to work with this notebook
#
# - Write your code in place of `raise NotImplementedError()`, in the marked blocks and only there.
# - Everything you need is imported already. NumPy and Python's own library may be imported as well,
#   other packages may not.
# - Do not use `torch.distributions`. You are here to build what it would do for you. A solution
#   that breaks this rule or the last one earns nothing.
# - Talk about ideas with anyone you like, but write every line yourself: do not copy the code of
#   others.
#
# After each task comes a cell such as `check("encoder")`. Run it as often as you want. It tells you
# at once whether your function is right, and often what to look at if it is not. Work from top to
# bottom: later tasks call your earlier functions. `check()` without a name shows how far you are.

# %% [markdown]
# ## The whole model in one picture
#
# ```text
#               image x                  [B, D]
#                  |
#         linear1, then ReLU             [B, H]   encoder
#            /           \                        q(z | x)
#       linear21       linear22
#           |             |
#           mu        logsigma           [B, L]
#            \           /
#             \         /  <-- noise eps
#              \       /
#               code z                   [B, L]
#                  |
#         linear3, then ReLU             [B, H]   decoder
#                  |                              p(x | z)
#        linear4, then sigmoid
#                  |
#      pixel probabilities theta         [B, D]
# ```
#
# Four letters describe every shape in this notebook.
#
# | letter | meaning | here |
# |:--|:--|--:|
# | $B$ | batch: the number of images treated at once | 128 |
# | $D$ | `obs_dim`: the number of pixels of an image, $28 \times 28$ | 784 |
# | $L$ | `latent_dim`: the length of a code | 32 |
# | $H$ | `hidden_dim`: the width of the hidden layers | 400 |

# %% [markdown]
# ## Setting up
#
# Here are all the imports of this notebook.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false}
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.manifold import TSNE

from vae_utils import (
    add_to_class,
    check,
    load_mnist,
    plot_losses,
    select_device,
    train,
    visualize_embeddings,
    visualize_mnist,
    visualize_vae_samples,
)

# %% [markdown]
# The next cell picks the fastest device of your computer: an NVIDIA graphics card (`cuda`), an
# Apple one (`mps`), or else the processor (`cpu`). The processor is all you need here. Tensors that
# you make yourself must live on the same device as the model, otherwise PyTorch complains.

# %% nbgrader={"grade": false, "grade_id": "device", "locked": true, "schema_version": 3, "solution": false}
device = select_device("auto")

# %% nbgrader={"grade": false, "grade_id": "settings", "locked": true, "schema_version": 3, "solution": false}
batch_size = 128
obs_dim = 784
latent_dim = 32
hidden_dim = 400

# %% [markdown]
# ## The data
#
# MNIST holds 70,000 handwritten digits of $28 \times 28$ pixels. If it cannot be downloaded, the
# loader takes the smaller digits that come with scikit-learn and enlarges them. Everything below
# works with either.
#
# A loader hands out batches `x, y`. The images `x` have shape `[B, 1, 28, 28]` with grey values
# between 0 (background) and 1 (ink). The labels `y` have shape `[B]`. A VAE learns without labels:
# we keep them for colouring a plot at the very end.

# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false}
train_loader, test_loader = load_mnist(batch_size=batch_size, test_batch_size=1000, device=device)

# %% [markdown]
# Look at the data before you model it. Here are some random training images.

# %% nbgrader={"grade": false, "grade_id": "training_images", "locked": true, "schema_version": 3, "solution": false}
visualize_mnist(train_loader)

# %% [markdown]
# ## A story of how digits come about
#
# A VAE tells a story about the data in two steps.
#
# 1. Nature draws a hidden code $z$ of $L$ numbers from a standard normal distribution, the
#    **prior** $p(z) = \mathcal{N}(0, I)$. ($I$ is the identity matrix: the numbers are independent
#    of each other, each with mean 0 and variance 1.)
# 2. The decoder turns $z$ into a probability $\theta_d$ for every pixel $d$, and each pixel is
#    switched on with that probability. This gives the **likelihood** $p(x \mid z)$.
#
# Which codes could have produced a given image $x$? That question runs the story backwards, and its
# exact answer $p(z \mid x)$ is out of reach. So a second network, the encoder, gives an approximate
# answer: a normal distribution $q(z \mid x)$, the **approximate posterior**, with its own mean and
# spread for every image.
#
# One remark on letters: in many papers $\theta$ names the decoder's weights. Here it is the
# decoder's output.

# %% [markdown]
# ## The layers
#
# The constructor is given. It lays out the five linear layers of the picture above. Their names are
# fixed, so use them as they are. You add the methods one at a time:
# `@add_to_class(VAE)` in front of a function attaches it to the class as a method. If you run the
# next cell again, the class starts anew without methods: run the cells of your methods again too.


# %% nbgrader={"grade": false, "grade_id": "model_class", "locked": true, "schema_version": 3, "solution": false}
class VAE(nn.Module):
    """A variational autoencoder with one hidden layer on either side."""

    def __init__(self, obs_dim, latent_dim, hidden_dim=100):
        """Lay out the layers: D = obs_dim pixels, L = latent_dim, H = hidden_dim."""
        super().__init__()
        self.obs_dim = obs_dim
        self.latent_dim = latent_dim
        self.linear1 = nn.Linear(obs_dim, hidden_dim)
        self.linear21 = nn.Linear(hidden_dim, latent_dim)
        self.linear22 = nn.Linear(hidden_dim, latent_dim)
        self.linear3 = nn.Linear(latent_dim, hidden_dim)
        self.linear4 = nn.Linear(hidden_dim, obs_dim)


# %% [markdown]
# ## Task 1: the encoder (10 points)
#
# A single image rarely has one perfect code. The encoder therefore answers with a whole
# distribution: one normal distribution for each of the $L$ entries of the code,
#
# $$q(z \mid x) = \mathcal{N}\big(\mu, \mathrm{diag}(\sigma^2)\big),$$
#
# where $\mu$ is the mean and $\sigma$ the standard deviation; $\mathrm{diag}$ says that the entries
# are independent, each with its own variance. Both come from one hidden layer $h$:
#
# $$h = \mathrm{ReLU}(W_1 x + b_1), \qquad
# \mu = W_{21} h + b_{21}, \qquad
# \log \sigma = W_{22} h + b_{22}.$$
#
# Here $W_1, b_1$ are the weights and biases inside `self.linear1`, and so on. ReLU keeps positive
# numbers and sets negative ones to zero.
#
# Why $\log \sigma$ and not $\sigma$? A linear layer may return any number, negative ones as well.
# As the logarithm of a standard deviation every number is welcome.
#
# **Write** `encoder`. Return the raw output of both linear layers, first `mu`, then `logsigma`.
#
# **Expect** two tensors of shape `[B, L]`. Before training, all entries are small.


# %% nbgrader={"grade": false, "grade_id": "encoder_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def encoder(self, x):
    """Describe the approximate posterior q(z | x) of each image.

    Args:
        x: images [B, D], one image per row.

    Returns:
        mu [B, L], the means, and logsigma [B, L], the logarithms of the standard deviations.
    """
    ### BEGIN SOLUTION
    h = F.relu(self.linear1(x))
    return self.linear21(h), self.linear22(h)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("encoder")

# %% [markdown]
# ## Task 2: draw a code, and keep the gradients (10 points)
#
# Next we need a random code $z$ from $q(z \mid x)$. There is a catch. Training must find out how a
# change of $\mu$ or $\sigma$ changes the result, and nobody can differentiate a roll of the dice.
#
# The **reparameterisation trick** moves the dice out of the way. Draw noise $\varepsilon$ that
# knows nothing of $\mu$ and $\sigma$, then stretch it and shift it:
#
# $$z = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I),$$
#
# where $\odot$ multiplies entry by entry. Now $z$ has the right distribution, and it is a smooth
# function of $\mu$ and $\sigma$. PyTorch can send gradients through it.
#
# **Write** `sample_with_reparam`. Mind that you are given $\log \sigma$, not $\sigma$. Every row
# needs its own noise, and so does every entry in a row.
#
# **Expect** one `z` of shape `[B, L]`, and a different one at every call. The tighter $\sigma$, the
# closer $z$ stays to $\mu$.


# %% nbgrader={"grade": false, "grade_id": "sample_with_reparam_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def sample_with_reparam(self, mu, logsigma):
    """Draw one code per row, so that gradients reach mu and logsigma.

    Args:
        mu: means [B, L].
        logsigma: logarithms of the standard deviations [B, L].

    Returns:
        z [B, L], one random code per row.
    """
    ### BEGIN SOLUTION
    return mu + logsigma.exp() * torch.randn_like(mu)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample_with_reparam", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("sample_with_reparam")

# %% [markdown]
# ## Task 3: the decoder (10 points)
#
# The decoder goes the other way, from a code to an image. It does not choose grey values directly. It
# gives every pixel $d$ a probability $\theta_d$ of being switched on:
#
# $$h = \mathrm{ReLU}(W_3 z + b_3), \qquad \theta = \mathrm{sigmoid}(W_4 h + b_4).$$
#
# The sigmoid function, $\mathrm{sigmoid}(a) = 1 / (1 + e^{-a})$, squeezes any number into the range
# from 0 to 1. That is just what a probability needs.
#
# **Write** `decoder`, with the layers `self.linear3` and `self.linear4`.
#
# **Expect** `theta` of shape `[B, D]`. Before training, every pixel hovers around one half: the
# decoder has no opinion yet.


# %% nbgrader={"grade": false, "grade_id": "decoder_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def decoder(self, z):
    """Turn codes into the pixel probabilities of p(x | z).

    Args:
        z: codes [B, L].

    Returns:
        theta [B, D], for each pixel the probability of being switched on.
    """
    ### BEGIN SOLUTION
    h = F.relu(self.linear3(z))
    return torch.sigmoid(self.linear4(h))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decoder", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("decoder")

# %% [markdown]
# ## How far from the prior?
#
# New digits will be decoded from codes that we draw from the prior $\mathcal{N}(0, I)$. So the
# codes of the training images should look as if they came from there. We need a number for how far
# $q(z \mid x)$ is from the prior $p(z)$. The **Kullback-Leibler divergence** is such a number:
#
# $$\mathrm{KL}\big(q \,\|\, p\big)
# = \int q(z \mid x) \, \log \frac{q(z \mid x)}{p(z)} \, dz
# = \mathbb{E}_{q}\big[\log q(z \mid x) - \log p(z)\big].$$
#
# The symbol $\mathbb{E}_q$ means the average over codes $z$ drawn from $q(z \mid x)$. The
# divergence is never negative, and it is zero only if the two distributions agree.

# %% [markdown]
# ## Task 4: the KL divergence (5 points)
#
# For two normal distributions the integral has an exact answer. Take a pencil: it falls out in
# three lines. These are the ingredients.
#
# - The $L$ entries of $z$ are independent, under $q$ and under $p$. So the divergence is a **sum
#   over the $L$ entries**, and one entry at a time is enough.
# - The logarithm of a normal density in one dimension is
#   $\log \mathcal{N}(z; \mu, \sigma^2)
#   = -\tfrac{1}{2} \log 2\pi - \log \sigma - \frac{(z - \mu)^2}{2 \sigma^2}$.
#   For the prior put $\mu = 0$ and $\sigma = 1$.
# - Under $q$ we know two averages: $\mathbb{E}_q[(z - \mu)^2] = \sigma^2$ and
#   $\mathbb{E}_q[z^2] = \mu^2 + \sigma^2$.
#
# Put the densities into $\mathbb{E}_q[\log q - \log p]$, take the averages, and simplify. To
# compare: Kingma and Welling work out the same case in their Appendix B. Their network returns
# $\log \sigma^2$, yours returns $\log \sigma$.
#
# **Write** `kl_divergence` as an exact formula, without any random numbers.
#
# **Expect** one number per image, so the shape is `[B]`, for a single image too. A quick test of
# your formula: at $\mu = 0$, $\log \sigma = 0$ it must give 0, and it must never be negative.


# %% nbgrader={"grade": false, "grade_id": "kl_divergence_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def kl_divergence(self, mu, logsigma):
    """Measure how far the approximate posterior of each image is from the prior N(0, I).

    Args:
        mu: means [B, L].
        logsigma: logarithms of the standard deviations [B, L].

    Returns:
        The KL divergence of each row [B].
    """
    ### BEGIN SOLUTION
    return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(dim=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kl_divergence", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("kl_divergence")

# %% [markdown]
# ## What should training push up?
#
# A good model finds the training images likely: $\log p(x)$ should be large. But to get $p(x)$ we
# would have to average $p(x \mid z)$ over all codes $z$, and nearly all of them have nothing to do
# with $x$.
#
# The encoder knows where to look. Draw the codes from $q(z \mid x)$ instead, and correct for it:
#
# $$\log p(x)
# = \log \mathbb{E}_{q}\!\left[\frac{p(x \mid z) \, p(z)}{q(z \mid x)}\right]
# \;\ge\; \mathbb{E}_{q}\!\left[\log \frac{p(x \mid z) \, p(z)}{q(z \mid x)}\right]
# = \underbrace{\mathbb{E}_{q}\big[\log p(x \mid z)\big]}_{\text{how well } x \text{ is rebuilt}}
# - \underbrace{\mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)}_{\text{how far from the prior}}.$$
#
# The middle step is Jensen's inequality: the logarithm of an average is at least the average of the
# logarithms. The right-hand side is a lower bound of the log probability of the data, also called
# the evidence. Hence its name, *evidence lower bound*, or **ELBO**. Push it up, and two good things
# happen: the decoder learns to rebuild images, and the codes gather where the prior is.

# %% [markdown]
# ## Grey pixels, black and white likelihood
#
# Given a code, the model switches each pixel on or off on its own. This is the Bernoulli
# distribution:
#
# $$\log p(x \mid z)
# = \sum_{d=1}^{D} \Big( x_d \log \theta_d + (1 - x_d) \log (1 - \theta_d) \Big).$$
#
# Strictly speaking that holds for $x_d = 0$ or $x_d = 1$. Our pixels are grey, anywhere between.
# Why does it still work?
#
# With a minus sign in front, each term is the **cross entropy** between a coin that shows heads
# with probability $x_d$ and one with probability $\theta_d$. It is smallest at $\theta_d = x_d$,
# for grey pixels as for black and white ones. So the decoder is still pulled towards the image.
# There is one more way to see it: flip a coin for every pixel, on with probability $x_d$. The
# formula is linear in $x_d$. So, for the same $\theta$, the grey image scores what its black and
# white versions score on average.
#
# There is a price. At a grey pixel the cross entropy stays above zero even if $\theta_d = x_d$. Our
# loss can never reach zero, and it is no exact log density of the grey images ([Loaiza-Ganem and
# Cunningham, 2019](https://arxiv.org/abs/1907.06845)).

# %% [markdown]
# ## Task 5: the ELBO (15 points)
#
# Now your four functions play together. The average over $z$ in the ELBO has no closed form, but
# one random code per image is a fair estimate of it. Its errors average out over many training
# steps:
#
# $$\mathrm{ELBO}(x) \approx \log p(x \mid z) - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big),
# \qquad z \sim q(z \mid x).$$
#
# **Write** `elbo`: encode the images, draw one code each, decode it, score the image with the
# Bernoulli formula above, subtract the divergence. Sum over the pixels, do not average over them.
#
# `F.binary_cross_entropy` may save you some work, and it does not stumble over $\log 0$. Look up
# what its option `reduction` does, and mind the sign.
#
# **Expect** one number per image, of shape `[B]`. Before training $\theta_d \approx \tfrac{1}{2}$,
# so every pixel costs $\log 2$, and all of them together $784 \log 2 \approx 543$. The KL comes on
# top and is small at first. So an untrained model has an ELBO of about $-550$.


# %% nbgrader={"grade": false, "grade_id": "elbo_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def elbo(self, x):
    """Estimate the evidence lower bound of each image with one random code.

    Args:
        x: images [B, D] with values from 0 to 1.

    Returns:
        The estimate for each image [B].
    """
    ### BEGIN SOLUTION
    mu, logsigma = self.encoder(x)
    z = self.sample_with_reparam(mu, logsigma)
    theta = self.decoder(z)
    log_likelihood = -F.binary_cross_entropy(theta, x, reduction="none").sum(dim=-1)
    return log_likelihood - self.kl_divergence(mu, logsigma)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "elbo", "locked": true, "points": 15, "schema_version": 3, "solution": false}
check("elbo")

# %% [markdown]
# ## Time to train
#
# All parts are in place. Here is your model, with fresh random weights.

# %% nbgrader={"grade": false, "grade_id": "create_model", "locked": true, "schema_version": 3, "solution": false}
vae = VAE(obs_dim, latent_dim, hidden_dim).to(device)
vae

# %% [markdown]
# `train` is the usual loop. It goes through all training images five times. One such round is an
# *epoch*. For every batch it
#
# 1. flattens the images to shape `[B, D]` and calls your `elbo`,
# 2. takes minus the mean of the result as the loss, because optimisers like to go downhill,
# 3. computes the gradients of the loss,
# 4. and lets the optimiser Adam take one step with learning rate $10^{-3}$.
#
# **Expect** a loss of about 546 to 553 in the first step, that is 543 plus the KL. It then falls
# fast. The mean loss of the fifth epoch tells you whether all is well:
#
# | data | mean loss of epoch 5 |
# |:--|--:|
# | MNIST | 108 to 114 |
# | scikit-learn's digits | 108 to 113 |
#
# Lower is not always better: a loss of 94 to 98 on MNIST is too good to be true. In that case have
# another look at your KL divergence.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false}
losses = train(vae, train_loader, epochs=5, lr=1e-3)

# %% nbgrader={"grade": false, "grade_id": "loss_curve", "locked": true, "schema_version": 3, "solution": false}
plot_losses(losses)

# %% [markdown]
# ## Task 6: invent new digits (10 points)
#
# Now comes the reward. Run the story of how digits come about, from start to end, with your trained
# decoder:
#
# $$z \sim \mathcal{N}(0, I), \qquad
# \theta = \mathrm{decoder}(z), \qquad
# x_d \sim \mathrm{Bernoulli}(\theta_d) \;\text{ for every pixel } d.$$
#
# The encoder takes no part in this: there is no image to read.
#
# **Write** `sample`. Each image gets a code of its own, made on the model's device. The length of a
# code is `self.latent_dim`. In the last step each pixel becomes 1 with probability $\theta_d$ and 0
# otherwise. That is a random draw: rounding $\theta_d$ is not the same.
#
# **Expect** shape `[num_samples, D]`, values exactly 0 or 1, and new images at every call.


# %% nbgrader={"grade": false, "grade_id": "sample_solution", "locked": false, "schema_version": 3, "solution": true}
@add_to_class(VAE)
def sample(self, num_samples):
    """Invent new black and white images.

    Args:
        num_samples: how many images to draw.

    Returns:
        Images [num_samples, D] as floating point numbers, each pixel 0 or 1.
    """
    ### BEGIN SOLUTION
    z = torch.randn(num_samples, self.latent_dim, device=self.linear3.weight.device)
    return torch.bernoulli(self.decoder(z))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("sample")

# %% [markdown]
# Here they are: digits that nobody ever wrote. Some are easy to read. Others are halfway between
# two digits, since a random code may land between two neighbourhoods.

# %% nbgrader={"grade": false, "grade_id": "generated_images", "locked": true, "schema_version": 3, "solution": false}
with torch.no_grad():
    samples = vae.sample(32)
visualize_vae_samples(samples.view(-1, 28, 28), num_rows=4, num_cols=8)

# %% [markdown]
# The speckles come from the last step, where every pixel rolls its own dice. Leave that step out and
# show probabilities $\theta$ instead, here those of the codes of 32 test images, and the speckles
# are gone. What remains is soft at the edges.

# %% nbgrader={"grade": false, "grade_id": "pixel_probabilities", "locked": true, "schema_version": 3, "solution": false}
with torch.no_grad():
    x, _ = next(iter(test_loader))
    theta = vae.decoder(vae.encoder(x[:32].view(-1, obs_dim))[0])
visualize_vae_samples(theta.view(-1, 28, 28), num_rows=4, num_cols=8)

# %% [markdown]
# ## Task 7: a map of the codes (10 points)
#
# Training never saw a label. Does the encoder tell the digits apart all the same? Let us look. A
# code has 32 entries and a plot has two, so we need a map. **t-SNE** ([van der Maaten and Hinton,
# 2008](https://www.jmlr.org/papers/v9/vandermaaten08a.html)) draws one: it puts points close
# together on the page if they are neighbours in the space of codes.
#
# Where does an image sit in that space? At the mean $\mu$ of its approximate posterior. A random
# draw $z$ would only blur the map.
#
# **Write** `embed`, a plain function this time. Encode the images, take the means, and let
# scikit-learn's `TSNE` bring them down to two dimensions. Three hints:
#
# - `TSNE` wants numbers without gradients, on the processor, as a NumPy array.
# - A fixed `random_state` gives you the same map every time. `init="pca"` is a good start.
# - The option `perplexity` is about the number of neighbours. It is 30 unless you say otherwise,
#   which is fine here, and it must be smaller than $B$.
#
# **Expect** an array of shape `[B, 2]`.


# %% nbgrader={"grade": false, "grade_id": "embeddings_solution", "locked": false, "schema_version": 3, "solution": true}
def embed(vae, x):
    """Map images to points in the plane with t-SNE.

    Args:
        vae: a trained VAE.
        x: images [B, D].

    Returns:
        An array [B, 2] with the position of each image on the map.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        mu, _ = vae.encoder(x)
    return TSNE(init="pca", random_state=0).fit_transform(mu.cpu().numpy())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "embeddings", "locked": true, "points": 10, "schema_version": 3, "solution": false}
check("embeddings")

# %% [markdown]
# Now the map of 1,000 test images, which the model has never seen. This is the moment for the
# labels: they colour the points. Look for islands of one colour. Which digits are neighbours, and
# can you guess why?

# %% nbgrader={"grade": false, "grade_id": "embeddings_plot", "locked": true, "schema_version": 3, "solution": false}
x, y = next(iter(test_loader))
visualize_embeddings(vae, x.view(-1, obs_dim), y, embed=embed)

# %% [markdown]
# ## How far are you?
#
# Here are all seven tasks together. The grader runs the same checks, with other numbers.

# %% nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false}
check()

# %% [markdown]
# ## Why are the images blurry?
#
# Two choices of ours are to blame, and both were made for simplicity.
#
# - **Pixels are independent, given the code.** A code says only so much about an image, because
#   every detail costs KL. Where it leaves an edge open, the best answer is a probability in
#   between, and that is grey. A sampled image adds dice for each pixel, so neighbours cannot agree
#   on a sharp edge.
# - **The likelihood punishes surprises.** A tiny $\theta_d$ where ink does occur costs dearly. So
#   the decoder hedges its bets and covers everything that a code might stand for.

# %% [markdown]
# ## Where to go from here
#
# Our layers are fully connected. Shuffle the pixels of all images in the same way, and this VAE
# would learn just as well: it does not know which pixels are neighbours. **Convolutional** layers
# do know. They look at small patches and use the same weights all over the image, so a stroke is
# recognised wherever it appears. With them in the encoder, and transposed convolutions in the
# decoder, you get better images from fewer weights. Stack many such layers, with codes at several
# scales, and a VAE paints sharp faces ([Vahdat and Kautz, 2020](https://arxiv.org/abs/2007.03898)).
#
# Some ideas for a copy of this notebook, once you have handed in this one:
#
# - Set `latent_dim = 2`. Now you can plot the codes directly, without t-SNE.
# - Encode a 3 and an 8, walk from one mean to the other in small steps, and decode every step.
# - Multiply the KL by a factor $\beta$. What do you gain at $\beta = 4$, and what do you lose
#   ([Higgins et al., 2017](https://openreview.net/forum?id=Sy2fzU9gl))?
#
# You have built a generative model from scratch. Well done!
