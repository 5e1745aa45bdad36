"""What is said without asking for data, a document or a service; and what asks for too little."""

from __future__ import annotations

import re

from clearway.semantics.routing.clauses import Speech
from clearway.semantics.words.wordset import wordset

_MAKING = wordset(
    """
    write translate draw sing compose draft solve paint invent imagine rhyme rap
    paraphrase rephrase proofread
    """
)
_CREATIVE = wordset(
    """
    poem story joke essay song haiku limerick letter novel rap riddle recipe pun sonnet tweet
    """
)
_TELLING = frozenset(["tell", "write", "give", "make", "sing", "know", "compose", "got"])
_SPEAKERS = wordset(
    """
    i i'm i've i'd im ive my you you're youre your he he's she she's it's its that that's thats this
    they they're nobody everybody everyone it who'd life we're wow ugh omg man dude haha hahaha lol
    meh yay oops damn nice funny
    """
)
_WANTING = wordset(
    """
    want wants wanted wanna need needs needed like require wonder wondering wondered looking
    asks asked asking must forgot forget can't cannot
    couldn't keep got should have would am lost broke missed show see ask know give required
    interested curious searching mean meant trying tell
    """
)
_FEELING = re.compile(
    r"^(?:good|great|nice|excellent|amazing|well|lovely) (?:job|work|one|stuff|idea|done|try)$"
    r"|\b(?:if i had|i (?:\w+ )?(?:love|hate|adore|dreamt|dreamed|dislike|miss|fear|enjoy|feel"
    r"|think"
    r"|believe"
    r"|bet|guess"
    r"|hope|wish|swear|heard|remember|like|am so|was)|i'm (?:so |really |very |feeling )?(?:bored"
    r"|tired"
    r"|happy|sad|hungry|back|excited|done|fine|good|great|drunk|afraid|scared|jealous|proud"
    r"|in love)"
    r"|made my day|drives? me|makes? me|my favou?rite|your favou?rite|favou?rite|so (?:boring"
    r"|beautiful|sexy|funny|cool|ugly|sad|cute|pretty|exciting|romantic|annoying|hard|weird)"
    r"|am i right|you know|just kidding|kidding|believe it or not|is (?:boring|fun|sexy|overrated"
    r"|life|love|beautiful|awesome|cute|evil|king)|are (?:boring|fun|sexy|overrated|beautiful"
    r"|awesome|cute|evil|sad|lovely)|would you rather|do you (?:like|love|hate|believe|prefer|ever"
    r"|enjoy|feel|dream|have feelings|know any)|fun fact about)\b"
)
_ABOUT_YOU = re.compile(
    r"(?:^|\| )(?:(?:so|and|hey|hi|hello|ok|well) )*(?:you\b(?! (?:can|may|must|should))|are you\b"
    r"|who (?:are|made|built|created|trained) you|what (?:are|can|do|would) you\b"
    r"|how (?:are|old are|do) you\b(?! \w+ (?:a|an|the|our|my|to|from)\b)"
    r"|were you|have you|did you (?:sleep|eat|dream|miss)|do you (?!know\b|have\b)|you're\b)"
    r"|\b(?:you think|ask you|about yourself|your (?:name|opinion|purpose|hobby|age|creator))\b"
)
_VAGUE = wordset(
    """
    numbers number figures figure data stats statistics stat results result report reports
    performance trend trends kpi kpis metrics metric dashboard breakdown overview summary details
    detail info information insights insight analysis chart graph table tables totals total values
    value list everything rows records picture update summaries
    """
)
_RANKED = wordset(
    """
    better worse best worst more less most least higher lower bigger smaller biggest smallest
    highest lowest top bottom compare compared comparison versus vs difference differences change
    changed changes increase decrease improving improved growing falling winner ahead behind
    between than against good bad well badly fast faster slow slower
    """
)
_ELLIPTIC = wordset(
    """
    same other others one ones them those these that it again another rest also too only just
    without except instead both
    """
)
_TIMES = wordset(
    """
    last this past previous next week weeks month months quarter quarters year years day days today
    yesterday q1 q2 q3 q4 january february march april may june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday weekend since until
    ago ytd before after then earlier later morning tonight
    """
)
_EMPTY = wordset(
    """
    a an the of for to in on at by per with from and or but so as is are was were be been do does
    did doing done have has had can could would will shall should may might i we us you me my our
    your they he she show give get tell list see display fetch pull bring let run make look looking
    go going goes please pls what what's whats which who how how's where when why about now here
    there any some all each every much many need want like know up down out into over things
    look perform performing come coming been ok okay hey hi hello thanks s t re
    i'd i'll there's two three four five six ten hundred few couple
    sort sorted order ordered reverse ascending descending way round around split group grouped
    broken euros dollars percent percentage pie bar line chart picture months fine updates news
    open visualise visualize break
    draw plot send quick latest current new overall generally usual again right
    """
)
_MARKS_MORE = frozenset(["and", "only", "just", "same", "also", "for", "by", "since", "in"])


def asks_to_make_up(speech: Speech) -> bool:
    """`write ...`, `translate ...`, `tell me a joke`: made, not looked up."""
    words = speech.clauses[0].command if speech.clauses else ()
    if words[:2] == ("make", "up") or (words and words[0] in _MAKING):
        return True
    return any(
        not _CREATIVE.isdisjoint(clause.words) and not _TELLING.isdisjoint(clause.words)
        for clause in speech.clauses
    )


def names_a_creation(speech: Speech) -> bool:
    """Whether a poem, a recipe or the like is named."""
    return speech.any_of(_CREATIVE)


def about_clearway(speech: Speech) -> bool:
    """`what can you do`, `are you ...`, `who are you`."""
    return bool(_ABOUT_YOU.search(speech.line))


def remarks(speech: Speech) -> bool:
    """Whether something is remarked or felt, and nothing asked: `I love spreadsheets`."""
    if _FEELING.search(speech.line):
        return True
    words = speech.words
    said = bool(words) and words[0] in _SPEAKERS and not speech.asked
    return said and _WANTING.isdisjoint(words)


_FINITE = wordset(
    """
    is are was were isn't aren't wasn't don't doesn't won't sounds looks feels makes has lies goes
    rules rocks sucks deserves
    """
)
_RELATIVE = frozenset(
    ["that", "which", "who", "where", "whose", "when", "if", "what", "how", "why"]
)
_NOT_SUBJECTS = wordset(
    """
    what who when where which how why does do is are can did was were show give list tell get count
    find compare has have had will would could should may must please and or but any whose display
    """
)


def states(speech: Speech) -> bool:
    """Whether a whole sentence states something: `numbers are the new oil`."""
    return (
        not speech.asked
        and bool(speech.sentences)
        and all(_says_so(sentence.words) for sentence in speech.sentences)
    )


def _says_so(words: tuple[str, ...]) -> bool:
    at = next((i for i, word in enumerate(words) if word in _FINITE), 0)
    return (
        0 < at < len(words) - 1
        and words[0] not in _NOT_SUBJECTS
        and not (_RELATIVE & set(words[:at]))
    )


def ends_in_talk(speech: Speech) -> bool:
    """Whether the last thing said is a remark: `..., am I right`."""
    last = " ".join(speech.sentences[-1].words) if speech.sentences else ""
    return bool(_FEELING.search(last) or _ABOUT_YOU.search(last))


def asks_too_little(speech: Speech) -> bool:
    """`show me the numbers`, `which one is better`, `and for Q3?`: no word says of what."""
    words = speech.words
    if not 1 <= len(words) <= 14:
        return False
    said = [word for word in words if word not in _EMPTY]
    if any(not _hints(word) for word in said):
        return False
    if not said:
        faring = "we" in words and ("doing" in words or "going" in words)
        return faring or (words[0] in _MARKS_MORE and len(words) > 1)
    return True


def _hints(word: str) -> bool:
    return (
        word in _VAGUE or word in _RANKED or word in _ELLIPTIC or word in _TIMES or word.isdigit()
    )
