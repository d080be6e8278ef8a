"""The encoder itself adapted to a user's codes, with sentence-transformers' trainer, on the CPU.

A head of one logistic regression a code reads the sentence's vector, and both are trained; the head is thrown
away. Some interviews are held out: they say when to stop and which state was best, and they are
the only ones on which the new encoder may be judged or calibrated, since it has seen the others' codes.
"""

from __future__ import annotations

import contextlib
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
BATCH = 16
MOST_EPOCHS = 10
PATIENCE = 2  # epochs without a better held-out loss
LEARNING_RATE, HEAD_LEARNING_RATE = 1.5e-4, 5e-3
SCALE = 16.0  # of unit vectors, so that the head's weights stay small
SHARE_FOR_TRAINING = 0.85  # of the budget; the rest is for loading, judging and saving


@dataclass(frozen=True, slots=True)
class FineTuned:
    """What came of it."""

    folder: Path
    held_out: NDArray[np.bool_]  # (n,) rows of the groups that the encoder has not seen
    loss_before: float  # held-out binary cross-entropy a decision, after the head's first epoch
    loss: float  # of the state that was kept
    epochs: int
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
    from autocode.embed import cache_folder
    from autocode.embed.reference import load_sentence_transformer

    cache_dir = cache_folder(config)
    base = (
        packaged_model(cache_dir=cache_dir)
        if config.encoder == "default"
        else find_model(config.encoder, cache_dir=cache_dir)
    )
    model = load_sentence_transformer(base)
    import torch
    from datasets import Dataset, disable_progress_bars
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from transformers import TrainerCallback

    disable_progress_bars()
    torch.manual_seed(seed)
    model.to("cpu")
    model.model_card_data.generate_widget_examples = False  # they would quote participants
    table = np.where(np.isnan(values), -1.0, values).astype(np.float32)

    class CodeLoss(torch.nn.Module):
        """Binary cross-entropy of a linear head on unit vectors, over what was said."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.head = torch.nn.Linear(int(model.get_embedding_dimension()), table.shape[1])
            said = np.clip(
                np.nanmean(np.where(values[~held_out] >= 0, values[~held_out], np.nan), axis=0), 0.01, 0.99
            )
            share = np.nan_to_num(said, nan=0.5)
            with torch.no_grad():
                self.head.weight.mul_(0.1)
                self.head.bias.copy_(torch.tensor(np.log(share / (1 - share)) / SCALE, dtype=torch.float32))

        def forward(self, sentence_features: Any, labels: Any) -> Any:
            vectors = model(next(iter(sentence_features)))["sentence_embedding"]
            return self.of(torch.nn.functional.normalize(vectors, dim=1), labels)

        def of(self, vectors: Any, labels: Any) -> Any:
            logits = SCALE * self.head(vectors)
            said = labels >= 0
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, labels.clamp(min=0), reduction="none"
            )
            return (losses * said).sum() / said.sum().clamp(min=1)

    loss = CodeLoss()
    rows = np.flatnonzero(~held_out)
    unseen = [texts[row] for row in np.flatnonzero(held_out).tolist()]
    unseen_labels = torch.tensor(table[held_out])

    def judged() -> float:
        vectors = model.encode(
            unseen, batch_size=16, convert_to_tensor=True, show_progress_bar=False, normalize_embeddings=True
        )
        with torch.no_grad():
            return float(loss.of(vectors, unseen_labels))

    best: dict[str, Any] = {"loss": np.inf, "epoch": 0, "state": None}
    history: list[float] = []
    budget = SHARE_FOR_TRAINING * (deadline - time.monotonic())
    begun = time.monotonic()

    class Watch(TrainerCallback):
        """Stops in time, and remembers the best state."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            used = time.monotonic() - begun
            progress(min(1.0, max(used / budget, state.global_step / max(1, state.max_steps))))
            if used > budget:
                control.should_training_stop = True

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            value = judged()
            history.append(value)
            if value < best["loss"]:
                state_dict = {name: t.detach().clone() for name, t in model.state_dict().items()}
                best.update(loss=value, epoch=len(history), state=state_dict)
            elif len(history) - best["epoch"] >= PATIENCE:
                control.should_training_stop = True

    with tempfile.TemporaryDirectory(prefix="autocode-") as scratch:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch, num_train_epochs=MOST_EPOCHS, per_device_train_batch_size=BATCH,
            learning_rate=LEARNING_RATE, learning_rate_mapping={r"head\.": HEAD_LEARNING_RATE},
            warmup_steps=max(1, len(rows) // BATCH // 2), weight_decay=0.01,
            lr_scheduler_type="cosine", seed=seed, data_seed=seed, use_cpu=True, report_to="none",
            save_strategy="no", logging_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
        )  # fmt: skip
        data = Dataset.from_dict({"text": [texts[int(row)] for row in rows], "label": table[rows].tolist()})
        trainer = SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=data, loss=loss, callbacks=[Watch()]
        )
        trainer.train()
    if best["state"] is None:  # not one epoch fitted into the budget
        history.append(judged())
        best.update(loss=history[-1], epoch=len(history))
    else:
        model.load_state_dict(best["state"])
    model.save_pretrained(str(folder), create_model_card=False, safe_serialization=True)
    return history[0], float(best["loss"]), int(best["epoch"])
