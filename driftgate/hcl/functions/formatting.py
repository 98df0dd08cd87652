"""`format` and `formatlist`: Go's verbs as cty has them.

Documented: https://developer.hashicorp.com/terraform/language/functions/format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from driftgate.hcl.convert import as_bool, as_number, as_text, digits
from driftgate.hcl.functions.json_text import encode
from driftgate.hcl.functions.parameters import anything, string
from driftgate.hcl.functions.text import graphemes, limited
from driftgate.hcl.number import exact
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, List, Unknown, UnknownFound

if TYPE_CHECKING:
    from decimal import Decimal

_VERB = re.compile(
    r"%(?P<flags>[#+\- 0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.)", re.DOTALL
)
_WIDEST = 10_000


def _format(template: str, *values: object) -> str:
    used, place = 0, 0
    parts: list[str] = []
    position = 0
    for match in _VERB.finditer(template):
        parts.append(template[position : match.start()])
        position = match.end()
        if match["verb"] == "%":
            parts.append("%")
            continue
        place = int(match["index"]) if match["index"] else place + 1
        used = max(used, place)
        if not 1 <= place <= len(values):
            raise EvaluationError(f'not enough arguments for "{match[0]}": it needs argument {place} of {len(values)}')
        parts.append(_verb(match, values[place - 1]))
    if used < len(values):
        raise EvaluationError(f"too many arguments: only {used} are used by the format string")
    if template.find("%", position) >= 0:
        raise EvaluationError("the format string ends in an incomplete verb")
    return limited("".join([*parts, template[position:]]))


def _verb(match: re.Match[str], value: object) -> str:
    verb = match["verb"]
    width, precision = int(match["width"] or 0), match["precision"]
    if width > _WIDEST or (precision and int(precision) > _WIDEST):
        raise EvaluationError("a width of more than 10000")
    if isinstance(value, Unknown):
        raise UnknownFound(value)
    if value is None and verb != "v":
        raise EvaluationError(f'null cannot be formatted with "{match[0]}"')
    if verb == "v":
        return _padded(_default(value, "#" in match["flags"]), match["flags"], width)
    if verb in "bdoxX":
        return _integer(match, value, width)
    if verb in "eEfFgG":
        return _float(match, value, width)
    if verb == "t":
        return "true" if as_bool(value) is True else "false"  # which cty pads in no way
    if verb in "sq":
        return _text(match, value, width)
    raise EvaluationError(f'unsupported format verb "{verb}"')


def _default(value: object, quoted: bool) -> str:
    if isinstance(value, (str, bool)) and not quoted:
        return str(as_text(value))
    if isinstance(value, (int, float)) and not quoted:
        return _general(value)
    return encode(value)


def _general(value: int | float) -> str:
    """A number as Go's shortest %g has it: an exponent below -4 and from 6 on, at least two digits of it."""
    from decimal import Decimal

    sign, digit_tuple, shift = Decimal(repr(value)).normalize().as_tuple()
    exponent = len(digit_tuple) + int(shift) - 1
    if -4 <= exponent < 6 or value == 0:
        return digits(value)
    first, *rest = map(str, digit_tuple)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return f"{'-' if sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _text(match: re.Match[str], value: object, width: int) -> str:
    text = as_text(value)
    if isinstance(text, Unknown):
        raise UnknownFound(text)
    if match["precision"]:
        text = "".join(graphemes(text)[: int(match["precision"])])
    return _padded(encode(text) if match["verb"] == "q" else text, match["flags"], width)


def _integer(match: re.Match[str], value: object, width: int) -> str:
    number = as_number(value)
    if isinstance(number, Unknown) or number != int(number):
        raise EvaluationError(f'an integer is required for "{match[0]}"')
    flags = match["flags"].replace("#", "")
    prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(match["verb"], "") if "#" in match["flags"] else ""
    body = format(abs(int(number)), match["verb"])
    if match["precision"] is not None:
        least = int(match["precision"] or 0)
        if not number and not least:
            return ""
        body, flags = body.rjust(least, "0"), flags.replace("0", "")
    return _signed(prefix + body, number < 0, flags, width)


def _float(match: re.Match[str], value: object, width: int) -> str:
    number = as_number(value)
    if isinstance(number, Unknown):
        raise UnknownFound(number)
    verb, precision = match["verb"], match["precision"]
    if verb in "gG" and precision is None:
        body = _general(abs(number)) if verb == "g" else _general(abs(number)).upper()
    else:
        body = format(_decimal(abs(number)), f".{precision or (6 if precision is None else 0)}{verb}")
        body = re.sub(r"([eE][+-])(\d)$", r"\g<1>0\2", body)
    return _signed(body, number < 0, match["flags"], width)


def _decimal(number: float) -> Decimal:
    """The binary number that cty holds, to be rounded: 0.35 is a little less, 0.05 a little more."""
    from decimal import Context, Decimal

    value = exact(number)
    context = Context(prec=value.numerator.bit_length() + value.denominator.bit_length() + 1)
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _signed(body: str, negative: bool, flags: str, width: int) -> str:
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if "0" in flags and "-" not in flags:
        return sign + body.rjust(width - len(sign), "0")
    return _padded(sign + body, flags.replace("0", ""), width)


def _padded(text: str, flags: str, width: int) -> str:
    """A text as cty pads one, which fills it up with zeros too, on either side."""
    space = ("0" if "0" in flags else " ") * (width - len(graphemes(text)))
    return text + space if "-" in flags else space + text


def _formatlist(template: str, *values: object) -> List:
    lists = [value for value in values if isinstance(value, list)]
    if len({len(one) for one in lists}) > 1:
        raise EvaluationError(f"the lists have different lengths: {', '.join(str(len(one)) for one in lists)}")
    count = len(lists[0]) if lists else 1
    return List(_format(template, *_row(values, place)) for place in range(count))


def _row(values: Sequence[object], place: int) -> list[object]:
    return [value[place] if isinstance(value, list) else value for value in values]


FUNCTIONS = {
    "format": Function(_format, (string,), rest=anything, nulls=True),
    "formatlist": Function(_formatlist, (string,), rest=anything, nulls=True),
}
