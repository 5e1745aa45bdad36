"""Sentences that ask what is to be done, by whom, and what is so by rule: documents say that."""

from __future__ import annotations

import re

from clearway.semantics.routing.clauses import Speech

_LEAD = (
    r"(?:^|\| )(?:(?:and|so|but|ok|okay|please|hey|hi|hello|well|hmm|um|also|then|now|just|quick"
    r"|question|tell me|can you|could you|would you|do you know|i wonder|remind me|wondering"
    r"|curious|i'm not sure|not sure|any idea|explain|say|i need to know|i want to know) )*"
)
"""How a sentence begins before it says what it asks."""


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("^^", _LEAD))


_WAYS = _shape(
    r"\b(?:right|best|correct|proper|recommended|preferred|official|safe|safest|standard|usual"
    r"|normal|easiest|approved|sanctioned|supported|quickest|fastest|cleanest|good|accepted|only)"
    r" (?:fix|workaround|solution|remedy|format|wording|template|ways?|methods?|approach|approaches"
    r"|practices?|procedure|process|steps|person|people|tool)"
    r" (?:to|for|of|when|after|before|in|around)\b|\bwhat(?:'s| is) (?:the|our) way to\b"
)
_DUTY = _shape(
    r"\b(?:mandatory|obligatory|compulsory|forbidden|prohibited|permitted|entitled|eligible"
    r"|allowed(?! \d)|obliged to|ought to|supposed to|(?:has|have|need|needs) to be|(?:has|have) to"
    r"|off limits|authori[sz]ed to|cleared to)\b"
    r"|\brequired(?= (?:to|before|for|by|when|if|in|from|of|after)\b| \||$)"
    r"|\bhow (?:many|much|long|often) (?:\S+ ){1,6}?(?:before|until) (?:\S+ ){1,5}?(?:gets?|is|are"
    r"|becomes?|must|can)\b"
    r"|\b(?:needed|necessary|needs?)(?= (?:to(?! (?:know|see|find|get|look|understand|check|view"
    r"|compare|have the|have a list)\b)|before|when|if|after)\b| \||$)"
    r"|(?<!in )(?<!of )(?<!for )(?<!since )(?<!and )(?<!last )(?<!during )(?<!until )(?<!vs )"
    r"\bmay (?:leave|see|run|enter|use|open|change|delete|contact|read|export|give|grant|take|use"
    r"|spend|have|be|do|share"
    r"|approve"
    r"|offer|access|send|ask|keep|claim|carry|work|sell|request)\b"
    r"|\b(?:can|may|must|should|could) (?:a|an|every|each|any) \S"
    r"|\b(?:can|may|must|should) (?:\S+ ){0,5}?be (?!reached|accessed|contacted|broken|split"
    r"|grouped"
    r"|shown|listed|displayed|seen|compared|filtered|sorted|plotted)\w+(?:ed|en|wn|id|ne|ld|nt"
    r"|pt)\b"
    r"|\bmust (?:\S+ ){0,5}?\S|\bshould (?:a|an|the|we|i|one|you|people|someone|anyone|be)\b"
)
_PERMISSION = _shape(
    r"^^(?:can|may|could|might) (?!you\b)(?:i|we|one|people|someone|somebody|anyone|anybody"
    r"|everyone|everybody|(?:(?:a|an|the|our|all|any|other|new) )?(?:\S+ )?\S+) "
    r"(?!see\b|get\b|know\b|have\b|ask\b|show\b|view\b|look\b|please\b|be\b)\S"
    r"|^^(?:am|are|is) (?:\S+ ){1,4}?(?:allowed|permitted|free|expected|meant|required"
    r"|entitled) to\b"
    r"|\bis it (?:ever |still |really )?(?:ok|okay|fine|safe|legal|acceptable|alright|all right"
    r"|wise|possible|permissible|advisable|normal|customary|against) "
)
_OWNER = _shape(
    r"^^(?:who|whom|which (?:team|person|group|department))(?:'s| is| are)? (?:\w+ly )?"
    r"(?:signs?|approves?|decides?|owns?|maintains?|authori[sz]es?|responsible|accountable"
    r"|in charge|on call|on duty|on the hook|handles?|looks? after|takes? care|manages?"
    r"|gets? (?:paged|called|notified|told)|to (?:call|ask|contact|tell|inform|notify|talk|ping)"
    r"|can (?!you\b)|may|do (?:i|we)|should|must|has to|needs to|fixes|keeps|covers|reviews?"
    r"|supports?|contact|grants?|answers for|has the (?:final|last))\b"
    r"|\bwhose (?:job|responsibility|task|call|decision|duty|turn) (?:is|it|would|was)\b"
    r"|^^who(?:'s| is| are) (?:the|our) (?:\S+ ){0,4}?(?:officer|lead|manager|owner|contact|steward"
    r"|administrator|coordinator|maintainer|architect|approver|deputy)\b"
    r"|\b(?:contact person|point of contact|person in charge|data steward)\b"
)
_WRITTEN = _shape(
    r"\bwhere (?:\S+ ){0,6}?(?:written|documented|described|explained|noted|spelled|laid out"
    r"|read|look up|look this up|find out|learn|outlined|stated)\b"
    r"|\b(?:whatever|what|anything|something|everything) (?:we|you|they|somebody|someone|anybody"
    r"|one|the team) (?:have |has |had |ever )?(?:wrote|written|noted|documented|agreed|decided)\b"
    r"|\b(?:anything|something) (?:written|documented|on how)\b"
    r"|^^did (?:we|anyone|somebody|someone) (?:ever )?(?:write|document|agree|decide|note)\b"
    r"|^^is (?:it|this|that|there|\S+ \S+) (?:\S+ ){0,4}?(?:written|documented)\b"
)
_WHAT_NOW = _shape(
    r"^^(?:now what|what now|what next|what's next|what then)(?: |$)"
    r"|^^any (?:ideas?|advice|hints?|tips|pointers|suggestions)\b|\bsupposed to do\b"
    r"|\bexpected of (?:me|us)\b"
    r"|\b(?:what(?:'s| is) the|any known) (?:drill|protocol|fix|workaround|remedy|solution"
    r"|deal with|story with|idea behind|reason behind|rationale|thinking behind)\b"
    r"|\bwhat (?:do|should|can|could|must|would) (?:i|we|one|people) (?:do|try|check)\b"
    r"|\| (?:please )?(?:help|stuck|advise|any help)(?: please| me)?$"
)
_TROUBLE = _shape(
    r"^^(?:i|we|my \S+) (?:can't|cannot|can not|couldn't|keeps? getting|am locked|am unable"
    r"|am stuck"
    r"|lost|forgot|broke|accidentally|got locked|got an? \S+|(?:have )?(?:run|ran) out)\b"
    r"|^^my (?:\S+ ){1,3}?(?:stopped|is broken|doesn't|won't|isn't|keeps|broke|died|crashed|(?:got"
    r"|was)"
    r" (?:stolen|lost|locked|blocked|hacked))\b"
    r"|\b(?:keeps? (?:happening|failing|crashing|showing|popping|asking|complaining)|won't (?:start"
    r"|load|open|boot|connect|sync|compile|build|stop)|(?:alert|alarm|pager) (?:\S+ )?(?:fired"
    r"|firing"
    r"|went off|rings|rang)|paged me|blew up|refuses to)\b"
)
_WHY = _shape(
    r"^^why (?:do|does|don't|doesn't|must|can't|mustn't|aren't|isn't) (?:we|the|our|it|a|an|\w+s)\b"
)
_ABOUT = _shape(
    r"^^(?:tell me (?:more |something )?(?:about|how)|describe|outline|walk (?:me|us) through"
    r"|talk (?:me|us) through|guide (?:me|us)|teach me|explain|show me how|learn (?:about|how)"
    r"|(?:give me |i need )?(?:an? |the )?(?:overview|introduction|rundown|primer|crash course|tour"
    r"|intro|background|basics|summary) (?:of|to|on|about)|getting started|what do i need"
    r"|i'm new|new here|refresh my memory|bring me up to speed on)\b"
)
_LINE_ON = re.compile(
    r"^(?:so )?(?:what's|what is|what are|whats|is there|do we have) (?:the|our|an?"
    r"|any) (?:\S+ ){0,3}?"
    r"(\S+) (?:on|behind|about|regarding|concerning|towards|against)\b"
)
"""`what's the official line on`: of something about the data, and not in it."""
_WHO = _shape(r"^^who (?!is\b|was\b|has\b|does\b)\w+s (?!(?:the )?most\b|more\b)")
_LIMIT = _shape(
    r"^^(?:what(?:'s| is) )?(?:the |our )?(?:minimum|maximum|max|min|default|longest allowed) (\S+)"
)
_WHAT_IF = _shape(r"^^(?:what if|what happens|what is done|in case|in the event)\b")
_SAYS = _shape(
    r"\b(?:does|do) (?:(?:the|our|this|that|a|an|every|each|all|any|new) )?(?:\S+ ){1,4}?(?:allow"
    r"|require|forbid|permit|prescribe|mandate|specify|say|demand|cover|state|recommend|need"
    r"|call for|ask for|entail|promise|guarantee|apply|count as|qualify|expire)(?: |$)"
    r"|\b(?:according|as stated|as described|per) (?:to|in|by) (?:the|our) \S+ (?:wiki|page|doc)"
)
_HABIT = _shape(
    r"^^(?:how (?:often|soon|long|fast|quickly|many|much|far)(?: \S+){0,3}?|by when|until when"
    r"|when|at what point|how) (?:do|does|should|must|may|can|shall) (?:we|i|you|one|people|the"
    r"|our|a|an)\b(?! (?:have|sell|make|earn|ship|own|see|do)\b)"
)
"""`how often do we rotate keys`: a habit, where no data is named."""
_WHICH = re.compile(
    r"\bwhich (?:\S+ ){1,3}?(?:applies|apply|governs?|covers?|describes?|explains?)\b"
)


_PRACTICE = _shape(
    r"^^why (?:is|are|was|were) (?:\S+ ){1,9}?(?:left out|excluded|included|counted|treated|handled"
    r"|called|named|stored|kept|required|blocked|rounded|reported|masked|hidden|limited|not shown"
    r"|allowed|forbidden|split|merged|marked as)\b"
    r"|^^how (?:does|do) (?:\S+ ){1,5}?(?:define|calculate|compute|measure|treat|classify|book"
    r"|determine"
    r"|decide|handle|work|recognise|recognize|deal|manage|process|approve|store|name|label)\b"
    r"|^^what (?:gets|is being|is) (?:written|kept|stored|logged|recorded|archived|checked"
    r"|reported) "
    r"(?:to|in|by|when|if|for|at|after|before)\b"
    r"|^^how (?:is|are) (?:(?:an?|new|the|our) )?(?:\S+ ){1,4}?\w+(?:ed|en|wn|un)(?: \S+){0,2}$"
    r"|^^(?:do|does|don't|doesn't) (?:we|you|one|they|the (?:team|company|finance|business))"
    r" (?:(?:also|still|ever|really|usually|normally) )?"
    r"(?!have\b|sell\b|get\b|make\b|earn\b|see\b|know\b|lose\b|ship\b)\S"
)
_TITLE = re.compile(
    r"^(?:\S+ ){1,4}(?:setup|set-up|installation|configuration|troubleshooting|onboarding|migration"
    r"|rotation|recovery|failover|rollback|handover|escalation|access|login|basics|walkthrough|path"
    r"|contacts?|responsibilities|hygiene|policy|background|internals|workflow)$"
    r"|\b(?:cheat ?sheet|tips (?:for|on)|primer (?:on|for)|dos and don'ts|lessons learned)\b"
)
"""What a page would be headed."""


def asks_for_practice(speech: Speech) -> bool:
    """`do we count returns as revenue`, `why are small orders left out`."""
    return bool(_PRACTICE.search(speech.line))


def asks_for_way(speech: Speech) -> bool:
    """`the right way to`, `now what`, `where is it written`: whatever else is named."""
    line = speech.line
    return any(shape.search(line) for shape in (_WAYS, _WRITTEN, _WHAT_NOW, _OWNER, _WHICH))


def asks_for_duty(speech: Speech) -> bool:
    """`what is required before`, `do X have to`, `who may`: asked, not said in passing."""
    if not (speech.asked or _INTERROGATIVE.search(speech.line)):
        return False
    found = _DUTY.search(speech.line) or _SAYS.search(speech.line)
    chosen = speech.words[:1] == ("which",) and found and found.group().startswith("should")
    return bool(found) and not chosen


_INTERROGATIVE = _shape(
    r"^^(?:do|does|is|are|am|may|must|should|can|could|which|what|what's|whats|who|when|where|why"
    r"|how|by when|until when|at what|whether|if|until|from when|under what|in what|for how"
    r"|(?:up to|to|on|in|with|for|by|from"
    r"|at|under) (?:which|what|whom))\b"
)


def asks_permission(speech: Speech) -> bool:
    """`can interns deploy on fridays`, `is it ok to`."""
    return bool(_PERMISSION.search(speech.line))


def matter_asked(speech: Speech) -> str:
    """Return what is asked about something (`the reasoning behind`), or nothing."""
    found = _LINE_ON.search(speech.line)
    return found[1] if found else ""


def limit_asked(speech: Speech) -> str:
    """Return of what the least or the most is asked for (`minimum password length`), or nothing."""
    found = _LIMIT.search(speech.line)
    return found[1] if found else ""


def reports_trouble(speech: Speech) -> bool:
    """`I can't log in`, `my badge stopped working`: told, for help."""
    return bool(_TROUBLE.search(speech.line))


def asks_about(speech: Speech) -> bool:
    """`tell me about the architecture`, `getting started with`."""
    return bool(_ABOUT.search(speech.line))


def asks_for_background(speech: Speech) -> bool:
    """`tell me about the architecture`, `why do we`, `what if`, `I can't log in`."""
    shapes = (_ABOUT, _WHY, _WHAT_IF, _TROUBLE, _HABIT, _TITLE, _WHO)
    return any(shape.search(speech.line) for shape in shapes)
