"""The labels: formats, and the modality, the MIME type and the usual extensions of each.

Names are stable: programs compare them. A new format is a new line here.

Knows: names.  Does not know: bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

EMPTY, UNKNOWN = "empty", "unknown"

MODALITIES = (
    "text", "code", "markup", "structured", "image", "audio", "video", "executable", "archive", "document", "database",
    "font", "array", "genome", "encrypted", EMPTY, UNKNOWN,
)  # fmt: skip
"""structured: text with fields, as JSON, CSV and logs. archive: whatever is packed. array: numbers. encrypted: data
without any structure, be it cipher text or noise."""

READABLE = frozenset({"text", "code", "markup", "structured"})
"""The modalities whose bytes are characters."""


@dataclass(frozen=True)
class Label:
    """extensions: without the dot, the usual one first; empty where there is none."""

    format: str
    modality: str
    mime: str
    extensions: tuple[str, ...]


_TABLE = """
text        text/plain                  text: txt text README
text        message/rfc822              email: eml mbox
text        text/plain                  base64: b64
text        application/pgp-keys        pgp-armor: asc
text        application/x-pem-file      pem: pem crt key
text        text/x-diff                 diff: diff patch

code        text/x-python               python: py pyw pyi
code        text/x-c                    c: c h
code        text/x-c++                  cpp: cpp cc cxx hpp hh hxx ipp
code        text/x-csharp               csharp: cs
code        text/x-java                 java: java
code        text/x-kotlin               kotlin: kt
code        text/x-scala                scala: scala
code        text/x-swift                swift: swift
code        text/x-objective-c          objective-c: m mm
code        text/javascript             javascript: js mjs cjs
code        text/x-typescript           typescript: ts tsx
code        text/x-go                   go: go
code        text/x-rust                 rust: rs
code        text/x-ruby                 ruby: rb
code        text/x-perl                 perl: pl pm
code        text/x-php                  php: php
code        text/x-lua                  lua: lua
code        text/x-r                    r: R r
code        text/x-octave               octave: m
code        text/x-shellscript          shell: sh bash
code        application/x-powershell    powershell: ps1
code        application/x-bat           batch: bat cmd
code        text/x-asm                  assembly: s S asm
code        text/x-fortran              fortran: f f90 f95
code        text/x-haskell              haskell: hs
code        text/x-ocaml                ocaml: ml mli
code        text/x-erlang               erlang: erl hrl
code        text/x-lisp                 lisp: lisp lsp cl
code        text/x-emacs-lisp           emacs-lisp: el
code        text/x-scheme               scheme: scm ss
code        text/x-tcl                  tcl: tcl tk
code        text/x-vala                 vala: vala vapi
code        text/x-verilog              verilog: v sv
code        text/x-vhdl                 vhdl: vhd vhdl
code        text/x-qml                  qml: qml
code        text/x-povray               povray: pov inc
code        application/sql             sql: sql
code        text/x-cmake                cmake: cmake
code        text/x-makefile             makefile: mk Makefile
code        text/x-dockerfile           dockerfile: Dockerfile
code        text/x-m4                   m4: m4
code        text/css                    css: css
code        text/x-scss                 scss: scss
code        text/x-vim                  vim-script: vim
code        application/postscript      postscript: ps eps

markup      text/html                   html: html htm xhtml
markup      text/xml                    xml: xml xsl xsd
markup      image/svg+xml               svg: svg
markup      text/markdown               markdown: md
markup      text/x-rst                  rst: rst
markup      text/x-asciidoc             asciidoc: adoc txt
markup      text/x-tex                  latex: tex sty cls
markup      text/troff                  troff: 1 3 5 7 8 man
markup      text/x-pod                  pod: pod
markup      text/rtf                    rtf: rtf
markup      text/x-texinfo              texinfo: texi

structured  application/json            json: json
structured  application/x-ndjson        jsonl: jsonl ndjson
structured  text/csv                    csv: csv
structured  text/tab-separated-values   tsv: tsv
structured  application/yaml            yaml: yaml yml
structured  application/toml            toml: toml
structured  text/x-ini                  ini: ini cfg service
structured  text/x-config               conf: conf
structured  text/x-log                  log: log
structured  text/x-gettext-translation  po: po pot
structured  text/calendar               ics: ics
structured  text/vcard                  vcard: vcf
structured  application/x-subrip        srt: srt
structured  application/x-font-afm      afm: afm

image       image/png                   png: png
image       image/jpeg                  jpeg: jpg jpeg
image       image/gif                   gif: gif
image       image/webp                  webp: webp
image       image/avif                  avif: avif
image       image/heic                  heic: heic
image       image/jxl                   jxl: jxl
image       image/jp2                   jpeg2000: jp2 j2k
image       image/bmp                   bmp: bmp
image       image/tiff                  tiff: tif tiff
image       image/x-tga                 tga: tga
image       image/x-portable-anymap     netpbm: ppm pgm pbm pnm
image       image/vnd.microsoft.icon    ico: ico cur
image       image/vnd.adobe.photoshop   psd: psd
image       image/x-xcf                 xcf: xcf
image       image/x-exr                 exr: exr
image       image/vnd.radiance          hdr: hdr
image       image/qoi                   qoi: qoi
image       image/x-dds                 dds: dds
image       application/dicom           dicom: dcm

audio       audio/x-wav                 wav: wav
audio       audio/x-aiff                aiff: aiff aif
audio       audio/flac                  flac: flac
audio       audio/mpeg                  mp3: mp3
audio       audio/aac                   aac: aac
audio       audio/mp4                   m4a: m4a
audio       audio/ogg                   ogg: ogg oga
audio       audio/opus                  opus: opus
audio       audio/midi                  midi: mid midi
audio       audio/basic                 au: au snd
audio       audio/AMR                   amr: amr
audio       audio/x-wavpack             wavpack: wv
audio       audio/x-ape                 ape: ape
audio       audio/x-gus-patch           gus-patch: pat
audio       audio/x-sfbk                soundfont: sf2

video       video/mp4                   mp4: mp4 m4v
video       video/quicktime             mov: mov
video       video/webm                  webm: webm
video       video/x-matroska            mkv: mkv
video       video/x-msvideo             avi: avi
video       video/mpeg                  mpeg: mpg mpeg vob
video       video/mp2t                  mpeg-ts: ts m2ts
video       video/x-flv                 flv: flv
video       video/ogg                   ogv: ogv
video       video/3gpp                  3gp: 3gp
video       video/x-ms-asf              asf: wmv wma asf

executable  application/x-executable    elf: so o ko
executable  application/vnd.microsoft.portable-executable pe: exe dll pyd sys
executable  application/x-mach-binary   macho: dylib so
executable  application/x-dosexec       dos: exe com
executable  application/x-java          java-class: class
executable  application/x-bytecode.python pyc: pyc
executable  application/wasm            wasm: wasm
executable  application/x-dex           dex: dex
executable  application/x-elc           elisp-bytecode: elc
executable  application/x-lua-bytecode  lua-bytecode: luac
executable  application/x-llvm          llvm-bitcode: bc
executable  application/x-coredump      core: core

archive     application/zip             zip: zip
archive     application/gzip            gzip: gz tgz
archive     application/x-bzip2         bzip2: bz2
archive     application/x-xz            xz: xz
archive     application/x-lzma          lzma: lzma
archive     application/x-lzip          lzip: lz
archive     application/zstd            zstd: zst
archive     application/x-lz4           lz4: lz4
archive     application/x-compress      compress: Z
archive     application/x-brotli        brotli: br
archive     application/zlib            zlib: zz
archive     application/x-snappy-framed snappy: sz
archive     application/x-7z-compressed 7z: 7z
archive     application/vnd.rar         rar: rar
archive     application/x-tar           tar: tar
archive     application/x-cpio          cpio: cpio
archive     application/x-archive       ar: a ar
archive     application/vnd.debian.binary-package deb: deb
archive     application/x-rpm           rpm: rpm
archive     application/vnd.ms-cab-compressed cab: cab
archive     application/x-iso9660-image iso9660: iso
archive     application/vnd.squashfs    squashfs: squashfs snap
archive     application/java-archive    jar: jar war
archive     application/vnd.android.package-archive apk: apk
archive     application/x-wheel+zip     wheel: whl
archive     application/x-bytezip       bytezip: bytz
archive     application/x-git-pack      git-pack: pack
archive     application/octet-stream    compressed:

document    application/pdf             pdf: pdf
document    application/msword          doc: doc
document    application/vnd.ms-excel    xls: xls
document    application/vnd.ms-powerpoint ppt: ppt
document    application/x-ole-storage   ole: msi msg
document    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx: docx
document    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx: xlsx xlsm xlsb
document    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx: pptx
document    application/vnd.oasis.opendocument.text odt: odt
document    application/vnd.oasis.opendocument.spreadsheet ods: ods
document    application/vnd.oasis.opendocument.presentation odp: odp
document    application/epub+zip        epub: epub
document    image/vnd.djvu              djvu: djvu
document    application/x-dvi           dvi: dvi

database    application/vnd.sqlite3     sqlite: sqlite db
database    application/vnd.apache.parquet parquet: parquet
database    application/vnd.apache.arrow.file arrow: arrow feather
database    application/x-avro          avro: avro
database    application/x-orc           orc: orc
database    application/x-gettext-translation mo: mo
database    application/x-stata-dta     dta: dta
database    application/vnd.tcpdump.pcap pcap: pcap pcapng
database    application/x-git-index     git-index: index

font        font/ttf                    ttf: ttf ttc
font        font/otf                    otf: otf
font        font/woff                   woff: woff
font        font/woff2                  woff2: woff2
font        application/x-font-type1    type1: pfb pfa
font        application/x-font-pcf      pcf: pcf

array       application/x-npy           npy: npy
array       application/x-npz           npz: npz
array       application/x-hdf5          hdf5: h5 hdf5
array       application/x-netcdf        netcdf: nc cdf
array       application/fits            fits: fits fit
array       application/x-matlab-data   mat: mat
array       application/x-nifti         nifti: nii
array       application/vnd.fdsn.mseed  mseed: mseed
array       application/x-safetensors   safetensors: safetensors
array       application/x-onnx          onnx: onnx
array       application/x-gguf          gguf: gguf
array       application/x-python-pickle pickle: pkl pt
array       application/x-grib          grib: grib grb

genome      text/x-fasta                fasta: fa fasta
genome      text/x-fastq                fastq: fq fastq
genome      text/x-sam                  sam: sam
genome      application/x-bam           bam: bam
genome      text/x-vcf                  vcf: vcf
genome      application/x-2bit          2bit: 2bit

encrypted   application/pgp-encrypted   pgp: gpg pgp
encrypted   application/x-age           age: age
encrypted   application/x-openssl-enc   openssl-enc: enc
encrypted   application/x-luks          luks: luks
encrypted   application/octet-stream    random:

empty       inode/x-empty               empty:
unknown     application/octet-stream    unknown:
"""


def _read(table: str) -> dict[str, Label]:
    labels = {}
    for line in filter(None, table.splitlines()):
        head, _, extensions = line.partition(":")
        modality, mime, name = head.split()
        labels[name] = Label(name, modality, mime, tuple(extensions.split()))
    return labels


LABELS: dict[str, Label] = _read(_TABLE)


def modality_of(name: str) -> str:
    """The modality of a format."""
    return LABELS[name].modality
