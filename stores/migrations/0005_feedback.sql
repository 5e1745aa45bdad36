-- What people thought of answers, and statements they would rather have had.

create table clearway.feedback (
    feedback_id bigint generated always as identity primary key,
    trace_id text not null,
    source_id text not null,
    tenant text not null,
    user_id text not null,
    given_by text not null,
    mark text not null check (mark in ('up', 'down')),
    question text not null,
    plan_sql text not null default '',
    sql text not null default '',
    note text not null default '',
    status text not null default 'unreviewed' check (status in ('unreviewed', 'accepted', 'rejected')),
    given_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    unique (tenant, user_id, trace_id)
);
comment on table clearway.feedback is 'One row per answer and asker; nothing follows from it but the eviction of a plan until the owner accepts it.';
comment on column clearway.feedback.user_id is 'Who asked; `given_by` may be someone who may review.';
comment on column clearway.feedback.question is 'As the audit has it: redacted. So are the statement that ran and the note.';
comment on column clearway.feedback.sql is 'The correction: accepted by the interlock when it was given, and checked again whenever it is used.';
create index feedback_reviewed on clearway.feedback (source_id, tenant, status);
grant select, insert, update, delete on clearway.feedback to clearway_app;
