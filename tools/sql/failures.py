"""What Postgres's error codes mean to someone who asked: our sentences, never the server's text.

A raw message can carry a row (a failed CHECK prints it), so only the SQLSTATE is read.
"""

from __future__ import annotations

import psycopg

from clearway.errors import ClearwayError, ExecutionError, RequestTimeoutError
from clearway.tools.sql.session import unavailable

_BY_STATE = {
    "22012": "The statement divides by zero; use nullif(divisor, 0).",
    "22P02": "A text in the data or the statement is not a value of the type it is converted to.",
    "22003": "A number is too large for its type.",
    "22007": "A text is not a date or time in the form it is read in.",
    "22008": "A date or time is out of range.",
    "22P05": "A character cannot be represented in the encoding asked for.",
    "21000": "A subquery used as a value returned more than one row.",
    "42804": "Values of different types are combined; convert one of them.",
    "42846": "A value cannot be converted to the type asked for.",
    "42883": "No operator or function takes values of these types; convert one of them.",
    "42803": "A column is neither grouped nor aggregated.",
    "42702": "A name could mean more than one column; write the table's alias before it.",
    "42703": "A column of the catalog is not in the database; refresh the catalog.",
    "42P01": "A table of the catalog is not in the database; refresh the catalog.",
    "42501": "The reader role may not read this; run `clearway warehouse grant`.",
    "25006": "The statement would have changed something; only reads run.",
    "55P03": "A table is locked by someone else; try again later.",
    "40001": "The read conflicted with a change; try again.",
    "40P01": "The read conflicted with a change; try again.",
    "54001": "The statement is too complex for the database.",
}
_BY_CLASS = {
    "22": "A value in the data does not fit what the statement does with it.",
    "42": "The database does not accept the statement: names, types or grouping do not fit.",
    "53": "The database has no memory, disk or connection to spare for this; make it smaller.",
    "54": "The statement is beyond a limit of the database.",
    "0A": "The database does not support what the statement asks for.",
    "2B": "The database refuses the statement.",
}
_OUT_OF_TIME = {"57014", "25P03", "25P04"}
"""The statement's, the idle and the transaction timeout; the last two end the connection too."""

_CONNECTION_STATES = ("57P", "08")


def is_connection_lost(error: psycopg.Error) -> bool:
    """Return whether the server went away, rather than refused the statement."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith(_CONNECTION_STATES)


def describe(error: psycopg.Error) -> str:
    """Return the sentence for an error code."""
    state = error.sqlstate or ""
    return _BY_STATE.get(
        state, _BY_CLASS.get(state[:2], "The database could not run the statement.")
    )


def translate(error: psycopg.Error) -> ClearwayError:
    """Return our error for the database's; `details` has the SQLSTATE and nothing else of it."""
    if error.sqlstate in _OUT_OF_TIME:
        return RequestTimeoutError(
            "The statement took longer than it may; narrow it to fewer rows or a shorter period.",
            sqlstate=error.sqlstate,
        )
    if is_connection_lost(error):
        return unavailable()
    return ExecutionError(describe(error), sqlstate=error.sqlstate)
