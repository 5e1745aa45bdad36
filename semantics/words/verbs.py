"""Verbs that say two things are related, or that something happened, in all their forms."""

from __future__ import annotations

from functools import cache

_LINKS = """
live reside locate base situate stay inhabit dwell belong include contain comprise consist
involve feature appear come originate hail make create produce perform write compose publish
develop design build direct release record launch issue work employ hire help serve support
assist handle manage oversee supervise represent report buy purchase order place spend pay rent
borrow lend sell get receive acquire play act star cast teach study take attend enroll enrol
register sign participate join visit review rate comment post send ship deliver dispatch assign
allocate use run host hold keep give offer provide supply carry stock bill charge fall go happen
occur exist do see associate relate correspond link connect tag head lead chair drive fly travel
treat prescribe speak say conduct operate share found establish raise lease lodge organize
invite coach train mentor advise tutor sponsor fund depart arrive leave land submit evolve look
trend change open close start finish complete win lose score own possess generate bring
earn know master
"""
"""Verbs that say two things are related; which relation is up to the foreign keys."""

_DONE = """
admit discharge prescribe diagnose cancel approve reject refund log upgrade renew expire resolve
escalate process install transfer withdraw deposit collect load subscribe graduate pass complete
attempt elect nominate award promote retire resign terminate close reopen answer schedule deploy
import export inspect repair service insure invest donate ban suspend activate deactivate enlist
borrow renovate end cause damage lose steal ground delay divert score book reserve vaccinate treat
"""
"""Verbs only their past forms of are read as such: their bare forms are nouns as well."""

_IRREGULAR_VERBS = """
made make | wrote write | written write | built build | bought buy | spent spend | paid pay
sold sell | got get | gotten get | took take | taken take | taught teach | sent send | held hold
kept keep | gave give | given give | went go | gone go | fell fall | fallen fall | saw see
seen see | led lead | drove drive | driven drive | flew fly | flown fly | spoke speak
spoken speak | won win | lost lose | came come | lent lend | ran run | did do | done do
rode ride | brought bring | chose choose | chosen choose | said say | began begin
left leave | drew draw | grew grow | stolen steal | stole steal | cost cost
"""


@cache
def link_verbs() -> dict[str, str]:
    """Return every form of the linking verbs, with its base form."""
    forms: dict[str, str] = {}
    for verb in _LINKS.split():
        for form in _forms(verb):
            forms.setdefault(form, verb)
    for verb in _DONE.split():
        for form in _forms(verb)[2:]:
            if form.endswith("d"):
                forms.setdefault(form, verb)
    for pair in _IRREGULAR_VERBS.strip().replace("\n", "|").split("|"):
        form, verb = pair.split()
        forms[form] = verb
    return forms


def _forms(verb: str) -> tuple[str, ...]:
    if verb.endswith("e"):
        return verb, verb + "s", verb + "d", verb[:-1] + "ing"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"
    doubled = verb + verb[-1]
    return verb, verb + "s", verb + "es", verb + "ed", verb + "ing", doubled + "ed", doubled + "ing"
