"""Settings: `configs/default.toml` is complete; a project's `autocode.toml` overrides it.

Unknown keys are errors that name the file, the section and the setting that was probably meant.
"""

from __future__ import annotations

import codecs
import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from autocode.errors import ConfigError

Unit = Literal["auto", "turn", "sentence", "unit"]


class Section(BaseModel):
    """A table of settings: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadConfig(Section):
    """How files are read."""

    encoding: str | None = None  # of text files that are not Unicode; None: found out, with a warning
    max_mb: float = Field(default=50.0, gt=0)  # larger files are refused before they are read

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str | None) -> str | None:
        try:
            codecs.lookup(encoding or "utf-8")
        except (LookupError, ValueError):  # ValueError: a null character
            raise ValueError("there is no such encoding; try utf-8, cp1252 or latin-1") from None
        return encoding


class SegmentConfig(Section):
    """How turns become utterances."""

    unit: Unit = "auto"  # auto: the file's own units where it has them, else sentences
    language: str = "en"  # ISO 639-1 code, for spaCy's tokenizer and the lemmas
    spacy_model: str = ""  # an installed trained pipeline by name; empty: blank, with our components
    min_words: int = Field(default=4, ge=1)  # shorter sentences are joined to a neighbour
    max_words: int = Field(default=60, ge=10)  # a meaning unit stops growing here
    cohesion: float = Field(default=0.25, ge=-1, le=1)  # cosine at which neighbours are one meaning unit

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words ({self.min_words}) is more than max_words ({self.max_words})")
        return self


class EmbedConfig(Section):
    """Which encoder turns utterances into vectors, and where they are kept."""

    encoder: str = "default"  # default, hashing, or a sentence-transformers name or folder
    backend: Literal["auto", "fast", "reference"] = "auto"  # auto: fast where it is exact, else reference
    batch_tokens: int = Field(default=256, ge=16)  # tokens in one batch of the fast path
    threads: int = Field(default=0, ge=0)  # 0: as many as there are cores
    cache_dir: str = ""  # empty: the user's cache folder
    cache_max_gb: float = Field(default=2.0, ge=0)  # the least recently used vectors go first; 0: no cache


class ClassifyConfig(Section):
    """How evidence becomes suggestions while there are no human codes."""

    threshold: float = Field(default=0.5, ge=0, le=1)  # scores from here on are suggested for review
    max_suggestions: int = Field(default=5, ge=1)  # the most codes suggested for one utterance
    context_weight: float = Field(default=0.35, ge=0, le=1)  # of the question's evidence, for one word


class StoreConfig(Section):
    """Where a project's transcripts, codings and decisions are kept."""

    # empty: autocode.db in the project's folder; else a PostgreSQL server. May hold a password: never dumped.
    database_url: str = Field(default="", exclude=True)


class Settings(Section):
    """All settings of one project or run."""

    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    read: ReadConfig = ReadConfig()
    segment: SegmentConfig = SegmentConfig()
    embed: EmbedConfig = EmbedConfig()
    classify: ClassifyConfig = ClassifyConfig()
    store: StoreConfig = Field(default=StoreConfig(), exclude=True)
    speakers: dict[str, Literal["interviewer", "respondent", "other"]] = Field(default_factory=dict)


def shipped(*parts: str) -> Path:
    """The path of a file that comes with autocode, such as `shipped("configs", "default.toml")`."""
    package = Path(__file__).resolve().parent
    installed = package / "_shipped"
    return (installed if installed.is_dir() else package.parent).joinpath(*parts)


def read_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from `path` (TOML) over the defaults, then `overrides` such as {"segment.unit": "turn"}.

    Raises `ConfigError` that names the file and the setting.
    """
    values: dict[str, Any] = {}
    for source in (shipped("configs", "default.toml"), path):
        if source is not None:
            _merge(values, _read_toml(source))
    for dotted, value in (overrides or {}).items():
        *sections, key = dotted.split(".")
        target = values
        for section in sections:
            target = target.setdefault(section, {})
        target[key] = value
    return parse_settings(values, where=str(path) if path else "settings", path=path)


def parse_settings(values: Mapping[str, Any], *, where: str, path: Path | None = None) -> Settings:
    """Validated settings; errors say `where`, and the line of the setting in `path`, a TOML file."""
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        line = _line_of(path, [str(part) for part in error.errors()[0]["loc"]]) if path else None
        place = where if line is None else f"{where}, line {line}"
        raise ConfigError(f"{place}: {_explain(error)}") from None


def _line_of(path: Path, place: list[str]) -> int | None:
    """The number of the line in a TOML file that sets the last of `place` in the table of those before it."""
    *tables, key = place
    wanted, table = ".".join(tables), ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]*?)\s*\]", line):
            table = header[1]
            if table == key and not tables:
                return number
        elif table == wanted and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
            return number
    return None


def suggest(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `known`, or nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _merge(into: dict[str, Any], new: Mapping[str, Any]) -> None:
    for key, value in new.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _explain(error: ValidationError) -> str:
    """The first problem of a pydantic error as `[section] message`."""
    problem = error.errors()[0]
    *sections, key = (str(part) for part in problem["loc"])
    section = f"[{'.'.join(sections)}] " if sections else ""
    if problem["type"] != "extra_forbidden":
        return f"{section}{key}: {_wrong(problem)}"
    fields: Any = Settings.model_fields
    for name in sections:
        fields = fields[name].annotation.model_fields
    return f"{section}has no setting '{key}'{suggest(key, list(fields))}"


_WANTED = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
}


def _wrong(problem: Any) -> str:
    """What pydantic found wrong, in plain words, and the value where it is a single one."""
    context, value = problem.get("ctx", {}), problem["input"]
    if problem["type"] == "value_error":
        message = str(context["error"])
    elif problem["type"] in _WANTED:
        message = _WANTED[problem["type"]].format(**context)
    else:
        message = problem["msg"][:1].lower() + problem["msg"][1:]
    found = f" ({value!r} found)" if isinstance(value, str | int | float) else ""
    return message + found
