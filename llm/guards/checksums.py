"""Check digits: what tells a card or an identity number from any other number."""

from __future__ import annotations

from collections.abc import Sequence

VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Return whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def mod_97(text: str) -> int:
    """Return letters as 10 to 35 and digits as themselves, as one number, modulo 97 (ISO 7064)."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def verhoeff(digits: str) -> bool:
    """Return whether a number carries its Verhoeff check digit."""
    check = 0
    for place, char in enumerate(reversed(digits)):
        check = int(VERHOEFF_D[check][int(VERHOEFF_P[place % 8][int(char)])])
    return check == 0


def mod_11_10(digits: str) -> bool:
    """Return whether a number carries its ISO 7064 MOD 11,10 check digit."""
    product = 10
    for char in digits[:-1]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def ean(digits: str) -> bool:
    """Return whether a number carries its EAN-13 check digit."""
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0
