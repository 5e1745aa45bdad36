"""Words of similar meaning in everyday and business English.

Used only where a catalog gives a word no meaning of its own, and always reported as an assumption.
"""

from __future__ import annotations

from functools import cache

_GROUPS = """
customer client buyer shopper patron | employee worker staff | film movie | song track
country nation | city town | revenue turnover | cost expense | price cost fee | sex gender
actor actress | waiter waitress | host hostess | salary wage pay income earnings
surname lastname | job task | error failure fault | order purchase | product item article
shop store outlet | company firm business enterprise | vendor supplier seller | category genre
amount sum value | quantity amount units | length duration runtime | start begin | end finish
car vehicle automobile | doctor physician | teacher instructor professor lecturer
student pupil learner | school college | house home | picture photo image
manager supervisor boss | department division unit | region area zone territory | state province
street road | author writer | singer vocalist | musician artist performer | match game
team squad club | airport airfield | flight trip | hospital clinic | medicine drug medication
illness disease sickness | city municipality | movie motion-picture | course class
mark grade score | phone telephone | email mail | zip postcode | website site url
note comment remark | account profile | transaction payment | ticket issue | incident outage
server host machine | device equipment | user member | visitor guest | review rating | date day
year annum | rate charge | tax duty | discount rebate reduction | profit gain earnings
loss deficit | subscription membership | invoice bill | shipment delivery | warehouse depot
stock inventory | message notification | language tongue | kind type sort
status state condition | name title
"""


@cache
def _index() -> dict[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for group in _GROUPS.replace("\n", " | ").split(" | "):
        words = group.split()
        for word in words:
            index[word] = (*index.get(word, ()), *(other for other in words if other != word))
    return index


def related(word: str) -> tuple[str, ...]:
    """Return words that may stand for this one; empty for most words."""
    return _index().get(word, ())
