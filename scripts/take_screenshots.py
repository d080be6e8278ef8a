"""Pictures of the review page for docs/ and the README, from the bundled interviews.

    python scripts/take_screenshots.py [--out docs]

Makes a demo project in a temporary folder, lets two made-up coders decide a little, serves the page, and
photographs it with Debian's chromium. Nothing in the pictures was ever said by anybody.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autocode.batch import code_project, project_coder
from autocode.cli.project import make_project
from autocode.read import read_transcripts
from autocode.store import Request, ReviewStore, open_project
from autocode.themes import find_themes, write_themes
from autocode.themes.project import FOLDER, codings_of
from autocode.web.state import BLIND_SHARE, Review

DEMO = Path(__file__).parents[1] / "autocode" / "demo" / "transcripts"
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
           "--disable-sync"]  # fmt: skip
VIEWS = {
    "review": "/read/fjordlift_ceo_2023",
    "review-queue": "/queue?order=uncertain",
    "review-codebook": "/codebook",
    "review-project": "/project",
    "review-adjudicate": "/adjudicate",
    "review-themes": "/themes",
}


def make_study(folder: Path) -> None:
    """A coded project in which Mia and Ben have both decided on some units, not always alike."""
    make_project(folder, codebook="knowledge_dynamics", guide=None)
    with open_project(folder) as project:
        for path in sorted(DEMO.iterdir()):
            for transcript in read_transcripts(path):
                project.store.add_transcript(transcript)
        code_project(project, project_coder(project))
        coder, codings = codings_of(project)
        write_themes(find_themes(coder, codings, detail="few"), folder / FOLDER)
        review, people = Review(project, learn=False), ReviewStore(project.store)
        people.set_setting(BLIND_SHARE, 0.3)
        rng = np.random.default_rng(1)
        mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
        for transcript_id in list(review.people.latest_codings())[:6]:
            reading = review.reading(transcript_id)
            keys = [k for k, u in zip(reading.keys, reading.utterances, strict=True) if u.codable][:14]
            for coder in (mia, ben):
                for view in review.views(coder, reading, keys):
                    suggested = [one.code_id for one in review.suggestions(reading, view.key)]
                    taken = [code for code in suggested if rng.random() < (0.5 if view.hidden else 0.7)]
                    request = Request(
                        f"shot-{coder.key}-{view.key}", "done",
                        [*(["code", view.key, code, True] for code in taken), ["done", view.key, True]],
                        review.codebook.digest, review.arms(coder, [view.key]), {view.key: suggested},
                        review.shown([view]),
                    )  # fmt: skip
                    people.act(coder.key, request)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The page; yields its link."""
    command = [sys.executable, "-m", "autocode", "--json", "review", "--no-browser", "--as", "Mia"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        printed = ""
        while not printed.rstrip().endswith("}"):
            printed += server.stdout.readline()
        try:
            yield str(json.loads(printed)["link"])
        finally:
            server.terminate()


def photograph(link: str, out: Path) -> None:
    """One PNG a view."""
    from playwright.sync_api import sync_playwright

    root = link.partition("/start")[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=BROWSER
        )
        page: Any = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(link)
        page.wait_for_selector("text=/learnt from/", timeout=120_000)
        for name, path in VIEWS.items():
            page.goto(root + path)
            if name == "review":
                page.locator(".unit.codable:not(.done)").nth(1).locator(".said").click()
                page.evaluate("document.activeElement.scrollIntoView({block: 'center'})")
            page.wait_for_timeout(800)
            page.screenshot(path=str(out / f"{name}.png"))
        browser.close()


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        make_study(folder)
        with served(folder) as link:
            photograph(link, options.out)


if __name__ == "__main__":
    main()
