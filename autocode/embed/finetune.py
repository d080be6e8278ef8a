"""The encoder itself adapted to a user's codes, with sentence-transformers' trainer, on the CPU.

A head of one logistic regression a code reads the sentence's vector, and both are trained; the head is thrown
away. Some interviews are held out: they say when to stop and which state was best, and they are
the only ones on which the new encoder may be judged or calibrated, since it has seen the others' codes.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed.folder import find_model, packaged_model
from autocode.errors import LearnError

LEAST_UNITS, LEAST_GROUPS = 60, 5
HELD_OUT = 0.2  # share of the groups
BATCH = 32
POOL = 16  # batches sorted by length together: with less padding, an epoch takes half the time
MOST_EPOCHS = 4
PATIENCE = 2  # epochs without a better held-out loss
LEARNING_RATE, HEAD_LEARNING_RATE = 4e-4, 3e-3
WARM_UP = 0.1  # share of the steps
SCALE = 16.0  # of unit vectors, so that the head's weights stay small
HEAD_PENALTY = 1e-3  # of its squared weights, when it is fitted to the encoder as it was
SHARE_FOR_TRAINING = 0.9  # of the budget that is left after loading; the rest is for judging and saving
CLOCK_FROM = 0.2  # share of the time from which the clock, too, lowers the learning rate


@dataclass(frozen=True, slots=True)
class FineTuned:
    """What came of it."""

    folder: Path
    held_out: NDArray[np.bool_]  # (n,) rows of the groups that the encoder has not seen
    loss_before: float  # held-out cross-entropy a decision, with the encoder as it was and a fitted head
    loss: float  # of the state that was kept
    epochs: int  # 0: the encoder as it was is the best
    seconds: float


def fine_tune(
    texts: Sequence[str],
    values: NDArray[np.float64],
    groups: NDArray[np.intp],
    *,
    config: EmbedConfig,
    out: Path,
    minutes: float = 10.0,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> FineTuned:
    """Train the encoder of `config` on `values` (n, n_codes; nan: not said) into the new folder `out`.

    `groups` (n,) are interviews. `minutes` of wall-clock time are kept; `progress` hears of the share of
    the training that is done. Raises `LearnError` for too few labels and for an `out` that is there already.
    """
    n_groups = len(np.unique(groups))
    if len(texts) < LEAST_UNITS or n_groups < LEAST_GROUPS:
        raise LearnError(
            f"fine-tuning needs {LEAST_UNITS} coded utterances of {LEAST_GROUPS} interviews or more; "
            f"there are {len(texts)} of {n_groups}"
        )
    if find_spec("datasets") is None or find_spec("accelerate") is None:
        raise LearnError(
            "fine-tuning needs the packages accelerate and datasets; pip install 'autocode[finetune]'"
        )
    if out.exists():
        raise LearnError(f"{out}: is there already; fine-tuning writes into a new folder")
    started = time.monotonic()
    held_out = _held_out(groups, seed=seed)
    with _work_folder(out) as folder:
        trained = _train(
            texts, values, held_out, config=config, folder=folder, seed=seed, progress=progress,
            deadline=started + 60 * minutes,
        )  # fmt: skip
    before, loss, epochs = trained
    return FineTuned(out, held_out, before, loss, epochs, time.monotonic() - started)


def _held_out(groups: NDArray[np.intp], *, seed: int) -> NDArray[np.bool_]:
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(names)[: max(1, round(HELD_OUT * len(names)))]
    return np.isin(groups, chosen)


@contextlib.contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """A private folder beside `out` that becomes `out` if all goes well, and else is gone."""
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield folder / "encoder"
        for path in (folder / "encoder").rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        (folder / "encoder").chmod(0o700)
        (folder / "encoder").rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _train(
    texts: Sequence[str],
    values: NDArray[np.float64],
    held_out: NDArray[np.bool_],
    *,
    config: EmbedConfig,
    folder: Path,
    seed: int,
    progress: Callable[[float], None],
    deadline: float,
) -> tuple[float, float, int]:
    """Save the best encoder in `folder`; the held-out loss before and after, and the epoch it is of."""
    model = _load(config)
    import torch
    from datasets import Dataset, disable_progress_bars
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from transformers import PrinterCallback, TrainerCallback
    from transformers.utils import logging

    disable_progress_bars()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    model.to("cpu")
    model[0].auto_model.get_input_embeddings().requires_grad_(False)  # half of the weights, and rare words
    rows, unseen = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    table = torch.tensor(np.where(np.isnan(values), -1.0, values), dtype=torch.float32)

    def vectors_of(some: NDArray[np.intp]) -> Any:
        chosen = [texts[row] for row in some.tolist()]
        return model.encode(
            chosen, batch_size=8, convert_to_tensor=True, show_progress_bar=False, normalize_embeddings=True
        ).clone()

    head = _fitted_head(vectors_of(rows), table[rows])

    class CodeLoss(torch.nn.Module):
        """Binary cross-entropy of a linear head on unit vectors, over what was said."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.head = head

        def forward(self, sentence_features: Any, labels: Any) -> Any:
            vectors = model(next(iter(sentence_features)))["sentence_embedding"]
            return _loss(head, torch.nn.functional.normalize(vectors, dim=1), labels)

    def judged() -> float:
        with torch.no_grad():
            return float(_loss(head, vectors_of(unseen), table[unseen]))

    def state_of() -> dict[str, Any]:
        return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    before = judged()
    best: dict[str, Any] = {"loss": before, "epoch": 0, "state": state_of()}
    begun = time.monotonic()
    budget = max(1e-9, SHARE_FOR_TRAINING * (deadline - begun))

    def used(step: int, n_steps: int) -> float:
        """The share of the training that is done: by steps, or by time where that will not suffice.

        While little of the time is gone the clock says nothing, so that a run which fits repeats exactly.
        """
        of_time = (time.monotonic() - begun) / budget
        return min(1.0, max(of_time if of_time > CLOCK_FROM else 0.0, step / max(1, n_steps)))

    class Watch(TrainerCallback):
        """Stops in time, and remembers the best state."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            share = used(state.global_step, state.max_steps)
            progress(share)
            if share >= 1.0:
                control.should_training_stop = True

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            epoch, value = math.ceil(state.epoch), judged()
            if value < best["loss"]:
                best.update(loss=value, epoch=epoch, state=state_of())
            elif epoch - best["epoch"] >= PATIENCE:
                control.should_training_stop = True

    class Trainer(SentenceTransformerTrainer):
        """Without a model card, which would quote participants; the learning rate reaches 0 in time."""

        def add_model_card_callback(self, default_args_dict: Any) -> None:
            pass

        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            def factor(step: int) -> float:
                warm = min(1.0, (step + 1) / max(1.0, WARM_UP * num_training_steps))
                return warm * (1.0 - used(step, num_training_steps))

            optimizer = optimizer or self.optimizer
            assert optimizer is not None  # made just before
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
            return self.lr_scheduler

    seen = [texts[row] for row in rows.tolist()]
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder.with_name("scratch")), num_train_epochs=MOST_EPOCHS,
        per_device_train_batch_size=BATCH, batch_sampler=_by_length([len(text) for text in seen]),
        learning_rate=LEARNING_RATE, learning_rate_mapping={r"head\.": HEAD_LEARNING_RATE},
        weight_decay=0.01, seed=seed, data_seed=seed, use_cpu=True, report_to="none", save_strategy="no",
        logging_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
    )  # fmt: skip
    data = Dataset.from_dict({"text": seen, "label": table[rows].tolist()})
    trainer = Trainer(
        model=model, args=arguments, train_dataset=data, loss=CodeLoss(), callbacks=[Watch()]
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    model.load_state_dict(best["state"])
    model.save_pretrained(str(folder), create_model_card=False, safe_serialization=True)
    return before, float(best["loss"]), int(best["epoch"])


def _load(config: EmbedConfig) -> Any:
    from autocode.embed import cache_folder
    from autocode.embed.reference import load_sentence_transformer

    cache_dir = cache_folder(config)
    if config.encoder == "default":
        return load_sentence_transformer(packaged_model(cache_dir=cache_dir))
    return load_sentence_transformer(find_model(config.encoder, cache_dir=cache_dir))


def _loss(head: Any, vectors: Any, labels: Any) -> Any:
    """Binary cross-entropy a decision that was said; -1: not said."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    said = labels >= 0
    losses = binary_cross_entropy_with_logits(SCALE * head(vectors), labels.clamp(min=0), reduction="none")
    return (losses * said).sum() / said.sum().clamp(min=1)


def _fitted_head(vectors: Any, labels: Any) -> Any:
    """A logistic regression a code on the encoder as it is, to start from (Kumar et al. 2022)."""
    import torch

    head = torch.nn.Linear(vectors.shape[1], labels.shape[1])
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = _loss(head, vectors, labels) + HEAD_PENALTY * head.weight.pow(2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return head


def _by_length(lengths: Sequence[int]) -> Any:
    """A sampler class of sentence-transformers whose batches are of texts of like length, in random order."""
    import torch
    from sentence_transformers.base.sampler import DefaultBatchSampler

    class ByLength(DefaultBatchSampler):
        def __iter__(self) -> Iterator[list[int]]:
            generator = torch.Generator().manual_seed(self.seed + self.epoch)
            order, batches = torch.randperm(len(lengths), generator=generator).tolist(), list[list[int]]()
            for start in range(0, len(order), POOL * self.batch_size):
                pool = sorted(order[start : start + POOL * self.batch_size], key=lengths.__getitem__)
                batches += [pool[at : at + self.batch_size] for at in range(0, len(pool), self.batch_size)]
            for index in torch.randperm(len(batches), generator=generator).tolist():
                yield batches[index]

        def __len__(self) -> int:
            return math.ceil(len(lengths) / self.batch_size)

    return ByLength
