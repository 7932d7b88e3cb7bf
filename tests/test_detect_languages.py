"""Languages by what the grammar of one has: an example of each, and neighbours that are not taken for it."""

import pytest

from bytezip.detect.languages import language_of
from bytezip.detect.texts import read

EXAMPLES = [
    ("typescript", "export function add(a: number, b?: number) {\n  return a;\n}\n"),
    ("typescript", "class A {\n  constructor(private readonly b: B) {}\n}\n"),
    ("java", "package a.b;\n\npublic final class A {}\n"),
    ("java", "import java.util.List;\n\n@Deprecated\nclass A {}\n"),
    ("csharp", "using System;\nusing A.B;\n\nclass C { }\n"),
    ("csharp", "namespace A.B\n{\n    public sealed class C\n    {\n        public string D { get; set; }\n    }\n}\n"),
    ("haskell", "-- words\nmodule A.B\n  ( c\n  , D(..)\n  ) where\n\nc = 1\n"),
    ("haskell", "import qualified Data.Map as M\n\nmain :: IO ()\nmain = return ()\n"),
    ("scala", "object A {\n  def f[B](c: B): Int = 1\n}\n"),
    ("scala", "case class A(b: Int)\ntrait C\n"),
    ("swift", "import Foundation\n\nclass A {\n}\n"),
    ("swift", "struct A {\n    func f(_ a: Int, b: String) -> Bool { true }\n}\n"),
    ("cpp", "#include <vector>\n\nnamespace a {\n}\n"),
    ("cpp", '#include "a.h"\n\nA::~A() {}\n'),
    ("cpp", "#include <QObject>\nclass A : public QObject {\nsignals:\n    void b();\n};\n"),
    ("perl", "package A::B;\n\nsub new {\n}\n1;\n"),
    ("perl", "use Test::More;\nmy $a = 1;\n"),
    ("scss", "a {\n  @include b($c);\n  color: red;\n}\n"),
    ("scss", "$a: 1px;\n.b {\n  margin: $a;\n}\n"),
    ("assembly", "// words\n#include \"textflag.h\"\n\nTEXT ·add(SB), NOSPLIT, $0\n\tRET\n"),
    ("assembly", "/* words */\n\t.text\n\t.globl main\nmain:\n\tret\n"),
    ("fortran", "SUBROUTINE A(N)\n      INTEGER N\n      N = 1\n      END\n"),
    ("fortran", "module a\n  implicit none\nend module a\n"),
    ("rst", "Title\n=====\n\nWords.\n\n.. note:: Words.\n"),
    ("rst", ".. _mark:\n\nTitle\n-----\n"),
    ("troff", ".\\\" words\n.TH A 1\n.SH NAME\na \\- b\n"),
    ("makefile", ".if defined(A)\nB= 1\n.endif\n.include <bsd.mk>\n"),
]  # fmt: skip

NEIGHBOURS = [
    ("javascript", "export function add(a, b = 1) {\n  return a;\n}\n"),
    ("kotlin", "package a.b\n\nimport java.util.List\n\nclass A\n"),
    ("d", "module a.b;\nimport std.stdio;\n\nclass A {}\n"),
    ("vala", "using Gtk;\n\npublic class A : Object {\n    public string b { get; set; }\n}\n"),
    ("vala", "namespace A {\n    public class B : C {\n        public string d () throws E {\n        }\n    }\n}\n"),
    ("cpp", "using namespace std;\nusing A = B;\nclass C {};\n"),
    ("php", "namespace A\\B;\nuse C;\nclass D {\n    public function e() { foreach ($a as $b) {} }\n}\n"),
    ("powershell", "$code = @'\nusing System;\npublic class A {}\n'@\nAdd-Type $code\n"),
    ("ruby", "module A\n  class B\n  end\nend\n"),
    ("text", "import Data.Text\n\nThis function is total and lazy.\n\nf :: Int -> Int\nf x = x\n"),
    ("c", "#include <stdio.h>\n\nint main(void) { return 0; }\n"),
    ("c", "#include <a.h>\nstruct point { int x; };\n"),
    ("objective-c", "#import <A.h>\n@interface A : B\n@end\n"),
    ("go", "package a\n\nfunc f(a int, b string) bool {\n\tvar c int\n\treturn true\n}\n"),
    ("rust", "use a::b;\npub fn f(a: u8) -> bool { let x = 1; true }\ntrait B {}\n"),
    ("kotlin", "object A {\n    val b = 1\n    fun c(d: Int): Int = 1\n}\n"),
    ("css", "a {\n  color: red;\n}\n@media print { }\n@import 'a';\n"),
    ("lua", "local function f(x)\n  print(x)\nend\nfunction g()\n  return\nend\n"),
    ("octave", "function a = b (c)\n  a = c;\nend\n"),
    ("python", '"""Title\n=====\n\n.. note:: Words.\n"""\n\nimport os\n'),
    ("text", "Title\n=====\n\nWords...\n\n.. and more.\n"),
    ("troff", ".so man1/a.1\n"),
    ("git", "object 04b871796dc0420f8e7561a895b52484b701d51a\ntype commit\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_what_only_one_language_has(name: str, text: str) -> None:
    assert language_of(text) == name
    assert language_of(text.replace("\n", "\r\n")) == name
    assert read(text, complete=True) == (name, True)


@pytest.mark.parametrize(("name", "text"), NEIGHBOURS)
def test_neighbours_are_left_to_others(name: str, text: str) -> None:
    assert language_of(text) in (None, name)


@pytest.mark.parametrize(("_", "text"), EXAMPLES)
def test_programs_in_documents_are_no_programs(_: str, text: str) -> None:
    assert language_of("Words.\n\n```\n" + text + "```\n") is None
    assert language_of("<pre>\n" + text + "</pre>\n") is None


def told(text: str, complete: bool = True) -> str | None:
    reading = read(text, complete)
    return reading.format if reading else None


def test_subtitles_by_their_times() -> None:
    assert told("1\n00:00:01,000 --> 00:00:02,500\nWords.\n") == "srt"
    assert told("12 \r\n0:00:01.5 --> 0:00:02.5\r\nWords.\r\n") == "srt"
    assert told("1\n00:00:01 Words.\n") is None


def test_logs_by_when_lines_were_written() -> None:
    assert told("".join(f"{n} node-{n} unix.hw state 10778047{n} 1 Words\n" for n in range(10, 20))) == "log"
    assert told("".join(f"03-17 16:13:{n}.8 17 24 D Window: words\n" for n in range(10, 20))) == "log"
    assert told("".join(f"20171223-22:15:{n}:606|A|3000|words\n" for n in range(10, 20))) == "log"
    assert told("".join(f"{n} room-{n} call 55501077804742{n} words\n" for n in range(10, 20))) != "log"
    assert told("WEBVTT\n" + "".join(f"00:00:{n}.000 --> 00:00:{n}.500\n" for n in range(10, 20))) != "log"


def test_settings_in_blocks_and_directives() -> None:
    assert told("protocol imap {\n  mail_plugins = $mail_plugins quota\n}\n!include conf.d/*.conf\n") == "conf"
    assert told("# words\n<IfModule a>\n  DirectoryIndex index.html \\\n    index.php\n</IfModule>\n") == "conf"
    assert told("ScriptSock /run/a.sock\n") == "conf"
    assert told("a = 1\nb = 2\n") != "conf"  # of any language
    assert told("Words.\nMore words.\n") != "conf"
    assert told("a {\n  color: red;\n}\n") != "conf"


def test_toml_without_sections_has_values_of_a_kind() -> None:
    assert told('a = 1\nb.c = "x"  # words\nd = [1, 2]\ne = { f = true }\ng = 1979-05-27T07:32:00Z\n') == "toml"
    assert told("a = b\n") != "toml"
    assert told('a = 1;\nb = "x";\n') != "toml"
    assert told('A = 1\nB = "x"\n') != "toml"  # of Python, say
    assert told('a = 1\nprint("x")\n') != "toml"


def test_prose_that_quotes_programs_between_fences() -> None:
    assert read("A closure was used here.\n\n```rust\nstruct X;\n```\n", complete=True) == ("markdown", True)
    assert told("fn main() { x }\n```rust\nstruct X;\n") is None


def test_a_mail_may_have_fields_without_anything() -> None:
    head = (
        "From a@b.c  Tue Jul 30 17:29:44 2002\nFrom: a@b.c\nCc: \nBcc:\nSubject: x\nDate: Tue, 30 Jul 2002 11:24:05\n"
    )
    assert read(head + "\n<html>\n<body></body></html>\n", complete=True) == ("email", True)


def test_yaml_by_what_belongs_to_its_names() -> None:
    assert read("---\na:\n  b: 1\n  c: [1]\n", complete=True) == ("yaml", True)
    assert told("on: push\njobs:\n  - run: x\n    with: |\n      any words\n") == "yaml"
    assert told("Subject: x\nNote: words\n") != "yaml"  # nothing belongs to a name
    assert told("try:\n    a()\nexcept B:\n    c()\n") != "yaml"
    assert told("---\ntitle: x\nlist:\n  - a\n---\n\nWords in prose.\n") != "yaml"


def test_patches_without_a_head() -> None:
    assert told("- a was\n+ a is\n  \n  b\n- c\n") == "diff"
    assert told("- a was\n+ a is\n+ \n  b\n  c\n") == "diff"
    assert told("- a\n- b\n  more of it\n- c\n") != "diff"  # a list
    assert told("- a\n+ b\nc\n  d\n") != "diff"
