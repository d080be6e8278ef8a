"""Code every transcript in a folder: the batch use of autocode in twenty lines.

python scripts/code_folder.py TRANSCRIPTS --codebook knowledge_dynamics --out coding
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autocode import AutocodeError, Coder, read_transcripts
from autocode.batch import code_to_files
from autocode.read import readable


def main() -> int:
    """Read, code, write; a mistake in the input is told in one sentence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--codebook", required=True, help="a file, or the name of a shipped codebook")
    parser.add_argument("--guide", help="an interview guide")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    try:
        coder = Coder(options.codebook, guide=options.guide)
        files = sorted(path for path in options.folder.iterdir() if path.is_file() and readable(path))
        transcripts = [transcript for path in files for transcript in read_transcripts(path)]
        run = code_to_files(
            transcripts, coder, options.out, done=lambda coded: print(coded.transcript_id, len(coded.codable))
        )
    except AutocodeError as error:
        print(error, file=sys.stderr)
        return 2
    print(run["counts"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
