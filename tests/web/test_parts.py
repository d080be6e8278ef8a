"""Tokens and pieces of utterances on the review page: read once, the coder free in between, and learnt."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from autocode.config import Settings
from autocode.errors import LearnError
from autocode.learn.signals import NO_PARTS, Parts
from autocode.pipeline import Coder
from autocode.web.ground import TEXTS_AT_ONCE, PartReader

TEXTS = [f"We trusted partner number {number}." for number in range(TEXTS_AT_ONCE + 6)]


@dataclass
class Page:
    """As much of a review as the reader needs; its coder notes what it was asked."""

    machine: Coder
    coder_lock: threading.Lock = field(default_factory=threading.Lock)
    asked: list[list[str]] = field(default_factory=list)

    @property
    def coder(self) -> Page:
        return self

    def parts_of(self, texts: list[str]) -> tuple[Parts, ...]:
        assert self.coder_lock.locked()
        self.asked.append(list(texts))
        return self.machine.parts_of(texts)


@pytest.fixture(scope="module")
def machine() -> Coder:
    return Coder("knowledge_dynamics", settings=Settings())


@pytest.mark.model
def test_each_text_is_read_once_and_the_coder_is_free_in_between(machine: Coder) -> None:
    page = Page(machine)
    read = PartReader(page, lambda: False)  # type: ignore[arg-type]
    found = read([*TEXTS, TEXTS[0]])
    assert [len(one) for one in page.asked] == [TEXTS_AT_ONCE, 6]
    assert found[0] is found[-1]
    for one, alone in zip(found, machine.parts_of(TEXTS), strict=False):
        np.testing.assert_array_equal(one.tokens, alone.tokens)
        np.testing.assert_array_equal(one.sentences, alone.sentences)
    assert read(TEXTS[:3]) == found[:3]
    assert len(page.asked) == 2


def test_nothing_is_read_once_the_page_has_ended() -> None:
    page = Page(
        Coder("knowledge_dynamics", settings=Settings.model_validate({"embed": {"encoder": "hashing"}}))
    )
    with pytest.raises(LearnError, match="the page has ended"):
        PartReader(page, lambda: True)(TEXTS)  # type: ignore[arg-type]
    assert page.asked == []
    assert set(PartReader(page, lambda: False)(TEXTS)) == {NO_PARTS}  # type: ignore[arg-type]
