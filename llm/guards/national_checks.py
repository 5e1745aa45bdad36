"""Check digits of national identity numbers; each takes a number in its country's form."""

from __future__ import annotations

from clearway.llm.guards.checksums import ean, luhn, mod_11_10, verhoeff, weighted
from clearway.llm.guards.finds import only_digits

DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
NRIC = ("JZIHGFEDCBA", "XWUTRQPNMLK")
HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
CODICE_ODD = {
    char: value
    for chars, values in (
        ("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)),
        ("ABCDEFGHIJ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)),
        ("KLMNOPQRST", (2, 4, 18, 20, 11, 3, 6, 8, 12, 14)),
        ("UVWXYZ", (16, 10, 22, 25, 24, 23)),
    )
    for char, value in zip(chars, values, strict=True)
}


def _dated(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def dni(text: str) -> bool:
    """Spain: number modulo 23; X, Y, Z of a foreigner stand for 0, 1, 2."""
    number = only_digits(text[:-1].upper().translate(str.maketrans("XYZ", "012")))
    return DNI[int(number) % 23] == text[-1].upper()


def nir(text: str) -> bool:
    """France: 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    plain = text.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return _dated(str(int(plain[3:5]) % 20 or 12), "1") and (
        97 - int(plain[:13]) % 97 == int(plain[13:])
    )


def codice_fiscale(text: str) -> bool:
    """Italy: odd places by table, even ones by value, modulo 26."""
    upper = text.upper()
    total = sum(
        int(char, 36) - (0 if char.isdigit() else 10) if place % 2 else CODICE_ODD[char]
        for place, char in enumerate(upper[:15])
    )
    return chr(65 + total % 26) == upper[15]


def cpf(text: str) -> bool:
    """Brazil: two check digits modulo 11."""
    digits = only_digits(text)
    first = weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"


def nhs(text: str) -> bool:
    """United Kingdom: NHS number, modulo 11."""
    digits = only_digits(text)
    return (11 - weighted(digits[:9], range(10, 1, -1)) % 11) % 11 == int(digits[9])


def bsn(text: str) -> bool:
    """Netherlands: the eleven test."""
    digits = only_digits(text)
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def belgian(text: str) -> bool:
    """Belgium: 97 less the number modulo 97, a 2 before it for the born after 1999."""
    digits = only_digits(text)
    check = int(digits[9:])
    return check in (97 - int(digits[:9]) % 97, 97 - int(f"2{digits[:9]}") % 97)


def pesel(text: str) -> bool:
    """Poland: weights 1, 3, 7, 9."""
    digits = only_digits(text)
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(text: str) -> bool:
    """Sweden: a date and a Luhn digit."""
    digits = only_digits(text)[-10:]
    return _dated(digits[2:4], str(int(digits[4:6]) % 60)) and luhn(digits)


def hetu(text: str) -> bool:
    """Finland: a date and the number modulo 31."""
    digits = only_digits(text[:6]) + text[7:10]
    return _dated(text[2:4], text[:2]) and HETU[int(digits) % 31] == text[10].upper()


def resident_cn(text: str) -> bool:
    """China: a date and ISO 7064 MOD 11-2."""
    total = weighted(text[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return _dated(text[10:12], text[12:14]) and "10X98765432"[total % 11] == text[17].upper()


def resident_kr(text: str) -> bool:
    """South Korea: a date and a number modulo 11."""
    digits = only_digits(text)
    total = weighted(digits[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    return _dated(digits[2:4], digits[4:6]) and (11 - total % 11) % 10 == int(digits[12])


def nric(text: str) -> bool:
    """Singapore: weights modulo 11, 4 more for those of this century."""
    upper = text.upper()
    total = weighted(upper[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if upper[0] in "TG" else 0)
    return NRIC[upper[0] in "FG"][total % 11] == upper[8]


def curp(text: str) -> bool:
    """Mexico: a date in the middle."""
    return _dated(text[6:8], text[8:10])


def sin(text: str) -> bool:
    """Canada, South Africa, Israel and others: a Luhn digit."""
    return luhn(only_digits(text))


def tfn(text: str) -> bool:
    """Australia: tax file number, modulo 11."""
    return weighted(only_digits(text), (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def aadhaar(text: str) -> bool:
    """India: a Verhoeff digit."""
    return verhoeff(only_digits(text))


def steuer_id(text: str) -> bool:
    """Germany: ISO 7064 MOD 11,10."""
    return mod_11_10(only_digits(text))


def ahv(text: str) -> bool:
    """Switzerland: an EAN-13 that begins with 756."""
    return ean(only_digits(text))


def rut(text: str) -> bool:
    """Chile: weights 2 to 7 from the right, modulo 11, K for 10."""
    body, check = only_digits(text[:-1]), text[-1].upper()
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    return "0K987654321"[total % 11] == check


def cuit(text: str) -> bool:
    """Argentina: a person's tax number, modulo 11."""
    digits = only_digits(text)
    return weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def rodne_cislo(text: str) -> bool:
    """Czechia and Slovakia: a date, a woman's month plus 50, and divisible by 11."""
    digits = only_digits(text)
    month = int(digits[2:4]) % 50 % 20
    return (
        _dated(str(month), digits[4:6])
        and int(digits) % 11 in (0, 10)
        and (int(digits) % 11 == 0 or int(digits[:9]) % 11 == 10)
    )


def cpr(text: str) -> bool:
    """Denmark: a date and modulo 11, which numbers given since 2007 may lack."""
    digits = only_digits(text)
    dated = _dated(digits[2:4], digits[:2])
    return dated and weighted(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
