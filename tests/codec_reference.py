#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""usage: codec_reference.py payload image_len output [old]

A second decoder of fuota-codec(5), written from that page alone, in its
order and words, for clarity and not for speed.
"""
import bisect
import sys

M = 0xFFFFFFFF
LOGIT = [0, 38, 51, 58, 62, 66, 70, 76, 82, 90, 98, 109, 119, 128, 139, 153]
LOSS = [0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3]
LEVEL = [15, 14, 13, 12, 11, 11, 10, 10, 10, 10, 9, 9, 9, 9, 9, 8]
CURVE = [32768, 40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816,
         65097, 65269, 65374, 65438, 65476, 65500, 65514, 65523, 65528, 65531,
         65533, 65534, 65535, 65535, 65535]
BYTE_WEIGHTS = -700, 1800, 3100, 2800, 5000, 2500, 1400
FLAG_WEIGHTS = 0, 2200, 2800, 2800, 3400, 3400, 0
LEAST_OF_BYTES, LEAST_OF_FLAGS = 80, 2  # errors
NUMBER, SIGNED = 54, 55
GAP, SAME, CONTINUES, FAR, RECENT, MAP = 0, 2, 4, 6, 8, 10
GAP_LEN = 22
FAR_LEN = GAP_LEN + NUMBER
NEAR_LEN = FAR_LEN + NUMBER
SHIFT = NEAR_LEN + NUMBER
CONTROL_COUNT = SHIFT + SIGNED
MATCH, MATCH_SAME, MATCH_OLD, RAW, OTHER = 0, 8, 9, 10, 22
MATCH_LEN = 23
DISTANCE = MATCH_LEN + NUMBER
MATCH_SHIFT = DISTANCE + NUMBER
CONTROL_STARTS = {
    GAP: [7], GAP + 1: [0x70] * 2, SAME + 1: [7] * 2, MAP + 9: [0x50] * 3,
    GAP_LEN: [0x70] * 2, GAP_LEN + 50: [7], FAR_LEN: [0x70] * 7,
    FAR_LEN + 50: [5], NEAR_LEN: [0x70] * 8 + [0x40] * 7, NEAR_LEN + 50: [7],
    SHIFT: [0x50] * 2, SHIFT + 51: [6]}
DATA_STARTS = {
    MATCH: [4] * 9, MATCH_LEN: [0x30] * 2, MATCH_LEN + 50: [0x70],
    DISTANCE: [0x50] * 11, DISTANCE + 50: [7], MATCH_SHIFT + 3: [0x50] * 8}
GROUP = [0, 1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 6]
SET = [1, 0, 3, 4, 2, 5, 5, 5, 5, 5, 5, 5]


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def hashed(x):
    x = x * 0x9E3779B1 & M
    x ^= x >> 15
    return x * 0x85EBCA77 & M


def probability(x):
    a = min(abs(x), 3071)
    low, high = CURVE[a >> 7], CURVE[(a >> 7) + 1]
    p = low + ((high - low) * (a & 127) >> 7)
    return 65536 - p if x < 0 else p


def updated(slot, bit, level):
    ones, zeros = slot >> 4, slot & 15
    same, other = (ones, zeros) if bit else (zeros, ones)
    same += same < level
    other -= LOSS[other]
    return same << 4 | other if bit else other << 4 | same


def slot_logit(slot):
    return LOGIT[slot >> 4] - LOGIT[slot & 15]


class Range:
    def __init__(self, payload, at=None):
        self.payload = payload
        if at is None:
            self.range, self.code, self.off = M, 0, 1
            for _ in range(4):
                self.code = self.code << 8 | self.byte()
        else:
            self.range, self.code, self.off = at

    def place(self):
        return self.range, self.code, self.off

    def byte(self):
        self.off += 1
        if self.off > len(self.payload) + 4:
            raise ValueError("truncated")
        return (self.payload[self.off - 1]
                if self.off <= len(self.payload) else 0)

    def bit(self, p):
        bound = (self.range >> 16) * p
        bit = self.code < bound
        if bit:
            self.range = bound
        else:
            self.code -= bound
            self.range -= bound
        while self.range < 1 << 24:
            self.code = (self.code << 8 | self.byte()) & M
            self.range <<= 8
        return int(bit)


class Symbols:
    """Slots and generator of control or of data."""

    def __init__(self, count, starts):
        self.slots = [0] * count
        for at, values in starts.items():
            self.slots[at:at + len(values)] = values
        self.x = 0

    def level(self):
        self.x = (self.x * 1664525 + 1013904223) & M
        return LEVEL[self.x >> 28]

    def symbol(self, r, i):
        bit = r.bit(probability(slot_logit(self.slots[i]) * 8))
        self.slots[i] = updated(self.slots[i], bit, self.level())
        return bit

    def number(self, r, at):
        b = 0
        while b < 24 and self.symbol(r, at + b):
            b += 1
        v = 1
        for i in range(b - 1, -1, -1):
            if i == b - 1:
                bit = self.symbol(r, at + 25 + b)
            elif i < 4:
                bit = self.symbol(r, at + 50 + i)
            else:
                bit = r.bit(32768)
            v = v << 1 | bit
        return v

    def signed(self, r, at):
        minus = self.symbol(r, at)
        v = self.number(r, at + 1)
        return -v if minus else v


class Operations:
    def __init__(self, r, image_len, old_len):
        self.r, self.image_len, self.old_len = r, image_len, old_len
        self.symbols = Symbols(CONTROL_COUNT, CONTROL_STARTS)
        self.recent, self.end, self.after, self.pos = [0] * 4, 0, 0, 0

    def next(self):
        """(gap, length, shift, in map)"""
        s, r, gap = self.symbols, self.r, 0
        if s.symbol(r, GAP + self.after):
            gap = s.number(r, GAP_LEN)
        if self.pos + gap >= self.image_len:
            gap = self.image_len - self.pos
            self.pos = self.image_len
            return gap, 0, 0, 0
        at, g, far = self.pos + gap, int(gap > 0), False
        if (g or not self.after) and s.symbol(r, SAME + g):
            shift = self.recent.pop(0)
        elif g and s.symbol(r, CONTINUES):
            shift = (self.end - at) & M
            self.recent.pop()
        elif s.symbol(r, FAR + g):
            far = True
            shift = (self.recent[0] + s.signed(r, SHIFT)) & M
            self.recent.pop()
        elif s.symbol(r, RECENT):
            shift = self.recent.pop(1)
        else:
            shift = self.recent.pop(2 if s.symbol(r, RECENT + 1) else 3)
        self.recent.insert(0, shift)
        length = s.number(r, FAR_LEN if far else NEAR_LEN)
        length = min(length, self.image_len - at)
        in_map = s.symbol(r, MAP + min(length.bit_length() - 1, 11))
        begin = (at + shift) & M
        if begin + length > self.old_len:
            raise ValueError("copy from outside the old firmware")
        self.end, self.after, self.pos = begin + length, 1, at + length
        return gap, length, shift, in_map


class Field:
    def __init__(self, kind, length, raw):
        self.kind, self.length, self.raw = kind, length, raw
        self.predicted, self.by, self.key, self.other = raw, 0, None, None
        self.form = None
        self.address = None  # of a pair


class Half:
    """An instruction of RISC-V that is half of an address; kind: None is none."""

    first = "upper"  # the one of a pair that comes first
    no_registers = 0, 2

    def __init__(self, w):
        self.w, op = w, w & 0x7F
        self.kind = ("upper" if op in (0x17, 0x37) else "store" if op == 0x23
                     else "lower" if op == 3 or w & 0x707F == 0x13 else None)
        self.register = w >> (7 if self.kind == "upper" else 15) & 31

    def joins(self, other):
        return (None not in (self.kind, other.kind)
                and self.register == other.register
                and (self.kind == self.first) != (other.kind == self.first))

    def is_absolute(self):
        return self.w & 0x20

    def moved(self, other):
        return self.part() - other.part()

    def part(self):
        if self.kind == "upper":
            return self.w & 0xFFFFF000
        if self.kind == "lower":
            return signed(self.w >> 20, 12)
        return signed(self.w >> 25 << 5 | self.w >> 7 & 31, 12)

    def with_part(self, v):
        if self.kind == "upper":
            return self.w & 0xFFF | v + 0x800 & 0xFFFFF000
        if self.kind == "lower":
            return self.w & 0xFFFFF | (v & 0xFFF) << 20
        return (self.w & 0x1FFF07F | (v >> 5 & 0x7F) << 25 | (v & 31) << 7)


class MovedHalf(Half):
    """MOVW, the lower one, or MOVT."""

    first = "lower"
    no_registers = ()
    bits = ((16, 8), (28, 3), (10, 1), (0, 4))  # from the lowest: at, count

    def __init__(self, w):
        self.w = w
        self.kind = {0xF240: "lower", 0xF2C0: "upper"}.get(w & 0x8000FBF0)
        self.register = w >> 24 & 15

    def is_absolute(self):
        return True

    def part(self):
        v, to = 0, 16 if self.kind == "upper" else 0
        for at, count in self.bits:
            v |= (self.w >> at & (1 << count) - 1) << to
            to += count
        return v

    def moved(self, other):
        return signed(self.part() - other.part(), 16)

    def with_part(self, v):
        w, v = self.w, v >> 16 if self.kind == "upper" else v
        for at, count in self.bits:
            mask = (1 << count) - 1
            w, v = w & ~(mask << at) | (v & mask) << at, v >> count
        return w


class Form:
    def __init__(self, row):
        mask, value, kind, length, base, *pieces = row.split()
        self.mask, self.value = int(mask, 16), int(value, 16)
        self.kind, self.length, self.base = int(kind), int(length), base
        self.pieces = [tuple(map(int, p.split(":"))) for p in pieces]

    def fits(self, w, n):
        return w & self.mask == self.value and self.length <= n

    def toggled(self, w):
        return w ^ 0x28000000 if "j" in self.base and not w >> 10 & 1 else w

    def distance(self, w):
        w, d = self.toggled(w), 0
        for at, to, count in self.pieces:
            d |= (w >> at & (1 << count) - 1) << to
            top = to + count
        if "n" in self.base or "s" in self.base and d >> (top - 1):
            d -= 1 << top
        return d & M

    def with_distance(self, w, d):
        for at, to, count in self.pieces:
            ones = (1 << count) - 1
            w = w & ~(ones << at) | (d >> to & ones) << at
        return self.toggled(w)

    def origin(self, place):
        where = {"P": place, "W": place & ~3, "N": (place + 3) & ~3, "0": 0}
        return where[self.base[0]] + int(self.base[1])

    def target(self, w, place):
        return (self.origin(place) + self.distance(w)) & M

    def aimed(self, w, place, target):
        d = target - self.origin(place) & M
        v = self.with_distance(w, d)
        return v if self.distance(v) == d else w


class Architecture:
    def __init__(self, unit, order, call, words, table):
        self.unit, self.order = unit, order
        self.call = call  # (mask, value) going up, going down
        self.words = words
        self.forms = [Form(row) for row in table.strip().splitlines()]

    def form(self, w, n):
        return next(f for f in self.forms if f.fits(w, n))

    def absolute(self, w, pos, sign):
        f = self.form(w, 4)
        if f.kind != 4:
            return w
        origin = f.origin(pos) >> f.pieces[0][1] << f.pieces[0][1]
        return f.with_distance(w, f.distance(w) + sign * origin & M)


THUMB_CALLS = (0xF800, 0xF000), (0xD000, 0xD000)
THUMB = """
d000f800 d000f000  4 4 P4sj 16:1:11 0:12:10 27:22:1 29:23:1 10:24:1
d000f800 9000f000  5 4 P4sj 16:1:11 0:12:10 27:22:1 29:23:1 10:24:1
d000fb80 8000f380  1 2 P0
d000f800 8000f000  6 4 P4s  16:1:11 0:12:6 29:18:1 27:19:1 10:20:1
0000f800 00004800  7 2 W4   0:2:8
0000f800 0000a000 11 2 W4   0:2:8
0000fe00 0000de00  1 2 P0
0000f000 0000d000  8 2 P4s  0:1:8
0000f800 0000e000  9 2 P4s  0:1:11
0000f500 0000b100 10 2 P4   3:1:5 9:6:1
00000000 00000000  1 2 P0
"""

ARCHITECTURES = [
    Architecture(1, 0, ((0, 0), (0, 0)), False, """
00000000 00000000  0 1 P0
"""),
    Architecture(2, 1, THUMB_CALLS, True, THUMB),
    Architecture(2, 1, ((0, 0), (0, 0)), True, """
d000f800 d000f000  4 4 P4sj 16:1:11 0:12:10 27:22:1 29:23:1 10:24:1
ff000000 eb000000  4 4 P8s  0:2:24
8f000000 0b000000  4 4 P8s  0:2:24
ff000000 ea000000  5 4 P8s  0:2:24
0f000000 0a000000  6 4 P8s  0:2:24
0fff0000 059f0000  7 4 P8   0:0:12
0fff0f00 028f0f00 11 4 P8   0:2:8
0000f800 00004800  7 2 W4   0:2:8
0000fe00 0000de00  1 2 P0
0000f000 0000d000  8 2 P4s  0:1:8
00000000 00000000  1 2 P0
"""),
    Architecture(2, 0, ((3, 3), (0, 0)), True, """
00000fff 0000006f  5 4 P0s  21:1:10 20:11:1 12:12:8 31:20:1
0000007f 0000006f  4 4 P0s  21:1:10 20:11:1 12:12:8 31:20:1
0000007f 00000063  6 4 P0s  8:1:4 25:5:6 7:11:1 31:12:1
00000003 00000003  1 4 P0
0000e003 0000a001  9 2 P0s  3:1:3 11:4:1 2:5:1 7:6:1 6:7:1 9:8:2 8:10:1 12:11:1
0000e003 00002001  9 2 P0s  3:1:3 11:4:1 2:5:1 7:6:1 6:7:1 9:8:2 8:10:1 12:11:1
0000c003 0000c001  8 2 P0s  3:1:2 10:3:2 2:5:1 5:6:2 12:8:1
00000000 00000000  1 2 P0
"""),
    Architecture(1, 0, ((0, 0), (0, 0)), True, """
0000000f 00000005  4 3 W4s  6:2:18
0000000f 00000001  7 3 N0n  8:2:16
0000003f 00000006  5 3 P4s  6:0:18
0000003f 00000016  6 3 P4s  12:0:12
0000003f 00000026  8 3 P4s  16:0:8
000000bf 000000b6  8 3 P4s  16:0:8
0000000f 00000007  8 3 P4s  16:0:8
0000008f 0000008c 10 2 P4   12:0:4 4:4:2
00000008 00000000  1 3 P0
00000000 00000000  1 2 P0
"""),
    Architecture(2, 1, ((0, 0), (0, 0)), False, """
0000fe0c 0000940c  4 4 00   16:1:16 0:17:1 4:18:5
0000fc0f 00009000  3 4 00   16:0:16
f010f010 e010e000  3 4 00   0:0:4 8:4:4 16:8:4 24:12:4
0000f000 0000c000  9 2 P2s  0:1:12
0000f000 0000d000  9 2 P2s  0:1:12
0000f800 0000f000  8 2 P2s  3:1:7
00000000 00000000  1 2 P0
"""),
    Architecture(2, 1, THUMB_CALLS, True,
                 "8000fb70 0000f240  1 4 P0" + THUMB),
]


class Decoder:
    def __init__(self, payload, image_len, old):
        if payload[0] >> 4:
            raise ValueError("another version")
        self.profile, self.old, self.image_len = payload[0] & 3, old, image_len
        self.in_place, self.down = payload[0] >> 2 & 1, payload[0] >> 3 & 1
        if self.down and not self.in_place:
            raise ValueError("an order without being in place")
        self.r = Range(payload)
        self.header()
        start = self.r.place()
        first = Operations(self.r, image_len, self.old_len)
        self.map = []
        while first.pos < image_len:
            _, length, shift, in_map = first.next()
            if in_map and length:
                if self.down:
                    shift = self.old_len - image_len - shift
                self.map.append((self.place(0, first.end - length, length),
                                 signed(shift, 24)))
        if len(self.map) > [64, 256, 640, 1280][self.profile]:
            raise ValueError("more entries than the profile")
        self.map.sort(key=lambda entry: entry[0])
        self.operations = Operations(Range(payload, start), image_len,
                                     self.old_len)
        self.payload = payload
        self.data_state()

    def pages(self):
        """(size, count) of each run, the ring and the headroom"""
        runs = []
        for i in range(self.raw(2), -1, -1):
            log2 = self.raw(4)
            size = self.raw(18) if log2 == 15 else 256 << log2
            if not 256 <= size <= 262144:
                raise ValueError("no page has that size")
            runs.append((size, self.raw(8) + 1 if i else 1 << 24))
        self.ring = self.raw(8 if self.raw(1) else 4)
        headroom = self.raw(8) + 1 if self.raw(1) else 0
        if headroom > self.ring:
            raise ValueError("more headroom than ring")
        self.page_at = [0]
        for size, count in runs:
            for _ in range(count):
                if self.page_at[-1] > (1 << 24) + (256 << 18):
                    break
                self.page_at.append(self.page_at[-1] + size)

    def place(self, new, at, n):
        """Of n bytes at a position."""
        if not self.down:
            return at
        return (self.image_len if new else self.old_len) - at - n

    def number(self, new, at, n):
        return int.from_bytes((self.new if new else self.old)[at:at + n],
                              "big" if self.down else "little")

    def put(self, v, n):
        self.new += v.to_bytes(n, "big" if self.down else "little")

    def next_of(self, w, n, k):
        """The k bytes of n that come first."""
        return (w >> 8 * (n - k) if self.down else w) & (1 << 8 * k) - 1

    def next_form(self, w, n):
        form = self.a.form(w, n)
        while self.down and form.length < n:
            n, w = n - 1, w >> 8
            form = self.a.form(w, n)
        return form

    def kept(self):
        """The first position of old firmware that is not overwritten."""
        if not self.in_place:
            return 0
        at = self.place(1, len(self.new), 1)
        page = bisect.bisect(self.page_at, at) - 1
        if not self.down:
            return self.page_at[max(page - self.ring, 0)]
        return max(self.old_len - self.page_at[page + self.ring + 1], 0)

    def raw(self, bits):
        v = 0
        for _ in range(bits):
            v = v << 1 | self.r.bit(32768)
        return v

    def header(self):
        self.old_len = self.image_len
        if self.raw(1):
            self.old_len += Symbols(CONTROL_COUNT, {}).signed(self.r, SHIFT)
        if self.in_place:
            self.pages()
        self.arch = self.raw(3)
        if self.arch >= len(ARCHITECTURES):
            raise ValueError("another architecture")
        self.a = ARCHITECTURES[self.arch]
        self.half = {3: Half, 6: MovedHalf}.get(self.arch)
        self.rate = 16 + 8 * self.raw(2)
        self.load = self.ram = 0
        if self.old_len > len(self.old):
            raise ValueError("old firmware is too short")
        if self.down:
            self.old = self.old[:self.old_len][::-1]
        if self.arch == 0 or self.old_len == 0:
            return
        self.load = self.raw(8) << 24 if self.raw(1) else 8 << 24
        self.load |= self.raw(12) << 12
        if self.raw(1):
            self.load |= self.raw(12)
        self.ram = self.raw(12) if self.raw(1) else 0x200

    def data_state(self):
        p = self.profile
        self.sub_size = [32, 128, 256, 512][p]
        self.ram_size = [16, 32, 48, 64][p]
        flags = [128, 512, 1024, 2048][p]
        if self.old_len == 0:
            self.sub_size, self.ram_size, flags = 1, 1, 128
        rest = (4096 << p) - 2700 - flags - 6 * (
            len(self.map) + self.sub_size + self.ram_size)
        self.groups = [[0] * 4 for _ in range(rest // 16 * 4)]
        self.order_slots, self.trust = [0] * 512, [0] * 256
        self.flag_slots = [0x60] * flags
        self.agreement = [0x40] * 192
        self.hits = [0x80] * 256
        self.weights = [list(BYTE_WEIGHTS if i < 44 else FLAG_WEIGHTS)
                        for i in range(56)]
        self.symbols = Symbols(MATCH_SHIFT + SIGNED, DATA_STARTS)
        self.subs, self.rams, self.ram_next = {}, [], 0
        self.history = self.run = self.misses = 0
        self.match = ("new", 1)
        self.new = bytearray()

    # --- decisions

    def mixed(self, weights, slots, level, taught, speed, least):
        """slots: (table, index, flipped), the first for input 1."""
        inputs = [32]
        for table, at, flip in slots:
            t = slot_logit(table[at])
            inputs.append(-t if flip else t)
        p = probability(sum(w * t for w, t in zip(weights, inputs)) >> 10)
        bit = self.r.bit(p)
        e = (65536 * bit - p >> 2) * self.rate * speed >> 8
        if abs(e) <= least:
            return bit
        for table, at, flip in slots:
            table[at] = updated(table[at], bit ^ flip, level)
        for i, t in enumerate(inputs if taught else []):
            d = t * e + 1024 >> 11
            if -32768 <= weights[i] + d <= 32767:
                weights[i] += d
        return bit

    def group(self, x):
        x &= M
        place = (x >> 16) * len(self.groups) >> 16
        three = [self.groups[place ^ i] for i in range(3)]
        for g in three:
            if g[0] == x & 255:
                return g
        g = min(three, key=lambda g: (g[1] >> 4) + (g[1] & 15))
        g[:] = [x & 255, 0, 0, 0]
        return g

    def flag_slot(self, x):
        return self.flag_slots, (hashed(x & M) >> 16) * len(
            self.flag_slots) >> 16, 0

    def byte(self, phase, expected, agreed, literal):
        past, second, told = self.history, phase == 2, expected < 256
        c = [phase << 20 | past & (0xF8, 0xF800, 0xFF)[phase],
             phase << 20 | past & (0xF0C0, 0xFF40, 0xF0)[phase],
             phase << 20 | expected | agreed << 10 | literal << 11,
             (past >> 3 & 31 if second else 32 + (expected >> 3)) * 2 + literal]
        h = [hashed(v + (i << 26) & M) for i, v in enumerate(c)]
        done, differs, groups = 1, 1 - agreed, []
        agrees = told
        level = self.symbols.level()
        taught = told or self.symbols.x >> 26 & 3
        for k in range(7, -1, -1):
            contexts = h[:3] if told else h[:2]
            if k & 1:
                groups = [self.group(v + done * 0x3D4D51CB) for v in contexts]
            slots = [(self.order_slots, 256 * second + done, 0)] + [
                (g, 1 if k & 1 else 2 + (done & 1), 0) for g in groups]
            if told:
                flip = 1 - (expected >> k & 1)
                n = k * 4 + min(differs, 3)
                slots += [
                    (self.agreement, (phase * 32 + n) * 2 + literal, flip),
                    (self.trust, (h[3] + n * 0x9E3779B1 & M) >> 24, flip)]
            row = (int(agrees) if not second else 2 if agrees
                   else 3 + (past >> 5 & 7))
            bit = self.mixed(self.weights[row * 4 + k // 2], slots, level,
                             taught, 2, LEAST_OF_BYTES)
            if told and bit != expected >> k & 1:
                agrees = False
                differs += 1
            done = done << 1 | bit
        self.history = (past << 8 | done & 255) & M
        return done & 255

    def bytes(self, n, expected, literal):
        """expected: a number, or None."""
        halves = self.a.unit == 2 and n > 1
        v, agreed = 0, 1
        for j in range(n):
            at = 8 * (j ^ self.a.order if halves else j)
            e = 256 if expected is None else expected >> at & 255
            b = self.byte(1 + (j & 1) if halves else 0, e, agreed, literal)
            agreed &= int(b == e)
            v |= b << at
        return v

    def remember(self, v, n):
        halves = self.a.unit == 2 and n > 1
        for j in range(n):
            b = v >> 8 * (j ^ self.a.order if halves else j) & 255
            self.history = (self.history << 8 | b) & M

    # --- copies

    def movement(self, f, t):
        f.key = t
        value, _ = self.sub_get(2 * t)
        if value is not None:
            f.by = 2
            return value
        entry = [e for e in self.map if e[0] <= t][-1:] or self.map[:1]
        move = -entry[0][1] if entry else 0
        f.by = int(move != 0)
        return move

    def sub_place(self, key):
        x = hashed(key & M)
        return (x >> 16) * self.sub_size >> 16, (x | 3) & 0xFFFF

    def sub_get(self, key):
        place, check = self.sub_place(key)
        entry = self.subs.get(place)
        return entry[1:] if entry and entry[0] == check else (None, False)

    def sub_put(self, key, value, again=False):
        place, check = self.sub_place(key)
        self.subs[place] = (check, value & M, again)

    def ram_near(self, w):
        best = None
        for i, (key, _) in enumerate(self.rams):
            d = abs(key - (w & 0xFFFFFF))
            if best is None or d < best[0]:
                best = d, i
        return best

    def predict(self, new, at, left, inside):
        pos = len(self.new)
        n = min(left, 4, pos - at) if new else min(left, 4)
        if not new and at < self.kept():
            raise ValueError("copy of what has been overwritten")
        w = self.number(new, at, n)
        odd = self.place(new, at, 0) | self.place(1, pos, 0)
        if self.a.words and n == 4 and not new and not odd & 3:
            if 16 <= (w - self.load) & M < self.old_len:
                f = Field(2, 4, w)
                f.predicted = (w + self.movement(
                    f, (w - self.load) & M & ~1)) & M
                return f
            if w >> 20 == self.ram:
                f = Field(3, 4, w)
                f.predicted = self.predict_ram(f, w)
                return f
        if not self.arch or n < 2 or odd & (self.a.unit - 1):
            f = Field(0, 1, self.next_of(w, n, 1))
            f.by = 3 if new else 0
            return f
        form = self.next_form(w, n)
        if new:
            return self.predict_new(form, at, pos, w, n)
        kind, length = form.kind, form.length
        t = form.target(self.next_of(w, n, length), self.place(0, at, length))
        if kind >= 4 and length > 2 and t >= self.old_len:
            kind, length = 1, 2 if self.a.unit == 2 else length
        f = Field(kind, length, self.next_of(w, n, length))
        pos = self.place(1, pos, length)
        f.form = form
        if (kind == 1 and length == 4 and self.half
                and self.predict_pair(f, self.place(0, at, 4), pos)):
            return f
        if kind == 1:
            value, again = self.sub_get(2 * f.raw + 1)
            if again:
                f.predicted, f.by = value, 2
            else:
                f.other = value
        if kind == 3:
            f.predicted = form.with_distance(
                f.raw, self.predict_ram(f, form.distance(f.raw)))
        if kind >= 4:
            f.key = t
            if t < self.old_len and (form.kind == 4 or not inside[0]
                                     <= self.place(0, t, 1) < inside[1]):
                f.predicted = form.aimed(f.raw, pos,
                                         t + self.movement(f, t) & M)
                if f.predicted == f.raw:
                    f.by = 0
        return f

    def predict_pair(self, f, place, to):
        half, q = self.half(f.raw), place
        if half.kind is None or half.register in half.no_registers:
            return False
        for _ in range(16):
            q += 2 if half.kind == half.first else -2
            if not 0 <= q <= self.old_len - 4:
                return False
            at = self.place(0, q, 4)
            if at < self.kept():
                return False
            other = self.half(self.number(0, at, 4))
            if half.joins(other):
                break
        else:
            return False
        upper, at = (half, place) if half.kind == "upper" else (other, q)
        auipc = not upper.is_absolute()
        base = self.load + at if auipc else 0
        address = base + half.part() + other.part() & M
        if (address - self.load) & M < self.old_len:
            f.kind = 11
            move = self.movement(f, (address - self.load) & M)
        elif address >> 20 == self.ram:
            f.kind = 3
            move = self.predict_ram(f, address) - address
        else:
            return False
        f.address = address + move & M
        if auipc:
            base += to - place
        f.predicted = half.with_part(f.address - base & M) & M
        if f.predicted == f.raw:
            f.by = 0
        return True

    def predict_new(self, form, at, pos, w, n):
        if form.kind == 4:
            w = self.next_of(w, n, form.length)
            f = Field(4, form.length, w)
            f.predicted = form.aimed(
                w, self.place(1, pos, f.length),
                form.target(w, self.place(1, at, f.length)))
        else:
            k = 2 if self.a.unit == 2 and form.kind > 4 else form.length
            f = Field(1, k, self.next_of(w, n, k))
        f.by = 3
        return f

    def predict_ram(self, f, address):
        f.key = address
        near = self.ram_near(address)
        if near is None:
            return address
        f.by = 2 if near[0] == 0 else 1
        return address + self.rams[near[1]][1] & M

    def copied(self, new, at, left, inside):
        f = self.predict(new, at, left, inside)
        pos = len(self.new)
        moved = int(f.predicted != f.raw)
        by = 0 if f.by == 1 and not moved else f.by
        kx = f.kind << 24
        y = f.raw & 0xFF00 if f.kind == 2 else self.history & 0xFFFF
        slots = [self.flag_slot(kx ^ f.raw),
                 self.flag_slot(kx ^ f.raw >> (16 if f.length == 4 else 8)
                                ^ 0x80000000),
                 self.flag_slot((kx ^ y) + 0x777)]
        g, r = GROUP[f.kind] * 16, min(self.run.bit_length(), 7) // 2
        slots += [(self.hits, g + by * 4 + r, 0),
                  (self.hits, 128 + g + (self.misses & 7) * 2 + moved, 0)]
        hit = self.mixed(self.weights[44 + 2 * SET[f.kind] + (by > 1)], slots,
                         self.symbols.level(), True, 5, LEAST_OF_FLAGS)
        self.misses = self.misses << 1 | 1 - hit
        self.run = self.run + 1 if hit else 0
        if hit:
            v = f.predicted
            self.remember(v, f.length)
        else:
            v = self.missed(f, self.place(1, pos, f.length), moved)
        if f.by != 3:
            self.learn(f, v, self.place(1, pos, f.length))
        self.put(v, f.length)
        return f.length

    def missed(self, f, pos, moved):
        if f.other is not None and self.symbols.symbol(self.r, OTHER):
            self.remember(f.other, f.length)
            return f.other
        if moved and self.symbols.symbol(self.r, RAW + f.kind):
            self.remember(f.raw, f.length)
            return f.raw
        if f.kind != 4:
            return self.bytes(f.length, f.predicted, 0)
        v = self.bytes(f.length, self.a.absolute(f.predicted, pos, 1), 0)
        return self.a.absolute(v, pos, -1)

    def learn_pair(self, f, v):
        half = self.half(v)
        if half.kind != self.half(f.raw).kind or half.kind == "upper":
            return
        address = f.address + half.moved(self.half(f.predicted)) & M
        if f.kind == 3:
            self.learn_ram(f.key, address)
        elif (address - self.load) & M < self.image_len:
            self.sub_put(2 * f.key, address - self.load - f.key)

    def learn(self, f, v, pos):
        if f.address is not None:
            if f.by == 2 and v == f.predicted:
                return
            if v != f.predicted or f.kind == 3:
                self.learn_pair(f, v)
        elif f.kind == 2 and v != f.predicted:
            if (v - self.load) & M < self.image_len:
                self.sub_put(2 * f.key, v - f.raw)
        elif f.kind in (4, 5) and v != f.predicted:
            to = f.form.target(v, pos)
            if v & f.form.mask == f.form.value and to < self.image_len:
                self.sub_put(2 * f.key, to - f.key)
        elif f.kind == 1 and v != f.predicted:
            again = f.other is not None and v == f.other
            self.sub_put(2 * f.raw + 1, v, again)
        elif f.kind == 3 and not (f.by == 2 and v == f.predicted):
            if f.form is not None:
                if v & f.form.mask != f.form.value:
                    return
                v = f.form.distance(v)
            self.learn_ram(f.key, v)

    def learn_ram(self, key, v):
        if v >> 20 != self.ram:
            return
        near = self.ram_near(key)
        entry = (key & 0xFFFFFF, signed(v - key, 24))
        if near and near[0] == 0:
            self.rams[near[1]] = entry
        elif len(self.rams) < self.ram_size:
            self.rams.append(entry)
            self.ram_next = len(self.rams) % self.ram_size
        else:
            self.rams[self.ram_next] = entry
            self.ram_next = (self.ram_next + 1) % self.ram_size

    # --- gaps

    def source(self, match):
        """(in the new firmware, place for the next byte)"""
        kind, value = match
        pos = len(self.new)
        return ((True, pos - value) if kind == "new"
                else (False, pos + signed(value, 31)))

    def begin_match(self, before):
        s, r = self.symbols, self.r
        if s.symbol(r, MATCH_SAME):
            return self.match
        if self.old_len and s.symbol(r, MATCH_OLD):
            d = s.signed(r, MATCH_SHIFT)
            return "old", before + (d - 1 if d > 0 else d)
        return "new", s.number(r, DISTANCE)

    def gap(self, length, before):
        end, since, expect = len(self.new) + length, 1, ("old", before)
        while len(self.new) < end:
            pos = len(self.new)
            if pos and not self.place(1, pos, 0) & (self.a.unit - 1):
                if self.symbols.symbol(self.r, MATCH + since):
                    self.match = expect = self.begin_match(before)
                    n = self.symbols.number(self.r, MATCH_LEN) + 1
                    self.copy_match(min(n, end - pos))
                    since = 0
                    continue
                since = min(since + 1, 7)
            self.literal(end - pos, expect if since < 7 else None)

    def copy_match(self, n):
        new, at = self.source(self.match)
        if at < 0 or at + (0 if new else n) > (
                len(self.new) if new else self.old_len):
            raise ValueError("match from outside the firmware")
        inside = at, at + n
        while n:
            k = self.copied(new, at, n, inside)
            at += k
            n -= k

    def literal(self, left, expect):
        pos = len(self.new)
        expected = None
        if expect and expect[0] == "old":
            at = self.source(expect)[1]
            if self.kept() <= at <= self.old_len - 4:
                expected = self.number(False, at, 4)
        half = (self.a.unit == 2 and not self.place(1, pos, 0) & 1
                and left >= 2)
        mask, value = self.a.call[self.down]
        call = half and mask and left >= 4
        if call and expected is not None:
            expected = self.a.absolute(expected, self.place(0, at, 4), 1)
        n = 2 if half else 1
        e = None if expected is None else self.next_of(expected, 4, n)
        v = self.bytes(n, e, 1)
        if call and v & mask == value:
            if self.down:
                v = v << 16 | self.bytes(2, expected, 1)
            else:
                e = None if expected is None else expected >> 16
                v |= self.bytes(2, e, 1) << 16
            v = self.a.absolute(v, self.place(1, pos, 4), -1)
            n = 4
        self.put(v, n)

    def decode(self):
        before = 0
        while len(self.new) < self.image_len:
            gap, length, shift, _ = self.operations.next()
            self.gap(gap, signed(before, 32))
            at = (len(self.new) + shift) & M
            inside = at, at + length
            while length:
                k = self.copied(False, at, length, inside)
                at += k
                length -= k
            before = shift
        if self.r.off < len(self.payload):
            raise ValueError("bytes behind the end")
        return bytes(self.new[::-1] if self.down else self.new)


def main():
    payload = open(sys.argv[1], "rb").read()
    old = open(sys.argv[4], "rb").read() if len(sys.argv) > 4 else b""
    firmware = Decoder(payload, int(sys.argv[2]), old).decode()
    with open(sys.argv[3], "wb") as out:
        out.write(firmware)


if __name__ == "__main__":
    main()
