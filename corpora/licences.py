"""What a free text about copyright names: licences by the words that only they have.

Where a package states its licence in a field, that is taken; this is for the others, old Debian packages above all,
whose `copyright` is prose. What comes out says what the text *names*, not what applies to which file.

Knows: texts.  Does not know: packages.
"""

from __future__ import annotations

import re

_SHARED = re.compile(r"common-licenses/([A-Za-z]+(?:-[0-9][0-9.]*[0-9]|-[0-9])?)")
_COMMONS = re.compile(r"creativecommons\.org/(?:licenses/([a-z-]+)/([0-9.]+[0-9])|publicdomain/zero/([0-9.]+[0-9]))")
_BSD = r"redistribution and use in source"
_PHRASES = (
    ("Expat", r"permission is hereby granted, free of charge, to any person obtaining"),
    ("ISC or HPND", r"permission to use, copy,? modify,? (and|and/or|&) (distribute|sell)"),
    ("BSD-4-Clause", _BSD + r".{0,900}all advertising materials"),
    ("BSD-3-Clause", _BSD + r"(?!.{0,900}all advertising).{0,1200}(neither the name|used to endorse)"),
    ("BSD-2-Clause", _BSD + r"(?!.{0,1200}(all advertising|neither the name|used to endorse))"),
    ("Zlib", r"provided ['\"`]*as-is['\"`]*, without any express or implied warranty"),
    ("Apache-2.0", r"apache license,? version 2"),
    ("Artistic", r"artistic licen[cs]e"),
    ("MPL-2.0", r"mozilla public licen[cs]e,? (version|v\.?) ?2"),
    ("PSF", r"python software foundation licen[cs]e"),
    ("LPPL", r"latex project public licen[cs]e"),
    ("Unicode", r"unicode,? inc\.? licen[cs]e agreement|unicode licen[cs]e"),
    ("GFDL", r"gnu free documentation licen[cs]e"),
    ("LGPL", r"gnu (lesser|library) general public licen[cs]e"),
    ("AGPL", r"gnu affero general public licen[cs]e"),
    ("GPL", r"gnu general public licen[cs]e"),
    ("verbatim copies (the old GNU manuals' terms)", r"permission is granted to make and distribute verbatim copies"),
    ("public-domain", r"(in|into|to) the public domain|public domain (notice|software)|is public domain"),
)


def named(text: str) -> list[str]:
    """The licences that a text names, in the order of this table, each once; empty where it names none of them."""
    plain = re.sub(r"[\s#*/]+", " ", text).lower()
    found = list(dict.fromkeys(_SHARED.findall(text)))
    for terms, version, zero in _COMMONS.findall(text):
        found.append(f"CC0-{zero}" if zero else f"CC-{terms.upper()}-{version}")
    families = {name.partition("-")[0] for name in found}  # a version is known: the bare name says less
    found += [name for name, phrase in _PHRASES if name not in families and re.search(phrase, plain)]
    return list(dict.fromkeys(found))
