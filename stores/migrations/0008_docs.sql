-- Documents: what was added, its passages, and an inverted index of our own for BM25.
--
-- Everything hangs on a class: one tenant, one collection, one set of readers. Postings and counts are
-- kept per class, so that neither a passage, nor a count, nor a weight of a document somebody may not
-- see takes part in their search. The application reads under row level security and cannot write;
-- documents are added by administrators, as the owner. Vectors are not made here: where pgvector is
-- missing, words alone are searched.

create table clearway.doc_class (
    id integer generated always as identity primary key,
    tenant text not null,
    collection text not null,
    acl text[] not null check (cardinality(acl) > 0),
    documents integer not null default 0,
    chunks integer not null default 0,
    unique (tenant, collection, acl)
);
comment on column clearway.doc_class.acl is 'Sorted. `everyone` of the tenant, `role:NAME` or `user:NAME`.';

create table clearway.doc_document (
    id integer generated always as identity primary key,
    class_id integer not null references clearway.doc_class,
    path text not null,
    label text not null,
    title text not null,
    content_hash text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    added_at timestamptz not null default now(),
    chunk_count integer not null
);
create index doc_document_path on clearway.doc_document (path, class_id);
create index doc_document_class on clearway.doc_document (class_id, modified_at);

create table clearway.doc_chunk (
    id integer generated always as identity primary key,
    class_id integer not null,
    document_id integer not null references clearway.doc_document on delete cascade,
    ordinal integer not null,
    section text[] not null,
    line integer not null,
    end_line integer not null,
    page integer,
    body text not null
);
create index doc_chunk_document on clearway.doc_chunk (document_id, ordinal);

create table clearway.doc_terms (
    chunk_id integer primary key references clearway.doc_chunk on delete cascade,
    class_id integer not null,
    terms bigint[] not null,
    impacts smallint[] not null
);
comment on table clearway.doc_terms is 'The index the other way round: to finish a score, and to find the postings of what goes.';

create table clearway.doc_posting (
    term bigint not null,
    class_id integer not null,
    impact smallint not null,
    chunk_id integer not null
);
comment on column clearway.doc_posting.impact is 'In thousandths: weighted frequency / (k1 + weighted frequency). The best come first, so that a common word is read only as far as it counts.';
create index doc_posting_best on clearway.doc_posting (term, class_id, impact desc, chunk_id);
-- Rows are only ever added and removed: index-only scans need them seen as visible soon.
alter table clearway.doc_posting set (autovacuum_vacuum_insert_scale_factor = 0.05);

create table clearway.doc_stat (
    term bigint not null,
    class_id integer not null,
    documents integer not null,
    chunks integer not null,
    primary key (term, class_id)
) with (fillfactor = 80);
comment on table clearway.doc_stat is 'How many documents and passages of a class hold a term.';

create table clearway.doc_definition (
    class_id integer not null,
    chunk_id integer not null references clearway.doc_chunk on delete cascade,
    name text not null,
    term text not null,
    meaning text not null,
    quote text not null
);
comment on column clearway.doc_definition.name is 'The term as questions are matched: stems, one blank between them.';
create index doc_definition_name on clearway.doc_definition (name, class_id);
create index doc_definition_chunk on clearway.doc_definition (chunk_id);

-- What the asker is known as, from the settings of the transaction; nothing where they are not set.
create function clearway.doc_grants() returns text[]
language sql stable set search_path = pg_catalog as $$
    select array_agg(entry)
    from jsonb_array_elements_text(nullif(current_setting('clearway.grants', true), '')::jsonb) as entry
$$;
comment on function clearway.doc_grants is 'clearway.grants is a JSON array: ["everyone", "user:ada", "role:analyst"].';

alter table clearway.doc_class enable row level security;
create policy doc_class_seen on clearway.doc_class for select to clearway_app using (
    tenant = current_setting('clearway.tenant', true) and acl && (select clearway.doc_grants())
);

-- Runs as the asker: it returns the classes the policy above lets them see.
create function clearway.doc_classes() returns integer[]
language sql stable set search_path = pg_catalog as $$
    select coalesce(array_agg(id), '{}') from clearway.doc_class
$$;

do $$
declare
    kept text;
begin
    foreach kept in array array[
        'doc_document', 'doc_chunk', 'doc_terms', 'doc_posting', 'doc_stat', 'doc_definition'
    ] loop
        execute format('alter table clearway.%I enable row level security', kept);
        execute format(
            'create policy %I on clearway.%I for select to clearway_app '
            'using (class_id = any ((select clearway.doc_classes())::integer[]))',
            kept || '_seen', kept
        );
    end loop;
end
$$;
grant select on
    clearway.doc_class, clearway.doc_document, clearway.doc_chunk, clearway.doc_terms,
    clearway.doc_posting, clearway.doc_stat, clearway.doc_definition
to clearway_app;
