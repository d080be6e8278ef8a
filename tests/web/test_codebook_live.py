"""Learning goes on when the codebook changes, with the real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.batch import code_project, project_coder
from autocode.cli.project import make_project
from autocode.codebook import Code, add_code, merge_codes
from autocode.read import read_transcripts
from autocode.store import Request, open_project
from autocode.web.state import Review

DEMO = Path(__file__).parents[2] / "autocode" / "demo" / "transcripts"
pytestmark = pytest.mark.model


def test_a_changed_codebook_is_learnt_anew(tmp_path: Path) -> None:
    make_project(tmp_path / "study", codebook="knowledge_dynamics", guide="none")
    with open_project(tmp_path / "study") as project:
        for transcript in read_transcripts(sorted(DEMO.iterdir())[0]):
            project.store.add_transcript(transcript)
        code_project(project, project_coder(project))
        review = Review(project)
        mia, live = review.people.add_account("Mia", "lead"), review.live
        assert live is not None
        for number, unit in enumerate(review.pool().keys.tolist()[:24]):
            codes = [["code", unit, "leapfrogging", True]] if number % 3 == 0 else []
            changes = [*codes, ["done", unit, True]]
            review.people.act(mia.key, Request(f"key-{unit}", "done", changes, review.codebook.digest))
        live.start()
        live.heard_of_codebook()
        assert live.wait(120)
        assert (live.problem, live.n_labelled) == ("", 24)
        book, version = review.codebook, live.version
        changed = add_code(merge_codes(book, "leapfrogging", "trust"), Code(id="hope", name="Hope"))
        succession = review.succession.with_merge("leapfrogging", "trust")
        review.change_codebook(changed, base=review.codebook_version, note="", succession=succession)
        assert live.wait(120)
        assert (live.problem, live.n_labelled) == ("", 24)
        assert live.version > version
        pool = review.pool()
        assert pool.code_ids == changed.ids  # coded anew
        assert live.support(pool)[pool.code_ids.index("trust")] == 8
        view = review.views(mia, review.reading(pool.transcripts[0]), [int(pool.keys[0])])[0]
        assert view.said == {"trust": True}
        for mode in ("uncertain", "worst_code", "rare_code", "random"):
            assert review.orders.next(mia, mode) is not None
        review.close()
