"""What kind of answer a question wants, and which sentences give it."""

from __future__ import annotations

import pytest

from clearway.tools.docs.answering.wanted import given_in, of_its_time, wanted
from clearway.tools.docs.words.terms import terms

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "given", "missing"),
    [
        ("how often is it calibrated?", "Every Monday.", "It is calibrated with water."),
        ("how long are samples kept?", "For six months.", "In the cold room."),
        ("how fast may a forklift go?", "At most 10 km/h.", "Only with a licence."),
        ("how cold are hops stored?", "At minus 18 °C.", "In the cellar."),
        ("what does a ticket cost?", "14 euros.", "Ask at the desk."),
        ("on which days do kegs leave?", "On Tuesdays.", "Within 90 days."),
        ("when is the boiler inspected?", "Each March.", "An engineer looks at it."),
        ("how many offers are needed?", "Three offers are needed.", "Three days are needed."),
        ("how many people may join?", "Up to 20 people.", "A group of people."),
        ("who is the plant manager?", "The manager is called Ada.", "Only the manager may."),
        ("phone number of the desk", "Dial extension 4512.", "Phone the desk before 6."),
        ("which version of the client do we use?", "Client 3.2 is used.", "The client is new."),
        ("what fee does the bank take?", "It takes 0.35 %.", "The bank takes a fee."),
        ("which carrier brings it?", "It comes with Brandt.", "A carrier brings it."),
        (
            "name of the plant manager",
            "| a | B |\n| manager | Ada |",
            "| a | Name |\n| manager | x |",
        ),
        ("formula of margin", "margin = revenue - cost", "The margin is watched."),
    ],
)
def test_a_kind_of_answer_is_told_from_none(question: str, given: str, missing: str) -> None:
    kind = wanted(question)
    assert kind is not None
    asked = frozenset(terms(question))
    assert given_in(given, kind, asked)
    assert not given_in(missing, kind, asked)


@pytest.mark.parametrize(
    "question", ["what is a permit?", "may I take photos?", "what is a chargeback?"]
)
def test_most_questions_want_no_kind(question: str) -> None:
    assert wanted(question) is None


@pytest.mark.parametrize(
    ("question", "given", "missing"),
    [
        ("who signs the permit?", "A permit is signed by the shift lead.", "A permit is signed."),
        ("who is on call?", "Ada Byron is on call.", "A week on call begins on Monday at 09:00."),
        ("who is on call?", "The data engineer is on call.", "Whoever is on call answers a page."),
        ("who is on call?", "Operations is on-call at night.", "Then call the supplier."),
        ("who answers a page?", "Whoever is on call answers a page.", "A page says what failed."),
        ("who reads addresses?", "Nobody reads addresses.", "Addresses are read in March."),
        ("who brings malt?", "Brandt brings malt.", "Malt is brought on Tuesday in an hour."),
        ("who approves orders?", "Orders: the CFO.", "Orders are approved after three days."),
        ("who approves orders?", "Orders need approval by finance.", "Call the manager."),
        (
            "who checks pumps?",
            "| Pump | Owner |\n| P1 | Lab team |",
            "| Pump | Owner |\n| P1 | - |",
        ),
    ],
)
def test_who_wants_somebody_in_a_sentence_of_what_is_asked(
    question: str, given: str, missing: str
) -> None:
    kind = wanted(question)
    assert kind is not None
    asked = frozenset(terms(question))
    assert given_in(given, kind, asked)
    assert not given_in(missing, kind, asked)


def test_a_name_of_the_question_is_no_answer_to_who_it_is() -> None:
    question = "who is the head of Contoso?"
    kind = wanted(question)
    assert kind is not None
    assert not given_in("Files go to Contoso.", kind, frozenset(terms(question)))


@pytest.mark.parametrize(
    ("question", "text", "speaks"),
    [
        ("what is the target for 2031?", "The target is 9 %.", False),
        ("what is the target for 2031?", "In 2031 the target is 9 %.", True),
        ("how many people joined last year?", "At most 20 people may join.", False),
        ("how many people joined last year?", "In 2030 20 people joined.", True),
        ("when does last year's leave lapse?", "On 1 July.", True),
        ("what is the target?", "The target is 9 %.", True),
    ],
)
def test_a_rule_that_always_holds_is_no_answer_for_a_time_that_is_over(
    question: str, text: str, speaks: bool
) -> None:
    assert of_its_time(text, text, question) == speaks
