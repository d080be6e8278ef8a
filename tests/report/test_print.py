"""A page on paper, in Debian's chromium: heads of tables are whole words, and no table is cut off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from autocode.report.blocks import Cell, Line, Section, Table
from autocode.report.page import as_page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PAPER = 680  # pixels: A4 without its margins
BROKEN = """() => [...document.querySelectorAll('thead th')].filter(head => {
  const range = document.createRange(); range.selectNodeContents(head);
  return range.getClientRects().length > head.textContent.split(' ').length }).length"""
WIDEST = "() => Math.max(...[...document.querySelectorAll('table')].map(one => one.offsetWidth))"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed"),
]


@pytest.mark.parametrize(("n_columns", "whole"), [(8, True), (14, False)])
def test_heads_on_paper(tmp_path: Path, n_columns: int, whole: bool) -> None:
    """Eight columns have room for the word, fourteen have not, so that it is cut and not the table."""
    from playwright.sync_api import sync_playwright

    line = Line([Cell("Trust"), *[Cell("12") for _ in range(n_columns - 1)]])
    table = Table("Codes", ["Code", *["Respondents"] * (n_columns - 1)], [line])
    path = tmp_path / "page.html"
    path.write_text(as_page("Page", [Section("s", "S", [table])]), encoding="utf-8")
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": PAPER, "height": 1000})
        page.emulate_media(media="print")
        page.goto(path.as_uri())
        broken, widest = page.evaluate(BROKEN), page.evaluate(WIDEST)
        browser.close()
    assert (broken == 0) is whole
    assert widest <= PAPER
