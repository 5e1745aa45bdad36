"""Other names of countries and of states of the USA, for stored codes and spelled names alike."""

from __future__ import annotations

from functools import cache

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky
LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi
MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico
NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania
RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont
VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
"""
_COUNTRIES = """
USA|US|United States|United States of America|America
UK|GB|GBR|United Kingdom|Great Britain|Britain
DE|DEU|Germany
FR|FRA|France
ES|ESP|Spain
IT|ITA|Italy
NL|NLD|Netherlands|The Netherlands|Holland
CH|CHE|Switzerland
JP|JPN|Japan
CN|CHN|China
IN|IND|India
BR|BRA|Brazil
CA|CAN|Canada
MX|MEX|Mexico
AU|AUS|Australia
RU|RUS|Russia|Russian Federation
KR|KOR|South Korea|Korea
AE|ARE|UAE|United Arab Emirates
CZ|CZE|Czech Republic|Czechia
SE|SWE|Sweden
NO|NOR|Norway
DK|DNK|Denmark
FI|FIN|Finland
PL|POL|Poland
PT|PRT|Portugal
IE|IRL|Ireland
AT|AUT|Austria
BE|BEL|Belgium
"""
_STATE_COLUMNS = frozenset(["state", "province"])
_COUNTRY_COLUMNS = frozenset(["country", "nation", "nationality"])


@cache
def _states() -> dict[str, str]:
    pairs = (pair.split(" ", 1) for pair in _STATES.strip().replace("\n", "|").split("|"))
    both = [(code.strip(), name.strip()) for code, name in pairs]
    return {**dict(both), **{name: code for code, name in both}}


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    groups = [tuple(line.split("|")) for line in _COUNTRIES.strip().splitlines()]
    return {name: tuple(n for n in group if n != name) for group in groups for name in group}


_DEMONYMS = {
    "Africa": "African",
    "Asia": "Asian",
    "Europe": "European",
    "North America": "North American",
    "South America": "South American",
    "Latin America": "Latin American",
    "USA": "American",
    "United States": "American",
    "France": "French",
    "Germany": "German",
    "Spain": "Spanish",
    "Italy": "Italian",
    "Japan": "Japanese",
    "China": "Chinese",
    "India": "Indian",
    "Brazil": "Brazilian",
    "Canada": "Canadian",
    "Mexico": "Mexican",
    "Australia": "Australian",
    "Russia": "Russian",
    "Netherlands": "Dutch",
    "Sweden": "Swedish",
    "Norway": "Norwegian",
    "Denmark": "Danish",
    "Poland": "Polish",
    "Portugal": "Portuguese",
    "Ireland": "Irish",
    "Switzerland": "Swiss",
    "Turkey": "Turkish",
    "Greece": "Greek",
    "Argentina": "Argentinian",
    "Chile": "Chilean",
    "UK": "British",
    "United Kingdom": "British",
}
_PLACE_COLUMNS = _COUNTRY_COLUMNS | frozenset(["continent", "region", "area", "market"])


def other_names(column_words: frozenset[str], value: str) -> tuple[str, ...]:
    """Return what else a stored state or country is called; empty for other columns and values."""
    if column_words & _STATE_COLUMNS:
        other = _states().get(value)
        return (other,) if other else ()
    names = _countries().get(value, ()) if column_words & _COUNTRY_COLUMNS else ()
    if column_words & _PLACE_COLUMNS and value in _DEMONYMS:
        names = (*names, _DEMONYMS[value])
    return names
