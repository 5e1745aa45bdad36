"""Vectors of passages in Postgres, where pgvector is there; each with the model that made it.

The table is made on first use, by an administrator, and not by a migration: a server without
pgvector keeps everything else, and one that gets it later needs nothing migrated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b

from psycopg import AsyncConnection, errors, sql
from psycopg.rows import DictRow

from clearway.errors import ConfigurationError
from clearway.stores.connect import connect, store_errors
from clearway.stores.documents.nearest import LONGEST_INDEXED, NO_VECTORS
from clearway.stores.documents.write import VARIABLE

OLDEST = (0, 8)
"""The first pgvector whose index scan goes on until enough rows pass the filters."""

_PLACE = """
select extnamespace::regnamespace::text as place, extversion as version from pg_extension
where extname = 'vector'
"""
_TABLE = """
create table if not exists clearway.doc_vector (
    chunk_id integer not null references clearway.doc_chunk on delete cascade,
    model_id text not null,
    class_id integer not null,
    vector {place}.vector not null,
    primary key (chunk_id, model_id)
)
"""
_POLICY = """
do $$
begin
    if not (select relrowsecurity from pg_class where oid = 'clearway.doc_vector'::regclass) then
        alter table clearway.doc_vector enable row level security;
        create policy doc_vector_seen on clearway.doc_vector for select to clearway_app
            using (class_id = any ((select clearway.doc_classes())::integer[]));
        grant select on clearway.doc_vector to clearway_app;
        comment on table clearway.doc_vector is 'Of passages, by the model that made them.';
    end if;
end
$$
"""
_BY_CLASS = """
create index if not exists doc_vector_class on clearway.doc_vector (class_id, model_id)
"""
_INDEX = """
create index if not exists {name} on clearway.doc_vector
using hnsw ((vector::{place}.halfvec({dimensions})) {place}.halfvec_cosine_ops)
where model_id = {model}
"""
# In 16 bits an index takes half the room, and twice the dimensions are allowed.
_DROP_WIDE = "drop index if exists clearway.{wide}"
"""An index in 32 bits, as it was made before, is no longer read."""
_MISSING = """
from doc_chunk as chunk
join doc_document as document on document.id = chunk.document_id
where not exists (
    select from doc_vector as made where made.chunk_id = chunk.id and made.model_id = %(model)s
)
"""
_LIST = f"""
select chunk.id, concat_ws(
    E'\\n', document.title, nullif(array_to_string(chunk.section, ' > '), ''), chunk.body
) as text
{_MISSING}
order by chunk.id
limit %(limit)s
"""
_KEEP = """
insert into doc_vector (chunk_id, model_id, class_id, vector)
select chunk.id, %(model)s, chunk.class_id, made.vector::{place}.vector
from unnest(%(chunks)s::integer[], %(vectors)s::text[]) as made(chunk_id, vector)
join doc_chunk as chunk on chunk.id = made.chunk_id
on conflict (chunk_id, model_id) do update set vector = excluded.vector
"""


class VectorKeeper:
    """Implements `VectorWriter`. Its connection is the owner's."""

    def __init__(self, admin: str, connection: AsyncConnection[DictRow]) -> None:
        """`admin` is where the extension is created; `connection` is in autocommit mode."""
        self._admin = admin
        self._connection = connection
        self._place = ""

    async def prepare(self, model_id: str, dimensions: int) -> None:
        """Make the table and the model's index; raise `ConfigurationError` without pgvector."""
        self._place = await self._extension()
        names = {
            "place": sql.SQL(self._place),
            "dimensions": sql.Literal(dimensions),
            "model": sql.Literal(model_id),
            "name": sql.Identifier(_index_name(model_id)),
            "wide": sql.Identifier(_wide_name(model_id)),
        }
        with store_errors("make room for vectors"):
            await self._connection.execute("set client_min_messages = warning")
            indexes = (_BY_CLASS, _INDEX) if dimensions <= LONGEST_INDEXED else (_BY_CLASS,)
            for statement in (_TABLE, _POLICY, _DROP_WIDE, *indexes):
                await self._connection.execute(sql.SQL(statement).format(**names))

    async def count_missing(self, model_id: str) -> int:
        """Return how many passages have no vector of this model."""
        with store_errors("count passages without a vector"):
            cursor = await self._connection.execute(
                f"select count(*)::integer as count {_MISSING}", {"model": model_id}
            )
            row = await cursor.fetchone()
        return int(row["count"]) if row else 0

    async def missing(self, model_id: str, limit: int) -> list[tuple[int, str]]:
        """Return passages without a vector of this model: title, headings and text."""
        with store_errors("read passages without a vector"):
            cursor = await self._connection.execute(_LIST, {"model": model_id, "limit": limit})
            return [(row["id"], row["text"]) for row in await cursor.fetchall()]

    async def keep(self, model_id: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """Keep vectors; a passage that is gone meanwhile is passed over."""
        values = {
            "model": model_id,
            "chunks": [chunk_id for chunk_id, _ in vectors],
            "vectors": [str([float(number) for number in vector]) for _, vector in vectors],
        }
        with store_errors("keep vectors"):
            await self._connection.execute(
                sql.SQL(_KEEP).format(place=sql.SQL(self._place)), values
            )

    async def forget_others(self, model_id: str) -> int:
        """Remove the vectors and the index of every other model."""
        with store_errors("remove the vectors of other models"):
            cursor = await self._connection.execute(
                "delete from doc_vector where model_id <> %s returning model_id", [model_id]
            )
            gone = [row["model_id"] for row in await cursor.fetchall()]
            for other in set(gone):
                for name in (_index_name(other), _wide_name(other)):
                    drop = sql.SQL("drop index if exists clearway.{}")
                    await self._connection.execute(drop.format(sql.Identifier(name)))
            await self._connection.execute("analyze doc_vector")
        return len(gone)

    async def _extension(self) -> str:
        """Return the schema pgvector is in, installing it where the server has it."""
        async with await connect(self._admin, VARIABLE) as admin:
            try:
                with store_errors("look for pgvector"):
                    row = await (await admin.execute(_PLACE)).fetchone()
                    if row is None:
                        await admin.execute(_INSTALL)
                        row = await (await admin.execute(_PLACE)).fetchone()
            except Exception as error:
                if isinstance(error.__cause__, errors.FeatureNotSupported | errors.UndefinedFile):
                    raise ConfigurationError(NO_VECTORS, variable=VARIABLE) from None
                if isinstance(error.__cause__, errors.InsufficientPrivilege):
                    raise ConfigurationError(_NOT_ALLOWED, variable=VARIABLE, sql=_CREATE) from None
                raise
        if row is None or _version(row["version"]) < OLDEST:
            raise ConfigurationError(NO_VECTORS, variable=VARIABLE)
        return str(row["place"])


_CREATE = "create extension vector;"
_INSTALL = "create extension if not exists vector schema public"
_NOT_ALLOWED = (
    "pgvector is on the server but not in this database, and the login of CLEARWAY_DATABASE_URL "
    "may not add it: have an administrator run the statement in `details.sql`."
)


@asynccontextmanager
async def open_vectors(admin: str, owner: str) -> AsyncIterator[VectorKeeper]:
    """Yield a keeper of vectors; the strings are `Addresses.admin` and `Addresses.owner`."""
    async with await connect(owner, VARIABLE) as connection:
        yield VectorKeeper(admin, connection)


def _index_name(model_id: str) -> str:
    return f"doc_nearest_{blake2b(model_id.encode(), digest_size=8).hexdigest()}"


def _wide_name(model_id: str) -> str:
    return f"doc_vector_{blake2b(model_id.encode(), digest_size=8).hexdigest()}"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
