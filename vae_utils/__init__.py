"""What a student's notebook imports: `from vae_utils import load_mnist, train, check`.

Every name is looked up on first use, so that `import vae_utils` costs nothing and a notebook that
draws no pictures never loads a drawing library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_utils.binarized import BinaryLoader, load_binarized_mnist
    from vae_utils.checking import check
    from vae_utils.colour_digits import load_colour_digits
    from vae_utils.data import load_mnist
    from vae_utils.device import select_device
    from vae_utils.digit_arrays import load_digits_arrays
    from vae_utils.notebook import add_to_class
    from vae_utils.plots import (
        plot_losses,
        visualize_embeddings,
        visualize_mnist,
        visualize_vae_samples,
    )
    from vae_utils.quick import is_quick
    from vae_utils.training import train
    from vae_utils.weights import load_weights, save_weights

__all__ = [
    "BinaryLoader",
    "add_to_class",
    "check",
    "is_quick",
    "load_binarized_mnist",
    "load_colour_digits",
    "load_digits_arrays",
    "load_mnist",
    "load_weights",
    "plot_losses",
    "save_weights",
    "select_device",
    "train",
    "visualize_embeddings",
    "visualize_mnist",
    "visualize_vae_samples",
]

# No public name equals a submodule's name: importing that submodule would silently replace it.
_HOME = {
    "BinaryLoader": "vae_utils.binarized",
    "add_to_class": "vae_utils.notebook",
    "check": "vae_utils.checking",
    "is_quick": "vae_utils.quick",
    "load_binarized_mnist": "vae_utils.binarized",
    "load_colour_digits": "vae_utils.colour_digits",
    "load_digits_arrays": "vae_utils.digit_arrays",
    "load_mnist": "vae_utils.data",
    "load_weights": "vae_utils.weights",
    "plot_losses": "vae_utils.plots",
    "save_weights": "vae_utils.weights",
    "select_device": "vae_utils.device",
    "train": "vae_utils.training",
    "visualize_embeddings": "vae_utils.plots",
    "visualize_mnist": "vae_utils.plots",
    "visualize_vae_samples": "vae_utils.plots",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'vae_utils' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the next look-up no longer comes here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
