"""Draw the pictures of the README: what the terminal shows, as SVG.

python scripts/make_pictures.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 116
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # rich would fetch its font from a server


def main() -> None:
    """Run the demo in a folder of its own and keep the beginning of what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "autocode", "demo"]
        shown = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
    draw(shown.stdout, DOCS / "demo.svg", title="autocode demo", n_lines=64)


def draw(ansi: str, path: Path, *, title: str, n_lines: int) -> None:
    """The first lines of a terminal's output as a picture without anything to fetch."""
    lines = list(AnsiDecoder().decode(ansi))[:n_lines]
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: SIM115
    for line in lines:
        console.print(line, soft_wrap=True)
    path.write_text(FONT.sub("", console.export_svg(title=title)), encoding="utf-8")
    print(f"{path.name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
