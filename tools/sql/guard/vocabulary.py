"""The words a statement may use: functions, types, operators, settings of the time value keywords.

Allowlists only: what is not here is refused. Names are Postgres's own, lower-case and unqualified;
they are resolved in pg_catalog, because the session that runs the statement has nothing else on its
search path. Functions that run SQL text, reach outside the database, wait, lock, notify, read
settings, statistics or system state, or build values of unbounded size are absent on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


AGGREGATES = words("""
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
    every json_agg json_agg_strict json_object_agg json_object_agg_strict json_object_agg_unique
    jsonb_agg jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique max
    min mode percentile_cont percentile_disc range_agg range_intersect_agg regr_avgx regr_avgy
    regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
    stddev_samp string_agg sum var_pop var_samp variance
""")

WINDOW_ONLY = words("""
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    row_number
""")

KEYWORD_CALLS = words("coalesce greatest least nullif grouping row all some")
"""Written like calls, read by the grammar as syntax of their own."""

SCALARS = words("""
    abs acos acosd asin asind atan atan2 atan2d atand cbrt ceil ceiling cos cosd cosh cot cotd
    degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod pi pow
    power radians random round scale sign sin sind sinh sqrt tan tand tanh trim_scale trunc
    width_bucket

    ascii bit_length btrim char_length character_length chr concat concat_ws format initcap left
    length lower lpad ltrim md5 normalize octet_length overlay position quote_literal quote_nullable
    regexp_count regexp_instr regexp_like regexp_match regexp_replace regexp_split_to_array
    regexp_substr repeat replace reverse right rpad rtrim split_part starts_with string_to_array
    strpos substr substring to_ascii to_bin to_hex to_oct translate trim unistr upper casefold
    pg_size_pretty

    decode encode sha224 sha256 sha384 sha512 convert_from convert_to
    bit_count get_bit get_byte crc32 crc32c

    age date date_bin date_part date_trunc extract isfinite justify_days justify_hours
    justify_interval make_date make_interval make_time make_timestamp make_timestamptz now
    clock_timestamp statement_timestamp transaction_timestamp timezone to_char to_date to_number
    to_timestamp current_time current_timestamp localtime localtimestamp date_add date_subtract

    array_append array_cat array_dims array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_to_string array_upper cardinality
    trim_array array_sample array_shuffle array_sort array_reverse

    array_to_json json_array_length json_build_array json_build_object json_extract_path
    json_extract_path_text json_object json_strip_nulls json_typeof jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_insert
    jsonb_object jsonb_path_exists jsonb_path_match jsonb_path_query_array jsonb_path_query_first
    jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof row_to_json to_json to_jsonb

    daterange int4range int8range isempty lower_inc lower_inf numrange range_merge tsrange tstzrange
    upper_inc upper_inf datemultirange int4multirange int8multirange nummultirange tsmultirange
    tstzmultirange multirange

    numnode phraseto_tsquery plainto_tsquery querytree setweight strip to_tsquery to_tsvector
    ts_headline ts_rank ts_rank_cd tsvector_to_array websearch_to_tsquery array_to_tsvector
    tsquery_phrase ts_delete ts_filter

    num_nonnulls num_nulls gen_random_uuid
    box circle point area center diameter height width radius
    host family masklen netmask network hostmask broadcast abbrev set_masklen inet_same_family
    inet_merge uuid_extract_timestamp uuid_extract_version
    int4 int8 int2 float4 float8 numeric text bool
""")

ONE_ROW = words("""
    to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery to_tsvector date_trunc date_bin
    make_date string_to_array regexp_match regexp_split_to_array jsonb_extract_path
    jsonb_extract_path_text jsonb_path_query_first jsonb_path_query_array
""")
"""Scalar functions that people also write in FROM, to name a value once."""

TABLE_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "generate_series": (),
    "unnest": (),
    "jsonb_array_elements": ("value",),
    "jsonb_array_elements_text": ("value",),
    "json_array_elements": ("value",),
    "json_array_elements_text": ("value",),
    "jsonb_each": ("key", "value"),
    "jsonb_each_text": ("key", "value"),
    "json_each": ("key", "value"),
    "json_each_text": ("key", "value"),
    "jsonb_object_keys": (),
    "json_object_keys": (),
    "jsonb_path_query": (),
    "jsonb_to_recordset": (),
    "json_to_recordset": (),
    "jsonb_to_record": (),
    "json_to_record": (),
    "regexp_matches": (),
    "regexp_split_to_table": (),
    "string_to_table": (),
    "generate_subscripts": (),
    **dict.fromkeys(ONE_ROW, ()),
}
"""Functions that return rows, with the names of their columns; () is one, named by the alias."""

RECORD_FUNCTIONS = words("jsonb_to_recordset json_to_recordset jsonb_to_record json_to_record")
"""They need a column definition list."""

TYPES = words("""
    bool int2 int4 int8 float4 float8 numeric text varchar bpchar date time timetz timestamp
    timestamptz interval uuid json jsonb jsonpath bytea bit varbit inet cidr macaddr money point box
    circle tsvector tsquery int4range int8range numrange tsrange tstzrange daterange int4multirange
    int8multirange nummultirange tsmultirange tstzmultirange datemultirange
""")

OPERATORS = words("""
    + - * / % ^ || = <> != < <= > >= ~ !~ ~* !~* ~~ !~~ ~~* !~~* & | # << >> @> <@ && -|- &< &>
    ? ?| ?& @? @@ -> ->> #> #>> #- ^@ |/ ||/ @ <-> <<= >>=
""")

COLLATIONS = words("C POSIX default ucs_basic unicode C.utf8 en_US en_US.utf8 und-x-icu en-x-icu")

TIME_FIELDS = words("""
    century day decade dow doy epoch hour isodow isoyear julian microseconds millennium milliseconds
    minute month quarter second timezone timezone_hour timezone_minute week year
    centuries decades days hours microsecond millisecond millennia mins minutes mon mons months secs
    seconds weeks years
""")

TEXT_SEARCH = words("""
    to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_headline
""")
"""Their first argument may name a configuration, which a database can have of its own."""

SAMPLING = words("bernoulli system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """A type of the database's own whose values are all known: constants may be cast to it."""

    schema: str
    name: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What may be called; operators of a deployment add their own functions by name.

    An added name is `schema.function` (rendered so) or a bare pg_catalog name. The operator answers
    for what it does: it must not write, wait, read files or run SQL text.
    """

    functions: frozenset[str] = AGGREGATES | WINDOW_ONLY | SCALARS | KEYWORD_CALLS
    table_functions: frozenset[str] = frozenset(TABLE_FUNCTIONS)
    types: frozenset[str] = TYPES
    enums: Mapping[str, Enum] = field(default_factory=dict)
    """Types of the database's own by every name they may be written with."""

    @classmethod
    def extended(cls, extra_functions: frozenset[str] = frozenset()) -> Vocabulary:
        """Return the standard vocabulary with more scalar or aggregate functions."""
        return cls().with_functions(extra_functions)

    def with_functions(self, extra: frozenset[str]) -> Vocabulary:
        """Return this vocabulary with more functions."""
        return replace(self, functions=self.functions | extra)

    def with_enums(self, enums: Mapping[str, Enum]) -> Vocabulary:
        """Return this vocabulary with the enumerations of a database."""
        return replace(self, enums=enums)


STANDARD = Vocabulary()
