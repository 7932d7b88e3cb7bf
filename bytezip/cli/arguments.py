"""Command lines in gzip's manner, rewritten for a parser of commands: `-9`, `-dc9`, and no command at all."""

from __future__ import annotations

FILTER = "filter"
_WITH_VALUE = "oTS"  # short options whose value may follow at once
_SYNONYMS = {"--fast": "--level=1", "--best": "--level=9"}
_OF_THE_TOP = {"-h", "--help", "-V", "--version", "--install-completion", "--show-completion"}


def expand(arguments: list[str], commands: set[str]) -> list[str]:
    """The same command line with levels as `--level=N`, and a command in the first place."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [part for argument in arguments[:end] for part in _levels(argument)]
    rest = arguments[end:]
    if options and (options[0] in commands or options[0] in _OF_THE_TOP):
        return options + rest
    return [FILTER, *options, *rest]


def _levels(argument: str) -> list[str]:
    """`-dc9` as `-dc`, `--level=9`."""
    if argument in _SYNONYMS:
        return [_SYNONYMS[argument]]
    if not argument.startswith("-") or argument.startswith("--"):
        return [argument]
    flags, levels = "", []
    for place, letter in enumerate(argument[1:], 1):
        if letter in _WITH_VALUE:
            flags += argument[place:]
            break
        if letter in "123456789":
            levels.append(f"--level={letter}")
        else:
            flags += letter
    return ([f"-{flags}"] if flags or not levels else []) + levels
