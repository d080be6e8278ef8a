"""The encoder itself adapted to a user's codes, with sentence-transformers' trainer, on the CPU.

A few encoders are trained, of the first two thirds of the layers: their tokens tell more, in two thirds of
the time. In place of dropout some words are hidden from them at random, which is quicker and teaches more.
Each is trained without one share of the interviews, with a head of one logistic regression a code
on the vectors of an utterance, of its tokens (see `tuned`) and of what was said just before and after it. So
there is a score for every coded utterance from an encoder that has not seen its interview, which is
what probabilities and thresholds may be learnt from, and which says when to stop (cross-fitting). If there is
time, one more learns from everything, for as long as was best for the others. An utterance that nobody has
coded gets the mean of all.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.config import EmbedConfig
from autocode.embed.folder import find_model, packaged_model
from autocode.embed.protocol import n_early
from autocode.embed.reference import embed_tokens, load_sentence_transformer
from autocode.embed.tuned import SCALE, InContext, log_odds_of, member_folder, said_by, save_heads
from autocode.errors import LearnError

LEAST_UNITS = 60
BATCH = 16
POOL = 16  # batches sorted by length together: with less padding, an epoch takes half the time
LEAST_STEPS = 550  # of training, so that few utterances are read more often
LEAST_EPOCHS, MOST_EPOCHS = 3, 30  # whatever the steps
PATIENCE = 0.25  # share of the epochs that rank the left-out utterances no better, and two at least
LEARNING_RATE, HEAD_LEARNING_RATE = 2e-4, 3e-3
WARM_UP = 0.1  # share of the steps
HIDDEN = 0.15  # share of the words that are hidden each time they are read
DROPOUT = 0.1  # of the head's inputs
HEAD_START = 0.1  # of the customary random weights, so that all codes begin near their shares
TOKEN_START = 0.02  # standard deviation of the tokens' first weights
LEAST_SHARE = 1e-3  # of the utterances that a code is taken to apply to when its head begins
SHARE_FOR_TRAINING = 0.9  # of the time; the rest is for saving
CLOCK_FROM = 0.2  # share of the time from which the clock, too, lowers the learning rate

Judge = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True)
class FineTuned:
    """What came of it."""

    folder: Path
    log_odds: NDArray[np.float32]  # (n, n_codes), of each utterance by the encoder that has not seen its fold
    epochs: tuple[int, ...]  # of training of each encoder, one for each fold, and one for everything if any
    seconds: float


@dataclass(frozen=True, slots=True)
class _Trained:
    model: Any
    head: Any
    epochs: int

    def arrays(self) -> list[NDArray[np.float32]]:
        """Of the head: weights, tokens' weights, constants."""
        parts = (self.head["beside"].weight, self.head["tokens"].weight, self.head["beside"].bias)
        return [part.detach().numpy() for part in parts]

    def log_odds(self, utterances: InContext) -> NDArray[np.float32]:
        weight, token_weight, bias = self.arrays()
        texts, places = utterances.numbered()
        n = weight.shape[1] // 3 + len(bias)
        rows = embed_tokens(self.model, texts, said_by(token_weight), n, batch_size=BATCH)
        return log_odds_of(rows, places, weight, bias)


def fine_tune(
    utterances: InContext,
    values: NDArray[np.float64],
    folds: NDArray[np.intp],
    *,
    judge: Judge,
    config: EmbedConfig,
    out: Path,
    minutes: float = 10.0,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> FineTuned:
    """Train the encoder of `config` on `values` (n, n_codes; nan: not said) into the new folder `out`.

    One encoder for each of the `folds` (n,), 0, 1 ..., is trained on the others; `judge` tells by values and
    scores of the left-out fold how good an epoch's state is, the more the better. One more is trained on
    everything, for as many epochs as was best for them on average, if that is sure to end in time. `minutes`
    of wall-clock time are kept; `progress` hears of the share that is done. Raises `LearnError` for too few
    utterances, missing packages, and an `out` that is there already.
    """
    if len(utterances) < LEAST_UNITS:
        raise LearnError(
            f"fine-tuning needs {LEAST_UNITS} coded utterances or more; there are {len(utterances)}"
        )
    if find_spec("datasets") is None or find_spec("accelerate") is None:
        raise LearnError(
            "fine-tuning needs the packages accelerate and datasets; pip install 'autocode[finetune]'"
        )
    if out.exists():
        raise LearnError(f"{out}: is there already; fine-tuning writes into a new folder")
    started = time.monotonic()
    end = started + SHARE_FOR_TRAINING * 60 * minutes
    n_folds = int(folds.max()) + 1
    at_first = _read_at_first(utterances, config)
    log_odds = np.zeros(values.shape, np.float32)
    heads, epochs = list[list[NDArray[np.float32]]](), list[int]()
    with _work_folder(out) as folder:

        def member(left_out: NDArray[np.bool_], most: int, seconds: float) -> _Trained:
            number = len(epochs)

            def told(share: float) -> None:
                progress(min(1.0, (number + share) / (n_folds + 1)))

            one = _train(
                utterances, values, left_out, at_first, judge=judge, config=config,
                scratch=folder / "scratch", seed=seed + number, progress=told, seconds=seconds,
                most_epochs=most,
            )  # fmt: skip
            one.model.save_pretrained(
                str(member_folder(folder / "encoder", number)), create_model_card=False,
                safe_serialization=True,
            )  # fmt: skip
            heads.append(one.arrays())
            epochs.append(one.epochs)
            return one

        for fold in range(n_folds):
            left = (end - time.monotonic()) / (n_folds - fold)
            rows = np.flatnonzero(folds == fold)
            most = n_epochs(len(utterances) - len(rows))
            log_odds[rows] = member(folds == fold, most, left).log_odds(utterances.take(rows))
        a_round = (time.monotonic() - started) / (n_folds - 1)  # as many utterances as there are, as often
        if end - time.monotonic() > a_round:
            member(np.zeros(len(folds), bool), round(float(np.mean(epochs))), end - time.monotonic())
        save_heads(folder / "encoder", heads)
    progress(1.0)
    return FineTuned(out, log_odds, tuple(epochs), time.monotonic() - started)


def n_epochs(n: int) -> int:
    """How often n utterances are read at most.

    >>> n_epochs(50), n_epochs(300), n_epochs(900), n_epochs(4000)
    (30, 29, 10, 3)
    """
    return min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / math.ceil(n / BATCH))))


@contextlib.contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """A private folder beside `out`; `encoder` in it becomes `out` if all goes well, and the rest is gone."""
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield folder
        for path in (folder / "encoder").rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        (folder / "encoder").chmod(0o700)
        (folder / "encoder").rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _train(
    utterances: InContext,
    values: NDArray[np.float64],
    left_out: NDArray[np.bool_],
    at_first: Mapping[str, NDArray[np.float32]],
    *,
    judge: Judge,
    config: EmbedConfig,
    scratch: Path,
    seed: int,
    progress: Callable[[float], None],
    seconds: float,
    most_epochs: int,
) -> _Trained:
    """Train on what is not `left_out` (n,); the state is kept that ranks the rest best, or the last one.

    `at_first` has the vector of each text before training.
    """
    model = _load(config)
    import torch
    from datasets import Dataset, disable_progress_bars
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from transformers import PrinterCallback, TrainerCallback
    from transformers.utils import logging

    disable_progress_bars()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    hide = _prepare_to_hide_words(model, seed)
    model[0].auto_model.get_input_embeddings().requires_grad_(False)  # half of the weights, and rare words
    rows, unseen = np.flatnonzero(~left_out), np.flatnonzero(left_out)
    seen, left = utterances.take(rows), utterances.take(unseen)
    texts, places = seen.numbered()
    head = _new_head(values[rows], 3 * model.get_embedding_dimension(), model[0].get_embedding_dimension())
    trained = _Trained(model, head, 0)
    # The vectors of all texts as they were when last read, and zeros for nothing: neighbours come from here.
    read = torch.from_numpy(np.stack([at_first[text] for text in texts]))
    known = torch.nn.functional.pad(read, (0, 0, 0, 1))
    half = _has_bfloat16()
    only_near = np.setdiff1d(places[:, 1:], places[:, 0])
    only_near = only_near[only_near >= 0]

    class CodeLoss(torch.nn.Module):
        """Binary cross-entropy of the head's log-odds, over what was said; summed over codes.

        A label is what was said of each code (-1: nothing), and the row of the utterance.
        """

        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.head = head
            self.dropout = torch.nn.Dropout(DROPOUT)

        def forward(self, sentence_features: Any, labels: Any) -> Any:
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                made = model(hide(next(iter(sentence_features))))
            unit = torch.nn.functional.normalize(made["sentence_embedding"].float(), dim=1)
            at = torch.from_numpy(places[labels[:, -1].long().numpy()])
            known[at[:, 0]] = unit.detach()
            known[-1] = 0
            beside = torch.cat([unit, known[at[:, 1]], known[at[:, 2]]], dim=1)
            tokens, there = made["token_embeddings"].float(), made["attention_mask"].bool()
            scores = head["tokens"](self.dropout(tokens)).masked_fill(~there[:, :, None], -math.inf)
            by_tokens = torch.logsumexp(scores, dim=1) - there.sum(dim=1, keepdim=True).log()
            said, labels = labels[:, :-1] >= 0, labels[:, :-1].clamp(min=0)
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                head["beside"](self.dropout(SCALE * beside)) + by_tokens, labels, reduction="none"
            )
            return (losses * said).sum(dim=1).mean()

    def state_of() -> tuple[dict[str, Any], dict[str, Any]]:
        model_state, head_state = (
            {name: tensor.detach().clone() for name, tensor in part.state_dict().items()}
            for part in (model, head)
        )
        return model_state, head_state

    best: dict[str, Any] = {"value": -math.inf, "epoch": 0, "state": state_of()}
    patience = max(2, round(PATIENCE * most_epochs))
    begun, budget = time.monotonic(), max(1e-9, seconds)

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
            epoch = math.ceil(state.epoch)
            if len(only_near):
                known[only_near] = torch.from_numpy(_embed(model, [texts[at] for at in only_near]))
            value = float(epoch)  # the last state is kept where nothing is left out
            if len(left):
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    value = judge(values[unseen], trained.log_odds(left).astype(float))
            if value > best["value"]:
                best.update(value=value, epoch=epoch, state=state_of())
            elif epoch - best["epoch"] >= patience:
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

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(scratch), num_train_epochs=most_epochs,
        per_device_train_batch_size=BATCH, batch_sampler=_by_length([len(text) for text in seen.texts]),
        learning_rate=LEARNING_RATE, learning_rate_mapping={r"head\.": HEAD_LEARNING_RATE},
        weight_decay=0.01, optim="adamw_torch_fused", seed=seed, data_seed=seed, use_cpu=True,
        report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
        dataloader_pin_memory=False,
    )  # fmt: skip
    table = np.column_stack([np.where(np.isnan(values[rows]), -1.0, values[rows]), np.arange(len(rows))])
    data = Dataset.from_dict({"text": list(seen.texts), "label": table.tolist()})
    trainer = Trainer(
        model=model, args=arguments, train_dataset=data, loss=CodeLoss(), callbacks=[Watch()]
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    for part, kept in zip((model, head), best["state"], strict=True):
        part.load_state_dict(kept)
    return _Trained(model, head, int(best["epoch"]))


def _load(config: EmbedConfig) -> Any:
    """The encoder that is trained: of one like BERT the first layers, see `n_early`; of others all."""
    from autocode.embed import cache_folder

    cache_dir = cache_folder(config)
    if config.encoder == "default":
        model = load_sentence_transformer(packaged_model(cache_dir=cache_dir))
    else:
        model = load_sentence_transformer(find_model(config.encoder, cache_dir=cache_dir))
    transformer = model[0].auto_model
    stack: Any = getattr(transformer, "encoder", None)
    if hasattr(stack, "layer") and len(stack.layer) == transformer.config.num_hidden_layers:
        stack.layer = stack.layer[: n_early(len(stack.layer))]
        transformer.config.num_hidden_layers = len(stack.layer)
    return model.to("cpu")


def _read_at_first(utterances: InContext, config: EmbedConfig) -> dict[str, NDArray[np.float32]]:
    """The vector of each text before training, which is the same for all encoders."""
    import torch

    texts, _ = utterances.numbered()
    with torch.autocast("cpu", torch.bfloat16, enabled=_has_bfloat16()):
        rows = _embed(_load(config), texts)
    return dict(zip(texts, rows, strict=True))


def _embed(model: Any, texts: Sequence[str]) -> NDArray[np.float32]:
    return np.asarray(
        model.encode(list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True),
        np.float32,
    )


def _prepare_to_hide_words(model: Any, seed: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What replaces some tokens of a batch by the one that stands for a hidden word, special ones excepted.

    The model loses its dropout, and computes attention plainly. One whose tokenizer has no such token stays
    as it is.
    """
    import torch

    hidden_by, special = model.tokenizer.mask_token_id, torch.tensor(model.tokenizer.all_special_ids)
    if hidden_by is None:
        return lambda features: features
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    model[0].auto_model.set_attn_implementation("eager")  # others are slow backwards on a CPU
    generator = torch.Generator().manual_seed(seed)

    def hide(features: dict[str, Any]) -> dict[str, Any]:
        ids = features["input_ids"]
        hidden = (torch.rand(ids.shape, generator=generator) < HIDDEN) & ~torch.isin(ids, special)
        return {**features, "input_ids": ids.masked_fill(hidden, hidden_by)}

    return hide


def _new_head(values: NDArray[np.float64], n_dims: int, n_token_dims: int) -> Any:
    """A logistic regression a code that begins near the code's share of the utterances."""
    import torch

    beside = torch.nn.Linear(n_dims, values.shape[1])
    tokens = torch.nn.Linear(n_token_dims, values.shape[1], bias=False)
    said = (~np.isnan(values)).sum(axis=0)
    share = np.clip(np.nansum(values, axis=0) / np.maximum(said, 1), LEAST_SHARE, 1.0 - LEAST_SHARE)
    with torch.no_grad():
        beside.weight.mul_(HEAD_START)
        beside.bias.copy_(torch.tensor(np.log(share / (1.0 - share)), dtype=torch.float32))
        tokens.weight.normal_(std=TOKEN_START)
    return torch.nn.ModuleDict({"beside": beside, "tokens": tokens})


def _has_bfloat16() -> bool:
    """Whether the processor multiplies 16-bit numbers by itself: a step then takes two thirds of the time."""
    import torch

    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


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
