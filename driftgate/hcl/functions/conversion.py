"""Type conversion functions, and those that only mark a value.

Documented: https://developer.hashicorp.com/terraform/language/functions#type-conversion-functions. Marks such as
sensitive are not carried along: the value itself is all these functions give.
"""

from __future__ import annotations

from collections.abc import Callable

from driftgate.hcl.convert import ANY, BOOL, NUMBER, STRING, Type, convert
from driftgate.hcl.functions.parameters import anything
from driftgate.hcl.scope import Function


def _to(wanted: Type) -> Callable[[object], object]:
    return lambda value: convert(value, wanted)


def _itself(value: object) -> object:
    return value


FUNCTIONS = {
    "ephemeralasnull": Function(_itself, (anything,), nulls=True, unknowns=True),
    "nonsensitive": Function(_itself, (anything,), nulls=True, unknowns=True),
    "sensitive": Function(_itself, (anything,), nulls=True, unknowns=True),
    "tobool": Function(_to(BOOL), (anything,), nulls=True),
    "tolist": Function(_to(Type("list", ANY)), (anything,), nulls=True),
    "tomap": Function(_to(Type("map", ANY)), (anything,), nulls=True),
    "tonumber": Function(_to(NUMBER), (anything,), nulls=True),
    "toset": Function(_to(Type("set", ANY)), (anything,), nulls=True),
    "tostring": Function(_to(STRING), (anything,), nulls=True),
}
