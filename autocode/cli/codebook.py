"""`autocode codebook show | check | convert`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import counted, terminal_of

if TYPE_CHECKING:
    from rich.tree import Tree

    from autocode.codebook import Code, Codebook

MOST_ITEMS = 12  # of each kind in one code's card

commands = typer.Typer(
    no_args_is_help=True,
    help="Look at a codebook, check it, or write it in another format.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(commands, name="codebook")

Source = Annotated[str, typer.Argument(metavar="CODEBOOK", help="A file, or the name of a shipped codebook.")]


@commands.command()
def show(
    context: typer.Context,
    codebook: Source,
    code: Annotated[str | None, typer.Argument(help="Show this code (id or path) in full.")] = None,
) -> None:
    """Show the hierarchy of a codebook, or one code in full.

    Example: `autocode codebook show knowledge_dynamics trust`
    """
    from autocode.codebook import read_codebook

    terminal, book = terminal_of(context), read_codebook(codebook)
    _warn(context, book)
    if code is None:
        data = {
            "name": book.name,
            "digest": book.digest,
            "codes": [c.model_dump(mode="json") for c in book.codes],
        }
        terminal.result(_tree(book), data=data)
    else:
        found = book[book.resolve(code)]
        terminal.result(
            _card(book, found), data={**found.model_dump(mode="json"), "path": book.path(found.id)}
        )


@commands.command()
def check(context: typer.Context, codebook: Source) -> None:
    """Check that a codebook can be used, and say what would make it easier to apply.

    Example: `autocode codebook check codebook.yaml`
    """
    from autocode.codebook import check_codebook, read_codebook

    book = read_codebook(codebook)
    _warn(context, book)
    advice = check_codebook(book)
    ends = f"{len(book.roots)} at the top, {len(book.leaves)} at the bottom"
    summary = f"{book.name}: {counted(len(book.codes), 'code')}, {ends}"
    closing = f"{counted(len(advice), 'thing')} to consider" if advice else "nothing to improve"
    data = {"name": book.name, "n_codes": len(book.codes), "digest": book.digest, "advice": advice}
    terminal_of(context).result(f"{summary}.", *_by_kind(advice), f"Valid; {closing}.", data=data)


@commands.command()
def convert(
    context: typer.Context,
    codebook: Source,
    target: Annotated[Path, typer.Argument(help="The file to write: .yaml, .json, .csv or .qdc.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a codebook in the format of the target's suffix.

    Example: `autocode codebook convert relationship_development relationships.csv`
    """
    from autocode.codebook import read_codebook, write_codebook
    from autocode.errors import CodebookError

    book = read_codebook(codebook)
    _warn(context, book)
    if target.exists() and not force:
        raise CodebookError(f"{target}: is there already; --force replaces it")
    write_codebook(book, target)
    data = {"written": str(target), "n_codes": len(book.codes)}
    terminal_of(context).result(f"{counted(len(book.codes), 'code')} written to {target}", data=data)


def _by_kind(advice: Sequence[str]) -> list[str]:
    """Advice with what is said of many codes in the same words said once."""
    kinds: dict[str, list[str]] = {}
    for sentence in advice:
        about = re.fullmatch(r"The (code|theme) '([^']*)'( [^']*)", sentence)
        kind, name = (f"The {about[1]} …{about[3]}", about[2]) if about else (sentence, "")
        kinds.setdefault(kind, []).append(name)
    lines: list[str] = []
    for kind, names in kinds.items():
        more = f" and {len(names) - MOST_ITEMS} more" if len(names) > MOST_ITEMS else ""
        if len(names) == 1:
            lines.append(kind.replace("…", f"'{names[0]}'", 1) if names[0] else kind)
        else:
            lines.append(f"{kind}\n  {len(names)} times: {', '.join(names[:MOST_ITEMS])}{more}")
    return lines


def _warn(context: typer.Context, book: Codebook) -> None:
    for warning in book.warnings:
        terminal_of(context).warn(warning)


def _tree(book: Codebook) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    root = Tree(Text.assemble((book.title or book.name, "bold"), f"  {counted(len(book.codes), 'code')}"))
    branches: dict[str | None, Tree] = {None: root}
    pending = list(reversed(book.roots))
    while pending:
        code = book[pending.pop()]
        label = Text.assemble((code.name, "bold" if book.children(code.id) else ""), (f"  {code.id}", "dim"))
        branches[code.id] = branches[next(iter(book.ancestors(code.id)), None)].add(label)
        pending.extend(reversed(book.children(code.id)))
    return root


def _card(book: Codebook, code: Code) -> Any:
    from rich.console import Group
    from rich.text import Text

    lines = [Text(book.path(code.id), style="bold"), Text(f"id: {code.id}", style="dim")]
    for title, text in (("Definition", code.definition), ("Theory", code.theory)):
        if text:
            lines += [Text(f"\n{title}", style="bold"), Text(text)]
    for title, items in (
        ("Use it for", code.include),
        ("Not for", code.exclude),
        ("Examples", code.examples),
        ("Counter-examples", code.counter_examples),
    ):
        if items:
            lines += [Text(f"\n{title}", style="bold"), *(Text(f"- {item}") for item in items[:MOST_ITEMS])]
            if len(items) > MOST_ITEMS:
                lines.append(
                    Text(f"  and {len(items) - MOST_ITEMS} more; --json lists them all", style="dim")
                )
    if code.cues:
        lines += [Text("\nCues", style="bold"), Text(", ".join(code.cues))]
    return Group(*lines)
