"""`clearway docs`: documents that can be asked about; add, list, search and remove them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from clearway.cli.docs_show import counted, listed, show_answer, show_hits, tell_left_out, told
from clearway.cli.run import entry, run
from clearway.errors import ConfigurationError, ModelUnavailable

if TYPE_CHECKING:
    from clearway.identity import Principal
    from clearway.settings import Settings
    from clearway.stores.documents.write import DocumentKeeper
    from clearway.stores.postgres import Database
    from clearway.tools.docs.ingesting.ingest import Step
    from clearway.tools.docs.ports import Embedder
    from clearway.tools.docs.types import Found, Listed

Result = TypeVar("Result")

commands = typer.Typer(help="Documents that can be asked about.", no_args_is_help=True)

Collection = Annotated[str, typer.Option(help="The collection they belong to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@commands.command("add")
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all in them.")],
    collection: Collection = "default",
    acl: Annotated[
        list[str] | None,
        typer.Option(help="Who may see them: everyone, role:NAME or user:NAME; repeatable."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="A user who may always see them.")] = None,
    as_json: AsJson = False,
) -> int:
    """Add documents, or bring them up to date: only what changed is read again.

    What is gone from a folder is removed. Exit code 1 where a file could not be read.
    """
    from clearway.tools.docs.access import access_list, collection_name
    from clearway.tools.docs.ingesting.ingest import left_out
    from clearway.tools.docs.types import Access

    settings, asker = entry(), _asker()
    access = Access(
        tenant=asker.tenant,
        collection=collection_name(collection),
        acl=access_list(acl or [], owner=owner),
    )

    async def work() -> list[Step]:
        from clearway.stores.documents.write import open_keeper
        from clearway.stores.postgres import open_database
        from clearway.tools.docs.ingesting.ingest import add as ingest
        from clearway.tools.docs.ingesting.ingest import sources
        from clearway.tools.docs.ingesting.isolate import isolated_parser

        files = sources(paths)
        async with (
            open_database(settings) as database,
            open_keeper(database.addresses.owner) as keeper,
            isolated_parser() as parser,
        ):
            with _progress() as progress:
                bar = progress.add_task("reading", total=len(files))
                steps = []
                async for step in ingest(paths, access, keeper, parser, files=files):
                    steps.append(step)
                    progress.update(bar, advance=step.change != "removed")
            if any(step.change in ("added", "updated", "removed") for step in steps):
                await keeper.tidy()
            await _embed_added(database, settings)
            return steps

    try:
        code = told(run(work()), as_json=as_json)
        tell_left_out(left_out(paths))
        return code
    except KeyboardInterrupt:
        Console(stderr=True).print("What was added is kept; add it again to go on.")
        raise


@commands.command("list")
def list_documents(
    collection: Annotated[str | None, typer.Option(help="Of this collection only.")] = None,
    as_json: AsJson = False,
) -> int:
    """List what is kept, by collection and path."""
    kept = _with_keeper(lambda keeper, asker: keeper.kept(asker.tenant, collection))
    if as_json:
        for each in kept:
            typer.echo(json.dumps(listed(each)))
        return 0
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("collection", "document", "title", "passages", "seen by", "changed"):
        grid.add_column(heading, overflow="fold")
    for each in kept:
        changed = f"{each.modified_at:%Y-%m-%d}"
        who = escape(", ".join(each.acl))
        cells = (escape(each.collection), escape(each.label), escape(each.title))
        grid.add_row(*cells, str(each.chunk_count), who, changed)
    where = f" in the collection {escape(collection)}" if collection else ""
    Console().print(grid if kept else f"No documents are kept{where}: `clearway docs add PATH`.")
    return 0


@commands.command("remove")
def remove(
    names: Annotated[
        list[str] | None, typer.Argument(help="Paths or labels, as listed; a folder for all in it.")
    ] = None,
    collection: Annotated[str | None, typer.Option(help="Of this collection only.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> int:
    """Remove documents, and all that was derived from them."""
    if not names and not everything:
        raise typer.BadParameter("name documents, or --all")

    async def work(keeper: DocumentKeeper, asker: Principal) -> int:
        kept = await keeper.kept(asker.tenant, collection)
        gone = [each.id for each in kept if everything or _named(each, names or [])]
        return await keeper.drop(gone)

    removed = _with_keeper(work)
    if not removed:
        Console().print("No such document is kept; `clearway docs list` shows what is.")
        return 1
    Console().print(f"[green]✓[/] {counted(removed, 'document')} removed", highlight=False)
    return 0


@commands.command("search")
def search(  # noqa: PLR0917  # typer reads the options from the signature
    question: Annotated[str, typer.Argument(help="What to look for.")],
    collection: Annotated[
        list[str] | None, typer.Option(help="In this collection only; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50)] = 5,
    answer: Annotated[bool, typer.Option("--answer", help="Quote what answers it.")] = False,
    user: Annotated[str | None, typer.Option(help="Search as this user.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show the passages that fit best, of those you may see."""
    from clearway.llm.embeddings.choose import choose_embedder
    from clearway.tools.docs.answering.answer import extracted
    from clearway.tools.docs.answering.search import DocumentSearch
    from clearway.tools.docs.types import Filters

    settings, asker = entry(), _asker(user)

    async def work() -> Found:
        from clearway.stores.documents.search import PostgresDocuments
        from clearway.stores.postgres import open_database

        async with open_database(settings) as database:
            found = DocumentSearch(PostgresDocuments(database.pool), choose_embedder(settings))
            filters = Filters(collections=tuple(collection or ()))
            looked = found.to_answer if answer else found.search
            return await looked(question, asker, filters, limit=limit)

    found = run(work())
    if answer:
        return show_answer(extracted(question, found), as_json=as_json)
    show_hits(found, as_json=as_json)
    return 0


@commands.command("reembed")
def reembed() -> int:
    """Give every passage a vector of the embedding model in use; those of others go."""
    from clearway.llm.embeddings.choose import choose_embedder, embedder_in_words

    settings = entry()
    embedder = choose_embedder(settings)
    if embedder is None:
        raise ConfigurationError(f"The embedding model is {embedder_in_words(settings)}.")
    chosen: Embedder = embedder

    async def work(database: Database) -> int:
        return await _embedded(database, chosen, forget_others=True)

    count = run(_opened(work))
    name = escape(chosen.model_id)
    Console().print(f"[green]✓[/] {counted(count, 'passage')} embedded by {name}", highlight=False)
    return 0


def _asker(user: str | None = None) -> Principal:
    from clearway.callers import operating_system_user

    caller = operating_system_user()
    return caller if user is None else caller.acting_for(user)


async def _embed_added(database: Database, settings: Settings) -> None:
    """Embed new passages where there is a model; what stands in the way of that is told."""
    from clearway.llm.embeddings.choose import choose_embedder

    try:
        if embedder := choose_embedder(settings):
            await _embedded(database, embedder, forget_others=False)
    except (ConfigurationError, ModelUnavailable) as error:
        Console(stderr=True).print(f"[yellow]![/] {escape(error.message)}", highlight=False)


async def _embedded(database: Database, embedder: Embedder, *, forget_others: bool) -> int:
    """Embed what has no vector of this model, showing how far it is; return how much that was."""
    from clearway.stores.documents.vectors import open_vectors
    from clearway.tools.docs.ingesting.embed import embed_missing

    addresses, done = database.addresses, 0
    with _progress() as progress:
        bar = progress.add_task("embedding", total=None)
        async with open_vectors(addresses.admin, addresses.owner) as vectors:
            async for done, total in embed_missing(embedder, vectors, forget_others=forget_others):
                progress.update(bar, completed=done, total=total)
    return done


def _with_keeper(work: Callable[[DocumentKeeper, Principal], Awaitable[Result]]) -> Result:
    async def kept(database: Database) -> Result:
        from clearway.stores.documents.write import open_keeper

        async with open_keeper(database.addresses.owner) as keeper:
            return await work(keeper, _asker())

    return run(_opened(kept))


async def _opened(work: Callable[[Database], Awaitable[Result]]) -> Result:
    async with _database() as database:
        return await work(database)


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    from clearway.stores.postgres import open_database

    async with open_database(entry()) as database:
        yield database


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip


def _named(each: Listed, names: list[str]) -> bool:
    places = {str(Path(name).resolve()) for name in names}
    return (
        each.label in names
        or each.path in places
        or any(Path(each.path).is_relative_to(place) for place in places)
    )
