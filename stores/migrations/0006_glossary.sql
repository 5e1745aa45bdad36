-- What words were taken to mean, proposed until the owner decides; and who does the background work.

create table clearway.glossary_entry (
    entry_id bigint generated always as identity primary key,
    source_id text not null,
    term text not null,
    kind text not null check (kind in ('table', 'column', 'measure', 'value')),
    target text not null,
    status text not null default 'proposed' check (status in ('proposed', 'accepted', 'rejected')),
    uses bigint not null default 1,
    example text not null,
    proposed_by text not null,
    tenant text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    unique (source_id, tenant, term, kind, target)
);
comment on table clearway.glossary_entry is 'One row per word, meaning and tenant. Nothing is learned from it before the owner accepts it.';
comment on column clearway.glossary_entry.target is 'schema.table, schema.table.column, schema.table:measure, or schema.table.column=value of a public column.';
comment on column clearway.glossary_entry.example is 'The question as it was first asked, redacted.';
grant select, insert, update, delete on clearway.glossary_entry to clearway_app;

create table clearway.maintenance_lease (
    name text primary key,
    owner text not null,
    until timestamptz not null
);
comment on table clearway.maintenance_lease is 'Who does the background work: a lease that is not renewed is free.';
grant select, insert, update, delete on clearway.maintenance_lease to clearway_app;

create table clearway.maintenance_run (
    job text primary key,
    began_at timestamptz not null,
    took_ms double precision not null,
    success boolean not null,
    detail text not null,
    failures integer not null
);
comment on table clearway.maintenance_run is 'The last run of each job; `failures` counts those in a row.';
grant select, insert, update, delete on clearway.maintenance_run to clearway_app;
