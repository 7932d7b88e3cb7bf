# ruff: noqa: E501  a pattern is read in one piece
"""Turns of phrase that programs and documents of one kind have and others rarely: a word's weight, not a verdict.

They tell languages apart of which the classifier saw too few sources, and those that it never saw.

Knows: languages.  Does not know: bytes, the classifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LOOKED_AT = 6144  # characters
MOST = 4  # hits of one kind that count

_HINTS: dict[str, str] = {
    # lines that begin so; verbose in nothing but blanks
    "python": r"def \w+\(.*\)(?: ->.*)?:$|from [\w.]+ import |import \w+(?: as \w+)?$|class \w+(?:\(.*\))?:$|@\w+$|elif ",
    "c": r"#include <(?:\w+/)*\w+\.h>|#ifndef \w+_H_?|(?:static |extern )?(?:int|void|char|unsigned|size_t) \**\w+ ?\("
    r"|typedef struct",
    "cpp": r"#include <\w+>|namespace [\w:]*|template ?<|using namespace |class \w+ ?(?:: public|\{|$)|public:|std::"
    r"|#include [\"<][\w/]+\.hpp",
    "java": r"package [\w.]+;|import (?:static )?(?:java|javax|org|com)\.[\w.*]+;|public (?:final |abstract )*(?:class|interface)"
    r" |@Override",
    "csharp": r"using System[\w.]*;|unsafe |(?:readonly|const) \w+ \w+ ?=|namespace [\w.]+(?:;|$| \{)|(?:public |internal )(?:static |sealed |partial |unsafe )*class \w+"
    r"|(?:public |private )?static (?:unsafe )?void Main\(|Console\.Write|\[DllImport|foreach \(var ",
    "kotlin": r"package [\w.]+$|import \w+\.[\w.*]+$|(?:private |override |suspend )*fun (?:\w+\.)?\w+\(|(?:data )?class \w+\(|val \w+",
    "scala": r"package [\w.]+$|import [\w.]+\{.*=?>?.*\}|import scala\.|object \w+|case class |(?:override )?def \w+.*=( \{)?$"
    r"|def \w+[(\[].*\).*: .*=|type \w+\[.*\] = |.* match \{$|\w+ <- ",
    "swift": r"import [A-Z]\w+$|(?:public |fileprivate )*(?:extension|protocol|enum) \w+.*\{$|@inline\("
    r"|(?:public |private )*(?:typealias \w+ = .*|(?:var|let) \w+: [\w.<>\[\]]+\??(?: \{)?)$|(?:public |private )?func \w+\(.*\)(?: ->|.*\{)|let \w+ ?[:=]|guard let ",
    "go": r"package \w+$|//go:build|import (?:\(|\"[\w./]+\")$|func (?:\(\w+ \*?\w+\) )?\w+\(|type \w+ (?:struct|interface) \{",
    "rust": r"use (?:std|crate|super|core|alloc)::|(?:pub )?fn \w+|impl(?:<.*>)? |#\[\w+|(?:pub )?(?:struct|enum|mod) \w+|let mut ",
    "javascript": r"(?:'|\")use strict(?:'|\");?$|(?:const|var) \w+ = require\(|module\.exports|(?:async )?function \w+\("
    r"|(?:import|export) .* from ['\"]|\}\)\(|(?:export )?(?:const|let|var) \w+ = .*(?:=>|[{(;])|export (?:default|const) |return \{$",
    "typescript": r"(?:export )?(?:declare |default )*(?:interface|type|namespace|abstract class) \w+|import type |export declare "
    r"|\w+\??: (?:string|number|boolean|any)\b|(?:readonly|private|public) \w+",
    "php": r"<\?php|namespace [\w\\]+;|use [\w\\]+;|\$this->|\$\w+ = ",
    "ruby": r"require(?:_relative)? ['\"]|def (?:self\.)?\w+[?!]?(?:\(.*\))?$|module [A-Z]\w*$|class [A-Z]\w*(?: < [\w:]+)?$|end$"
    r"|attr_\w+ :",
    "perl": r"use (?:strict|warnings|vars|base|parent)\b|package [\w:]+;|my [\$@%(]|sub \w+(?: \{|$)|\$\w+(?:->|\s*=~?)|1;$",
    "lua": r"local (?:function )?\w+|function [\w.:]+\(|end$|require ?\(?['\"]|return \w+$|--\[\[",
    "r": r"[\w.]+ <- |library\(|#' @|setMethod\(|test_that\(",
    "octave": r"endfunction|function .*=|%[!# ]|\w+ ?= ?.*;$|endif|## |persistent |end$",
    "shell": r"(?:el)?if \[ |fi$|esac$|done$|echo |case .* in$|export \w+=|\w+\(\) ?\{?$|local \w+|\w+=\$",
    "powershell": r"(?i:param) ?\(|(?:Write|Get|Set|New|Remove|Import|Test|Copy|Invoke)-\w+|function (?:global:)?\w+(?:-\w+)? ?[({]"
    r"|if ?\(.* -(?:not|eq|ne|and|or) |\$(?:env|script|global):\w+|\$\w+ ?= ?[$\[\"'(]|\[CmdletBinding|<#",
    "batch": r"(?i:@?(?:echo off|rem |(?:end|set)local\b|set \"?\w+=|if (?:/i )?(?:not )?(?:exist|defined|errorlevel|\"%)|goto |call |exit /b"
    r"|for (?:/\w )?.*%%?\w in))|:[A-Za-z]\w*$",
    "assembly": r"\.(?:globl|global|text|section|align|type|size|file|intel_syntax)\b|(?:mov|push|pop|jmp|add|ret|lea)[lqwb]?\s"
    r"|TEXT .*\(SB\)|(?:DATA|GLOBL) |[A-Z][A-Z0-9]{2,8}\t",
    "fortran": r"(?i:(?:end ?)?(?:subroutine|program|module|function)\b|implicit (?:none|double)|parameter ?\(|dimension \w+\(|call \w+|do \w+ ?="
    r"|(?:integer|real|double precision|character|logical|complex)(?:\*\d+)?(?:\(.*\))?[ ,].*|use \w+|end ?(?:if|do)$|if ?\(.*\) ?then|goto \d+)"
    r"|[cC*] .*$",
    "haskell": r"module [\w.]+(?: .*where)?$|import (?:qualified )?[A-Z][\w.]+|\w+ :: |\{-# |data \w+ |instance |deriving",
    "ocaml": r"let (?:rec )?\w+ .*=|val \w+ : |open [A-Z]\w*|module \w+ =|type .* =|\(\*|\| \w+ ->|end$",
    "erlang": r"-(?:module|export|include|record|define|spec)\(?|%%|\w+\(.*\) ->|%",
    "lisp": r"\((?:in-package|defpackage|defmacro|defclass|defmethod|defgeneric|defparameter|defvar)\b|;;;; ",
    "emacs-lisp": r"\((?:defun|defcustom|defvar|require '|provide '|defalias|defgroup|setq)\b|;;; .*(?:el|Code:|Commentary:)",
    "scheme": r"\((?:define(?:-module|-syntax|-public)? |use-modules|let-values)|#:use-module|\(define-",
    "tcl": r"proc [\w:]+ \{|package (?:require|provide) |namespace eval |set \w+ |if \{",
    "vala": r"\[CCode |namespace \w+ \{|public (?:class|struct|enum|delegate|void|\w+\??) |using (?:GLib|Gtk|Gee|Gdk|Gst)\w*;",
    "verilog": r"(?:end)?module\b|(?:input|output|inout|reg|wire|parameter|localparam)\b.*[;,]?|always ?@|assign |initial begin|`\w+"
    r"|\.\w+ ?\(.*\),?$|(?:end)?(?:generate|case|function) ?(?:\[|$|\()",
    "vhdl": r"(?:library \w+|use \w+\.\w+.*);|entity \w+ is|architecture \w+ of|end (?:entity|architecture|process)|signal \w+",
    "qml": r"import Qt\w*(?:\.\w+)*(?: \d|$)|property \w+ \w+|id: \w+$|anchors\.|\w+ \{$|signal \w+",
    "povray": r"#(?:declare|include|macro|local|version)\b|(?:sphere|box|cylinder|camera|light_source|union|texture) \{",
    "sql": r"(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:TABLE|INDEX|VIEW|FUNCTION|DATABASE|TYPE)|INSERT INTO|SELECT |UPDATE \w+ SET",
    "cmake": r"(?:set|include|find_package|project|add_executable|add_library|endif|endfunction|macro|option|message)\s*\(",
    "makefile": r"\.PHONY|[\w./%$()-]+ ?:(?: [\w./%$()-]+)*$\n\t|[A-Z_]{2,} ?[:+?]?= ?.*|-?include \S|\t\$\(|(?:ifn?def|ifn?eq|endif)\b"
    r"|\.(?:if|elif|else|endif|for|endfor|include|undef|export)\b",
    "m4": r"A[CMUS]_\w+|dnl\b|m4_\w+|AX_\w+",
    "css": r"(?!return|const|export|else|try|do|if)[.#*]?[\w-]+[^;=()\n]{0,60}\{$|[\w-]+: ?[^;{}\n]{1,60};$|@media|@import",
    "scss": r"@(?:include|mixin|extend|if|else|use|function|return)\b|\$[\w-]+:|&[:.\w-]+ ?\{",
    "vim-script": r"\" |let [gbslw]:\w+|(?:syn|syntax) \w+|if exists\(|set \w+|hi(?:ghlight)? (?:def )?link|end(?:if|func\w*)$|au(?:tocmd)? ",
    "html": r"</?(?:div|p|li|ul|a|span|table|tr|td|h[1-6]|br|pre|dt|dd)\b[^>]*>",
    "markdown": r"#{1,6} \w|```|[*-] \[|\[.*\]\(.*\)|!\[|\* \*\*",
    "rst": r"\.\. [\w-]+::|:\w+: |=====+$|-----+$|~~~~~+$|\.\. _[\w -]+:|    :\w+:",
    "asciidoc": r"=+ \w|\[\w+\]$|----$|\w.*::$|~~~~+$|\+$|include::",
    "toml": r"\[\[?[\w.\"-]+\]?\]$|[\w-]+ = (?:[\"'\[{]|\d+$|true$|false$)",
    "latex": r"\\(?:begin|end|section|def|newcommand|let|usepackage|ProvidesPackage|RequirePackage|DeclareOption|item|if\w+|fi)\b|%%",
    "troff": r"[.'](?:TH|SH|SS|PP|TP|B|I|BR|IP|Sh|Nm|Pp|It|de|ds|so|nf|fi|Dd|Op|Ar|Fl)\b|\.\\\"",
    "pod": r"=(?:head[1-4]|over|item|back|cut|pod|encoding|begin|for)\b",
    "texinfo": r"@(?:node|chapter|section|item|end|table|cindex|menu)\b",
    "yaml": r"- [\w-]+:|\w[\w-]*:$|\w[\w-]*: [\w\"'\[{|>]|---$|  - ",
    "ini": r"\[[\w.-]+\]$|[\w.-]+ ?= ?.*$",
    "log": r"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\d\d:\d\d:\d\d[.,]?\d* ",
    "po": r"msg(?:id|str|ctxt)\b|#[:,~|] ",
    "diff": r"@@ -\d+|(?:---|\+\+\+) [\w/.]+|diff --git|index [0-9a-f]+\.\.",
    "email": r"(?:From|To|Subject|Date|Received|Message-ID|Content-Type|X-[\w-]+): ",
    "srt": r"\d\d:\d\d:\d\d,\d{3} --> ",
}  # fmt: skip
_PATTERNS = {name: re.compile(rf"^[ \t]*(?:{pattern})", re.MULTILINE) for name, pattern in _HINTS.items()}
_LINE = re.compile(r"^[ \t]*\S", re.MULTILINE)
_SIGNS = re.compile(r"[{}()\[\];=<>$#@\\|_/*&]")
KINDS = frozenset(_HINTS)


def hints_of(text: str, kinds: Iterable[str]) -> dict[str, int]:
    """How many hits each of these kinds has, at most `MOST`; left out are those with few hits for so many lines."""
    text = text[:LOOKED_AT]
    lines = len(_LINE.findall(text))
    found = {name: len(_PATTERNS[name].findall(text)) for name in kinds if name in _PATTERNS}
    hints = {name: min(MOST, hits) for name, hits in found.items() if hits >= 1 and hits >= 0.02 * lines}
    return {"text": MOST, **hints} if _is_prose(text) else hints


def _is_prose(text: str) -> bool:
    """Words, blanks and hardly any of the signs that programs and markup live from."""
    letters = sum(map(str.isalpha, text)) + text.count(" ")
    return letters > 0.85 * len(text) and len(_SIGNS.findall(text)) < 0.005 * len(text)
