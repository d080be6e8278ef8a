"""What goes to stdout, what to stderr, and with which exit code."""

from __future__ import annotations

import json
import logging
import os
import pty
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from autocode import __version__
from autocode.cli.app import _add_commands, app, common_first
from tests.cli.conftest import INTERVIEW, Run, process

_add_commands()
ROOT: Any = typer.main.get_command(app)
COMMANDS: dict[str, Any] = {"": ROOT}
for _name, _command in ROOT.commands.items():
    COMMANDS[_name] = _command
    COMMANDS |= {f"{_name} {inner}": one for inner, one in getattr(_command, "commands", {}).items()}
LEAVES = {name: one for name, one in COMMANDS.items() if not hasattr(one, "commands")}
SAID = ("trust them", "nobody here checks", "first winter", "quarrel about", "weather was nice")


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"autocode {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_every_command(run: Run, name: str, flag: str) -> None:
    done = run(*name.split(), flag)
    assert (done.code, done.err) == (0, "")
    assert "Usage: autocode" in done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    assert command.help or name in LEAVES
    assert (command.help or "").strip()
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_shows_an_example(name: str) -> None:
    assert f"`autocode {name}" in LEAVES[name].help


def test_no_command_is_help(run: Run) -> None:
    done = run()
    assert done.code == 2
    assert "Usage" in done.out + done.err


def test_common_options_stand_anywhere() -> None:
    assert common_first(["code", "a", "--json", "-q", "--out", "x"]) == [
        "--json",
        "-q",
        "code",
        "a",
        "--out",
        "x",
    ]
    assert common_first(["code", "--", "--json"]) == ["code", "--", "--json"]


def coded_dataset(folder: Path) -> Path:
    """Three interviews of eight statements, coded by one person."""
    folder.mkdir()
    rows: dict[str, list[dict[str, str]]] = {"utterances": [], "codes": [], "coverage": []}
    for number in range(24):
        unit = {"utterance_id": f"u{number}"}
        text = "We trust them." if number % 2 else "The ship was late again."
        rows["utterances"].append(
            {**unit, "transcript_id": f"t{number // 8}", "speaker": "R", "role": "respondent", "text": text}
        )
        rows["coverage"].append({**unit, "coder": "zoe"})
        if number % 2:
            rows["codes"].append({**unit, "coder": "zoe", "code": "trust"})
    for name, lines in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "codebook.json").write_text(json.dumps({"codes": [{"code": "trust"}]}))
    return folder


def test_json_is_one_object_on_stdout(run: Run, here: Path, study: Path, book: Path, interview: Path) -> None:
    commands = [
        ("init", here / "other", "--codebook", book),
        ("add", interview),
        ("code",),
        ("code", "--out", "out"),
        ("status",),
        ("export", here / "study.qdpx"),
        ("import", here / "study.qdpx"),
        ("code", interview, "--codebook", book, "--out", here / "out2", "--encoder", "hashing"),
        ("codebook", "show", book),
        ("codebook", "show", book, "trust"),
        ("codebook", "check", book),
        ("codebook", "convert", book, here / "book.json"),
        ("anonymise", "--check"),
        ("topics", interview),
        ("demo", "--folder", here / "demo"),
        ("remove", "anna"),
        ("train", coded_dataset(here / "coded"), "--out", here / "learnt", "--config", "autocode.toml"),
        ("evaluate", here / "coded", "--out", "metrics.json", "--config", "autocode.toml"),
        ("next", here / "coded", "--config", "autocode.toml"),
        ("prevalence", here / "coded", "--sample", "all", "--config", "autocode.toml"),
        ("report", here / "coded", "--out", here / "found", "--replicates", 100),
    ]
    names = {" ".join(str(word) for word in one[:2]) for one in commands} | {one[0] for one in commands}
    elsewhere = {"review", "themes", "agree report", "agree plan"}  # with more to go by, in their own tests
    assert elsewhere <= set(LEAVES) <= names | elsewhere
    for arguments in commands:
        done = run(*arguments, "--json")
        assert done.code == 0, done.err
        assert isinstance(json.loads(done.out), dict)
        for said in SAID:
            assert said not in done.err.casefold()
    assert run("-q", "add", interview).code == 0
    assert json.loads(run("--json", "code").out)["codes"][0]["strongest"][0]["utterance_id"]


def test_quiet_is_results_and_errors_only(run: Run, study: Path, book: Path, here: Path) -> None:
    (here / "memo.txt").write_text("We trust them completely. I can rely on what they say.\n")
    assert "warning" in run("add", here / "memo.txt").err
    for arguments in (
        ("code",),
        ("code",),
        ("add", here / "memo.txt"),
        ("code", here / "memo.txt", "--codebook", book, "--out", "out", "--encoder", "hashing"),
    ):
        done = run("--quiet", *arguments)
        assert (done.code, done.err) == (0, "")
        assert done.out
    run("-q", "code", "gone.txt", "--codebook", book, "--out", "out").refused("gone.txt")


def test_what_participants_say_is_in_no_message(
    run: Run, study: Path, book: Path, interview: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for arguments in (
        ("add", interview),
        ("code",),
        ("code", "--out", "out", "--all-scores"),
        ("code", interview, "--codebook", book, "--out", "out2", "--encoder", "hashing"),
    ):
        done = run(*arguments)
        assert done.code == 0
        for said in SAID:
            assert said not in (done.err + caplog.text).casefold()


def test_a_reader_that_has_read_enough(here: Path, book: Path) -> None:
    for _ in range(2):
        child = process("codebook", "show", "knowledge_dynamics", cwd=here)
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(20) == 0
        child.stderr.close()


@pytest.mark.parametrize(
    ("to", "code", "told"),
    [(">&-", 0, ""), (">/dev/full", 2, "autocode: the output cannot be written (the disk is full)\n")],
)
@pytest.mark.parametrize(
    "command", ["codebook show knowledge_dynamics", "--json codebook show book.yaml", "--version"]
)
@pytest.mark.usefixtures("book")
def test_nowhere_to_print_to(here: Path, command: str, to: str, code: int, told: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    shell = f"{shlex.quote(sys.executable)} -m autocode {command} {to}"
    child = subprocess.run(
        ["sh", "-c", shell],
        check=False,
        cwd=here,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert (child.returncode, child.stderr) == (code, told)


def test_ctrl_c(here: Path, book: Path) -> None:
    text = here / "long.txt"
    text.write_text(INTERVIEW * 600)
    arguments = ("code", text, "--codebook", book, "--out", "out", "--encoder", "hashing")

    def heed() -> (
        None
    ):  # a job in the background, such as a test run with `&`, hands on that it ignores Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    child = process(*arguments, cwd=here, start_new_session=True, preexec_fn=heed)
    deadline = time.monotonic() + 30
    while not (here / "out").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    said = "autocode: interrupted; a project keeps the transcripts that were finished"
    assert err.splitlines() == ["preparing the codebook and the encoder ...", said]
    assert not (here / "out").exists()


def test_a_no_at_the_preview_stores_nothing(run: Run, study: Path, interview: Path) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "autocode", "add", str(interview)],
        cwd=study, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, b"n\n")
    _, err = child.communicate(timeout=30)
    os.close(ours)
    assert child.returncode == 1
    assert err.splitlines()[-1].strip() == "autocode: nothing was stored"  # input() puts a blank there
    assert run("--json", "add", interview).data == {"added": ["anna"], "known": 0, "roles_changed": 0}


def test_a_terminal_that_knows_ascii_only(here: Path, book: Path) -> None:
    book.write_text(book.read_text().replace("name: Trust", "name: Trust in Åse – “her”"), encoding="utf-8")
    told = []
    for more in ((), ("trust", "--json")):
        child = subprocess.run(
            [sys.executable, "-m", "autocode", "codebook", "show", str(book), *more],
            check=False,
            cwd=here,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        assert (child.returncode, child.stderr) == (0, "")
        told.append(child.stdout)
    assert "Trust in ?se" in told[0]
    assert json.loads(told[1])["name"] == "Trust in Åse – “her”"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("somebody wants to talk to the network")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.model
@pytest.mark.usefixtures("no_network")
def test_no_command_uses_the_network(run: Run, here: Path, book: Path, interview: Path) -> None:
    assert run("-q", "code", interview, "--codebook", book, "--out", "out").code == 0
    arguments = ("code", interview, "--codebook", book, "--out", "out")
    run(*arguments, "--encoder", "all-mpnet-base-v2").refused("nothing is downloaded")
