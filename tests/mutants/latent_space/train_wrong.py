"""Wrong solutions of `train` and `test_elbo`, and the name of each mistake."""

from functools import partial

from .notebook import BOOK

_LOOP = """optimizer = torch.optim.Adam(model.parameters(), lr=lr)
losses = []
for _ in range(epochs):
    for x in loader:
        loss = model.loss(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
return losses"""
_MEAN = """total, count = 0.0, 0
with torch.no_grad():
    for x in loader:
        total += model.elbo(x).item() * len(x)
        count += len(x)
return total / count"""


_changed = partial(BOOK.changed, "train")

LOOPS = _changed(
    "train", _LOOP,
    ("ascent", "ascent", "loss.backward()", "(-loss).backward()"),
    ("ELBO for the loss", "ascent", "model.loss(x)", "model.elbo(x)"),
    ("sign turned twice", "ascent", "model.loss(x)", "-model.loss(x)"),
    ("no zero_grad", "zero_grad_forgotten", "        optimizer.zero_grad()\n", ""),
    ("SGD", "sgd", "torch.optim.Adam(", "torch.optim.SGD("),
    ("AdamW", "weight_decay", "torch.optim.Adam(", "torch.optim.AdamW("),
    ("a new Adam every batch", "optimizer_every_batch", "        optimizer.zero_grad()",
     "        optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n"
     "        optimizer.zero_grad()"),
    ("a new Adam every epoch", "optimizer_every_epoch", "    for x in loader:",
     "    optimizer = torch.optim.Adam(model.parameters(), lr=lr)\n    for x in loader:"),
    ("decoder only", "only_decoder", "model.parameters()",
     "[*model.decoder_hidden.parameters(), *model.decoder_output.parameters()]"),
    ("encoder only", "only_encoder", "model.parameters()",
     "[*model.encoder_hidden.parameters(), *model.encoder_output.parameters()]"),
    ("no backward", "no_step", "        loss.backward()\n", ""),
    ("no step", "no_step", "        optimizer.step()\n", ""),
    ("learning rate of the stub", "lr_ignored", "lr=lr", "lr=1e-3"),
    ("learning rate of the library", "lr_ignored", ", lr=lr", ""),
    ("learning rate of the other notebook", "lr_ignored", "lr=lr", "lr=3e-4"),
    ("one step an epoch", "one_step_an_epoch",
     "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
     "        losses.append(loss.item())\n",
     "        losses.append(loss.item())\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"),
    ("a single epoch", "single_epoch", "range(epochs)", "range(1)"),
    ("ELBO returned", "elbo_returned", "loss.item()", "-loss.item()"),
    ("times the batch", "loss_summed", "loss.item()", "loss.item() * len(x)"),
    ("one loss an epoch", "loss_of_last_batches", "        losses.append(loss.item())",
     "    losses.append(loss.item())"),
    ("averages of epochs", "loss_an_epoch", "return losses",
     "return [sum(losses[i * len(loader):(i + 1) * len(loader)]) / len(loader)\n"
     "        for i in range(epochs)]"),
    ("losses of the first epoch", "loss_of_one_epoch", "return losses",
     "return losses[: len(loader)]"),
    ("only the last loss", "only_last_loss", "return losses", "return losses[-1]"),
    ("tensor returned", "losses_in_a_tensor", "return losses", "return torch.tensor(losses)"),
    ("nothing returned", None, "return losses", "return None"),
    ("signs of gradients", None, "        optimizer.step()\n",
     "        for p in model.parameters():\n            p.grad.sign_()\n"
     "        optimizer.step()\n"),
    ("no momentum", None, "lr=lr", "lr=lr, betas=(0.0, 0.999)"),
    ("Adamax", None, "torch.optim.Adam(", "torch.optim.Adamax("),
    ("loss after the step", None, "losses.append(loss.item())",
     "losses.append(model.loss(x).item())"),
    ("last batch left out", None, "for x in loader", "for x in list(loader)[:-1]"),
    ("every batch twice", None, "for x in loader", "for x in [*loader, *loader]"),
)  # fmt: skip

MEANS = _changed(
    "test_elbo", _MEAN,
    ("mean of means", "mean_of_batch_means",
     "model.elbo(x).item() * len(x)\n        count += len(x)",
     "model.elbo(x).item()\n        count += 1"),
    ("loss", "negated", "model.elbo(x)", "model.loss(x)"),
    ("mean of losses", "negated", "model.elbo(x).item() * len(x)\n        count += len(x)",
     "model.loss(x).item()\n        count += 1"),
    ("sum", "summed_over_images", "total / count", "total"),
    ("sum over batches", "summed_over_batches", " * len(x)\n        count += len(x)",
     "\n        count = 1"),
    ("divided by batches", "divided_by_batches", "count += len(x)", "count += 1"),
    ("divided by images", "divided_by_images", " * len(x)\n", "\n"),
    ("last batch", "last_batch", "total += model.elbo(x).item() * len(x)\n        count += len(x)",
     "total, count = model.elbo(x).item(), 1"),
    ("first batch", "first_batch", "return total / count",
     "return model.elbo(next(iter(loader))).item()"),
    ("a list", None, "total / count", "[total / count]"),
    ("nothing", None, "return total / count", "print(total / count)"),
    ("size of the first batch", None, "len(x)\n        count += len(x)",
     "512\n        count += 512 if len(x) == 512 else len(x)"),
)  # fmt: skip

WRONG = (*LOOPS, *MEANS)
