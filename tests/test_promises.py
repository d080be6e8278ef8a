"""What the project says of itself is true: layers, lazy imports, documented settings, a README that runs."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from autocode.config import Section, Settings, shipped

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# A part of autocode may import from those above it; two steps know nothing of each other.
LAYERS: list[set[str]] = [
    {"errors", "records", "lean", "waits"},
    {"config", "digests", "files", "limits"},
    {"fields", "textfile", "xmlfile", "yamlfile"},
    {"attributes"},
    {"codebook", "guide", "read", "segment", "embed", "agreement", "store", "write"},
    {"classify", "dataset", "report", "respondents"},
    {"anonymise", "learn"},
    {"pipeline"},
    {"batch", "exchange", "quotes", "training"},
    {"choosing", "reliability"},
    {"evaluate"},
    {"themes"},
    {"findings"},
    {"web"},
    {"demo", "cli", "__main__"},
]
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
SAME_LEVEL = {("yamlfile", "textfile"), ("cli", "demo"), ("__main__", "cli")}
# Each big library behind one part (scikit-learn's and SciPy's functions behind the two that compute).
LIBRARIES = {
    "spacy": {"segment"},
    "simplemma": {"segment"},
    "torch": {"embed"},
    "sentence_transformers": {"embed"},
    "transformers": {"embed"},
    "datasets": {"embed"},
    "ctranslate2": {"embed"},
    "tokenizers": {"embed"},
    "safetensors": {"embed"},
    "huggingface_hub": {"embed"},
    "sklearn": {"learn", "evaluate", "agreement", "themes"},
    "scipy": {"classify", "learn", "agreement", "themes"},
    "bertopic": {"themes"},
    "graspologic_native": {"themes"},
    "umap": set(),
    "matplotlib": {"evaluate", "report"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store", "embed", "exchange"},
    "docx": {"read", "report", "exchange"},
    "openpyxl": {"read", "exchange"},
    "pandas": {"read"},
    "yaml": {"yamlfile", "codebook"},
    "rich": {"cli"},
    "typer": {"cli"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "jinja2": {"web"},
    "argon2": {"web"},
    "markdown_it": {"web"},
    "socket": {"web"},
    "urllib": {"web"},
    "http": set(),
    "requests": set(),
}


def imports() -> Iterator[tuple[str, str, str]]:
    """(file, part of autocode, imported module) of every import in the package."""
    for path in sorted((ROOT / "autocode").rglob("*.py")):
        inner = path.relative_to(ROOT / "autocode").with_suffix("")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names = [str(node.module)]
            else:
                continue
            yield from ((str(inner), inner.parts[0], name) for name in names)


def test_imports_point_one_way() -> None:
    for file, part, name in imports():
        if not name.startswith("autocode.") or part == "__init__":
            continue
        other = name.split(".")[1]
        if other != part:
            assert part in LEVEL, f"{part} has no layer; say in LAYERS where it stands"
            down = LEVEL[other] < LEVEL[part] or (part, other) in SAME_LEVEL
            assert down, f"{file} imports {name}, which is not below it"


def test_every_big_library_stays_behind_its_part() -> None:
    for file, part, name in imports():
        library = name.split(".")[0]
        assert part in LIBRARIES.get(library, {part}), f"{file} imports {library}"


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    """The libraries that a command has imported at the end of its process."""
    code = "import sys; from autocode.cli import main; assert main(sys.argv[1:]) == 0; print(*sys.modules)"
    child = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in child.stdout.splitlines()[-1].split()}


HEAVY = {"torch", "spacy", "bertopic", "sklearn", "scipy", "sqlalchemy", "pandas", "numpy", "docx"}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("code", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    loaded = loaded_by(*arguments, cwd=tmp_path)
    assert "autocode" in loaded
    assert not loaded & (HEAVY | {"transformers", "sentence_transformers", "openpyxl", "yaml"})


@pytest.mark.model
def test_coding_a_file_needs_no_torch(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Interviewer: How is it?\n\nRespondent: We trust them completely.\n")
    (tmp_path / "book.yaml").write_text("codes: [{id: trust, definition: The partner is relied on.}]\n")
    loaded = loaded_by("code", "a.txt", "--codebook", "book.yaml", "--out", "out", cwd=tmp_path)
    assert {"spacy", "ctranslate2"} <= loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "bertopic", "pandas", "sqlalchemy"}


def test_importing_the_package_costs_nothing(tmp_path: Path) -> None:
    code = "import sys, autocode; print(sorted({m.split('.')[0] for m in sys.modules}))"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert not set(ast.literal_eval(child.stdout)) & HEAVY


def test_everything_that_is_exported_is_there() -> None:
    import autocode

    for name in autocode.__all__:
        assert getattr(autocode, name) is not None
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = autocode.no_such_thing


# Settings


def fields(section: type[Section], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """(section, key, default) of every setting."""
    for key, field in section.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, Section):
            yield from fields(type(default), key)
        else:
            yield prefix, key, default


def test_the_default_settings_file_is_complete_and_true() -> None:
    text = shipped("configs", "default.toml").read_text(encoding="utf-8")
    assert Settings.model_validate(tomllib.loads(text)) == Settings()
    uncommented = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    written = tomllib.loads(uncommented)
    for section, key, default in fields(Settings):
        if isinstance(default, dict):
            assert key in written
        else:
            place = written[section] if section else written
            assert key in place, f"configs/default.toml: [{section}] {key} is not there"


def test_every_setting_is_explained_where_it_stands() -> None:
    text = shipped("configs", "default.toml").read_text(encoding="utf-8")
    for _, key, _ in fields(Settings):
        line = next(line for line in text.splitlines() if re.match(rf"(# )?\[?{key}\b", line))
        assert "#" in line.lstrip("# "), f"configs/default.toml: {key} has no comment"


# README


def commands() -> Iterator[tuple[str, Any]]:
    """Every command's name, as it is typed after `autocode`, and the command."""
    from autocode.cli.app import _add_commands, app

    _add_commands()
    root: Any = typer.main.get_command(app)
    yield "", root
    for name, command in root.commands.items():
        inner = getattr(command, "commands", {})
        yield from ((f"{name} {more}", one) for more, one in inner.items()) if inner else ((name, command),)


def test_every_command_and_option_is_in_the_readme() -> None:
    missing: list[str] = []
    for name, command in commands():
        if f"autocode {name}" not in README:
            missing.append(f"autocode {name}")
        for option in (one for parameter in command.params for one in parameter.opts if one[:2] == "--"):
            if not re.search(rf"{option}\b", README) and option != "--show-completion":
                missing.append(f"autocode {name} {option}".replace("  ", " "))
    assert not missing, f"not in README.md: {', '.join(missing)}"


def test_every_setting_is_in_the_readme() -> None:
    for section, key, _ in fields(Settings):
        assert re.search(rf"\b{key}\b", README), f"README.md: the setting [{section}] {key} is not there"


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language in the README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.model
@pytest.mark.slow
def test_what_the_readme_shows_runs(tmp_path: Path) -> None:
    """What stands after `$ ` is typed line by line in one shell's folder; then the Python blocks run."""
    assert blocks("console")
    assert blocks("python")
    place = tmp_path
    for block in blocks("console"):
        for words in (
            shlex.split(line[2:], comments=True) for line in block.splitlines() if line[:2] == "$ "
        ):
            if words[0] == "cd":
                place = (place / words[1]).resolve()
            elif words[0] == "autocode":
                done(["-m", *words], place)
    assert place == tmp_path
    for block in blocks("python"):
        done(["-c", block], place)


def done(arguments: list[str], place: Path) -> None:
    """Run Python with `arguments` in `place`; an error fails the test with what was said."""
    child = subprocess.run(
        [sys.executable, *arguments], check=False, cwd=place, capture_output=True, text=True, env=os.environ
    )
    assert child.returncode == 0, f"{arguments}\n{child.stderr}"


def test_files_that_the_readme_and_its_friends_name_are_there() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("configs/**/*.md")]:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
