-- Which requests have sent their write to a service: each may once.

create table clearway.service_write (
    request_id text primary key,
    claimed_at timestamptz not null
);
comment on table clearway.service_write is 'Claimed before the write is sent. A claim is never taken back: what came of it is in the audit.';
grant select, insert on clearway.service_write to clearway_app;
