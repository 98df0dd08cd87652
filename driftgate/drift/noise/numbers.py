"""A number and its text are one value (`"60"`, 60), as Terraform converts between them."""

from __future__ import annotations


def canonical(value: object) -> object:
    """`value` with texts that spell a number exactly as Terraform prints it turned to that number.

    `"1.10"` and `"007"` stay texts: versions and codes are no numbers.
    """
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return _number(value) if isinstance(value, str) and value[-1:].isdigit() and len(value) < 20 else value


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if str(number) == text:
            return number
    return text
