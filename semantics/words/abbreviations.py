"""Words that names of tables and columns are shortened to, and what they are short for."""

from __future__ import annotations

_SHORT = """
nm name | dt date | amt amount | qty quantity | cnt count | cd code | nbr number | num number
desc description | descr description | stat status | sts status | typ type | addr address
dept department | emp employee | empl employee | cust customer | mgr manager | prod product
ord order | acct account | bal balance | pct percent | mth month | qtr quarter | wk week | yr year
lvl level | loc location | org organization | pmt payment | pymt payment
txn transaction | trx transaction | svc service | usr user | grp group | ref reference
rx prescription | tel telephone | ctry country | curr currency | whse warehouse | wh warehouse
vend vendor | mfr manufacturer | mfg manufacturer | len length | wt weight | appt appointment
seg segment | pos position | msg message | lang language | crt created | upd updated | eff effective
cat category | subcat subcategory | ccy currency | inv invoice | rcvd received | shpd shipped
est estimated | req required | sched scheduled | med medication | diag diagnosis | dur duration
temp temperature | veh vehicle | drv driver | stn station | bldg building | flr floor | rm room
"""

MEANT = dict(pair.split() for pair in _SHORT.replace("\n", " | ").split(" | ") if pair.strip())
"""What each is short for."""


def is_short_for(word: str, whole: str) -> bool:
    """Whether a word may be short for another: `tkt` for ticket, `sub` for subscription."""
    if not 3 <= len(word) < len(whole) or word[0] != whole[0]:
        return False
    letters = iter(whole)
    return all(letter in letters for letter in word) and (
        whole.startswith(word) or not set(word[1:]) & set("aeiou")
    )
