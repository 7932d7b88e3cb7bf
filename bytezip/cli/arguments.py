"""Command lines in gzip's manner, rewritten for a parser of commands: `-9`, `-dc9`, and no command at all."""

from __future__ import annotations

from collections.abc import Set
from itertools import islice

FILTER = "[-d]"  # the command where none is given; the name is for the usage line, and no one would type it
_SYNONYMS = {"--fast": "--level=1", "--best": "--level=9"}
_OF_THE_TOP = {"-V", "--version", "--install-completion", "--show-completion"}


def expand(arguments: list[str], commands: Set[str], with_value: Set[str]) -> list[str]:
    """The same command line with levels as `--level=N`, and a command in the first place.

    The first word that is no option is the command, if it names one.

    with_value: the options behind which a value stands, as "-o" and "--output".
    """
    command = ""
    rewritten: list[str] = []
    words = iter(_null_first(arguments))
    for word in words:
        if word.startswith("-") and word not in ("-", "--"):
            rewritten += [*levels(word, with_value), *islice(words, int(awaits_value(word, with_value)))]
        elif not command and word in commands:
            command = word
        else:
            command = command or FILTER
            rewritten += [word, *words] if word == "--" else [word]
    if not command and (rewritten in (["-h"], ["--help"]) or _OF_THE_TOP.intersection(rewritten)):
        return rewritten
    return [command or FILTER, *rewritten]


def _null_first(arguments: list[str]) -> list[str]:
    """`--files -0 -` as `-0 --files -`: the zero belongs to the list, and is no name of one."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    for place in range(end - 2):
        if words[place] == "--files" and words[place + 1] in ("-0", "--null"):
            words[place : place + 2] = [words[place + 1], "--files"]
    return words


def awaits_value(option: str, with_value: Set[str]) -> bool:
    """Whether the next word belongs to this option."""
    if option.startswith("--"):
        return option in with_value
    return next((end for end, letter in enumerate(option, 1) if f"-{letter}" in with_value), 0) == len(option)


def levels(option: str, with_value: Set[str]) -> list[str]:
    """`-dc9` as `-dc`, `--level=9`."""
    if option in _SYNONYMS:
        return [_SYNONYMS[option]]
    if option.startswith("--"):
        return [option]
    flags, found = "", []
    for place, letter in enumerate(option[1:], 1):
        if f"-{letter}" in with_value:
            flags += option[place:]  # the value may follow at once
            break
        if letter in "123456789":
            found.append(f"--level={letter}")
        else:
            flags += letter
    return ([f"-{flags}"] if flags or not found else []) + found
