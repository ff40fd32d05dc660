"""A second decoder, written from docs/format.md alone: slow, plain Python, unbounded integers.

It shares no line with lmpack. Where the two disagree, one of them departs from the specification.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import zlib
from collections.abc import Callable, Sequence

import reference_copies
import reference_filters
import reference_mixing
from reference_tokens import Byte, EndMixer, NoTokenError, TokenModel, code_token

Weights = Sequence[int]
BytePredictor = Callable[[Sequence[bytes]], Sequence[Weights]]
Predictor = BytePredictor | TokenModel | tuple[BytePredictor, BytePredictor]
"""From what each lane of a block holds so far to the weights of each lane's next symbol.

It is called once a step, with all lanes; the weights of lanes that have ended are not looked at.
Models of tokens are given the numbers of the tokens in place of the bytes. Two predict together.
"""

MAGIC = b"\xc0LM\n"
RAW, MODEL, MIXED, ADAPTIVE, TOKENS, MIXED_TOKENS = 1, 2, 3, 4, 5, 6
TOKEN_KINDS = (RAW, ADAPTIVE, TOKENS, MIXED_TOKENS)
BYTES_KINDS = (RAW, MODEL, MIXED, ADAPTIVE)
MIXED_KINDS = (RAW, MIXED, ADAPTIVE)
"""Of containers of two models, or with a prefix."""
TOTAL = 2**24
"""Sum of the frequencies of all symbols."""
TOP_RANGE = 2**32 - 1
LEAST_RANGE = 2**24
MOST_LEARNED = 2**17
"""Bytes of a prefix that mixing and models learn."""


class InvalidContainerError(Exception):
    """The bytes break a rule of docs/format.md."""


def require(condition: bool, rule: str) -> None:
    """Raise InvalidContainerError, naming the rule, unless the condition holds."""
    if not condition:
        raise InvalidContainerError(rule)


class Cursor:
    """Takes bytes from the front of some data."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, end = self.position, self.position + size
        require(end <= len(self.data), "the data ends early")
        self.position = end
        return self.data[start:end]

    def take_varint(self) -> int:
        """The next canonical unsigned LEB128 integer."""
        groups = [self.take(1)[0]]
        while groups[-1] >= 128:
            groups.append(self.take(1)[0])
        require(len(groups) == 1 or groups[-1] > 0, "a varint is not the shortest")
        value = sum(group % 128 * (1 << 7 * place) for place, group in enumerate(groups))
        require(value < 2**63, "a varint is too large")
        return value

    def take_checksum(self, start: int) -> None:
        """The next CRC-32, which must be that of all bytes from `start` up to it."""
        covered = self.data[start : self.position]
        require(self.take(4) == zlib.crc32(covered).to_bytes(4, "little"), "a CRC-32 is wrong")


def decode(data: bytes, predict: Predictor, prefix: bytes = b"") -> bytes:
    """The content of all containers in the data, which may have been made with a prefix."""
    cursor = Cursor(data)
    content = decode_container(cursor, predict, prefix)
    # What is left may be padding: zeros up to the end.
    while any(data[cursor.position :]):
        content += decode_container(cursor, predict, prefix)
    return content


def decode_container(cursor: Cursor, predict: Predictor, prefix: bytes) -> bytes:
    """The content of the container at the cursor."""
    start = cursor.position
    require(cursor.take(4) == MAGIC, "the magic is wrong")
    version, flags = cursor.take(2)
    models = [cursor.take(8) for _ in range(flags % 4)]
    has_prefix = flags // 8 % 2 == 1
    digest = cursor.take(8) if has_prefix else b""
    cursor.take_checksum(start)
    require(version == 1, "the version is not 1")
    require(flags < 16 and len(models) < 3, "reserved flags")
    require(all(map(any, models)), "the fingerprint of a model is zeros")
    require(len(set(models)) == len(models), "both models are the same")
    before: bytes | None = b""
    if has_prefix:
        before = prefix if hashlib.sha256(prefix).digest()[:8] == digest else None
    kinds: Sequence[int] = (RAW, ADAPTIVE)
    if flags // 4 % 2:
        require(len(models) == 1 and not has_prefix, "a model of tokens that is not alone")
        kinds = TOKEN_KINDS
    elif models:
        kinds = MIXED_KINDS if has_prefix or len(models) > 1 else BYTES_KINDS
    contents: list[bytes] = []
    lengths: list[tuple[int, int]] = []
    while cursor.data[cursor.position : cursor.position + 1] != b"\x00":
        plain, payload_length = decode_block(
            cursor, predict, len(contents), kinds, len(models), before
        )
        contents.append(plain)
        lengths.append((len(plain), payload_length))
    check_index(cursor, lengths)
    return b"".join(contents)


def check_index(cursor: Cursor, lengths: list[tuple[int, int]]) -> None:
    """Take the index, which must tell of blocks with these lengths."""
    start = cursor.position
    require(cursor.take(1) == b"\x00", "the tag of the index is not 0")
    for entry in lengths:
        require((cursor.take_varint(), cursor.take_varint()) == entry, "an entry is wrong")
    index_size = cursor.position - start
    reversed_size = bytearray()
    while index_size >= 128:
        reversed_size.insert(0, index_size % 128 + 128)
        index_size //= 128
    reversed_size.insert(0, index_size)
    require(cursor.take(len(reversed_size)) == reversed_size, "the index size is wrong")
    cursor.take_checksum(start)


def decode_block(
    cursor: Cursor,
    predict: Predictor,
    number: int = 0,
    kinds: Sequence[int] = BYTES_KINDS,
    named: int = 1,
    prefix: bytes | None = b"",
) -> tuple[bytes, int]:
    """The content of the block at the cursor, and the length of its payload.

    The container's header allows some kinds, and has named a number of models. The prefix is empty
    if it names none, and None if it names one that is not there.
    """
    lanes_log2, kind = divmod(cursor.take(1)[0], 8)
    plain_length = cursor.take_varint()
    payload_length = cursor.take_varint()
    require(1 <= plain_length <= 2**24, "the plain length is out of range")
    require(kind in kinds, "the header allows no such kind")
    require(lanes_log2 <= 10, "too many lanes")
    checksum = int.from_bytes(cursor.take(4), "little")
    if kind == RAW:
        require(lanes_log2 == 0, "a raw block with lanes")
        require(payload_length == plain_length, "a raw payload of another length")
        plain = cursor.take(payload_length)
    else:
        require(2**lanes_log2 <= plain_length, "more lanes than bytes")
        require(payload_length < plain_length, "a model payload that is not shorter")
        payload = cursor.take(payload_length)
        models: tuple[BytePredictor, ...] = ()
        if kind != ADAPTIVE:
            if isinstance(predict, TokenModel):
                require(kind in (TOKENS, MIXED_TOKENS), "the model is one of tokens")
            else:
                require(kind in (MODEL, MIXED), "the model is one of bytes")
                models = predict if isinstance(predict, tuple) else (predict,)
                require(len(models) == named, "another number of models")
        if kind == MODEL:
            plain = decode_payload(payload, plain_length, lanes_log2, models[0])
        elif kind == TOKENS:
            assert isinstance(predict, TokenModel)
            plain = decode_tokens(payload, plain_length, lanes_log2, predict, None)
        elif kind == MIXED_TOKENS:
            assert isinstance(predict, TokenModel)
            plain = decode_mixed_block(payload, plain_length, lanes_log2, predict)
        else:
            require(prefix is not None, "the prefix is missing, or another one")
            plain = decode_mixed_block(payload, plain_length, lanes_log2, models, prefix or b"")
    require(zlib.crc32(plain) ^ number == checksum, "the CRC-32 of the content is wrong")
    return plain, payload_length


def decode_payload(payload: bytes, length: int, lanes_log2: int, predict: BytePredictor) -> bytes:
    """The bytes that the payload of a model block stands for."""
    lane_lengths = cut_lanes(length, lanes_log2)
    lanes = [b""] * len(lane_lengths)
    coder = RangeDecoder(payload)
    for step in range(lane_lengths[0]):
        weights = predict(lanes)
        for lane, lane_length in enumerate(lane_lengths):
            if step < lane_length:
                symbol = coder.decode(frequencies(weights[lane]))
                require(symbol < 256, "a symbol that is no byte")
                lanes[lane] += bytes([symbol])
    coder.finish()
    return b"".join(lanes)


@dataclasses.dataclass(frozen=True)
class Head:
    """What stands before the stream of a block with mixing, and the stream."""

    predictor: int
    stride: int
    filter: bytes
    copies: Sequence[reference_copies.Entry]
    stream: bytes
    patch: bytes = b""


def take_head(payload: bytes) -> Head:
    """The head of a payload with mixing."""
    cursor = Cursor(payload)
    parts = cursor.take(1)[0]
    require(parts % 4 > 0, "another predictor than 1 to 3")
    require(parts < 32, "reserved bits of the parts")
    require(parts & 24 != 16, "a patch without copies")
    stride = cursor.take_varint()
    require(stride <= 65535, "the stride is too large")
    filter_ = b""
    if parts & 4:
        filter_ = cursor.take(1)
        require(filter_[0] in reference_filters.SIZES, "an unknown filter")
        filter_ += cursor.take(reference_filters.SIZES[filter_[0]])
        is_allowed = reference_filters.are_allowed(filter_[0], filter_[1:])
        require(is_allowed, "a filter with other parameters")
    copies: Sequence[reference_copies.Entry] = []
    patch = b""
    if parts & 8:
        size = cursor.take_varint()
        end = cursor.position + size
        require(size > 0, "an empty list of copies")
        require(end <= len(payload), "the list of copies is longer than the payload")
        found = cursor.take(size)
        if parts & 16:
            patch = found
        else:
            copies = entries_of(found)
    return Head(parts % 4, stride, filter_, copies, payload[cursor.position :], patch)


def entries_of(list_of_copies: bytes) -> list[reference_copies.Entry]:
    """The entries of a list."""
    cursor, entries = Cursor(list_of_copies), []
    while cursor.position < len(list_of_copies):
        literals, extra, distance = (cursor.take_varint() for _ in range(3))
        entries.append((literals, reference_copies.SHORTEST + extra, distance))
    return entries


def unpack_list(head: Head, plain_length: int, back: int) -> Sequence[reference_copies.Entry]:
    """The entries of the list of a patch."""
    cursor = Cursor(head.patch)
    length = cursor.take_varint()
    require(0 < length <= plain_length // 64 * 13, "a list that no block of this length has")
    stream = head.patch[cursor.position :]
    mixed = dataclasses.replace(head, stride=0, stream=stream)
    entries = []
    for literals, copied, said in entries_of(
        decode_mixed_bytes(mixed, [None] * length, 0, [], b"")
    ):
        if said % 4 == 1:
            back += said // 4
        elif said % 4 == 3:
            back -= said // 4 + 1
        else:
            back = said // 2 or back
        require(0 < back < 2**28, "a copy from nowhere")
        entries.append((literals, copied, back))
    return entries


def decode_mixed_block(
    payload: bytes,
    length: int,
    lanes_log2: int,
    predict: TokenModel | Sequence[BytePredictor],
    prefix: bytes = b"",
) -> bytes:
    """The bytes of a block with mixing, whatever else predicts, behind a prefix."""
    head = take_head(payload)
    if isinstance(predict, TokenModel):
        prefix = b""
    left, learned = length, prefix[-MOST_LEARNED:]
    if head.patch:
        require(len(prefix) > 0, "a patch without a prefix")
        head = dataclasses.replace(head, copies=unpack_list(head, length, len(prefix)))
    if head.copies:
        rules = reference_copies.follows_the_rules(head.copies, length, len(prefix))
        require(rules, "no block of this length has such copies")
        left -= sum(copied for _, copied, _ in head.copies)
    given: list[int | None] = [None] * left
    if head.patch:
        learned = reference_copies.learned_around(head.copies, prefix)
        require(len(learned) > 0, "a patch without copies from the prefix")
        given = reference_copies.given_in(head.copies, prefix, left)
    require(2**lanes_log2 <= len(given), "more lanes than bytes that are mixed")
    require(not (prefix and head.filter), "a filter behind a prefix")
    if isinstance(predict, TokenModel):
        require(not head.filter, "a block of tokens with a filter")
        remainder = decode_tokens(head.stream, left, lanes_log2, predict, head)
    else:
        mixed = decode_mixed_bytes(head, given, lanes_log2, predict, learned)
        remainder = bytes(byte for byte, known in zip(mixed, given, strict=True) if known is None)
    if head.filter:
        require(not predict, "a filter with a model")
        remainder = reference_filters.unfilter(head.filter[0], head.filter[1:], remainder)
    return reference_copies.put_back(head.copies, remainder, prefix)


def decode_mixed_bytes(
    head: Head,
    given: Sequence[int | None],
    lanes_log2: int,
    models: Sequence[BytePredictor],
    learned: bytes,
) -> bytes:
    """The bytes that were mixed, with models or without, behind the learned bytes of a prefix.

    Of each the value is given, or None if it was coded.
    """
    length = len(given)
    lane_lengths = cut_lanes(length, lanes_log2)
    predictor = reference_mixing.ContextMixer(
        length, lane_lengths[0], head.stride, head.predictor, len(models), learned
    )

    def prefix_model(predict: BytePredictor) -> reference_mixing.PrefixModel:
        return lambda past: predict([past])[0][:256]

    if learned:
        predictor.learn(*map(prefix_model, models))
    coder = RangeDecoder(head.stream)
    lanes = [learned] * len(lane_lengths)
    weights: list[Sequence[Weights]] = []

    for lane, position in predictor.order():
        if lane == 0:
            weights = [predict(lanes) for predict in models]
        said = [reference_mixing.model_of(rows[lane][:256]) for rows in weights]
        known = bits_of(given[position - len(learned)])
        predictor.code_byte(lane, position, said, known or coder.decode_bit)
        lanes[lane] += predictor.plain[position : position + 1]
    coder.finish()
    return b"".join(lane[len(learned) :] for lane in lanes)


def bits_of(byte: int | None) -> Callable[[int], int] | None:
    """Gives the bits of a byte, the highest first, whatever their probabilities; None for None."""
    if byte is None:
        return None
    bits = iter(f"{byte:08b}")
    return lambda p: int(next(bits))


def decode_tokens(
    stream: bytes, length: int, lanes_log2: int, model: TokenModel, head: Head | None
) -> bytes:
    """The bytes of a block of tokens, mixed if there is a head."""
    lane_lengths = cut_lanes(length, lanes_log2)
    is_mixed = head is not None
    stride, mixing = (head.stride, head.predictor) if head else (0, 1)
    mixer = reference_mixing.ContextMixer(length, lane_lengths[0], stride, mixing, 1)
    ends = EndMixer(length)
    coder = RangeDecoder(stream)
    tokens: list[list[int]] = [[] for _ in lane_lengths]
    lanes = [b""] * len(lane_lengths)

    def code_end(lane: int, p: int, prefix_length: int) -> int:
        if not is_mixed:
            return coder.decode_bit(p)
        return ends.code(lanes[lane], prefix_length, p, coder.decode_bit)

    def code_byte(lane: int, byte: Byte) -> None:
        def code(p: int) -> int:
            return byte.code(p, coder.decode_bit)

        if is_mixed:
            position = lane * lane_lengths[0] + len(lanes[lane])
            mixer.code_byte(lane, position, [lambda prefix, known: byte.model()], code)
        else:
            for _ in range(8):
                code(byte.model())
        lanes[lane] += model.tokens[byte.left[0]][byte.place : byte.place + 1]

    while any(map(lambda lane, n: len(lane) < n, lanes, lane_lengths)):
        weights = model.predict(tokens)
        for lane, lane_length in enumerate(lane_lengths):
            rest = lane_length - len(lanes[lane])
            if rest:
                end = functools.partial(code_end, lane)
                byte = functools.partial(code_byte, lane)
                try:
                    token = code_token(model.tokens, weights[lane], rest, end, byte)
                except NoTokenError as error:
                    raise InvalidContainerError("a lane ends inside of a token") from error
                tokens[lane].append(token)
    coder.finish()
    return b"".join(lanes)


def cut_lanes(length: int, lanes_log2: int) -> list[int]:
    """The lengths of the lanes of a block; the first is the longest."""
    nominal = 2**lanes_log2
    lane_length = (length + nominal - 1) // nominal
    whole, rest = divmod(length, lane_length)
    return [lane_length] * whole + [rest] * (rest > 0)


def frequencies(weights: Weights) -> list[int]:
    """Frequencies that sum up to 2**24, each at least 1."""
    ratio = (TOTAL - len(weights)) * 2**31 // sum(weights)
    result = [1 + weight * ratio // 2**31 for weight in weights]
    result[weights.index(max(weights))] += TOTAL - sum(result)
    return result


class Interval:
    """The numbers that the coded symbols leave possible: low <= number < low + range.

    Attributes:
        low: in units of 256**-(shifts + 4); unbounded, so it needs no carry.
        range: 2**24 to 2**32 - 1 between symbols.
        shifts: how often the unit was made finer.
    """

    def __init__(self) -> None:
        self.low = 0
        self.range = TOP_RANGE
        self.shifts = 0

    def narrow(self, cumulative: int, frequency: int) -> None:
        """Go on with the part that belongs to a symbol."""
        start = self.range * cumulative // TOTAL
        end = self.range * (cumulative + frequency) // TOTAL
        self.low += start
        self.range = end - start
        while self.range < LEAST_RANGE:
            self.low *= 256
            self.range *= 256
            self.shifts += 1

    def shortest_payload(self) -> bytes:
        """The only payload that may stand for the symbols so far."""
        for extra, unit in ((0, 2**32), (1, 2**24)):
            value = -(-self.low // unit) * unit
            if value < self.low + self.range:
                return value.to_bytes(self.shifts + 4, "big")[: self.shifts + extra]
        raise AssertionError("a range of at least 2**24 holds a multiple of 2**24")


class RangeDecoder:
    """Finds the symbols whose intervals hold the number that a payload is."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.interval = Interval()

    def decode(self, frequencies_: list[int]) -> int:
        """The next symbol."""
        interval = self.interval
        size = interval.shifts + 4
        code = int.from_bytes(self.payload[:size].ljust(size, b"\x00"), "big")
        offset = code - interval.low
        require(0 <= offset < interval.range, "the payload is outside of all intervals")
        target = ((offset + 1) * TOTAL - 1) // interval.range
        symbol = cumulative = 0
        while cumulative + frequencies_[symbol] <= target:
            cumulative += frequencies_[symbol]
            symbol += 1
        interval.narrow(cumulative, frequencies_[symbol])
        return symbol

    def decode_bit(self, p: int) -> int:
        """The next bit, which is 1 with the probability p."""
        return 1 - self.decode([256 * p, TOTAL - 256 * p])

    def finish(self) -> None:
        """Check that an encoder would have written this very payload."""
        require(self.payload == self.interval.shortest_payload(), "the payload is not canonical")
