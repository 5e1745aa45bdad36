"""The closed classes of English a question is built from: no word here names any data.

Each line of a table is `sense: phrase | phrase`. A sense is a kind, and what it carries, if
anything.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from clearway.semantics.words.tokens import words_of_text


class Sense(NamedTuple):
    """What a function word does in a sentence."""

    kind: str
    value: str = ""


_SENSES = """
open: select | tell me about | how's | what | what is | what are | what was | what were | what do
open: list | list out | show | show me | find | find out | give | give me | display | return | get
open: get me | tell me | tell | fetch | retrieve | provide | please | can you | could you
open: would you | i want | i want to know | i need | i would like | let me know | let me see
open: compute | calculate | determine | identify | report | print | see | look up | how did
open: how does | how has | how have | what's | i'd like | do you know | show us | give us
open: tell us | summarize | summarise | a list of | list of | how do | a report of | enumerate
open: pull | pull up | split | split up | i was wondering | i am wondering | i'm wondering
open: i was curious | i'm curious | i'm interested in | i am interested in | i'd love to see
open: i'd love to know | can i see | could i see | can i get | could i get | may i see | can we see
open: i'd like to see | i'd like to know | i'm looking for | i am looking for | let's see
open: work out | figure out | do we know | i want to see | i need to know | i need to see
open: i'd appreciate | i would appreciate | i'd be grateful for | pls | plz | would you mind showing
open: would you mind showing me | would you mind giving me | can you please | could you please
which: which | which of
who: who | whom
times: how many times | how often | number of times
howlong: how long | how many seconds | how many minutes | how many hours
howmuch: how much | how much money | how much in total
count: how many | number of | count of | count | count up | total number of | total count of
count: hom many | how many times | number of times | amount of times | quantity of | number
count: total amount of rows in
rows: rows | row | record | records | entries | entry | rows are there in | data points | lines
det: the | a | an | any | these | those | some | every single
all: all | all the | all of the | all of
det: each of the | there | here | each of
poss: their | its | his | her | them | it | they | he | she
mine: my | mine | our | ours | me | i | we | us
be: is | are | was | were | be | been | being | am | isn | do | does | did | has been | have been
be: will | would | can | could | should | may | might | had been | is there | are there
be: was there | were there
of: of | for
in: during | throughout | in | at | on | within | from | to | into | among | across | out of
in: inside | of type | by the name | through | via
with: with | having
has: gone through | went through | go through | undergone | have | has | had | own | owns
has: possess
rel: that | such that | that are | who are | that is | which are | which is | who is | who have
rel: who has | which have | that have | that has | who had | when | whose
ask where: where | where is | where are | where do | where does | where did
ask when: when | when is | when was | when were | when did | when does | when do | what time
ask when: at what time
ask why: why | how come
ask how: how
by: by | grouped by | group by | broken down by | split by | by each | divided by category
by: broken down per | broken down for each | broken out per | split out by | split per
by: split out per | grouped per | counted by | counted per | counted for each | split across
by: broken down across
by: broken out by | per each | aggregated by | segmented by | in terms of
each: for different | for each different | for every different | for all different | per | each
each: every | for each | for every | in each | in every | from each | of each | to each | at each
each: by every | on each | with each | across each | for all the different | for each of the
and: and | as well as | along with | plus | and also | together with | but | then | and then
and: also | followed by
or: or | either
both: both
not: not | never | don't | doesn't | didn't | isn't | aren't | wasn't | weren't | haven't | hasn't
not: cannot | can't | won't | hadn't
nobody: nobody | no one | noone | none of them
no: neither | nor | no | without | none | without any | lacking | lack | zero | missing
except: all but | everything but | anything but | all except | exclude | leave out | leaving out
except: ignoring | outside | outside of | except | excluding | other than | besides | except for
except: apart from | not including | but not
agg sum: total | sum | sum of | total amount of | combined | total sum of | overall total
agg sum: in total | total amount of money | amount of money | amount | summed | grand total
agg sum: aggregate | gross total
running: running total of | running total | cumulative | cumulative total | cumulative sum
running: cumulative total of | cumulative sum of | running sum of | running sum | cumulatively
running: running count of | running count
agg avg: average | avg | mean | on average | typical | average of | averaged
agg median: median | median of
agg max: maximum | max
agg min: minimum | min
super max count: most | most number of | greatest number of | largest number of
super max count: highest number of | most amount of | highest amount of | biggest number of
super max count: largest amount of | highest count of | most of
super max value: highest | largest | biggest | greatest | peak | record | most valuable | most in
super min count: fewest | least | least number of | lowest number of | smallest number of
super min count: fewest number of | lowest amount of
super min value: lowest | smallest | minimal
top max: top | best | leading | highest ranking
top min: bottom | worst
common max popular: most popular
common min popular: least popular
common max: busiest | most common | most frequent | most often | most frequently | most prevalent
common min: quietest | least common | least frequent | rarest | least often
adj long max: longest | lengthiest
adj long min: shortest
adj age max: oldest | eldest
adj age min: youngest
adj time max: newest | latest | most recent | most recently | last | recent
adj time min: earliest | first | least recent
adj cost max: most expensive | priciest | costliest | dearest
adj cost min: cheapest | least expensive | least costly
adj tall max: tallest | highest up
adj heavy max: heaviest
adj heavy min: lightest
adj wide max: widest
adj wide min: narrowest
adj deep max: deepest
adj deep min: shallowest
adj speed max: slowest
adj speed min: fastest | quickest
cmp >: more than | greater than | larger than | bigger than | higher than | over | above | exceed
cmp >: exceeds | exceeding | exceeded | in excess of | > | beyond | upwards of | worth more than
cmp >: is more than | that exceed | that exceeds | strictly more than | strictly greater than
cmp > long: longer than | lasting more than | lasting over | that last more than | took more than
cmp > long: took over | take more than | take over | takes more than | lasted more than
cmp > long: lasted over | slower than | taking more than | taking over | taking longer than
cmp > long: took longer than | take longer than
cmp < long: shorter than | took less than | takes less than | take less than | lasting less than
cmp < long: faster than | took under | taking less than | quicker than | lasted less than
cmp > cost: more expensive than | costlier than | cost more than | costs more than
cmp > cost: costing more than | priced above | priced over | costing over | cost over | costs over
cmp > cost: priced at more than
cmp < cost: cheaper than | less expensive than | cost less than | costs less than
cmp < cost: costing less than | priced below | priced under | costing under | cost under
cmp < cost: costs under
cmp > age: older than
cmp < age: younger than
cmp > tall: taller than
cmp > heavy: heavier than
cmp < heavy: lighter than
cmp > wide: wider than
cmp < wide: narrower than
cmp > deep: deeper than
cmp > time: later than | more recent than | more recently than
cmp < time: earlier than | sooner than | less recent than
cmp >=: at least | no less than | not less than | no fewer than | >= | a minimum of | minimum of
cmp >=: greater than or equal to | more than or equal to | not fewer than | equal or more than
cmp >=: equal to or greater than | equal to or more than | larger than or equal to | not under
cmp >=: higher than or equal to
cmp <: less than | fewer than | lower than | smaller than | under | below | < | fell below
cmp <: fall below | dropped below | worth less than
cmp <=: at most | no more than | not more than | up to | <= | a maximum of | maximum of
cmp <=: not exceeding | less than or equal to | equal to or less than | fewer than or equal to
cmp <=: smaller than or equal to | lower than or equal to | not over
cmp =: equal to | equals | equal | = | exactly | is equal to | are equal to | precisely | named
cmp =: called | titled | entitled | is called | with value | is named | of value | whose value is
cmp <>: not equal to | <> | != | different from | differ from | not named | not called
post >=: or after | and after | and later | or more | or above | and above | or higher
post >=: or greater | and up | or longer | and more | or over | or later
post <=: or before | and before | or earlier | or less | or fewer | or below | and below
post <=: or lower | or under | or shorter
between: between | ranging from | in the range of | in the range | in between
like start: start with | starts with | starting with | begin with | begins with | beginning with
like start: started with | that start with | starts by | prefixed with | prefixed by
like end: end with | ends with | ending with | ending in | end in | ends in | suffixed with
like has: contain the word | contains the word | containing the word | containing the phrase
like has: contains the phrase | has the word | have the word | has the phrase | have the phrase
like has: have the letter | has the letter | contain the letter | contains the letter
like has: with the letter | with the word | with the phrase | include the word | includes the word
like has: including the word | contain the substring | contains the substring | have the substring
like has: has the substring | contain the text | contains the text | containing the text
like has: include the phrase | with the substring | containing the substring | mention | mentions
like has: mentioning
like maybe: contain | contains | containing | include | includes | including
like has: letter | word | phrase | substring | letters | words
like like: like
order: ordered by | order by | sorted by | sort by | in order of | arranged by | ranked by
order: rank by | listed by | order them by | sort them by | ordered according to
order: sorted according to | ordered | sorted | in the order of | order of | arrange | order the
order: sort the | sort | rank | ranked | listed in order of | order the result by
order: sort the result by | order them | sort them
dir asc: ascending | in ascending order | ascending order | increasing | in increasing order
dir asc: asc | ascendingly | ascending order of | in ascending order of | in increasing order of
dir asc: in an ascending order
dir asc high: from low to high | from lowest to highest | from least to most | lowest to highest
dir asc high: from smallest to largest | lowest first | least first | fewest first
dir asc high: smallest first | smallest count first | lowest count first | smallest number first
dir asc age: from youngest to oldest | youngest first
dir asc long: from shortest to longest | shortest first
dir asc cost: from cheapest to most expensive | cheapest first
dir desc: descending | in descending order | descending order | decreasing | in decreasing order
dir desc: desc | descending order of | in descending order of | in decreasing order of
dir desc high: from high to low | from highest to lowest | from most to least
dir desc high: from largest to smallest | highest to lowest | highest first | most first
dir desc high: largest count first | highest count first | biggest count first | greatest first
dir desc high: biggest ones first | largest first | best first | highest rated first | biggest first
dir desc age: from oldest to youngest
dir desc tall: from tallest to shortest | tallest first
dir desc heavy: from heaviest to lightest | heaviest first
dir asc heavy: from lightest to heaviest | lightest first
dir desc long: from longest to shortest | longest first
dir desc cost: from most expensive to cheapest
dir asc time: in chronological order | chronologically | earliest first | from earliest to latest
dir asc time: from oldest to newest | oldest to newest | earliest to latest | oldest first
dir desc time: newest first | latest first | most recent first | from newest to oldest
dir desc time: from latest to earliest | newest to oldest | latest to earliest
dir desc time: reverse chronological order | in reverse chronological order
alpha asc: ascending alphabetical order of | in ascending alphabetical order of
alpha asc: in ascending alphabetical order | alphabetically | in alphabetical order
alpha asc: alphabetical order | in alphabetical order of | alphabetical order of
alpha asc: alphabetically by | ordered alphabetically | alphabetical | lexicographically
alpha asc: in alphabetical order by | in lexicographical order | a to z
alpha desc: in reverse alphabetical order | reverse alphabetically | z to a
alpha desc: reverse alphabetical order
distinct: kinds of | distinct | different | unique | various | distinctive
everything: all information | all the information | all details | details | detail | information
everything: everything | all columns | all fields | all attributes | full details
everything: complete information | all info | info | full information | all the details | all data
everything: complete details | everything about
share: share of | proportion of | fraction of | contribution of | share | contribution
share percent: percentage of | percent of | percentage | percent | percent share of
share percent: percentage share of | percentage contribution of
above: above the average | above average | more than the average | greater than the average
above: higher than the average | larger than the average | longer than the average
above: longer than average | over the average | higher than average | more than average
above: greater than average | bigger than the average | exceeding the average
above: larger than average | older than the average
below: below the average | below average | less than the average | lower than the average
below: smaller than the average | shorter than the average | shorter than average
below: fewer than the average | lower than average | less than average | under the average
below: smaller than average | younger than the average
noise: also | just | ever | currently | respectively | together | overall | there is | there are
noise: exist | exists | available | so far | in the database | in our database | in the system
noise: corresponding | corresponding to | associated | associated with | related to | related
noise: have been | as | if | so | then | now | to date | thanks | exactly what | what about
noise: how about | wise | according to | bring in | hey | hi | hello | ok | okay | dear | value
noise: values | value of | values of | in this database | recorded | already | altogether
noise: thank you | in the data | data | stored | stored in | listed | shown | present | existing
noise: we've | anyone | anybody | anything | worth | something | still | yet | as yet
noise: ones | one | part of | in it | in them | to it | on it | on them | in their collection
noise: following | you | your | up | done | in the table | level | field | column | fields
noise: columns | table | tables
same: same | the same
only: only
grain hour: hourly | hour by hour
grain day: daily | day by day | per day
grain week: weekly | week by week
grain month: monthly | month by month
grain quarter: quarterly | quarter by quarter
grain year: yearly | year by year | annual | annually
cycle weekday: weekday | day of the week | day of week | days of the week | week day
cycle hour of day: hour of the day | hour of day | time of day | time of the day
cycle month of year: month of the year | calendar month
days: weekend | working day | business day | workday
breakdown: breakdown of | breakdown | a breakdown of | break down | break down of | split of
trend: over time | trend of | trend in | trend
chart: as a chart | as a graph | in a chart | as a bar chart | as a line chart | plot | chart
chart: graph | as a plot | as a pie chart | visualise | visualize | draw
tabular: as a table | in a table
versus: vs | versus | compared to | compared with | compare | against | in comparison to
versus: relative to
growth year: yoy | year over year | year on year | compared to the year before
growth year: compared to a year ago | versus a year ago | vs the year before
growth quarter: qoq | quarter over quarter | quarter on quarter
growth month: mom | month over month | month on month
growth week: wow | week over week | week on week
growth: growth | growth of | growth in | change | change in | change of | increase in | increase
growth: decline | decrease | difference in | difference
true: true
false: false
null: null | empty | blank | unknown | not set | unset
notnull: not null | not empty | known | non null
"""


@cache
def senses() -> dict[tuple[str, ...], Sense]:
    """Return every function phrase, as singular words, with its sense."""
    found: dict[tuple[str, ...], Sense] = {}
    for line in _SENSES.strip().splitlines():
        sense, _, phrases = line.partition(": ")
        kind, _, value = sense.strip().partition(" ")
        for phrase in phrases.split(" | "):
            for said in _with_articles(phrase):
                found.setdefault(_cut(said), Sense(kind, value))
            if kind == "cmp" and not value.startswith("= "):
                # `a price of at least 5`
                found.setdefault(_cut(f"of {phrase}"), Sense(kind, value))
    return found


def _with_articles(phrase: str) -> tuple[str, ...]:
    """`from oldest to newest` is said with articles too; others are read without them."""
    bare = phrase.removeprefix("the ")
    first, _, rest = bare.partition(" ")
    if first == "from" and " to " in rest:
        low, _, high = rest.partition(" to ")
        return bare, f"from the {low} to the {high}"
    return (bare,)


def _cut(phrase: str) -> tuple[str, ...]:
    """Marks such as `>=` are words of a phrase here."""
    return words_of_text(phrase) or (phrase.strip(),)
