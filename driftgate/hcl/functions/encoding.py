"""Encodings of text but for JSON and YAML.

Documented: https://developer.hashicorp.com/terraform/language/functions#encoding-functions.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from urllib.parse import quote_plus, unquote_plus

from driftgate.hcl.functions.parameters import string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import MAX_TEXT, EvaluationError, List

_CSV_FIELD = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",\r\n]*+))(,|\r?\n|\Z)')


def utf8(data: bytes, what: str) -> str:
    """The text that bytes are in UTF-8. Raises EvaluationError."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise EvaluationError(f"{what} is not valid UTF-8") from None


def from_base64(text: str) -> bytes:
    """The bytes that base64 text stands for. Raises EvaluationError."""
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise EvaluationError("failed to decode the base64 data") from None


def _base64encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64decode(text: str) -> str:
    return utf8(from_base64(text), "the decoded text")


def _base64gunzip(text: str) -> str:
    try:
        data = gzip.GzipFile(fileobj=io.BytesIO(from_base64(text))).read(MAX_TEXT + 1)
    except (OSError, EOFError, zlib.error):
        raise EvaluationError("failed to unpack the gzip data") from None
    if len(data) > MAX_TEXT:
        raise EvaluationError("the text is longer than 16 MiB")
    return utf8(data, "the unpacked text")


def _codec(name: str) -> str:
    import codecs

    try:
        found = codecs.lookup(name)
        text_encoding = found._is_text_encoding
    except (LookupError, ValueError):
        text_encoding = False
    if not text_encoding:
        raise EvaluationError(f'"{name}" is not a supported encoding')
    return found.name


def _textencodebase64(text: str, encoding: str) -> str:
    try:
        return base64.b64encode(text.encode(_codec(encoding))).decode()
    except UnicodeEncodeError:
        raise EvaluationError(f"the text has characters that {encoding} has not") from None


def _textdecodebase64(text: str, encoding: str) -> str:
    try:
        return from_base64(text).decode(_codec(encoding))
    except UnicodeDecodeError:
        raise EvaluationError(f"the data is not valid {encoding}") from None


def _csv_rows(text: str) -> Iterator[list[str]]:
    """Rows as Go's encoding/csv reads them: empty lines do not count, a quote inside a bare field is an error."""
    row: list[str] = []
    place = 0
    while place < len(text):
        match = _CSV_FIELD.match(text, place)
        if match is None:
            raise EvaluationError(f'CSV parse error on line {text.count(chr(10), 0, place) + 1}: a stray "')
        quoted, bare, end = match.groups()
        row.append(bare if quoted is None else quoted.replace('""', '"'))
        place = match.end()
        if end != ",":
            if row != [""] or quoted is not None:
                yield row
            row = []
        elif place == len(text):
            row.append("")
    if row:
        yield row


def _csvdecode(text: str) -> List:
    rows = list(_csv_rows(text))
    if not rows:
        raise EvaluationError("missing header line")
    header, *lines = rows
    if len(set(header)) != len(header):
        raise EvaluationError("a column name is there twice")
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise EvaluationError(f"CSV parse error on line {number}: wrong number of fields")
    return List(dict(zip(header, line, strict=True)) for line in lines)


FUNCTIONS = {
    "base64decode": Function(_base64decode, (string,)),
    "base64encode": Function(_base64encode, (string,)),
    "base64gunzip": Function(_base64gunzip, (string,)),
    "csvdecode": Function(_csvdecode, (string,)),
    "textdecodebase64": Function(_textdecodebase64, (string, string)),
    "textencodebase64": Function(_textencodebase64, (string, string)),
    "urldecode": Function(unquote_plus, (string,)),
    "urlencode": Function(lambda text: quote_plus(text, safe="~"), (string,)),
}
