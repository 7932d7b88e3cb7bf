"""The container: bytes on disk, and no model. Normative text: `man/bytezip.5`."""
