"""Texts told by their grammar: a shebang, a root element, a header, fields that are the same in every line.

A rule is sure where a program that reads the format would be satisfied, and likely where only the look is right.

Knows: grammars; languages.  Does not know: bytes, labels' modalities, files.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple

from bytezip.detect.languages import language_of

_LOOKED_AT = 1 << 14  # characters
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?(?:\S*/)?)?([a-zA-Z]+)[\d.]*(?:\s|$)")
# A shell that is asked to start Tcl, which reads the same line as a comment that goes on.
_TCL_AGAIN = re.compile(r"#!\s*/bin/sh\s*\n(?:#.*\n)*#.*\\\n\s*exec \S*(?:tcl|wi)sh")
_INTERPRETERS = {
    "python": "python", "pypy": "python", "sh": "shell", "bash": "shell", "dash": "shell", "zsh": "shell",
    "ksh": "shell", "ash": "shell", "fish": "shell", "perl": "perl", "ruby": "ruby", "node": "javascript",
    "php": "php", "lua": "lua", "tclsh": "tcl", "wish": "tcl", "expect": "tcl", "Rscript": "r", "awk": "shell",
    "make": "makefile", "guile": "scheme", "escript": "erlang", "nodejs": "javascript", "gawk": "shell",
}  # fmt: skip


class Reading(NamedTuple):
    format: str
    sure: bool


# What may begin a text, for sure where it does.
_BEGINNINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\{\\rtf", "rtf"),
        (r"%!(?:PS|ps)?(?:-Adobe\S*.*|)\n(?!(?:.*\n)*.*currentfile eexec)", "postscript"),
        (r"<\?php\b", "php"),
        (r"<!DOCTYPE html|<!doctype html|<html[\s>]|<HTML[\s>]|<!DOCTYPE HTML", "html"),
        (r"<svg[\s>]", "svg"),
        (r"-----BEGIN PGP (?:PUBLIC|PRIVATE|SIGNED|SIGNATURE|ARMORED)", "pgp-armor"),
        (r"-----BEGIN [A-Z0-9 ]+-----\r?\n", "pem"),
        (r"diff --git |--- [^\n]+\n\+\+\+ [^\n]+\n@@ |Index: [^\n]+\n=====|diff -\S+ ", "diff"),
        (r"BEGIN:VCALENDAR\r?\n", "ics"),
        (r"BEGIN:VCARD\r?\n", "vcard"),
        (r"##fileformat=VCF", "vcf"),
        (r"@(?:HD\tVN:|SQ\tSN:|RG\tID:|PG\tID:|CO\t)", "sam"),
        (r"StartFontMetrics", "afm"),
        (r"\\input texinfo", "texinfo"),
        (r"%YAML \d", "yaml"),
        (r"\d{1,5}\s*\n\d{1,2}:\d\d:\d\d[,.:]\d{1,3}\s*-->\s*\d{1,2}:\d\d:\d\d[,.:]\d{1,3}", "srt"),
        (r"@echo off\b|@ECHO OFF\b|@(?:rem|REM)\b", "batch"),
        (r"\*[\w.-]+\.txt\*[ \t]", "text"),  # Vim's help
        (r"(?:\"(?!\"\")(?:[^\"\n]|\"[^\"\n]*\")*\n){2}", "vim-script"),
        (r"#{1,6} \w.*\n(?:.*\n)*?```[\w+,-]*\n(?:(?!```).*\n)+```\n", "markdown"),
        (r"[A-Z][\w'-]*(?: [\w`'(),:-]+){3,}[.:]?\n(?:.*\n)*?```[\w+,-]*\n(?:(?!```).*\n)+```\n", "markdown"),
        (r"#VRML ", "povray"),
    )
)
# What may begin a line.
_LINES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), name)
    for pattern, name in (
        (r"^\\documentclass[\[{]|^\\NeedsTeXFormat\{|^\\ProvidesPackage\{|^\\usepackage[\[{]", "latex"),
        (r"^(?:\.TH \S|\.Dd \S)", "troff"),
        (r"^FROM \S+(?: AS \S+)?\n(?:.*\n)*?(?:RUN|CMD|COPY|ENTRYPOINT|WORKDIR) ", "dockerfile"),
        (r"^(?:cmake_minimum_required|CMAKE_MINIMUM_REQUIRED)\s*\(", "cmake"),
        (r"\A(?:={4,}|\*{4,}|#{4,})\n.+\n(?:={4,}|\*{4,}|#{4,})\n|^\.\. (?:[\w-]+::(?:$| )|_[\w .-]+:$|SPDX-)", "rst"),
        (r"\A(?![/#*%;-])(?:.*\n)*?```[\w+,-]*\n(?:(?!```).*\n)+```$", "markdown"),
    )
)
_XML = re.compile(r"<\?xml\b|<!DOCTYPE\s+(\w+)|<([a-zA-Z_][\w.-]*)(?::[\w.-]+)?(?:\s+[\w:.-]+\s*=\s*[\"'][^<]*)?/?>")
_ROOT = re.compile(r"<(?:\w+:)?([a-zA-Z_][\w.-]*)[\s/>]")
_HTML = frozenset(
    ["head", "body", "div", "p", "table", "script", "h1", "h2", "span", "ul", "center", "a", "title", "meta"]
)
_ASIDE = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]|\[.*?\])*>)", re.DOTALL)
_TOKEN = re.compile(
    r'\s*(?:("(?:[^"\\\x00-\x1f]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}\[\],:]))'
)
_PARTIAL = re.compile(r'\s*(?:"(?:[^"\\\x00-\x1f]|\\.)*\\?|-?[\d.eE+-]*|t?r?u?e?|f?a?l?s?e?|n?u?l?l?)$')
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*:(?: ?\S|[ \t]*$)|[ \t]+\S")
_MAIL_START = re.compile(r"From \S+ |Return-[Pp]ath: |Received: |Delivered-To: |Message-I[Dd]: |MIME-Version: ")
_MAIL_FIELD = re.compile(
    r"^(?:From|To|Subject|Date|Received|Return-[Pp]ath|Message-I[Dd]|MIME-Version|Content-Type): ", re.MULTILINE
)
_ASCIIDOC = re.compile(r"^Content-[Tt]ype: text/asciidoc", re.MULTILINE)
_HUNK = re.compile(r"^--- \S.*\n\+\+\+ \S.*\n@@ -\d|^diff --git a/.*\n(?:.*\n){1,4}GIT binary patch$", re.MULTILINE)
_SECTION = re.compile(r"\[{1,2}[\w.\-: /@\"']+\]{1,2}\s*(?:[#;].*)?$")
_SETTING = re.compile(r"\s*[\w.\-/ \[\]@\"]+\s*[=:]")
_TOML_VALUE = re.compile(r"\s*[\w.\-\"]+\s*=\s*(?:\"|'|\[|\{|true\b|false\b|\d+(?:\.\d+)?\s*$)")
_OF_TOML = re.compile(r"=\s*[\"\[{]")
_TIME = re.compile(
    r"\d{4}[-/.]\d\d[-/.]\d\d[ T]\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\[\w{3} \w{3} \d\d \d\d:\d\d|"
    r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:|^\s*\d{2,7}:\s|^\[\s*\d+\.\d{6}\]|\d\d/\d\d/\d\d \d\d:\d\d:\d\d|"
    r"^\d{2}:\d{2}:\d{2}[.,]\d{3}|\d{2}[-.]\d\d \d\d:\d\d:\d\d|\d{8}-\d\d:\d\d:\d\d|"
    r"(?<![\w.,-])1[0-7]\d{8}(?:\.\d+)?(?![\w.,-])"  # seconds since 1970, up to 2027
)
_OUTCOME = re.compile(r"\.\.\. (?:ok|FAIL|ERROR|skipped\b.*)$|\b(?:PASSED|FAILED)\b|^(?:not )?ok \d+\b")
_VARIABLE = re.compile(r"-?[a-z][\w*-]*(?:[./][\w*-]+)+\s*=\s*\S.*$")  # of the kernel, as in sysctl.conf
_PLACE = re.compile(r"[a-zA-Z][!+=~^$-]*\s+/\S+(?:\s+\S+)*\s*$")  # as in tmpfiles.d: a letter, a path, fields
_BLOCK = re.compile(r"\s*(?:[a-z][\w/]*\s*=\s.*|[a-z]\w*(?: [\w.*/-]+)?\s*\{|\}|!\w+ \S+)$")  # as of dovecot
_OF_BLOCKS = re.compile(r"^\s*(?:[a-z]\w*(?: [\w.*/-]+)?\s*\{|!include\w* \S+)$", re.MULTILINE)
_DIRECTIVE = re.compile(r"\s*(?:</?[A-Z]\w+(?:\s[^<>]*)?>|[A-Z][A-Za-z]+(?:\s.*)?)$")  # as of Apache
_OF_DIRECTIVES = re.compile(r"^\s*(?:</?[A-Z]\w+(?:\s[^<>]*)?>|[A-Z][a-z]+[A-Z][A-Za-z]*(?:\s.*)?)$", re.MULTILINE)
_OF_MAPPING = re.compile(r"(?:[\w.$/-]+|\"[^\"]+\"|'[^']+'):(?: .*)?$|- ?|[\]}]\s*$")
_NESTED = re.compile(r"^ *(?:- )?(?:[\w.$/-]+|\"[^\"]+\"|'[^']+'): *\n *(?:- \S| [\w\"'])", re.MULTILINE)
_CHANGES = 4  # lines of a patch
_TYPED = re.compile(  # of TOML: a name in small letters, and a value of a kind
    r"\s*(?:[a-z][\w-]*|\"[^\"]*\")(?:\.(?:[\w-]+|\"[^\"]*\"))*\s*=\s*"
    r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\[.*\]|\{.*\}|true|false|[+-]?(?:\d[\w.:+ -]*|inf|nan))\s*(?:#.*)?$"
)
_CARD = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_-]{1,7} *= +(?:'|[-+.\d]|[TF] )")  # of a header of FITS, 80 characters each
_COLOURS = re.compile(r"[ACGTacgt][0-3.]+")  # two bases each
_LINES_OF_A_SEQUENCE = 20
_AMINO_ACIDS = 20  # letters of a line that is no word
_CHAIN = re.compile(r"[A-Z]+\*?")  # of amino acids
_ROWS = 2  # of variants or reads
_VARIANT = re.compile(r"\d+\t[ACGTNacgtn]+\t[ACGTNacgtn.,*<>\w:\[\]]+\t(?:[\d.]+|\.)")
_READ = re.compile(r"\d+\t\d+\t\d+\t(?:\*|(?:\d+[MIDNSHP=X])+)\t(?:\*|[A-Za-z=.]+)")
_MODE = re.compile(r"(?:.*\n)?.*-\*-\s*(?:.*?(?<![\w-])[Mm]ode:\s*)?([A-Za-z+-]+)\s*(?:;.*)?-\*-")
_MODES = {
    "lisp": "lisp", "common-lisp": "lisp", "emacs-lisp": "emacs-lisp", "scheme": "scheme", "python": "python",
    "perl": "perl", "cperl": "perl", "ruby": "ruby", "tcl": "tcl", "makefile": "makefile", "autoconf": "m4", "m4": "m4",
    "cmake": "cmake", "texinfo": "texinfo", "rst": "rst", "sh": "shell", "shell-script": "shell", "java": "java",
}  # fmt: skip
_OF_RUST = re.compile(r"^(?:pub (?:use|mod|fn|struct|enum|trait) |use (?:\w+::)+|extern crate |#!?\[\w+)", re.MULTILINE)
_PROCEDURE = re.compile(r"^\s*/[\w@.:-]+ ?\{", re.MULTILINE)
_DEFINED = re.compile(r"\}\s*(?:bind )?(?:def|\bBD|\bbdef)\b")
_PROCEDURES = 3
_MACRO = re.compile(r"^\\\w", re.MULTILINE)  # of TeX
_KEY = re.compile(r"[{,]\s*\"[^\"\\\n]{1,60}\":\s*(?:[\"\[{\d-]|true|false|null)")
_KEYS = 2  # in a piece of JSON without lines
_NO_DATA = re.compile(r"\b(?:function|return|var)\b|=>|\);|</\w")  # scripts and pages have objects, too
_ELEMENTS = 8  # lines of an array in a program
_IN_BRACES = re.compile(r"\s*\{[\s{}\d.,xXa-fA-FLUu+-]+\},?\s*(?:/[/*].*)?")
_BY_ARROWS = re.compile(r"\s*(?:\d+|'[^'\n]*'|\"[^\"\n]*\") => (?:\d+|'[^'\n]*'|\"[^\"\n]*\"),")
_LISTS = 4  # of numbers, in a list
_OF_NUMBERS = re.compile(r"[-+\d.eE,\[\]\s]+")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_NUCLEOTIDES = re.compile(r"[ACGTUNRYKMSWBDHVacgtunrykmswbdhv*-]+|[A-Za-z*-]{20,}")


def read(text: str, complete: bool) -> Reading | None:
    """The format of a text that begins here, or None.

    complete: the text is all there is; otherwise it may be cut at its end.
    """
    text = text.removeprefix("\ufeff")
    start = text.lstrip()[:_LOOKED_AT]
    if not start:
        return None
    complete = complete and len(start) < _LOOKED_AT
    for rule in _RULES:
        found = rule(start, complete)
        if found:
            return found
    return _base64(start, complete) or _piece_of_json(start) or _table(start, complete)


def _shebang(text: str, _: bool) -> Reading | None:
    if _TCL_AGAIN.match(text):
        return Reading("tcl", sure=True)
    found = _SHEBANG.match(text)
    name = _INTERPRETERS.get(found[1]) if found else None
    return Reading(name, sure=True) if name else None


def _beginning(text: str, _: bool) -> Reading | None:
    for pattern, name in _BEGINNINGS:
        if pattern.match(text):
            return Reading(name, sure=True)
    return None


def _line(text: str, _: bool) -> Reading | None:
    for pattern, name in _LINES:
        if pattern.search(text):
            return Reading(name, sure=False)
    return None


def _mode(text: str, _: bool) -> Reading | None:
    """What an editor is told in one of the first two lines."""
    found = _MODE.match(text)
    name = _MODES.get(found[1].lower()) if found else None
    return Reading(name, sure=True) if name else None


def _language(text: str, _: bool) -> Reading | None:
    name = language_of(text)
    return Reading(name, sure=True) if name else None


def _rust(text: str, _: bool) -> Reading | None:
    """A remark on all of the file in front, and what only this language has."""
    return Reading("rust", sure=True) if text.startswith(("//!", "/*!")) and _OF_RUST.search(text) else None


def _postscript(text: str, _: bool) -> Reading | None:
    """Procedures that are given names, without the usual first line: prologues."""
    enough = min(len(_PROCEDURE.findall(text)), len(_DEFINED.findall(text))) >= _PROCEDURES
    return Reading("postscript", sure=True) if enough and text[0] in "%/" and not _MACRO.search(text) else None


def _json(text: str, complete: bool) -> Reading | None:
    """An object or a list; or several of them, one a line."""
    if text[0] not in "{[":
        return None
    if text[0] == "[" and _SECTION.match(text.split("\n", 1)[0]):
        return None
    values = _json_values(text, complete)
    if values is None:
        return None
    if values >= 1 and text.count("\n") >= 1 and _is_lines_of_json(text):
        return Reading("jsonl", sure=True)
    return Reading("json", sure=values <= 1)


def _json_values(text: str, complete: bool) -> int | None:
    """Whole values in the text, or None where it breaks the grammar before its end."""
    depth: list[str] = []
    at, values, after_value, tokens = 0, 0, False, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            rest = text[at:]
            ends = not rest.strip() or (not complete and bool(_PARTIAL.match(rest)))
            return values if ends and tokens > 2 and (not complete or not depth) else None
        at, tokens, comma = token.end(), tokens + 1, token.start() > 0 and text[at - 1] == ","
        sign = token[3]
        if sign is None or sign in "{[":
            if after_value and depth:
                return None
            if sign:
                depth.append(sign)
            after_value = sign is None
        elif sign in "}]":
            if comma or not depth or depth.pop() != ("{" if sign == "}" else "["):
                return None
            values += not depth
            after_value = bool(depth)
        elif not after_value:
            return None
        else:
            after_value = False
        if not depth and sign is None:
            return None
    return values if not complete or not depth else None


def _is_lines_of_json(text: str) -> bool:
    lines = [line.strip() for line in text.split("\n")[:4]]
    whole = [line for line in lines[:-1] if line]
    return len(whole) >= 2 and all(line[0] in "{[" and line[-1] == {"{": "}", "[": "]"}[line[0]] for line in whole)


def _markup(text: str, _: bool) -> Reading | None:
    if not text.startswith("<") or not _XML.match(text):
        return None
    at, declared = 0, False
    while aside := _ASIDE.match(text, at):
        declared = declared or "<?xml" in aside[0] or "<!DOCTYPE" in aside[0]
        at = aside.end()
    root = _ROOT.search(text, at)
    name = root[1].lower() if root else ""
    if name == "html" or "XHTML" in text[:at]:
        return Reading("html", sure=True)
    if name == "svg":
        return Reading("svg", sure=True)
    if name in _HTML:
        return Reading("html", sure=False)
    return Reading("xml", sure=declared or "xmlns" in text[:2000])


def _po(text: str, _: bool) -> Reading | None:
    if re.search(r'^msgid "', text, re.MULTILINE) and re.search(r'^msgstr(?:\[\d\])? "', text, re.MULTILINE):
        return Reading("po", sure=True)
    return None


def _genome(text: str, _: bool) -> Reading | None:
    lines = [line.rstrip() for line in text.split("\n")]
    if text[0] == ">" and len(lines) > 2 and _is_sequence(lines[1:]):
        return Reading("fasta", sure=True)
    if text[0] == "@" and len(lines) > 3 and lines[2][:1] == "+":
        bases, scores = lines[1].strip(), lines[3].strip()
        plain = len(bases) == len(scores) and (not bases or bases.isalnum())
        if _NUCLEOTIDES.fullmatch(bases) or _COLOURS.fullmatch(bases) or plain:
            return Reading("fastq", sure=True)
    return None


def _is_sequence(lines: list[str]) -> bool:
    """Up to the next name, the last line aside, which may be cut: bases, or letters for amino acids."""
    record = list(takewhile(lambda line: line[:1] != ">", lines))[:_LINES_OF_A_SEQUENCE]
    letters = "".join(record)
    long = bool(record) and len(record[0]) >= _AMINO_ACIDS
    return bool(_NUCLEOTIDES.fullmatch(letters)) and (
        long or all(map(_NUCLEOTIDES.fullmatch, filter(None, record[:2])))
    )


def _genome_lines(text: str, _: bool) -> Reading | None:
    """From the middle of a file: variants and reads by what stands in their columns, and chains of amino acids."""
    lines = _inner_lines(text)
    fields = [line.split("\t") for line in lines if line]
    for fits, name in ((_is_variant, "vcf"), (_is_read, "sam")):
        if len(fields) >= _ROWS and all(map(fits, fields)):
            return Reading(name, sure=True)
    return Reading("fasta", sure=True) if _are_chains(lines) else None


def _inner_lines(text: str) -> list[str]:
    """All but the first line and the last, which may be cut where the text is a piece from the middle of a file."""
    return [line.rstrip("\r") for line in text.split("\n")[1:-1]]


def _are_chains(lines: list[str]) -> bool:
    """Names behind a sign, and between them lines of capital letters, all of one width but the last of each chain."""
    chains = [line for line in lines if line[:1] != ">"]
    full = max(map(len, chains), default=0)
    short = sum(len(line) < full for line in chains)
    named = len(lines) - len(chains)
    return full >= _AMINO_ACIDS and named > 0 and short <= named + 1 and all(map(_CHAIN.fullmatch, chains))


def _is_variant(fields: list[str]) -> bool:
    """Place, bases of the reference and others, a quality."""
    return len(fields) >= 8 and bool(_VARIANT.fullmatch("\t".join((fields[1], *fields[3:6]))))


def _is_read(fields: list[str]) -> bool:
    """Flags, a place, a quality, how it is aligned, bases."""
    return len(fields) >= 11 and bool(_READ.fullmatch("\t".join((fields[1], *fields[3:6], fields[9]))))


def _mail(text: str, complete: bool) -> Reading | None:
    """A block of fields, two of them known ones, and an empty line, if it is not cut before it."""
    head, empty, _body = text.replace("\r\n", "\n").partition("\n\n")
    begun = bool(_MAIL_START.match(text))
    if not empty and (complete or not begun):
        return None
    lines = head.split("\n")
    fields = sum(bool(_FIELD.match(line)) for line in lines)
    known = len(_MAIL_FIELD.findall(head))
    if known >= 2 and fields >= len(lines) - 1 - (not empty):
        if _ASCIIDOC.search(head):
            return Reading("asciidoc", sure=True)
        if _HUNK.search(text):
            return Reading("diff", sure=True)  # sent by mail
        return Reading("email", sure=known >= 3)
    return Reading("email", sure=False) if begun else None


def _ini(text: str, _: bool) -> Reading | None:
    """Sections, and settings in them."""
    lines = [line for line in text.split("\n")[:200] if line.strip() and line.lstrip()[0] not in "#;"]
    if len(lines) < 2 or not _SECTION.match(lines[0].strip()):
        return None
    fit = sum(bool(_SECTION.match(line.strip()) or _SETTING.match(line) or line[0] in " \t]}") for line in lines)
    if fit < 0.9 * len(lines):
        return None
    settings = [line for line in lines if line[0] not in ' \t"' and _SETTING.match(line)]
    settings = [line for line in settings if not _SECTION.match(line.strip())]
    toml = sum(bool(_TOML_VALUE.match(line)) for line in settings)
    is_toml = settings and toml > 0.9 * len(settings) and any(_OF_TOML.search(line) for line in settings)
    return Reading("toml" if is_toml else "ini", sure=bool(settings))


def _settings(text: str, _: bool) -> Reading | None:
    """Settings without sections, or in blocks, where each line is one of a kind that no program has."""
    text = text.replace("\r\n", "\n").replace("\\\n", " ")
    lines = [line for line in text.split("\n")[:200] if line.strip() and line.lstrip()[0] not in "#;"]
    if lines and any(all(kind.match(line) for line in lines) for kind in (_VARIABLE, _PLACE)):
        return Reading("conf", sure=False)
    if lines and all(map(_TYPED.match, lines)):
        return Reading("toml", sure=False)
    for kind, mark, least in ((_BLOCK, _OF_BLOCKS, 0.0), (_DIRECTIVE, _OF_DIRECTIVES, 0.5)):
        marks = len(mark.findall("\n".join(lines)))
        if marks > least * len(lines) and all(map(kind.match, lines)):
            return Reading("conf", sure=False)
    return None


def _mapping(text: str, complete: bool) -> Reading | None:
    """YAML: names with values, lists, and what belongs to them further to the right; sure behind its mark."""
    marked = text.startswith("---\n")
    lines = [line for line in text.split("\n") if line.strip() and line.lstrip()[0] != "#"]
    lines = [line for line in (lines if complete else lines[:-1]) if line not in ("---", "...")][:200]
    outer = [line for line in lines if line[0] != " "]
    if not outer or not all(map(_OF_MAPPING.match, outer)) or any("\t" in line for line in lines):
        return None
    nested = _NESTED.search("\n".join(lines))
    return Reading("yaml", sure=marked) if nested else None


def _changes(text: str, complete: bool) -> Reading | None:
    """A patch without a head: every line is as it was, gone, or new."""
    lines = text.split("\n")
    lines = [line for line in (lines if complete else lines[:-1]) if line]
    gone, new, as_was = (sum(line[0] == sign for line in lines) for sign in "-+ ")
    if min(gone, new, as_was) < 1 or gone + new + as_was < len(lines) or len(lines) < _CHANGES:
        return None
    return Reading("diff", sure=True)


def _array(text: str, _: bool) -> Reading | None:
    """From the middle of a program's constant array: numbers in braces as in C, or values behind arrows as in PHP."""
    lines = [line for line in _inner_lines(text) if line]
    if len(lines) < _ELEMENTS:
        return None
    for element, name, sure in ((_IN_BRACES, "c", True), (_BY_ARROWS, "php", False)):
        if sum(map(bool, map(element.fullmatch, lines))) >= 0.9 * len(lines):
            return Reading(name, sure)
    return None


def _cards(text: str, _: bool) -> Reading | None:
    """A piece of the header of FITS: settings without a line's end between them."""
    if len(text) < 160 or "\n" in text:
        return None
    return Reading("fits", sure=True) if len(_CARD.findall(text)) * 160 >= len(text.rstrip()) else None


def _log(text: str, _: bool) -> Reading | None:
    """Times at the beginning of most lines, or outcomes of tests in many of them."""
    lines = [line for line in text.split("\n")[:60] if line.strip()]
    if len(lines) < 4:
        return None
    if "-->" in text:
        return None  # times of subtitles
    outcomes = sum(bool(_OUTCOME.search(line)) for line in lines)
    if outcomes >= 0.4 * len(lines):
        return Reading("log", sure=outcomes >= 0.8 * len(lines))
    timed = sum(bool(_TIME.search(line[:60])) for line in lines)
    commas = sum(line.count(",") > 3 or line.count("\t") > 2 for line in lines)
    return Reading("log", sure=False) if timed >= 0.8 * len(lines) and commas < 0.7 * len(lines) else None


def _base64(text: str, _: bool) -> Reading | None:
    """Lines of one length and of one alphabet, all kinds of letters among them."""
    lines = [line.rstrip("\r") for line in text.split("\n")[:-1]] or [text]
    lengths = {len(line) for line in lines[:-1]}
    if len(text) < 64 or len(lengths) > 1 or not re.fullmatch(r"[A-Za-z0-9+/=\s]+", text):
        return None
    mixed = all(re.search(kind, text[:512]) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return Reading("base64", sure=False) if mixed and max(map(len, lines)) >= 40 and " " not in text else None


def _piece_of_json(text: str) -> Reading | None:
    """From its middle, without lines: lists of numbers in a list, coordinates, say; or names with values."""
    if text.count("],[") >= _LISTS and _OF_NUMBERS.fullmatch(text):
        return Reading("json", sure=True)
    if "\n" in text.strip() or len(_KEY.findall(text)) < _KEYS or _NO_DATA.search(text):
        return None
    return Reading("json", sure=True)


def _table(text: str, complete: bool) -> Reading | None:
    """As many fields in every line, more than one, and lines enough to tell; the first one may be cut."""
    lines = text.replace("\r\n", "\n").split("\n")
    lines = [line for line in (lines if complete else lines[:-1]) if line and line[0] != "#"][:100]
    if len(lines) < 4:
        return None
    for separator, name in (("\t", "tsv"), (",", "csv"), (";", "csv")):
        counts = [_fields(line, separator) for line in lines]
        if len(counts) > 4 and counts[0] < counts[1]:
            counts = counts[1:]
        usual = max(set(counts), key=counts.count)
        if usual > 1 and counts.count(usual) >= 0.95 * len(counts) and not _is_code(lines, separator):
            return Reading(name, sure=usual > 2 and len(lines) >= 8)
    return None


def _fields(line: str, separator: str) -> int:
    if '"' in line:
        line = _QUOTED.sub("", line)
    return line.count(separator) + 1


def _is_code(lines: list[str], separator: str) -> bool:
    """Statements end with signs that a field rarely ends with."""
    ends = sum(line.rstrip()[-1:] in ("{", "}", ";", ")", ":", "\\", ",") for line in lines)
    indented = sum(line[:1] in " \t" for line in lines)
    closed = sum(line.rstrip()[-1:] == ";" for line in lines)
    return (closed if separator == ";" else ends) > 0.4 * len(lines) or indented > 0.4 * len(lines)


_RULES = (
    _shebang, _mode, _mail, _beginning, _json, _markup, _language, _rust, _postscript, _line, _po,
    _genome, _genome_lines, _ini, _settings, _mapping, _changes, _array, _cards, _log,
)  # fmt: skip
