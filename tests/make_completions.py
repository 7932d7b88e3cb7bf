"""Writes the completions of shells anew, from the commands and their options; run it when these change.

    python tests/make_completions.py

A test compares what it would write with what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer.core
import typer.main

from bytezip.cli.arguments import FILTER
from bytezip.cli.main import app
from bytezip.predictor.engine import DEVICES, ENGINES

FOLDER = Path(__file__).parent.parent / "bytezip" / "share" / "completions"
RESTORING = {"decompress", "d", "x", "test", "cat", "list"}
CHOICES = {"--engine": ENGINES, "--device": DEVICES}
FILES = {"FILE", "MODEL", "TOML", "PATH"}
LEVELS = [*(f"-{level}" for level in range(1, 10)), "--fast", "--best"]
NOTE = "# Made by tests/make_completions.py."


def scripts() -> dict[str, str]:
    """Name and content of each script."""
    made = {"bytezip.bash": bash(), "_bytezip": zsh(), "bytezip.fish": fish()}
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def commands() -> dict[str, typer.core.TyperCommand]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {name: command for name, command in group.commands.items() if isinstance(command, typer.core.TyperCommand)}


def named() -> list[str]:
    return [name for name in commands() if name != FILTER]


def options(command: typer.core.TyperCommand) -> Iterator[typer.core.TyperOption]:
    for option in command.params:
        if isinstance(option, typer.core.TyperOption) and not option.hidden:
            yield option


def names(option: typer.core.TyperOption) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def words(command: typer.core.TyperCommand) -> list[str]:
    """All options of a command, as they are typed."""
    found = [name for option in options(command) for name in names(option) if name != "--level"]
    return [*found, *(LEVELS if any("--level" in option.opts for option in options(command)) else []), "--help"]


def kind(option: typer.core.TyperOption) -> str:
    """What stands behind an option: "" for nothing, files, folders, words parted by blanks, or anything."""
    if option.is_flag:
        return ""
    if option.opts[-1] in CHOICES:
        return " ".join(CHOICES[option.opts[-1]])
    return {**dict.fromkeys(FILES, "files"), "DIR": "folders"}.get(str(option.metavar), "anything")


def values() -> dict[str, list[str]]:
    """Options by what stands behind them, in all commands."""
    found: dict[str, list[str]] = {}
    for command in commands().values():
        for option in options(command):
            here = found.setdefault(kind(option), [])
            here += [name for name in names(option) if name not in here]
    found.pop("", None)
    return found


def bash() -> Iterator[str]:
    yield NOTE
    yield "_bytezip() {"
    yield "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= options i IFS=$' \\t\\n'"
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield "        case ${COMP_WORDS[i]} in"
    yield f"            {'|'.join(named())}) command=${{COMP_WORDS[i]}}; break ;;"
    yield "        esac"
    yield "    done"
    yield "    case $command in"
    for name, command in commands().items():
        yield f"        {'*' if name == FILTER else name}) options='{' '.join(words(command))}' ;;"
    yield "    esac"
    yield "    case $prev in"
    answers = {
        "files": "compopt -o filenames 2>/dev/null; IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$cur\")); return",
        "folders": "compopt -o filenames 2>/dev/null; IFS=$'\\n'; COMPREPLY=($(compgen -d -- \"$cur\")); return",
        "anything": "return",
    }
    for what, of in values().items():
        answer = answers.get(what, f"COMPREPLY=($(compgen -W '{what}' -- \"$cur\")); return")
        yield f"        {'|'.join(of)}) {answer} ;;"
    yield "    esac"
    yield "    if [[ $cur == -* ]]; then"
    yield '        COMPREPLY=($(compgen -W "$options" -- "$cur"))'
    yield "        return"
    yield "    fi"
    yield f"    [[ $command ]] || COMPREPLY=($(compgen -W '{' '.join(named())}' -- \"$cur\"))"
    yield "    compopt -o filenames 2>/dev/null"
    yield "    IFS=$'\\n'"
    yield "    case $command in"
    yield f"        {'|'.join(sorted(RESTORING))})"
    yield '            COMPREPLY+=($(compgen -f -X \'!*.bytz\' -- "$cur") $(compgen -d -- "$cur")) ;;'
    yield '        *) COMPREPLY+=($(compgen -f -- "$cur")) ;;'
    yield "    esac"
    yield "}"
    yield "complete -F _bytezip bytezip"


def zsh() -> Iterator[str]:
    yield "#compdef bytezip"
    yield NOTE
    yield "_bytezip_operands() {"
    yield "    local -a commands=("
    for name in named():
        yield f"        {quoted(f'{name}:{commands()[name].help}')}"
    yield "    )"
    yield "    [[ -n $command ]] || _describe command commands"
    yield "    case $command in"
    yield f"        {'|'.join(sorted(RESTORING))}) _files -g '*.bytz' ;;"
    yield "        *) _files ;;"
    yield "    esac"
    yield "}"
    yield "_bytezip() {"
    yield "    local command word"
    yield "    for word in ${words[2,CURRENT-1]}; do"
    yield "        case $word in"
    yield f"            {'|'.join(named())}) command=$word; break ;;"
    yield "        esac"
    yield "    done"
    yield "    local -a options"
    yield "    case $command in"
    for name, command in commands().items():
        yield f"        {'*' if name == FILTER else name})"
        yield "            options=("
        yield from (f"                {quoted(spec)}" for spec in zsh_specs(command))
        yield "            ) ;;"
    yield "    esac"
    yield '    _arguments -s -S : $options "*: :_bytezip_operands"'
    yield "}"
    yield '_bytezip "$@"'


def zsh_specs(command: typer.core.TyperCommand) -> Iterator[str]:
    for option in options(command):
        if "--level" in option.opts:
            yield from (f"({' '.join(LEVELS)}){level}[Level.]" for level in LEVELS)
            continue
        text = (option.help or "").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
        what = kind(option)
        value = {"": "", "files": ":file:_files", "folders": ":folder:_files -/", "anything": ":value: "}
        for name in names(option):
            sign = "" if not what else "=" if name.startswith("--") else "+"
            yield f"({' '.join(names(option))}){name}{sign}[{text}]{value.get(what, f':name:({what})')}"
    yield "(-h --help)--help[Print a summary.]"


def fish() -> Iterator[str]:
    yield NOTE
    anything = " ".join(named())
    for name in named():
        yield f"complete -c bytezip -n __fish_use_subcommand -a {name} -d {quoted(commands()[name].help or '')}"
    for name, command in commands().items():
        seen = (
            f"not __fish_seen_subcommand_from {anything}" if name == FILTER else f"__fish_seen_subcommand_from {name}"
        )
        start = f"complete -c bytezip -n '{seen}'"
        if name in RESTORING:
            yield f"{start} -k -xa '(__fish_complete_suffix .bytz)'"
        for option in options(command):
            if "--level" in option.opts:
                yield from (f"{start} -{'l' if len(level) > 2 else 's'} {level.lstrip('-')}" for level in LEVELS)
                continue
            for part in (option.opts, option.secondary_opts):
                if part:
                    yield f"{start} {fish_option(part, option)}"
        yield f"{start} -s h -l help -d 'Print a summary.'"


def fish_option(of: list[str], option: typer.core.TyperOption) -> str:
    spelled = " ".join(f"-{'l' if name.startswith('--') else 's'} {name.lstrip('-')}" for name in of)
    what = kind(option)
    values = {"": "", "files": " -rF", "folders": " -xa '(__fish_complete_directories)'", "anything": " -x"}
    return f"{spelled}{values.get(what, f' -xa {quoted(what)}')} -d {quoted(option.help or '')}"


def quoted(text: str) -> str:
    """For any of the shells."""
    assert "'" not in text
    assert "\\'" not in text
    return f"'{text}'"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in scripts().items():
        (FOLDER / name).write_text(content)


if __name__ == "__main__":
    main()
