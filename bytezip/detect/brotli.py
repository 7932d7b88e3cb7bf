"""A Brotli stream, which has no signature, told by the codes at its beginning: each must be complete.

Reads the header of the first meta-block alone (RFC 7932, 9.2); no decoder is needed for that.

Knows: the layout.  Does not know: files, other witnesses.
"""

from __future__ import annotations

_PROVED = 3  # codes of many symbols that are complete: chance brings about one in a hundred
_LENGTHS_ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)
_LENGTH_OF_LENGTH = {0: (2, 0), 1: (2, 4), 2: (2, 3), 3: (3, 2), 7: (4, 1), 15: (4, 5)}  # by bits: how many, and value
_COUNT_EXTRA = (2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 24)
_READ = 4096  # bytes of the header that are looked at
_FULL = 1 << 15

Code = dict[tuple[int, int], int]
"""Symbols by length and bits, the first bit the highest."""


def is_brotli(data: bytes) -> bool:
    if len(data) < 32 or data[:32].isascii():
        return False
    try:
        return _Header(data).proves()
    except (_Wrong, IndexError):
        return False


class _Wrong(Exception):  # noqa: N818  not an error: most data is no Brotli
    """Something stands there that no encoder writes."""


class _Proved(Exception):  # noqa: N818
    """Codes enough are complete."""


class _Header:
    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data[:_READ], "little")
        self._left = 8 * min(len(data), _READ)
        self._at = 0
        self._whole = len(data)
        self._complete = 0

    def proves(self) -> bool:
        try:
            self._read()
        except _Proved:
            return True
        return False

    def _take(self, count: int) -> int:
        if self._at + count > self._left:
            raise _Wrong
        value = self._bits >> self._at & ((1 << count) - 1)
        self._at += count
        return value

    def _read(self) -> None:
        self._window()
        last = self._take(1)
        nibbles = (0 if last and self._take(1) else 1) and self._take(2) + 4
        if nibbles not in (4, 5, 6):
            raise _Wrong
        size = self._take(4 * nibbles) + 1
        if (nibbles > 4 and size - 1 < 1 << 4 * (nibbles - 1)) or (last and size < self._whole // 2):
            raise _Wrong
        if not last and self._take(1):
            raise _Wrong  # as it is, with nothing to check
        types = [self._block_types() for _ in range(3)]
        postfix = self._take(2)
        direct = self._take(4) << postfix
        for _ in range(types[0]):
            self._take(2)
        literals = self._context_map(64 * types[0])
        distances = self._context_map(4 * types[2])
        alphabets = [256] * literals + [704] * types[1] + [16 + direct + (48 << postfix)] * distances
        for size in alphabets:
            self._code(size)

    def _window(self) -> None:
        if self._take(1) and not self._take(3) and self._take(3) == 1:
            raise _Wrong

    def _count(self) -> int:
        """1 to 256, as counts of types and of trees are written."""
        if not self._take(1):
            return 1
        extra = self._take(3)
        return 1 + (1 << extra) + self._take(extra)

    def _block_types(self) -> int:
        count = self._count()
        if count > 1:
            self._code(count + 2)
            lengths = self._code(26)
            self._take(_COUNT_EXTRA[self._symbol(lengths)])
        return count

    def _context_map(self, size: int) -> int:
        """How many trees there are; the map itself is read over."""
        trees = self._count()
        if trees == 1:
            return 1
        longest = self._take(4) + 1 if self._take(1) else 0
        code = self._code(trees + longest)
        done = 0
        while done < size:
            symbol = self._symbol(code)
            done += (1 << symbol) + self._take(symbol) if 0 < symbol <= longest else 1
        if done > size:
            raise _Wrong
        self._take(1)
        return trees

    def _code(self, alphabet: int) -> Code:
        skipped = self._take(2)
        return self._simple(alphabet) if skipped == 1 else self._complex(alphabet, skipped)

    def _simple(self, alphabet: int) -> Code:
        count = self._take(2) + 1
        symbols = [self._take((alphabet - 1).bit_length()) for _ in range(count)]
        if max(symbols) >= alphabet or len(set(symbols)) < count:
            raise _Wrong
        lengths = ((0,), (1, 1), (1, 2, 2), (2, 2, 2, 2))[count - 1]
        if count == 4 and self._take(1):
            lengths = (1, 2, 3, 3)
        if count in (2, 4) and lengths[0] == lengths[-1]:
            symbols.sort()
        return _canonical(dict(zip(symbols, lengths, strict=True)))

    def _complex(self, alphabet: int, skipped: int) -> Code:
        code = self._code_of_lengths(skipped)
        lengths: dict[int, int] = {}
        at, space, last, repeated = 0, _FULL, 8, 0
        before = -1
        while space > 0:
            symbol = self._symbol(code)
            if symbol < 16:
                times, length, repeated = 1, symbol, 0
                last = symbol or last
            else:
                bits = 2 if symbol == 16 else 3
                length = last if symbol == 16 else 0
                old = repeated if symbol == before else 0
                repeated = ((old - 2 << bits) if old else 0) + self._take(bits) + 3
                times = repeated - old
            before = symbol
            if at + times > alphabet:
                raise _Wrong
            if length:
                lengths.update(dict.fromkeys(range(at, at + times), length))
                space -= times * (_FULL >> length)
            at += times
        if space < 0:
            raise _Wrong
        self._complete += len(lengths) > 4
        if self._complete >= _PROVED:
            raise _Proved
        return _canonical(lengths)

    def _code_of_lengths(self, skipped: int) -> Code:
        lengths: dict[int, int] = {}
        space = 32
        for symbol in _LENGTHS_ORDER[skipped:]:
            bits = self._bits >> self._at & 15
            count, length = next(_LENGTH_OF_LENGTH[bits & mask] for mask in (3, 7, 15) if _is_whole(bits & mask, mask))
            self._take(count)
            if length:
                lengths[symbol] = length
                space -= 32 >> length
                if space <= 0:
                    break
        if len(lengths) == 1:
            return {(0, 0): next(iter(lengths))}
        if space != 0:
            raise _Wrong
        return _canonical(lengths)

    def _symbol(self, code: Code) -> int:
        bits = length = 0
        while (length, bits) not in code:
            if length > 15:
                raise _Wrong
            bits, length = bits << 1 | self._take(1), length + 1
        return code[length, bits]


def _is_whole(bits: int, mask: int) -> bool:
    entry = _LENGTH_OF_LENGTH.get(bits)
    return entry is not None and (1 << entry[0]) - 1 == mask


def _canonical(lengths: dict[int, int]) -> Code:
    """Codes of equal length in the order of symbols, shorter ones first (RFC 7932, 3.2)."""
    code, at, before = {}, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        at <<= length - before
        code[length, at] = symbol
        at, before = at + 1, length
    return code
