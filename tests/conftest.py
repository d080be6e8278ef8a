"""What all tests share: no test touches the user's own cache, and ../shared may be absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autocode.config import EmbedConfig, Settings

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache folder for the whole session: the real encoder is converted once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOCODE_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpora beside the project; tests that need them are skipped where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not there")
    return SHARED


@pytest.fixture
def hashing() -> Settings:
    """Settings that need no model."""
    return Settings(embed=EmbedConfig(encoder="hashing"))
