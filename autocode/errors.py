"""What can go wrong through no fault of ours.

    AutocodeError            one clear sentence; the command line prints it and returns 2
    |-- ReadError            a transcript that cannot be read
    |-- CodebookError        a codebook that cannot be used
    |-- GuideError           an interview guide that cannot be used
    |-- ConfigError          a setting that is unknown or out of range
    |-- EncoderError         an encoder that is missing, damaged or not the one it claims to be
    |-- StoreError           a project that is missing, busy, newer than this program, or full
    |-- AgreementError       ratings from which no coefficient can be computed
    |-- LearnError           human codes that cannot be used, or are not enough
    |-- ExchangeError        another program's project that cannot be read, taken over or written
    |-- ThemesError          utterances in which no themes can be found
    |   `-- TooFewError       they are too few
    |-- AnonymiseError       a list of names, or a key, that cannot be used
    `-- FindingsError        codings, or facts about interviews, that no findings can be reported from

A message says where, what was found, and what would do. It names files, rows and ids,
never what a participant said.
"""

_MOST = 4000  # characters of a message: it names what a file holds, and a file may hold anything


class AutocodeError(Exception):
    """A mistake in the input or its surroundings, told in one sentence; a long one is cut in the middle."""

    def __str__(self) -> str:
        message = super().__str__()
        if len(message) <= _MOST:
            return message
        return f"{message[: _MOST * 3 // 4]} […] {message[-_MOST // 5 :]}"


class ReadError(AutocodeError):
    """A transcript that cannot be read."""


class CodebookError(AutocodeError):
    """A codebook that cannot be used."""


class GuideError(AutocodeError):
    """An interview guide that cannot be used."""


class ConfigError(AutocodeError):
    """A setting that is unknown or out of range."""


class EncoderError(AutocodeError):
    """An encoder that is missing, damaged or not the one it claims to be."""


class StoreError(AutocodeError):
    """A project that is missing, busy, newer than this program, or full."""


class StoreBusyError(StoreError):
    """A database that cannot be written to or reached just now: the same again, later, may do."""


class AgreementError(AutocodeError):
    """Ratings from which no coefficient can be computed."""


class LearnError(AutocodeError):
    """Human codes that cannot be used, or are not enough."""


class ExchangeError(AutocodeError):
    """Another program's project that cannot be read, taken over or written."""


class ThemesError(AutocodeError):
    """Utterances in which no themes can be found."""


class TooFewError(ThemesError):
    """They are too few."""


class AnonymiseError(AutocodeError):
    """A list of names, or a key, that cannot be used."""


class FindingsError(AutocodeError):
    """Codings, or facts about interviews, that no findings can be reported from."""
