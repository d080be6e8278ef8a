"""The application: its commands, its common options, and how mistakes are told."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from autocode import __version__
from autocode.cli.terminal import SeveralError, StoppedError, Terminal
from autocode.errors import AutocodeError

INTERRUPTED = 130  # the shell's code for a program that Ctrl-C ended
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
MAY_BE_EMPTY = ("--purpose", "--database-url")
COMMON = ("--json", "--quiet", "-q")

app = typer.Typer(
    name="autocode",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"autocode {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Codes interview transcripts against your codebook, on your own computer, offline.

    Start with `autocode demo`, or with `autocode init STUDY` for a project of your own.
    """
    context.obj = Terminal(quiet=quiet, json=json)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and tell a user's mistake in one sentence on stderr."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a letter shows a question mark
            stream.reconfigure(errors="replace")
    try:
        _add_commands()
        _check_empty(arguments)
        code = app(common_first(arguments), prog_name="autocode", standalone_mode=False)
        sys.stdout.flush()  # here, where a reader that has gone can still be told from a mistake
    except StoppedError as error:
        return _tell(str(error), code=INTERRUPTED)
    except AutocodeError as error:
        return _tell_several(error.sentences) if isinstance(error, SeveralError) else _tell(str(error))
    except typer.Abort:  # the answer to a question was no
        return _tell("nothing was stored", code=1)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough
        return _hush(0)
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        return _hush(0)  # Typer's word for the same
    except Exception as error:
        if (told := _other_mistake(error)) is not None:
            return told
        raise
    if code == INTERRUPTED:  # what Typer, too, makes of Ctrl-C
        return _tell("interrupted; a project keeps the transcripts that were finished", code=INTERRUPTED)
    return code if isinstance(code, int) else 0


def _open_closed() -> None:
    """Give the standard streams that the shell has closed (`>&-`) a place where nothing is kept."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nothing, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _add_commands() -> None:
    import autocode.cli.adding
    import autocode.cli.agreeing
    import autocode.cli.anonymising
    import autocode.cli.choosing
    import autocode.cli.codebook
    import autocode.cli.coding
    import autocode.cli.demo
    import autocode.cli.evaluating
    import autocode.cli.exchanging
    import autocode.cli.learning
    import autocode.cli.prevalence
    import autocode.cli.project
    import autocode.cli.reporting
    import autocode.cli.reviewing
    import autocode.cli.status
    import autocode.cli.themes
    import autocode.cli.topics  # noqa: F401  # each module adds its commands


def _check_empty(arguments: Sequence[str]) -> None:
    """Raise `AutocodeError` for an empty word: as a path it would be the current folder."""
    for before, word in zip(("", *arguments), arguments, strict=False):
        joined = word.startswith("--") and "=" in word
        option, value = word.split("=", 1) if joined else (before, word)
        if value == "" and option not in MAY_BE_EMPTY:
            what = f"{option} has an empty value" if option[:2] == "--" else "an argument is an empty name"
            raise AutocodeError(f"{what}; the current folder is '.'")


def common_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--json`, `--quiet` and `-q` at the front: they may stand anywhere before a `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    common = [word for word in arguments[:end] if word in COMMON]
    return [*common, *(word for word in arguments[:end] if word not in COMMON), *arguments[end:]]


def _other_mistake(error: Exception) -> int | None:
    """What is the user's matter too: a wrong option, a folder that may not be looked into, no room for what
    is printed; else None.
    """
    if isinstance(error, PermissionError) and error.filename is not None:
        return _tell(f"{error.filename}: {(error.strerror or 'permission denied').lower()}")
    if isinstance(error, OSError) and error.filename is None and error.errno in NO_ROOM:
        from autocode.files import explain_os_error

        return _hush(_tell(f"the output cannot be written ({explain_os_error(error)})"))
    return _usage_error(error)


def _usage_error(error: Exception) -> int | None:
    """What Typer finds wrong (an unknown option, a missing argument) in one sentence; help for no command."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is None or code is None:
        return None
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" or context is None:
        show()
        return int(code)
    problem = error.format_message().rstrip(".")  # type: ignore[attr-defined]  # all that can be shown have it
    return _tell(f"{problem[:1].lower()}{problem[1:]}; see '{context.command_path} --help'", code=int(code))


def _hush(code: int) -> int:
    """Keep Python from complaining at its end that nobody reads what is left to write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _tell(sentence: str, *, code: int = 2) -> int:
    from autocode.write import printable  # what a file is called must not command the terminal

    print(f"autocode: {' '.join(printable(sentence).split())}", file=sys.stderr)
    return code


def _tell_several(sentences: Sequence[str]) -> int:
    from autocode.write import printable

    code = _tell(f"{len(sentences)} problems, so nothing was done:")
    for sentence in sentences:
        print(f"  {' '.join(printable(sentence).split())}", file=sys.stderr)
    return code
