# ruff: noqa: E501  a pattern is read in one piece
"""Programs and the like told by what the grammar of one language has, and that of none that looks like it.

Patterns begin where a line does, so that programs quoted in documents, where they are indented, are not met.

Knows: grammars of languages.  Does not know: bytes, labels' modalities.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class _Grammar(NamedTuple):
    """words: in small letters; one of them is in every text that is meant. all: what must be found. never: what must not."""

    name: str
    words: tuple[str, ...]
    all: tuple[re.Pattern[str], ...]
    never: re.Pattern[str] | None


def _grammar(name: str, words: str, *patterns: str, never: str = "") -> _Grammar:
    found = tuple(_at_line(pattern) for pattern in patterns)
    return _Grammar(name, tuple(words.lower().split("|")), found, _at_line(never) if never else None)


def _at_line(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:{pattern})", re.MULTILINE)


_GRAMMARS = (
    # types behind the names of what a function or a constructor takes, which JavaScript has not; references
    _grammar("typescript", "function |constructor(|/// <reference",
        r"(?:export )?(?:default |declare |async )*function \w+(?:<[^()\n]*>)?\(\s*\w+\??: [\w({\[\"'].*"
        r"|\s+constructor\((?:private|public|protected|readonly) (?:readonly )?\w+\??: "
        r"|/// <reference (?:lib|path|types|no-default-lib)="),
    # names of packages with a semicolon, which Kotlin and Scala leave out, and a class or an interface
    _grammar("java", "package |import ",
        r"package [a-z]\w*(?:\.\w+)*;|import (?:static )?[a-z]\w*(?:\.\w+)+(?:\.\*)?;",
        r"(?:@\w+(?:\(.*\))? )?(?:(?:public|final|abstract|sealed|strictfp) )*(?:class|@?interface) \w|public enum \w",
        never=r"module [\w.]+;|using |import std\."),
    # what is used, of capital letters, in a row with Vala, whose libraries are its own
    _grammar("csharp", "using ",
        r"[ \t]*using (?:static )?[A-Z]\w*(?:\.\w+)*;",
        r"[ \t]*(?:\[.*\] )?(?:(?:public|internal|static|sealed|abstract|partial|unsafe|private) )*(?:class|struct|enum|interface|delegate \w+|namespace) \w",
        never=r"[ \t]*(?:using (?:GLib|Gtk|Gdk|Gee|Gst|Pango|Posix|Cairo|Soup|Json|Clutter|Xml)\b|\[CCode|#include|\$\w)|.*\b(?:throws [A-Z]|owned )"),
    _grammar("csharp", "namespace ",
        r"[ \t]*namespace [A-Z]\w*(?:\.\w+)*\s*(?:[{;]|$)",
        r"[ \t]*(?:public|internal|private|protected) (?:(?:static|sealed|abstract|partial|unsafe|override|readonly|virtual) )*\S+ \w+",
        r".*(?:\b(?:string|bool|object|decimal) \w+|\bforeach \(|\{ get;|\boverride )",
        never=r"[ \t]*(?:using (?!System)|\[CCode|#include|\$\w)|.*(?:\b(?:throws [A-Z]|owned )|\w \()"),
    # a module and what it holds; types of names, without prose
    _grammar("haskell", "module ", r"module\s+[A-Z][\w.']*(?:\s*\((?:[^()]|\([^()]*\))*\))?\s+where\b"),
    _grammar("haskell", "::", r"[a-z]\w*'*(?:, \w+)* *:: .*",
        r"import (?:qualified )?[A-Z][\w.]*(?: as [A-Z]\w*)?(?: hiding)?(?: ?\(.*)?$|(?:data|newtype|class|instance) [A-Z(].*(?:=|where)|[a-z]\w*'* *:: .* -> ",
        r"[a-z]\w*'* (?:.* )?= ", never=r"[A-Z][a-z]+ [a-z]+ [a-z]+ |(?:val|var|def|object|trait) "),
    _grammar("scala", "def ",
        r"[ \t]*(?:(?:override|private|protected|final|implicit|inline)(?:\[\w+\])? )*def \w+(?:\[.*?\])?(?:\(.*\))*: [A-Z][\w.\[\], ]* = "),
    _grammar("scala", "object |case class ",
        r"[ \t]*(?:(?:private|final|sealed|implicit|case) )*(?:object [A-Z]\w*(?: extends .*)?(?: ?\{|:)?$|object \w+ \{|case class \w+)",
        r"[ \t]*(?:(?:override|private|protected|final|implicit|lazy|inline)(?:\[\w+\])? )*(?:def|val|var|trait|class|given|type) \w+",
        never=r".*\bfun \w+"),
    # types behind the names of what a function takes, which Go has before none
    _grammar("swift", "func |import ",
        r"[ \t]*(?:@\w+ )*(?:(?:public|private|fileprivate|internal|open|static|class|override|final|mutating) )*func \w+(?:<.*>)?\((?:_ )?\w+(?: \w+)?: .*\)"
        r"|import (?:Foundation|UIKit|SwiftUI|AppKit|Combine|Dispatch|XCTest)$",
        r"[ \t]*(?:@\w+ )*(?:(?:public|private|fileprivate|internal|open|final|indirect) )*(?:class|struct|enum|extension|protocol|func|let|var) \w+"),
    # templates, names of a scope, what is public, in what includes
    _grammar("cpp", "include",
        r"[ \t]*#[ \t]*include\s*[<\"]",
        r"template\s*<|using namespace \w|namespace \w+(?:::\w+)*\s*\{?$|(?:class|struct) (?:\w+ )?\w+(?: final)? ?: (?:public|private|protected|virtual) "
        r"|(?:\w[\w:<>*&, ]* )?[*&]?\w+(?:<\w+>)?::~?\w+\(|(?:(?:public|private|protected)(?: slots)?|signals):$",
        never=r"@(?:interface|implementation|import)\b|#import "),
    _grammar("perl", "use |package ",
        r"use (?:strict|warnings|utf8|vars|base|parent|lib|v?\d[\d._]*|[A-Z]\w*(?:::\w+)*)\b.*;|package [A-Z]\w*(?:::\w+)*;",
        r"[ \t]*(?:my|our|local) [$@%(]|sub \w+\s*(?:\{|$)|[ \t]*[$@]\w+(?:->|\s*=~?\s)", never=r"<\?php"),
    # what style sheets have for programs
    _grammar("scss", "@include |@mixin |@extend |@use |@forward |$",
        r"[ \t]*@(?:include [\w.-]+|mixin [\w-]+|extend [.%\w]|use ['\"]|forward ['\"])|[ \t]*\$[\w-]+: .*;",
        r"[ \t]*(?:[\w-]+: ?[^;{}]+;|\}|.*\{$)", never=r"[ \t]*(?:import|export|const) "),
    # routines of the machine that Go assumes; directives of the other ones
    _grammar("assembly", "(SB)", r"TEXT\s+\S+\(SB\)"),
    _grammar("assembly", ".globl|.global|.type|align|_syntax|.syntax",
        r"[ \t]*\.(?:globl|global|type|p2align|align|intel_syntax|syntax)\s+\S",
        r"[ \t]*\.(?:text|data|section|globl|global|size|file|cfi_\w+)\b", r"\.?\w+:"),
    _grammar("fortran", "subroutine|function|program|module|block data",
        r"(?i:[ \t]+(?:(?:recursive|pure|elemental|integer|real|logical|double precision)(?:\*\d+)? )*(?:subroutine|function|program|module|block data) \w+"
        r"|(?:subroutine|program|module|block data) \w+\s*(?:\(.*\))?\s*$)",
        r"(?i:[ \t]*end(?:\s*(?:subroutine|function|program|module|block data|if|do)\b.*)?\s*$)",
        r"(?i:[ \t]*(?:implicit none|(?:integer|real|character|logical|double precision|complex|data|common|dimension)\b[ (*/:,]|call \w+|write ?\(|print ?\*"
        r"|use \w+|return\s*$|end (?:subroutine|function|program|module|block))|[cC*] )",
        never=r".*[;{}]\s*$"),
    # a title with a line below, and what is marked with two dots
    _grammar("rst", ".. ", r".+\n(?:={4,}|-{4,}|~{4,}|\*{4,}|\^{4,})$", r"\.\. (?:[\w-]+::(?: |$)|_[\w .-]+:$)",
        never=r"\"\"\"|#\[|(?:def|function|macro|include|set) ?\w*\(|(?:import|from) [\w.]+(?: import .*)?$|class \w+.*:$"),
    _grammar("troff", ".SH|.Sh", r"\.(?:TH|Dd) \S", r"\.(?:SH|Sh) \S"),
    # the dialect of BSD, whose words begin with a dot as those of troff do
    _grammar("makefile", "\n.",
        r"(?:\.[ \t]*(?:(?:el)?if !?(?:(?:defined|empty|make|exists|target)\(|\$\{)|-?include [<\"]|ifn?def \w+$)(?:.*\n)+?){2}"),
)  # fmt: skip
_FENCE = "\n```"  # of programs in a document that are not indented


def language_of(text: str) -> str | None:
    """The language of whose grammar the text is, where it can be of no other, or None."""
    if text.startswith(("<", "```")) or _FENCE in text:
        return None
    text = text.replace("\r\n", "\n")
    small = text.lower()
    return next((grammar.name for grammar in _GRAMMARS if _is_of(grammar, text, small)), None)


def _is_of(grammar: _Grammar, text: str, small: str) -> bool:
    """small: the text in small letters."""
    if not any(word in small for word in grammar.words):
        return False
    found = all(pattern.search(text) for pattern in grammar.all)
    return found and not (grammar.never and grammar.never.search(text))
