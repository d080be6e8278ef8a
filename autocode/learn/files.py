"""A learnt model in a folder of the user's project: arrays, JSON, and a card that a person can read.

Readable by its owner alone: it holds the coded statements that suggestions are explained with.
"""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from autocode.digests import digest
from autocode.errors import LearnError
from autocode.files import (
    OutputError,
    check_free,
    explain_os_error,
    private_folder,
    write_private_bytes,
    write_together,
)
from autocode.learn.blend import Blend
from autocode.learn.calibration import Calibration
from autocode.learn.dial import Dial
from autocode.learn.fourth import FourthLook
from autocode.learn.heard import Heard
from autocode.learn.learner import Learned
from autocode.learn.lexical import NAMES, Lexical
from autocode.learn.pieces import Pieces
from autocode.learn.recipe import Recipe
from autocode.learn.ridge import Fit
from autocode.learn.second import SecondLook
from autocode.learn.sets import SetRule
from autocode.learn.signals import NO_PARTS, Signals
from autocode.learn.stack import Stack
from autocode.learn.third import ThirdLook
from autocode.learn.views import DENSE, Views, take_rows

FORMAT = 10  # raised when the files' layout changes
_TEXTS = ("texts", "previous", "following", "before", "after")  # of the signals
ARRAYS, FACTS, CARD, ENCODER = "model.npz", "model.json", "MODEL.md", "encoder"
LOCK = ".lock"  # of a workplace
_FILES = (FACTS, ARRAYS, CARD)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt, with what it was learnt from and for."""

    learned: Learned
    dial: Dial | None
    facts: Mapping[str, Any]  # codebook, encoder, counts, settings: JSON values
    encoder_folder: Path | None = None  # of the fine-tuned encoders, where there are any

    def describe(self) -> dict[str, Any]:
        """What `run.json` tells of it."""
        dial = self.dial and {"target_error": self.dial.target_error, "confidence": self.dial.confidence}
        return {"digest": self.digest, **self.facts, "dial": dial}

    @property
    def digest(self) -> str:
        """Names the model: two with the same digest score alike."""
        facts = {key: value for key, value in self.facts.items() if key != "timings"}
        return digest([FORMAT, facts, _content(self.learned), self.dial.to_dict() if self.dial else None])


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A private folder for what is to become the model in `folder`, which is not touched; gone in the end.

    It lies in `folder` if that is there, else beside it. What interrupted runs left there goes first. Raises
    `OutputError`, before any work is done, where no model can be written, or another run is about to.
    """
    from filelock import FileLock

    _check_free(folder)
    parent = folder if folder.is_dir() else folder.parent
    pattern = f"{glob.escape(_work_prefix(folder))}*"
    with private_folder(parent):
        try:
            for left in (*folder.glob(pattern), *folder.parent.glob(pattern)):
                if _in_use(left):
                    raise OutputError(f"{folder}: is being written by another run; wait until that is done")
                shutil.rmtree(left, ignore_errors=True)
            work = tempfile.mkdtemp(prefix=_work_prefix(folder), dir=parent)  # mode 0700
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({explain_os_error(error)})") from error
        try:
            with FileLock(Path(work, LOCK), mode=0o600):
                yield Path(work)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _in_use(work: Path) -> bool:
    """Whether a run that goes on holds the lock of its `workplace`."""
    from filelock import FileLock, Timeout

    if not (work / LOCK).exists():
        return False
    try:
        with FileLock(work / LOCK, timeout=0):
            return False
    except Timeout:
        return True


def _work_prefix(folder: Path) -> str:
    return f".{folder.name}.new-"


def _check_free(folder: Path) -> None:
    """Raise `OutputError` where a file is in the way of the folder, or a folder in that of a file."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, and a folder is needed there")
    check_free([folder / name for name in _FILES])


def save_model(model: Model, folder: Path) -> None:
    """Write the model into `folder`, private to its owner; an earlier one stays until all of it is written.

    Fine-tuned encoders are moved there from a `workplace`, and copied from elsewhere. Raises `OutputError`.
    """
    facts = {
        "format": FORMAT, "content": _content(model.learned), **model.facts,
        "dial": model.dial.to_dict() if model.dial else None,
        "recipe": asdict(model.learned.recipe), "code_ids": list(model.learned.code_ids),
        "units": [list(item) for item in zip(model.learned.signals.ids, model.learned.signals.groups,
                                             strict=True)],
        **{name: list(getattr(model.learned.signals, name)) for name in _TEXTS},
        "never_empty": model.learned.rule.never_empty,
        "pairs": {name: [list(pair) for pair in pairs] for name, pairs in _pairs(model.learned).items()},
    }  # fmt: skip
    _check_free(folder)
    packed = io.BytesIO()
    np.savez(packed, **_arrays(model.learned))
    try:
        with (
            private_folder(folder),
            tempfile.TemporaryDirectory(prefix=_work_prefix(folder), dir=folder) as new,
        ):
            write_private_bytes(Path(new, ARRAYS), packed.getvalue())
            with write_together(Path(new), (FACTS, CARD)) as (json_file, card):
                json.dump(facts, json_file, ensure_ascii=False, indent=1)
                card.write(card_of(model))
            if (encoder := model.encoder_folder) is not None:
                own = encoder.parent.name.startswith(_work_prefix(folder))
                (shutil.move if own else shutil.copytree)(encoder, Path(new, ENCODER))
            _swap(Path(new), folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({explain_os_error(error)})") from error


def _swap(new: Path, folder: Path) -> None:
    """Let the new model take the place of an earlier one, or leave that as it was.

    The earlier `model.json` goes first and the new one comes last: where one is, all belongs to it.
    """
    parts, earlier = (*_FILES, ENCODER), new / "earlier"
    earlier.mkdir(mode=0o700)
    moves = [(folder / name, earlier / name) for name in parts]
    moves += [(new / name, folder / name) for name in reversed(parts)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if source.exists():
                done.append((source, target))  # before it is: Ctrl-C may come in between
                os.rename(source, target)
    except BaseException:
        for source, target in reversed(done):
            with suppress(FileNotFoundError):
                os.rename(target, source)
        raise


def load_model(folder: str | Path) -> Model:
    """The model in a folder. Raises `LearnError` where there is none, or one of another version."""
    folder = Path(folder)
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        packed = io.BytesIO((folder / ARRAYS).read_bytes())
        with np.load(packed, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise LearnError(f"{folder}: holds no trained model; 'autocode train' makes one") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        raise LearnError(f"{folder}: the model is damaged; train it again") from None
    if facts.get("format") != FORMAT:
        raise LearnError(f"{folder}: the model was made by another version of autocode; train it again")
    try:
        model = _model(folder, facts, arrays)
        if facts["content"] != _content(model.learned):
            raise LearnError(f"{folder}: the model's files do not belong together; train it again")
        return model
    except (KeyError, IndexError, TypeError):
        raise LearnError(f"{folder}: the model is damaged; train it again") from None


def card_of(model: Model) -> str:
    """A page on what the model is, for people."""
    learned, facts = model.learned, model.facts
    positives = np.nansum(learned.values, axis=0).astype(int)
    said = (~np.isnan(learned.values)).sum(axis=0)
    notes = model.dial.notes(learned.code_ids, learned.values) if model.dial else []
    lines = [
        "# A model of your codes",
        "",
        f"Learnt from {len(learned.signals)} coded utterances of {len(set(learned.signals.groups))} "
        f"transcripts for the codebook '{facts.get('codebook', {}).get('name', '')}'.",
        "It holds the coded statements themselves (suggestions are explained with them): keep it as "
        "confidential as the interviews, and delete it with them.",
        "",
        "It suggests; whether a statement means what a code says remains for people to decide. It is made "
        "for transcripts like those that it learnt from, in the same language, coded in the same units.",
        "",
        "| code | applies | of | suggested from |",
        "|---|---|---|---|",
        *(
            f"| {code} | {positives[i]} | {said[i]} | {learned.rule.thresholds[i]:.2f} |"
            for i, code in enumerate(learned.code_ids)
        ),
        "",
        *_ties(learned),
        *(f"- {sentence}" for sentence in notes),
        *([""] if model.dial else []),
        f"Kernel weights '{learned.recipe.weights}', penalty {learned.recipe.penalty:g}, chosen on inner "
        "folds by transcript. Probabilities are calibrated on transcripts that were left out. Codes of like "
        "names, or below one heading, lend each other what was learnt, of a statement and of those just "
        "before and after, unless they exclude each other.",
        "",
        _looks(learned),
        *_tuning(facts),
        "",
    ]
    return "\n".join(lines)


def _looks(learned: Learned) -> str:
    second = learned.second
    words = " single words as the encoder hears them in their sentence," if second and second.heard else ""
    words += " single sentences and phrases," if second and (second.sentences or second.phrases) else ""
    kinds = f"Each kind of signal by itself,{words} and how likely all codes are just before and after,"
    left_out = "transcripts that were left out were judged"
    told = f"{kinds} count as well: {left_out} better so."
    if second is None:
        told = f"{kinds} do not count: labels are few, or {left_out} no better so."
    if learned.third is None:
        return told
    others = "how likely all codes together are, as some exclude each other or hardly come alone,"
    return f"{told} And {others} counts: {left_out} better so."


def _ties(learned: Learned) -> list[str]:
    """What is said of exclusive groups."""
    said = []
    for group in (*learned.rule.groups, *learned.rule.options):
        names = ", ".join(f"'{learned.code_ids[column]}'" for column in group)
        how = "exactly one" if group in learned.rule.groups else "at most one"
        said += [f"Of {names} {how} is suggested: the one whose odds are furthest above its threshold's.", ""]
    return said


def _tuning(facts: Mapping[str, Any]) -> list[str]:
    told = facts.get("fine_tuned")
    if not told:
        return []
    return [
        "",
        f"The encoder was fine-tuned on these codes {len(told['epochs'])} times, in turn without some of "
        "the transcripts and, if there was time, on all. Mean average precision on those left out: "
        f"{told['precision_before']:.3f} before, {told['precision']:.3f} after.",
    ]


def _pairs(learned: Learned) -> dict[str, tuple[tuple[int, ...], ...]]:
    rule = learned.rule
    return {
        "rivals": rule.rivals, "groups": rule.groups, "options": rule.options, "parents": rule.parents,
        "certain": learned.blend.certain,
    }  # fmt: skip


_SIGNALS = tuple(field.name for field in fields(Signals) if field.name not in
                 {"ids", "groups", "parts", *_TEXTS})  # fmt: skip
_BLEND = ("weights", "base", "mean", "evidence_mean", "role_odds", "lenders")
_THIRD = tuple(field.name for field in fields(ThirdLook))
_FOURTH = tuple(field.name for field in fields(FourthLook))
_STACK = tuple(field.name for field in fields(Stack))
_HEARD = tuple(field.name for field in fields(Heard))
_PIECES = tuple(field.name for field in fields(Pieces))
_LEXICAL = ("odds", "weights", "constant")


def _arrays(learned: Learned) -> dict[str, Any]:
    arrays: dict[str, Any] = {f"signals.{name}": getattr(learned.signals, name) for name in _SIGNALS}
    arrays |= {f"blend.{name}": getattr(learned.blend, name) for name in _BLEND}
    arrays |= {f"center.{name}": value for name, value in learned.views.center.items()}
    arrays |= {f"spread.{name}": value for name, value in learned.views.spread.items()}
    for name, value in learned.views.idf.items():
        known = np.flatnonzero(value)
        arrays |= {
            f"idf.{name}.at": known,
            f"idf.{name}": value[known],
            f"idf.{name}.n": np.array(len(value)),
        }
    if (second := learned.second) is not None:
        arrays |= {"second.dual": second.dual, "second.first": second.first}
        arrays |= {f"stack.{name}": getattr(second.stack, name) for name in _STACK}
        arrays |= {f"lexical.{name}": getattr(second.lexical, name) for name in _LEXICAL}
        arrays |= {f"lexical.columns.{name}": second.lexical.columns[name] for name in NAMES}
        if second.heard is not None:
            arrays |= {f"heard.{name}": getattr(second.heard, name) for name in _HEARD}
        for kind in ("sentences", "phrases"):
            if (pieces := getattr(second, kind)) is not None:
                arrays |= {f"{kind}.{name}": getattr(pieces, name) for name in _PIECES}
    for look, names in (("third", _THIRD), ("fourth", _FOURTH)):
        if (found := getattr(learned, look)) is not None:
            arrays |= {f"{look}.{name}": getattr(found, name) for name in names}
    if (calibration := learned.calibration) is not None:
        arrays["calibration"] = np.array([calibration.likely, calibration.unlikely, calibration.constant])
    return arrays | {
        "values": learned.values, "anchors": learned.anchors, "dual": learned.fit.dual,
        "mean": learned.fit.mean, "left_out": learned.fit.left_out, "cross_fitted": learned.cross_fitted,
        "thresholds": learned.rule.thresholds,
    }  # fmt: skip


def _content(learned: Learned) -> str:
    """A digest of all that the scores depend on."""
    whole = hashlib.sha256()
    for name, value in sorted(_arrays(learned).items()):
        whole.update(name.encode())
        whole.update(np.ascontiguousarray(value).tobytes())
    for name in ("ids", *_TEXTS):
        whole.update("\0".join(getattr(learned.signals, name)).encode("utf-8", "replace"))
    return whole.hexdigest()


def _model(folder: Path, facts: dict[str, Any], arrays: dict[str, Any]) -> Model:
    rest: dict[str, Any] = {name: arrays[f"signals.{name}"] for name in _SIGNALS}
    rest |= {name: tuple(facts[name]) for name in _TEXTS}
    signals = Signals(
        ids=tuple(unit for unit, _ in facts["units"]),
        groups=tuple(group for _, group in facts["units"]),
        parts=(NO_PARTS,) * len(facts["units"]),
        **rest,
    )
    idf = {}
    for name in ("words", "chars"):
        idf[name] = np.zeros(int(arrays[f"idf.{name}.n"]), np.float32)
        idf[name][arrays[f"idf.{name}.at"]] = arrays[f"idf.{name}"]
    views = Views(
        {name: arrays[f"center.{name}"] for name in DENSE},
        {name: arrays[f"spread.{name}"] for name in DENSE},
        idf,
    )
    pairs = {name: tuple(tuple(pair) for pair in found) for name, found in facts["pairs"].items()}
    of_rule = {name: found for name, found in pairs.items() if name != "certain"}
    rule = SetRule(arrays["thresholds"], bool(facts["never_empty"]), **of_rule)
    tied: dict[str, Any] = {name: pairs[name] for name in ("groups", "options", "certain", "parents")}
    blend = Blend(**{name: arrays[f"blend.{name}"] for name in _BLEND}, **tied)
    third = ThirdLook(*(arrays[f"third.{name}"] for name in _THIRD)) if "third.mean" in arrays else None
    fourth = FourthLook(*(arrays[f"fourth.{name}"] for name in _FOURTH)) if "fourth.mean" in arrays else None
    calibration = Calibration(*arrays["calibration"].tolist()) if "calibration" in arrays else None
    learned = Learned(
        tuple(facts["code_ids"]), signals, arrays["values"], views,
        take_rows(views.encode(signals), arrays["anchors"]), arrays["anchors"], Recipe(**facts["recipe"]),
        Fit(arrays["dual"], arrays["mean"], arrays["left_out"]), blend, rule, arrays["cross_fitted"],
        _second(arrays), third, fourth, calibration,
    )  # fmt: skip
    own = {
        "format",
        "content",
        "dial",
        "code_ids",
        "units",
        *_TEXTS,
        "never_empty",
        "pairs",
    }
    dial = Dial.from_dict(facts["dial"]) if facts["dial"] else None
    encoder = folder / ENCODER if facts.get("fine_tuned") else None
    return Model(learned, dial, {key: value for key, value in facts.items() if key not in own}, encoder)


def _second(arrays: Mapping[str, Any]) -> SecondLook | None:
    if "second.dual" not in arrays:
        return None
    lexical = Lexical(
        {name: arrays[f"lexical.columns.{name}"] for name in NAMES},
        *(arrays[f"lexical.{name}"] for name in _LEXICAL),
    )
    heard = Heard(*(arrays[f"heard.{name}"] for name in _HEARD)) if "heard.center" in arrays else None
    sentences, phrases = (
        Pieces(*(arrays[f"{kind}.{name}"] for name in _PIECES)) if f"{kind}.center" in arrays else None
        for kind in ("sentences", "phrases")
    )
    stack = Stack(**{name: arrays[f"stack.{name}"] for name in _STACK})
    return SecondLook(
        arrays["second.dual"], lexical, heard, sentences, phrases, stack, arrays["second.first"]
    )
