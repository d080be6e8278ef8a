"""`autocode topics`: where conversations go on to another topic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.reading import read_all, warn_of
from autocode.cli.terminal import counted, shortened, terminal_of

if TYPE_CHECKING:
    from autocode.records import Transcript

SHOWN = 60  # letters of what a block begins with


@app.command()
def topics(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Transcripts in English, or folders of them.")],
) -> None:
    """Show at which turns another topic begins, for meetings and the like that follow an agenda.

    It learned from meetings and misses many changes. In an interview the questions tell more.
    Nothing else uses what it finds.

    `autocode topics meeting.vtt`
    """
    from rich.table import Table
    from rich.text import Text

    from autocode.config import Settings
    from autocode.segment.topics import topic_starts

    terminal = terminal_of(context)
    loaded = read_all(terminal, files, settings=Settings(), roles={})
    warn_of(terminal, loaded)
    table = Table("transcript", "turn", "time", "speaker")
    table.add_column("begins with", no_wrap=True)
    data = []
    for one in loaded:
        found = blocks(one.transcript, topic_starts(one.transcript.turns))
        data.append({"transcript": one.transcript.id, "topics": found})
        for block in found:
            said = shortened(one.transcript.turns[block["turn"]].text, SHOWN)
            time = "" if block["start_s"] is None else f"{block['start_s']:.0f} s"
            table.add_row(
                Text(one.transcript.id), str(block["turn"] + 1), time, Text(block["speaker"]), Text(said)
            )
    n = sum(len(one["topics"]) for one in data)
    told = f"{counted(n, 'block')} in {counted(len(loaded), 'transcript')}; each begins where the table says."
    terminal.result(table, told, data={"transcripts": data})


def blocks(transcript: Transcript, starts: list[int]) -> list[dict[str, Any]]:
    """The blocks of turns between the places `starts`, the first from the beginning."""
    firsts = [0, *starts] if transcript.turns else []
    ends = [*starts, len(transcript.turns)]
    return [
        {
            "turn": first,
            "turns": end - first,
            "speaker": transcript.turns[first].speaker,
            "start_s": transcript.turns[first].start_s,
        }
        for first, end in zip(firsts, ends, strict=False)
    ]
