"""Make an answer of found passages: verbatim sentences, or a model's that the passages support."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

from clearway.errors import ModelUnavailable
from clearway.graph.ports import ModelRequest
from clearway.outcome import Citation, DocsAnswer, Sentence, Usage
from clearway.tools.docs.answering.entail import supported
from clearway.tools.docs.answering.extract import pick, pick_meant
from clearway.tools.docs.answering.near import in_words, nearest
from clearway.tools.docs.answering.quotable import Quotable
from clearway.tools.docs.answering.rows import in_pairs
from clearway.tools.docs.answering.support import ENOUGH_SUPPORT, support
from clearway.tools.docs.ports import AnswerModel
from clearway.tools.docs.types import Found, Hit
from clearway.tools.docs.words.injection import for_readers
from clearway.tools.docs.words.sentences import sentences_of

NOT_FOUND = "The documents you may see do not say."
INSTRUCTIONS = (files("clearway.tools.docs.answering") / "answer.md").read_text("utf-8")
_FENCE = re.compile(r"<(?=/?passage)", re.IGNORECASE)
_CITED = re.compile(r"\s*\[(\d{1,2})\]")


def extracted(question: str, found: Found) -> DocsAnswer:
    """Return the sentences that say most of what was asked, or that the documents hold none.

    Rows are told as text; the citation quotes them as they stand.
    """
    share = support(found, question)
    picked = pick(found, question) if share >= ENOUGH_SUPPORT else pick_meant(found)
    if not picked:
        return _none(found, question, share)
    hits = list({each.hit.chunk_id: each.hit for each in picked}.values())
    citations = tuple(_citation(number, hit, picked) for number, hit in enumerate(hits, start=1))
    numbers = {hit.chunk_id: number for number, hit in enumerate(hits, start=1)}
    sentences = tuple(
        Sentence(text=in_pairs(each.text), citations=(numbers[each.hit.chunk_id],))
        for each in picked
    )
    return DocsAnswer(
        found=True,
        text=_text(sentences),
        sentences=sentences,
        citations=citations,
        support=share,
        search=found.mode,
        notes=_notes(found),
    )


async def generated(
    request: ModelRequest, found: Found, model: AnswerModel
) -> tuple[DocsAnswer, Usage | None]:
    """Return a model's answer, less every sentence the passages it cites do not support.

    Where nothing is left, or the model fails, the verbatim answer is given, and the notes say so.
    """
    plain = extracted(request.question, found)
    if not plain.found:
        return plain, None
    try:
        reply, usage = await model.write(request, _numbered(found.hits))
    except ModelUnavailable:
        return _with_note(plain, "The model failed: these are the documents' own words."), None
    return _kept(reply, plain, found), usage


def _kept(reply: str, plain: DocsAnswer, found: Found) -> DocsAnswer:
    sentences, dropped = _checked(reply, found.hits)
    if not sentences:
        why = "Nothing the model wrote is supported: these are the documents' own words."
        return _with_note(plain, why)
    used = sorted({number for sentence in sentences for number in sentence.citations})
    note = (f"{dropped} unsupported sentences of the model were left out.",) if dropped else ()
    return DocsAnswer(
        found=True,
        text=_text(sentences),
        sentences=tuple(sentences),
        citations=tuple(_whole_passage(number, found.hits[number - 1]) for number in used),
        support=plain.support,
        mode="generated",
        search=found.mode,
        notes=(*_notes(found), *note),
    )


def _checked(reply: str, hits: Sequence[Hit]) -> tuple[list[Sentence], int]:
    """Return the sentences that are supported by what they cite, and how many were not."""
    kept: list[Sentence] = []
    dropped = 0
    for line in sentences_of(_before_full_stop(reply)):
        cited = tuple(dict.fromkeys(int(number) for number in _CITED.findall(line)))
        said = _CITED.sub("", line).strip()
        known = [number for number in cited if 1 <= number <= len(hits)]
        if said and known and known == list(cited):
            passages = [_whole(hits[number - 1]) for number in known]
            if supported(said, passages):
                kept.append(Sentence(text=said, citations=cited))
                continue
        dropped += 1
    return kept, dropped


def _before_full_stop(reply: str) -> str:
    """Move citations that follow a full stop before it, so that they stay with their sentence."""
    return re.sub(r"([.!?])((?:\s*\[\d{1,2}\])+)", r"\2\1", reply)


def _numbered(hits: Sequence[Hit]) -> str:
    """Return the passages as data: each fenced by its number, none able to close its fence."""
    return "\n\n".join(
        f"<passage number={number}>\n{_FENCE.sub('&lt;', _whole(hit))}\n</passage>"
        for number, hit in enumerate(hits, start=1)
    )


def _whole(hit: Hit) -> str:
    return "\n\n".join(
        part for part in (hit.title, " > ".join(hit.section), for_readers(hit.text)) if part
    )


def _citation(number: int, hit: Hit, picked: Sequence[Quotable]) -> Citation:
    mine = [each for each in picked if each.hit is hit]
    lines = min(each.lines[0] for each in mine), max(each.lines[1] for each in mine)
    return cited(number, hit, "\n".join(each.text for each in mine), mine[0].section, lines)


def _whole_passage(number: int, hit: Hit) -> Citation:
    return cited(number, hit, hit.text, hit.section)


def cited(
    number: int,
    hit: Hit,
    quote: str,
    section: tuple[str, ...],
    lines: tuple[int, int] | None = None,
) -> Citation:
    """Return where `quote` stands: in the passage `hit`, on `lines` where they are known."""
    first, last = lines or (hit.line, hit.end_line)
    return Citation(
        number=number,
        document=hit.label,
        title=hit.title,
        collection=hit.collection,
        section=section,
        line=first,
        end_line=last,
        page=hit.page,
        quote=quote,
    )


def _text(sentences: Sequence[Sentence]) -> str:
    return "\n".join(
        f"{each.text} {''.join(f'[{number}]' for number in each.citations)}" for each in sentences
    )


def _none(found: Found, question: str, share: float) -> DocsAnswer:
    near = in_words(nearest(found, question))
    return DocsAnswer(
        found=False, text=f"{NOT_FOUND} {near}".strip(), support=share, search=found.mode,
        notes=_notes(found),
    )  # fmt: skip


def _notes(found: Found) -> tuple[str, ...]:
    return (found.trouble,) if found.trouble else ()


def _with_note(answer: DocsAnswer, note: str) -> DocsAnswer:
    return answer.model_copy(update={"notes": (*answer.notes, note)})
