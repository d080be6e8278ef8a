"""The review page as a person uses it: Debian's chromium, the real server, the real model."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autocode.batch import code_project, project_coder
from autocode.cli.project import make_project
from autocode.codebook import read_codebook
from autocode.read import read_transcripts
from autocode.store import Request, ReviewStore, open_project
from autocode.themes import find_themes, write_themes
from autocode.themes.project import FOLDER, codings_of
from autocode.web.guard import hashed
from autocode.web.state import BLIND_SHARE

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DEMO = Path(__file__).parents[2] / "autocode" / "demo" / "transcripts"
HOSTILE = """Interviewer: What did you <script>window.stolen = 1</script> expect?
Anna: I expected <img src=x onerror="window.stolen = 2"> and {{7*7}} trust from our distributor in Norway.
Anna: We knew nothing of the market "there", so we learned it & 'absorbed' it from the partner over years.
"""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.model,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two demo interviews and a hostile one, coded."""
    folder = tmp_path_factory.mktemp("projects") / "study"
    make_project(folder, codebook="knowledge_dynamics", guide=None)
    hostile = folder / "transcripts" / "hostile.txt"
    hostile.write_text(HOSTILE, encoding="utf-8")
    with open_project(folder) as project:
        for path in [*sorted(DEMO.iterdir())[:2], hostile]:
            for transcript in read_transcripts(path):
                project.store.add_transcript(transcript)
        code_project(project, project_coder(project))
        coder, codings = codings_of(project)
    write_themes(find_themes(coder, codings, n_runs=1), folder / FOLDER)
    return folder


@pytest.fixture
def study(coded: Path, tmp_path: Path) -> Path:
    """A copy of the project, for one test."""
    return Path(shutil.copytree(coded, tmp_path / "study"))


class Server:
    """`autocode review`, as a user starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.process: subprocess.Popen[str] | None = None
        self.link = ""

    def start(self, *options: str) -> str:
        """Start; the link to open."""
        command = [
            sys.executable,
            "-m",
            "autocode",
            "--json",
            "review",
            "--no-browser",
            *self.options,
            *options,
        ]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        printed = ""
        while not printed.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, "the server has ended"
            printed += line
        self.link = json.loads(printed)["link"]
        return self.link

    @property
    def root(self) -> str:
        return self.link.partition("/start")[0]

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    server = Server(folder, *options)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(timeout=20) == 0
            assert server.process.stdout is not None
            server.process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a browser of its own; in the end nothing may have gone wrong or elsewhere."""
    contexts, problems = [], list[str]()

    def open_page(link: str, name: str | None = None, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1360, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if re.match(r"(http://127\.0\.0\.1:\d+|data:)", request.url)
                else problems.append(f"a request to {request.url}")
            ),
        )
        page.on(
            "console",
            lambda message: problems.append(message.text) if "Content Security" in message.text else None,
        )
        page.goto(link)
        if page.locator("#name").count() and "/start" in page.url and name:
            page.fill("#name", name)
            page.click("button.primary")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def people(study: Path) -> Iterator[ReviewStore]:
    with open_project(study) as project:
        yield ReviewStore(project.store)


def reading(page: Any, server: Server, number: int = 0) -> str:
    """Open a transcript's reading view; its id."""
    page.goto(server.root + "/")
    link = page.locator("table.rows tbody a").nth(number)
    name = str(link.inner_text())
    link.click()
    page.wait_for_selector("html[data-ready]")
    return name


def stored(page: Any, press: Callable[[], None]) -> None:
    """Do something and wait until the page says that it is stored."""
    page.evaluate("""() => { window.isStored = false;
        document.addEventListener("stored", () => { window.isStored = true; }, { once: true }); }""")
    press()
    for _ in range(600):
        if page.evaluate("window.isStored"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"nothing was stored: {page.locator('#told').inner_text()}")


def first_suggested(page: Any) -> Any:
    return page.locator(".unit.codable:has(.code.open)").first


def test_accepting_rejecting_finishing_and_undoing_also_after_a_reload(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        unit = first_suggested(page)
        key = int(unit.get_attribute("data-unit"))
        unit.locator(".said").click()
        code = unit.locator(".code").first.get_attribute("data-code")
        stored(page, lambda: page.keyboard.press("1"))
        unit = page.locator(f"#u{key}")
        assert unit.locator(".code").first.get_attribute("data-state") == "on"
        stored(page, lambda: page.keyboard.press("Enter"))
        mia = people.account("Mia")
        assert people.standing([key], mia.key) == {key: {code: True}}
        assert people.marks(mia.key)[key].done
        assert page.evaluate("document.activeElement.id") != f"u{key}"  # it went on
        page.reload()
        assert page.locator(f"#u{key}.done").count() == 1
        stored(page, lambda: page.keyboard.press("z"))
        assert not people.marks(mia.key)[key].done
        stored(page, lambda: page.keyboard.press("z"))
        assert people.standing([key], mia.key) == {key: {}}
        stored(page, lambda: page.keyboard.press("Shift+Z"))
        assert people.standing([key], mia.key) == {key: {code: True}}
        page.locator(f"#u{key} .said").click()
        open_code = page.locator(f"#u{key} .code.open").first
        if open_code.count():
            stored(page, lambda: page.keyboard.press("x"))
            assert False in people.standing([key], mia.key)[key].values()


def test_a_code_is_added_by_typing_part_of_its_name(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        unit = page.locator(".unit.codable").nth(2)
        key = int(unit.get_attribute("data-unit"))
        unit.locator(".said").click()
        page.keyboard.press("c")
        page.fill("#adder-text", "leapfr")
        assert page.locator("#adder-list li").count() == 1
        stored(page, lambda: page.keyboard.press("Enter"))
        assert people.standing([key], people.account("Mia").key) == {key: {"leapfrogging": True}}
        assert page.locator(f"#u{key} .code.on").inner_text().endswith("Leapfrogging")


def test_the_queue_goes_on_by_itself_and_skips(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/queue?order=uncertain")
        seen = []
        for key in ("1", "Enter", "s", "Enter"):
            seen.append(page.locator("#queue-unit .unit.codable").get_attribute("data-unit"))
            stored(page, lambda key=key: page.keyboard.press(key))
        assert seen[0] == seen[1] != seen[2] != seen[3]
        done = {unit for unit, mark in people.marks(people.account("Mia").key).items() if mark.done}
        assert done == {int(seen[0]), int(seen[3])}
        assert page.locator(".progress").inner_text().startswith("2 of")
        stored(page, lambda: page.keyboard.press("z"))  # what is undone is shown again
        assert page.locator("#queue-unit .unit.codable").get_attribute("data-unit") == seen[3]


def test_a_blind_unit_hides_its_suggestions_until_it_is_decided(study, new_page, people):
    people.set_setting(BLIND_SHARE, 1.0)
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        name = reading(page, server)
        assert page.locator(".code.open").count() == 0
        assert page.locator(".unit.codable:not(.hidden-arm)").count() == 0
        found = people.reading(name)
        key = next(key for key in found.keys if len(found.suggestions.get(key, ())) > 0)
        page.locator(f"#u{key} .said").click()
        stored(page, lambda: page.keyboard.press("Enter"))
        assert page.locator(f"#u{key} .code.open").count() > 0
        assert "decided this blind" in page.locator(f"#u{key}").inner_text()
        stored(page, lambda: page.keyboard.press("1"))
        rows = people.history(key)
        assert [row["blind"] for row in rows] == [True, False]  # finished blind, then revised
        (first,) = people.first_decisions()
        assert first[3:5] == ("blind", frozenset())
        assert first[5]  # what the machine would have suggested is kept


def test_a_transcript_full_of_script_is_harmless(study, new_page):
    with serving(study) as server:
        page = new_page(server.link, "<b onmouseover=window.stolen=3>Mia</b>")
        page.goto(server.root + "/read/hostile")
        page.wait_for_selector("html[data-ready]")
        assert page.evaluate("window.stolen") is None
        shown = page.locator("#units").inner_text()
        assert "<script>window.stolen = 1</script>" in shown
        assert "{{7*7}}" in shown
        page.goto(server.root + "/search?q=script")
        assert page.evaluate("window.stolen") is None
        assert page.locator(".found li").count() == 1


SELECT = """(words) => {
          const text = [...document.querySelectorAll(".unit.codable .said")].at(-1).firstChild;
          const start = text.data.indexOf(words), range = document.createRange();
          range.setStart(text, start); range.setEnd(text, start + words.length);
          getSelection().removeAllRanges(); getSelection().addRange(range); }"""
UNDERLINED = "[...CSS.highlights.get('span')].map((range) => range.toString())"


def test_a_stretch_is_where_it_was_marked_and_stays_underlined(study, new_page, people):
    tidy = {"transcript_id": "blanks", "utterance_id": "blanks:0", "speaker": "Anna", "role": "respondent",
            "text": "   So we learned it slowly over the years."}  # fmt: skip
    path = study / "blanks.jsonl"
    path.write_text(json.dumps(tidy), encoding="utf-8")
    with open_project(study) as project:
        (transcript,) = read_transcripts(path)
        project.store.add_transcript(transcript)
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/read/blanks")
        page.evaluate(SELECT, "learned it")
        stored(page, page.locator("#tree [data-pick]").first.click)
        key = people.reading("blanks").transcript_key
        ((start, end, _),) = people.spans(key, people.account("Mia").key)
        assert transcript.text[start:end] == "learned it"
        assert page.evaluate(UNDERLINED) == ["learned it"]
        stored(page, page.locator(".unit.codable").last.locator(".finish").click)
        assert page.evaluate(UNDERLINED) == ["learned it"]


def test_part_of_an_utterance_is_coded(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/read/hostile")
        unit = page.locator(".unit.codable").last
        page.evaluate(SELECT, "knew nothing of the market")
        code = page.locator("#tree [data-pick]").first
        stored(page, code.click)
        transcript = people.reading("hostile")
        ((start, end, found),) = people.spans(transcript.transcript_key, people.account("Mia").key)
        assert found == code.get_attribute("data-code")
        with open_project(study) as project:
            assert project.store.transcript("hostile").text[start:end] == "knew nothing of the market"
        assert unit.locator(f'.code.on[data-code="{found}"]').count() == 1
        page.locator(".brand").focus()
        stored(page, lambda: page.keyboard.press("z"))
        assert people.spans(transcript.transcript_key, people.account("Mia").key) == []
        stored(page, lambda: page.keyboard.press("Shift+Z"))
        assert len(people.spans(transcript.transcript_key, people.account("Mia").key)) == 1
        page.evaluate(SELECT, "knew nothing of the market")
        stored(page, code.click)  # the same code once more takes it away
        assert people.spans(transcript.transcript_key, people.account("Mia").key) == []


def test_decisions_wait_while_there_is_no_connection_and_are_stored_once(study, new_page, people):
    with serving(study, "--port", "8788") as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        unit = first_suggested(page)
        key = int(unit.get_attribute("data-unit"))
        unit.locator(".said").click()
        stored(page, lambda: page.keyboard.press("1"))
        server.kill()  # right after the page said "stored"
        with open_project(study) as project:
            standing = ReviewStore(project.store).standing([key], people.account("Mia").key)
        assert list(standing[key].values()) == [True]
        page.keyboard.press("m")
        page.wait_for_selector("#told >> text=No connection to autocode: start 'autocode review' again.")
        page.keyboard.press("1")
        page.wait_for_selector("#offline:not([hidden])")
        assert "1 decision waits" in page.locator("#offline").inner_text()
        assert page.locator(f"#u{key} .code").first.get_attribute("data-state") == "on"  # as it is stored
        server.start()
        page.wait_for_selector("#offline", state="hidden")
        page.wait_for_selector(f'#u{key} .code[data-state="off"]')
        assert len(people.history(key)) == 2


def test_what_waits_in_two_tabs_is_kept_when_one_is_closed(study, new_page, people):
    with serving(study, "--port", "8790") as server:
        first = new_page(server.link, "Mia")
        reading(first, server)
        second = first.context.new_page()
        second.goto(first.url)
        second.wait_for_selector("html[data-ready]")
        server.kill()
        keys = []
        for number, page in enumerate((first, second)):
            unit = page.locator(".unit.codable").nth(number)
            keys.append(int(unit.get_attribute("data-unit")))
            unit.locator(".said").click()
            page.keyboard.press("Enter")
            page.wait_for_selector("#offline:not([hidden])")
        first.close()
        server.start()
        second.wait_for_selector("#offline", state="hidden")
        second.reload()
        second.wait_for_selector(f"#u{keys[0]}.done")
        assert second.locator(f"#u{keys[1]}.done").count() == 1
        assert [len(people.history(key)) for key in keys] == [1, 1]
        assert second.evaluate("Object.keys(localStorage)") == []


def test_tabs_in_the_background_leave_the_server_to_the_one_in_front(study, new_page):
    """A browser opens six connections to a server at most: a seventh tab would wait for ever."""
    with serving(study, "--no-learning") as server:
        page = new_page(server.link, "Mia")
        name = reading(page, server)
        for _ in range(7):
            page.evaluate("""() => { Object.defineProperty(document, "hidden", { value: true });
                document.dispatchEvent(new Event("visibilitychange")); }""")
            page = page.context.new_page()
            page.set_default_timeout(15_000)
            page.goto(f"{server.root}/read/{name}")
            page.wait_for_selector("html[data-ready]")


def test_a_decision_that_waits_is_sent_to_no_other_project(coded, study, new_page, people, tmp_path):
    other = Path(shutil.copytree(coded, tmp_path / "other"))
    with serving(study, "--port", "8789") as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        unit = first_suggested(page)
        key = int(unit.get_attribute("data-unit"))
        unit.locator(".said").click()
        server.kill()
        page.keyboard.press("1")
        page.wait_for_selector("#offline:not([hidden])")
        with serving(other, "--port", "8789") as another:
            page.wait_for_url("**/sign-in")  # nobody knows Mia here, although the page was still open
            page.goto(another.link)
            page.fill("#name", "Mia")
            page.click("button.primary")
            reading(page, another)
            page.locator(f"#u{key} .said").click()
            stored(page, lambda: page.keyboard.press("Enter"))
            with open_project(other) as project:
                (said,) = ReviewStore(project.store).said()
            assert (said.unit, said.done, said.codes) == (key, True, {})
        server.start()
        page.goto(server.link)
        for _ in range(200):
            if people.history(key):
                break
            page.wait_for_timeout(50)
        assert [row["value"] for row in people.history(key)] == [True]


def test_suggestions_learn_from_what_is_decided(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/queue?order=transcript")
        for index in range(24):
            if index % 3 == 0 and page.locator("#queue-unit .code.open").count():
                stored(page, lambda: page.keyboard.press("1"))
            stored(page, lambda: page.keyboard.press("Enter"))
        page.wait_for_selector("text=/learnt from 2[0-9] utterances/", timeout=60_000)
        reading(page, server)
        assert page.locator(".code.open .p").count() > 0  # probabilities, not only scores


def test_new_suggestions_take_no_click_no_statement_and_no_undo_away(study, new_page, people):
    """While everything is learnt anew, what is in sight is brought up to date when nobody is at it."""
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        here = [int(unit.get_attribute("data-unit")) for unit in page.locator(".unit.codable").all()]
        others = [key for key in people.pool().keys.tolist() if key not in here]

        answers = []
        page.on("response", lambda one: answers.append(one) if "/api/suggestions" in one.url else None)

        def teach(some: list[int], code: str) -> set[str]:
            """Give a code to others' statements, to the last third none; the units with new suggestions."""
            codes = [{"unit": unit, "code": code, "applies": True} for unit in some[: len(some) * 2 // 3]]
            done = [{"unit": unit, "done": True} for unit in some]
            answers.clear()
            page.evaluate(
                """(act) => fetch("/api/act", {method: "POST", body: JSON.stringify(act), headers:
                {"X-CSRF-Token": document.body.dataset.csrf, "Content-Type": "application/json"}})""",
                {"key": f"taught-{code}-{some[0]}", "kind": "bulk", "codes": codes, "done": done},
            )
            for _ in range(300):
                page.wait_for_timeout(200)
                found = [set(one.json()["units"]) for one in answers]
                if any(len(units) > 5 for units in found):
                    return set().union(*found)
            raise AssertionError("nothing new was learnt")

        first = page.locator(f"#u{here[0]}")
        first.locator(".said").click()
        new = teach(others[:30], "trust")
        in_sight = [one for one in page.locator(".unit.codable").all() if 0 < one.bounding_box()["y"] < 700]
        unit = next(one for one in in_sight[1:] if one.get_attribute("data-unit") in new)
        key, box = int(unit.get_attribute("data-unit")), unit.locator(".finish").bounding_box()
        stored(page, lambda: page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
        mia = people.account("Mia")
        assert people.marks(mia.key)[key].done
        first.locator(".said").click()
        teach(others[30:45], "leapfrogging")
        for _ in range(2):  # what was taught, and the click
            stored(page, lambda: page.keyboard.press("z"))
        assert not people.marks(mia.key)[key].done
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(1500)
        assert page.locator(f"#u{key}.done").count() == 0

        page.evaluate("window.scrollTo(0, 0)")
        page.select_option("select[name=state]", "open")
        shown = [unit.get_attribute("id") for unit in page.locator(".unit.codable:not(.filtered)").all()]
        at = page.locator(f"#{shown[1]}")
        at.locator(".said").click()
        while at.locator(".code.open").count():
            stored(page, lambda: page.keyboard.press("a"))
        teach(others[45:66], "trust")
        assert page.evaluate("document.activeElement.id") == shown[1]  # it did not vanish
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.id") == shown[2]


def test_colleagues_sign_in_and_do_not_see_each_other(study, new_page, people):
    people.add_account("Lena Lead", "lead")
    people.add_account("Ben", "coder", passphrase_hash=hashed("correct horse"))
    with serving(study) as server:
        lead = new_page(server.link)
        if "/start" in lead.url:
            lead.click("text=Go on as Lena Lead")
        reading(lead, server)
        unit = first_suggested(lead)
        key = unit.get_attribute("data-unit")
        unit.locator(".said").click()
        stored(lead, lambda: lead.keyboard.press("1"))
        ben = new_page(server.root + "/")
        ben.fill("#name", "Ben")
        ben.fill("#passphrase", "wrong horse")
        ben.click("text=Sign in >> nth=-1")
        assert "wrong" in ben.locator("[role=alert]").first.inner_text()
        ben.fill("#name", "Ben")
        ben.fill("#passphrase", "correct horse")
        ben.keyboard.press("Enter")
        ben.wait_for_selector("text=Transcripts")
        reading(ben, server)
        assert ben.locator(f"#u{key} .code.on").count() == 0


def test_keys_can_be_changed(study, new_page):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/settings")
        page.fill("#key-next", "w")
        page.click("button.primary")
        page.wait_for_selector("text=Saved.")
        reading(page, server)
        page.locator(".unit.codable .said").first.click()
        before = page.evaluate("document.activeElement.id")
        page.keyboard.press("w")
        assert page.evaluate("document.activeElement.id") != before
        page.keyboard.press("?")
        assert page.locator("#help[open] kbd >> text=w").count() == 1


def test_filters_show_what_they_say(study, new_page):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        n_all = page.locator(".unit:visible").count()
        page.select_option("select[name=state]", "open")
        shown = page.locator(".unit:visible")
        assert 0 < shown.count() < n_all
        assert shown.count() == page.locator(".unit.codable:has(.code.open)").count()
        page.click("#filters button[type=reset]")
        page.fill("#find", "market")
        assert all(
            "market" in text.lower() for text in page.locator(".unit:visible .said").all_text_contents()
        )


def test_one_code_is_accepted_on_all_that_suggest_it_and_taken_back_at_once(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        open_codes = [code.get_attribute("data-code") for code in page.locator(".code.open").all()]
        code = max(sorted(set(open_codes)), key=open_codes.count)
        page.select_option("select[name=code]", code)
        suggesting = page.locator(f'.unit.codable:has(.code.open[data-code="{code}"])')
        finished = suggesting.first.get_attribute("id")
        stored(page, suggesting.first.locator(".finish").click)
        n = suggesting.count() - 1  # what is finished is left alone
        page.on("dialog", lambda dialog: dialog.accept())
        stored(page, page.locator("#accept-shown").click)
        assert page.locator(f'.code.on[data-code="{code}"]').count() == n > 1
        assert page.locator(f"#{finished}.done .none").inner_text() == "no code applies"
        page.locator(".brand").focus()
        stored(page, lambda: page.keyboard.press("z"))
        assert page.locator(f'.code.on[data-code="{code}"]').count() == 0


ORDER = """([selector, words]) => {
          const text = document.querySelector(selector).appendChild(new Text(words));
          const range = document.createRange();
          return words.split(" ").map((word) => {
              const start = words.indexOf(word);
              range.setStart(text, start); range.setEnd(text, start + word.length);
              return range.getBoundingClientRect().left; }); }"""


def test_what_is_written_from_right_to_left_is_shown_so(study, new_page):
    """Also where a word within is Latin, and where a name stands before it that is."""
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        for path, selector in (
            ("/read/hostile", ".unit.codable .said"), ("/queue", ".unit.codable .said"),
            ("/queue", ".context-line"), ("/search?q=market", ".found li"),
        ):  # fmt: skip
            page.goto(server.root + path)
            page.wait_for_selector("html[data-ready]")
            page.evaluate(
                "one => document.querySelector(one).lastChild.nodeType === 3 && "
                "document.querySelector(one).lastChild.remove()",
                selector,
            )
            first, word, last = page.evaluate(ORDER, [selector, "אנחנו Fjordlift סומכים"])
            assert first > word > last, (path, selector)


SHEET = "[document.querySelector('#sheet').scrollTop, document.activeElement.id]"


def test_memo_definition_reasons_and_history_are_a_key_away(study, new_page, people):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        reading(page, server)
        unit = first_suggested(page)
        key = unit.get_attribute("data-unit")
        unit.locator(".said").click()
        page.keyboard.press("m")
        page.wait_for_selector("#memo[open]")
        page.fill("#memo-text", "Compare with the *second* interview <script>window.stolen = 1</script>")
        stored(page, page.locator("#memo button[value=save]").click)
        assert [memo.target for memo in people.memos("utterance")] == [key]
        page.set_viewport_size({"width": 1360, "height": 300})
        page.keyboard.press("e")
        page.wait_for_selector("#sheet[open] .why .kind")
        assert page.evaluate(SHEET) == [0, "sheet-title"]
        page.keyboard.press("Escape")
        page.keyboard.press("d")
        page.wait_for_selector("#sheet[open] h3 >> text=Code it when")
        assert page.evaluate(SHEET) == [0, "sheet-title"]
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 1360, "height": 900})
        stored(page, lambda: page.keyboard.press("a"))
        page.locator(f"#u{key} [data-do=history]").click()
        page.wait_for_selector("#sheet[open] >> text=applies")
        page.goto(server.root + "/memos")
        assert page.locator(".markdown em").inner_text() == "second"
        assert page.evaluate("window.stolen") is None


def test_a_code_is_renamed_and_the_file_follows(study, new_page):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/codebook/change?do=rename&code=leapfrogging")
        page.fill("[name=name]", "Skipping stages")
        page.click("main button.primary")
        page.wait_for_selector("text=Saved: the codebook is now at version 2")
        assert "Skipping stages" in (study / "codebook.yaml").read_text(encoding="utf-8")
        page.goto(server.root + "/codebook/versions")
        assert "Skipping stages" in page.locator("main").inner_text()
        reading(page, server)
        assert page.locator('#tree [data-code="leapfrogging"]').inner_text() == "Skipping stages"


def test_a_theme_is_found_and_made_into_a_code(study, new_page, people):
    shutil.rmtree(study / FOLDER)
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.get_by_role("link", name="Themes", exact=True).click()
        page.wait_for_selector("text=No themes have been found yet")
        page.select_option("[name=detail]", "few")
        page.get_by_role("button", name="Find themes").press("Enter")
        page.wait_for_selector("progress[aria-label='Finding themes']")
        page.wait_for_selector("article.theme", timeout=120_000)  # it comes by itself
        themes = [one.get_attribute("id") for one in page.locator("article.theme").all()]
        assert page.locator("svg.themes-map a").count() == len(themes) > 1
        page.locator(f'svg.themes-map a[href="#{themes[0]}"]').press("Enter")
        assert page.url.endswith(f"#{themes[0]}")
        first = page.locator(f"#{themes[0]}")
        statement = first.locator(".quotes li a").first
        address, said = statement.get_attribute("href"), first.locator(".quotes q").first.inner_text()
        first.get_by_role("link", name="Make this a code").press("Enter")
        page.locator("#f-name").fill("Brand new <b>code</b>")
        page.locator("#f-definition").fill("What nobody had thought of.")
        for box in page.locator("[name=statement]").all()[1:]:
            box.uncheck()
        page.get_by_role("button", name="Make this a code").press("Enter")
        page.wait_for_selector("text=The code is in the codebook")
        tag = page.locator(f"#{themes[0]} .decided").inner_text()
        assert tag == "made into the code 'Brand new <b>code</b>'"
        code = read_codebook(study / "codebook.yaml")["brand_new_b_code_b"]
        assert code.definition == "What nobody had thought of."
        assert code.examples == (said,)
        unit = int(address.partition("#u")[2])
        assert people.standing([unit], people.account("Mia").key) == {unit: {code.id: True}}
        page.goto(server.root + address)
        assert page.locator(f'#u{unit} .code.on[data-code="{code.id}"]').count() == 1
        page.goto(server.root + "/themes")
        page.locator(f"#{themes[1]}").get_by_role("button", name="Not interesting").press("Enter")
        page.wait_for_selector("text=the theme is set aside")
        now = [one.get_attribute("id") for one in page.locator("article.theme").all()]
        assert now[-1] == themes[1]
        page.locator(f"#{themes[0]}").get_by_role("link", name="Take back").press("Enter")
        page.wait_for_url(f"{server.root}/themes/*")  # the list has such buttons too
        page.get_by_role("button", name="Take back", exact=True).press("Enter")
        page.wait_for_selector("text=its code has left the codebook")
        assert code.id not in read_codebook(study / "codebook.yaml")


def test_two_coders_code_a_sample_blind_and_the_lead_settles_it(study, new_page, people):
    secret = hashed("correct horse")
    for name, role in (("Lena", "lead"), ("Ben", "coder"), ("Mia", "coder")):
        people.add_account(name, role, passphrase_hash=secret)
    with serving(study, "--as", "Lena") as server:
        lead = new_page(server.link)
        lead.goto(server.root + "/project")
        lead.get_by_label("Lena", exact=True).uncheck()
        lead.fill("[name=n]", "3")
        lead.locator("[name=share]").last.fill("")
        lead.get_by_role("button", name="Look at it first").click()
        lead.get_by_role("button", name="Give them to the coders").click()
        for name, code in (("Ben", "flexibility"), ("Mia", "")):
            page = new_page(server.root + "/sign-in")
            page.fill("#name", name)
            page.fill("#passphrase", "correct horse")
            page.keyboard.press("Enter")
            page.wait_for_selector("text=3 that were given to you")
            page.goto(server.root + "/queue?order=given")
            for _ in range(3):
                assert page.locator("#queue-unit .code.open").count() == 0
                if code:
                    page.keyboard.press("c")
                    page.fill("#adder-text", code)
                    stored(page, lambda page=page: page.keyboard.press("Enter"))
                stored(page, lambda page=page: page.keyboard.press("Enter"))  # now it shows the suggestions
                stored(page, lambda page=page: page.keyboard.press("Enter"))  # and goes on
            page.wait_for_selector("text=Nothing is left here")
        lead.goto(server.root + "/adjudicate")
        lead.get_by_role("link", name="Begin").click()
        lead.get_by_role("button", name="Show what they decided").click()
        lead.get_by_role("button", name="Take Ben’s").click()
        lead.wait_for_selector("text=Stored.")
        agreed = [one for one in people.said() if one.coder == "consensus"]
        assert [(one.done, dict(one.codes)) for one in agreed] == [(True, {"flexibility": True})]
        assert {one.coder for one in people.said()} == {"Ben", "Mia", "consensus"}
        lead.goto(server.root + "/audit")
        assert lead.locator("table.rows tbody tr").count() >= 4


def test_finding_over_all_transcripts_as_one_types(study, new_page):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/search")
        page.wait_for_selector("html[data-ready]")
        page.locator("#q").press_sequentially("market")
        page.wait_for_selector(".found li")
        assert "/search?q=market" in page.url


def test_a_format_is_downloaded_and_answers_come_back(study, new_page, people, axe, tmp_path):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.goto(server.root + "/exchange")
        page.select_option("#format", "prodigy")
        page.click("text=Write it")
        with page.expect_download() as waiting:
            page.click("a.download")
        download = waiting.value
        assert download.suggested_filename == "study-prodigy.jsonl"
        rows = [json.loads(line) for line in download.path().read_text(encoding="utf-8").splitlines()]
        for row in rows[:3]:
            row |= {"answer": "accept", "accept": ["leapfrogging"], "_annotator_id": "study-eva"}
        answers = tmp_path / "answers.jsonl"
        answers.write_text("\n".join(map(json.dumps, rows[:3])), encoding="utf-8")
        page.goto(server.root + "/exchange")
        page.set_input_files("#file", answers)
        page.click("text=Look at it first")
        page.wait_for_selector("text=Nothing is stored yet")
        assert people.account("Eva") is None
        page.evaluate(axe)
        assert page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"] == []
        page.fill('input[name="coder-0"]', "Eva")
        page.click("text=Store it")
        page.wait_for_selector("text=finished utterances: 3")
        said = people.said()
        assert [(one.coder, dict(one.codes)) for one in said] == [("Eva", {"leapfrogging": True})] * 3


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker axe-core, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    done = subprocess.run(
        [npm, "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund", "axe-core@4"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"axe-core could not be installed: {done.stderr[-200:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


PAGES = (
    "/", "/read/hostile", "/queue?order=uncertain", "/people", "/settings", "/search?q=market", "/codebook",
    "/codebook/versions", "/codebook/change?do=edit&code=leapfrogging", "/codebook/old-rule", "/memos",
    "/project", "/adjudicate", "/audit", "/themes", "/themes/1", "/exchange",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


DIALOGS = {"?": "#help", "c": "#adder", "e": "#sheet", "d": "#sheet", "m": "#memo"}  # by key


def violations(page: Any, axe: str, place: str) -> list[tuple[str, ...]]:
    """What axe-core has to say against what is shown."""
    page.evaluate(axe)
    result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [
        (place, one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"][:300])
        for one in result["violations"]
    ]


def differ(people: ReviewStore, digest: str) -> int:
    """Two colleagues finish the same utterance differently, and one writes a memo on it; its key."""
    unit = int(people.pool().keys[0])
    for name, codes in (("Ben", ["trust"]), ("Cem", ["flexibility", "leapfrogging"])):
        coder = people.add_account(name, "coder")
        changes = [*(["code", unit, code, True] for code in codes), ["done", unit, True]]
        memo = ["memo", "utterance", str(unit), f"What {name} *thinks*"]
        people.act(coder.key, Request(f"key-of-{name}", "done", [*changes, memo], digest))
    return unit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(study, new_page, axe, people, scheme):
    with serving(study) as server:
        page = new_page(server.link, "Mia", color_scheme=scheme)
        with open_project(study) as project:
            unit = differ(people, project.store.codebooks()[-1].digest)
        ben, cem = (people.account(name).key for name in ("Ben", "Cem"))
        found = []
        for path in (
            *PAGES,
            f"/adjudicate/{unit}",  # asks first
            f"/project/plan?coder={ben}&coder={cem}&each=2&seed=3&n=4&share=",
        ):
            answer = page.goto(server.root + path)
            assert answer.ok, path
            found += violations(page, axe, path)
        page.goto(f"{server.root}/adjudicate/{unit}")
        page.get_by_role("button", name="Show what they decided").click()
        page.wait_for_selector("text=Who said what")
        found += violations(page, axe, "a case")
        reading(page, server)
        shown = first_suggested(page)
        for key, dialog in DIALOGS.items():
            shown.locator(".said").click()
            page.keyboard.press(key)
            page.wait_for_selector(f"{dialog}[open]")
            found += violations(page, axe, f"dialog {key}")
            page.keyboard.press("Escape")
            page.wait_for_selector(f"{dialog}[open]", state="detached")
        page.goto(f"{server.root}/read/{people.unit(unit).transcript_id}#u{unit}")
        for button, dialog in (("history", "#sheet"), ("memo", "#memo")):
            page.locator(f"#u{unit} .said").click()
            page.locator(f"#u{unit} [data-do={button}]").last.click()
            page.wait_for_selector(f"{dialog}[open]")
            found += violations(page, axe, f"dialog {button}, with what others did")
            page.keyboard.press("Escape")
        assert found == []


@pytest.mark.parametrize(("width", "height"), [(640, 480), (360, 740)])  # 200 per cent; a telephone
def test_nothing_is_wider_than_the_window(study, new_page, width, height):
    with serving(study) as server:
        page = new_page(server.link, "Mia")
        page.set_viewport_size({"width": width, "height": height})
        for path in PAGES:
            page.goto(server.root + path)
            too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not too_wide, path
