-- Plans that were validated and ran, kept to be used again; and planning under way, kept for moments.

create table clearway.plan_history (
    key text primary key,
    tenant text not null,
    source_id text not null,
    question text not null,
    plan text not null,
    planned_by text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    use_count bigint not null default 1,
    execution_ms double precision not null,
    row_count bigint not null,
    model text,
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    cost_usd numeric
);
comment on table clearway.plan_history is 'Never rows, and nothing the redactor finds anything in. `key` says who may use a plan, for what.';
comment on column clearway.plan_history.plan is 'JSON, as the planner proposed it: whoever uses it checks it again.';
comment on column clearway.plan_history.execution_ms is 'Of the latest run; tokens and cost are those of planning.';
create index plan_history_last_used on clearway.plan_history (last_used_at);
grant select, insert, update, delete on clearway.plan_history to clearway_app;

create unlogged table clearway.plan_flight (
    key text primary key,
    owner text not null,
    lease_until timestamptz not null,
    proposal text
);
comment on table clearway.plan_flight is 'Who plans a question just now, so that others asked the same wait for it. A lease that is not renewed is free.';
grant select, insert, update, delete on clearway.plan_flight to clearway_app;
