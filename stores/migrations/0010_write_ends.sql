-- What came of a write that was claimed, and how claims leave when no request could send theirs again.

alter table clearway.service_write
    add column settled_at timestamptz,
    add column came text check (came in ('done', 'not_done', 'unknown')),
    add constraint service_write_settled check ((settled_at is null) = (came is null));
comment on table clearway.service_write is 'Claimed before the write is sent. A claim is never taken back; one without an end is of a process that died: nobody knows what came of it.';
create index service_write_claimed on clearway.service_write (claimed_at);
grant update (settled_at, came) on clearway.service_write to clearway_app;
