"""Code every transcript in a folder: the batch use of autocode in thirty lines.

python scripts/code_folder.py TRANSCRIPTS --codebook knowledge_dynamics --out coding
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autocode import AutocodeError, Coder, read_transcripts
from autocode.batch import check_place, code_to_files
from autocode.read import readable
from autocode.records import Transcript


def main() -> int:
    """Read, code, write; a mistake in the input is told in one sentence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--codebook", required=True, help="a file, or the name of a shipped codebook")
    parser.add_argument("--guide", help="an interview guide")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    try:
        check_place(options.out)
        coder = Coder(options.codebook, guide=options.guide)
        run = code_to_files(
            read_folder(options.folder),
            coder,
            options.out,
            done=lambda coded: print(coded.transcript_id, len(coded.codable)),
            on_skip=warn,
        )
    except AutocodeError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:  # no such folder, or one that may not be looked into
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(run["counts"])
    return 0


def read_folder(folder: Path) -> list[Transcript]:
    """The transcripts of the files in a folder, by name; what was doubtful in them is printed."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    transcripts = []
    for path in files:
        if not readable(path):
            warn(f"{path}: skipped, no transcript by its name")
            continue
        for transcript in read_transcripts(path):
            for warning in transcript.warnings:
                warn(f"{path}: {warning}")
            transcripts.append(transcript)
    return transcripts


def warn(sentence: str) -> None:
    """Print what the user should look at."""
    print(f"warning: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
