"""Mutants of the benign corpus: effects planted, words dropped, repeated, spliced and disguised."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

from clearway.evals.bench.sql_corpus import FOLDER, entries
from clearway.tools.sql.guard.vocabulary import words

EXPRESSIONS = (
    "pg_sleep(1)",
    "(select max(ssn) from customers)",
    "(select value from secrets limit 1)",
    "(select s.value from analytics.secrets s where s.id = 1)",
    "ssn",
    "customers.ssn",
    "c.ssn",
    "o.ctid",
    "touch_audit()",
    "analytics.touch_audit()",
    "nextval('order_number_seq')",
    "set_config('role', 'postgres', false)",
    "current_setting('clearway.mask_key')",
    "lo_import('/etc/passwd')",
    "pg_read_file('/etc/passwd')",
    "query_to_xml('select 1', true, true, '')",
    "(customers).ssn",
    "('x'::text).reveal",
    "customers.profile",
    "'secrets'::regclass",
    "(1 operator(analytics.###) 1)",
    "current_user",
    "$1",
    "repeat('x', 1000000000)",
    "generate_series(1, 1000000000)",
    "(with w as (delete from orders returning 1) select 1 from w)",
    "('x' collate canary_collation)",
    "sum(1) over (partition by pg_sleep(1))",
    "count(*) filter (where pg_sleep(1) is null)",
    "to_json(customers)",
    "(select c from customers c limit 1)",
    "(select to_jsonb(q) ->> 'ssn' from (select * from customers) q limit 1)",
    "exists (select 1 from vault.ledger)",
    "array(select iban from payroll)",
    "dblink('x', 'y')",
    'U&"ss\\006e"',
    "'a' ~ '(a+)+\\1'",
    "xmlparse(document '<a/>')",
    "row(customers.*)",
    "coalesce((select min(key) from api_keys), '')",
    "1 as ssn",
    "name as ssn",
    "(select 1 as ssn from customers order by (ssn, 1) limit 1)",
    "(select id from customers join (values ('x')) v(ssn) using (ssn) limit 1)",
    "(select id from customers natural join (values ('x')) v(ssn) limit 1)",
    "(select count(*) from (select 1 as ssn from customers group by ssn) q)",
)
RELATIONS = (
    "secrets",
    "analytics.secrets",
    "vault.ledger",
    "pg_catalog.pg_shadow",
    "pg_shadow",
    "information_schema.tables",
    "open_items",
    '"Customers"',
    "customers",
    "employees",
    "(select ssn from customers) q",
    "lateral (select ssn from customers) q",
    "(delete from orders returning id) q",
    "all_secrets()",
    "pg_ls_dir('.')",
    "rows from (pg_sleep(1), generate_series(1, 2))",
    "customers natural join secrets",
    "customers join secrets using (id)",
    "customers c(id, name, ssn)",
    "generate_series(1, 1000000000)",
    "orders tablesample system (10)",
    "only secrets",
    "(table secrets) q",
    "(values ((select max(value) from secrets))) q",
)
TAILS = (
    " for update",
    " for share of orders",
    "; drop table orders",
    " union select value from secrets",
    " union all select ssn from customers",
    " intersect table secrets",
    " limit all",
    " limit 999999999",
    " limit (select count(*) from secrets)",
    " offset pg_sleep(1)",
    " order by pg_sleep(1)",
    " order by (select max(value) from secrets)",
    " order by (ssn, 1)",
    " order by ssn",
    " group by ssn",
    " fetch first 5 rows with ties",
    " into loot",
    " -- x",
    " /* /* */",
    "\u00a0",
    "\0",
)
_KEYWORDS = words("""
    all and any array as asc between both by case cast collate cross cube current_date desc distinct
    else end escape except exists extract false fetch filter first following for from full group
    grouping having ilike in inner intersect interval is join last lateral leading left like limit
    materialized natural not null nulls offset on only or order ordinality outer over overlaps
    partition position preceding range recursive right rollup row rows select sets similar substring
    symmetric table then ties to trailing trim true unbounded union using values when where window
    with within
""")
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\w*\$|\w+|\s+|--[^\n]*|[^\w\s]""")


def mutants(count: int, seed: int, folder: Path = FOLDER) -> Iterator[str]:
    """Yield mutants of the benign corpus, and random bytes among them."""
    choose = random.Random(seed)
    texts = [entry["sql"] for entry in entries("benign", folder)]
    for number in range(count):
        if number % 50 == 0:
            yield "".join(
                choose.choices(string.printable + "\x00é\u2028'\"", k=choose.randint(0, 80))
            )
            continue
        tokens = _TOKEN.findall(choose.choice(texts))
        for _ in range(choose.choice((1, 1, 1, 2, 2, 3))):
            tokens = choose.choice(_MUTATIONS)(tokens, choose, texts)
        yield "".join(tokens)


def _place(tokens: Sequence[str], choose: random.Random) -> int:
    return choose.randrange(len(tokens)) if tokens else 0


def _plant_expression(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    """Put an effect where a value or a column was."""
    places = [place for place, token in enumerate(tokens) if _is_value(token)]
    if not places:
        return tokens
    place = choose.choice(places)
    return [*tokens[:place], choose.choice(EXPRESSIONS), *tokens[place + 1 :]]


def _is_value(token: str) -> bool:
    first = token[:1]
    return first in ("'", '"') or (first.isalnum() and token.lower() not in _KEYWORDS)


def _plant_relation(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    """Put something denied where a table was."""
    places = [
        place + 2
        for place, token in enumerate(tokens[:-2])
        if token.lower() in ("from", "join") and tokens[place + 1].isspace()
    ]
    if not places:
        return tokens
    place = choose.choice(places)
    return [*tokens[:place], choose.choice(RELATIONS), *tokens[place + 1 :]]


def _plant_tail(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    return [*tokens, choose.choice(TAILS)]


def _disguise(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    spaces = ("/**/", " -- x\n", "\t", "\n", "/* /* */ */", " ")
    return [
        choose.choice(spaces) if token.isspace() and choose.random() < 0.3
        else token.swapcase() if token[:1].isalpha() and choose.random() < 0.1
        else token
        for token in tokens
    ]  # fmt: skip


def _drop(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    place = _place(tokens, choose)
    return tokens[:place] + tokens[place + choose.randint(1, 3) :]


def _repeat(tokens: list[str], choose: random.Random, _: list[str]) -> list[str]:
    place = _place(tokens, choose)
    span = tokens[place : place + choose.randint(1, 8)]
    return tokens[:place] + span + tokens[place:]


def _splice(tokens: list[str], choose: random.Random, texts: list[str]) -> list[str]:
    other = _TOKEN.findall(choose.choice(texts))
    return tokens[: _place(tokens, choose)] + other[_place(other, choose) :]


def _nest(tokens: list[str], choose: random.Random, texts: list[str]) -> list[str]:
    wraps = ("with w as ({}) select * from w", "select * from ({}) q", "({}) union all ({})")
    text = "".join(tokens).rstrip("; \n")
    other = choose.choice(texts).rstrip("; \n")
    return _TOKEN.findall(choose.choice(wraps).replace("{}", text, 1).replace("{}", other))


_MUTATIONS = (
    *((_plant_expression,) * 8),
    *((_plant_relation,) * 3),
    _plant_tail,
    *((_disguise,) * 2),
    *((_nest,) * 2),
    _drop,
    _repeat,
    _splice,
)
