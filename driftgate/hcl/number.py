"""HCL's numbers where a float is not enough: binary, 512 bits of mantissa, as Go's big.Float has them in cty.

A plain float stands for the decimal number that it prints as. What no such number is, 1/3 or 1 - 0.9, is an `Exact`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

BITS: Final = 512


class Exact(float):
    """A number that is no short decimal: `exact` is its value, the float itself is near it.

    To Python it equals every float that is as near; HCL's own equality is `values.equal`.
    """

    __slots__ = ("exact",)
    exact: Fraction

    def __lt__(self, other: float) -> bool:
        return self.exact < exact(other)

    def __le__(self, other: float) -> bool:
        return self.exact <= exact(other)

    def __gt__(self, other: float) -> bool:
        return self.exact > exact(other)

    def __ge__(self, other: float) -> bool:
        return self.exact >= exact(other)

    def __neg__(self) -> float:
        return number(-self.exact)

    def __abs__(self) -> float:
        return number(abs(self.exact))

    def __ceil__(self) -> int:
        return math.ceil(self.exact)

    def __floor__(self) -> int:
        return math.floor(self.exact)

    def __repr__(self) -> str:
        return shortest(self.exact)


def exact(value: float) -> Fraction:
    """The value of a number as cty holds it."""
    if isinstance(value, Exact):
        return value.exact
    return rounded(Fraction(value) if isinstance(value, int) else Fraction(repr(value)))


def number(value: Fraction) -> int | float:
    """A value of at most 512 bits as an int, a float or an `Exact`. Raises OverflowError when it is too large."""
    if value.denominator == 1:
        return value.numerator
    near = float(value)
    if exact(near) == value:
        return near
    made = Exact(near)
    made.exact = value
    return made


def rounded(value: Fraction, bits: int = BITS) -> Fraction:
    """The nearest value with a mantissa of this many bits, of two the even one."""
    if value.denominator == 1 and value.numerator.bit_length() <= bits:
        return value
    magnitude = abs(value.numerator).bit_length() - value.denominator.bit_length()
    for exponent in (magnitude - bits, magnitude - bits + 1):
        unit = Fraction(2) ** exponent
        mantissa = round(value / unit)
        if abs(mantissa).bit_length() <= bits or abs(mantissa) == 1 << bits:
            return mantissa * unit
    raise AssertionError("the magnitude is wrong by more than one bit")


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    return rounded(left - rounded(right * int(rounded(left / right))))


_OPERATIONS: Final[dict[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": lambda left, right: rounded(left + right),
    "-": lambda left, right: rounded(left - right),
    "*": lambda left, right: rounded(left * right),
    "/": lambda left, right: rounded(left / right),
    "%": _remainder,
}


def compute(operator: str, left: float, right: float) -> int | float:
    """Arithmetic as cty does it. Raises ZeroDivisionError, OverflowError."""
    return number(_OPERATIONS[operator](exact(left), exact(right)))


def shortest(value: Fraction) -> str:
    """The fewest digits that are nearer to this value than to any other of 512 bits, without an exponent.

    The rounding is that of Go's math/big: https://cs.opensource.google/go/go/+/master:src/math/big/ftoa.go.
    """
    shift = value.denominator.bit_length() - 1
    mantissa = abs(value.numerator)
    widened = BITS + 1 - mantissa.bit_length()  # so that the last bit is half of the last place
    mantissa, shift = mantissa << widened, shift + widened
    inclusive = mantissa & 2 == 0
    scale = 5**shift
    digits, lower, upper = (str(m * scale) for m in (mantissa, mantissa - 1, mantissa + 1))
    width = len(upper)
    digits, below, above = digits.rjust(width, "0"), lower.rjust(width, "0").rstrip("0"), upper.rstrip("0")
    kept = _rounded(digits, below.ljust(width, "0"), above.ljust(width, "0"), len(below), len(above), inclusive)
    kept = kept.rjust(shift + 1, "0")
    text = f"{kept[:-shift]}.{kept[-shift:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def _rounded(digits: str, lower: str, upper: str, lowest: int, uppermost: int, inclusive: bool) -> str:
    """`digits` cut at the first place where what is left stays between the bounds, filled up with zeros."""
    for place, digit in enumerate(digits):
        down = lower[place] != digit or (inclusive and place + 1 == lowest)
        up = digit != upper[place] and (inclusive or int(digit) + 1 < int(upper[place]) or place + 1 < uppermost)
        if down or up:
            cut, rest = digits[: place + 1], digits[place + 1 :]
            if not rest:
                break
            half = "5".ljust(len(rest), "0")
            more = up and (not down or rest > half or (rest == half and int(digit) % 2 == 1))
            kept = str(int(cut) + more).rjust(len(cut), "0")
            return kept + "0" * len(rest)
    return digits
