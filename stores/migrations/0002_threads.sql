-- Who owns a conversation. The conversation itself is in LangGraph's checkpoints.

create table clearway.thread (
    thread_id text primary key,
    tenant text not null,
    user_id text not null,
    created_at timestamptz not null default now()
);
grant select, insert, delete on clearway.thread to clearway_app;
