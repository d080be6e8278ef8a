"""Draw the pictures of the README as SVG: what the terminal shows, and figures of the demo's report.

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
FIGURES = ("data-structure.svg", "thematic-map-statement.svg")
LINK = re.compile(r"</?a\b[^>]*>")  # to the report, which does not lie beside the pictures
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # rich would fetch its font from a server


def main() -> None:
    """Run the demo in a folder of its own; keep the beginning of what it prints, and two figures."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "autocode", "demo"]
        shown = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        report = [sys.executable, "-m", "autocode", "--quiet", "report", "--include-machine"]
        subprocess.run(report, cwd=Path(folder) / "autocode-demo", check=True, capture_output=True)
        for name in FIGURES:
            drawn = (Path(folder) / "autocode-demo" / "findings" / name).read_text(encoding="utf-8")
            (DOCS / name).write_text(LINK.sub("", drawn), encoding="utf-8")
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
