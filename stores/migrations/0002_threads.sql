-- Who owns a conversation. The conversation itself is in LangGraph's checkpoints.

create table clearway.thread (
    thread_id text primary key,
    tenant text not null,
    user_id text not null,
    created_at timestamptz not null default now()
);
grant select, insert, delete on clearway.thread to clearway_app;

-- Waits for the thread, holds it for this session, and returns whose it is: the caller's if it is new.
create function clearway.thread_begin(wanted text, asking_tenant text, asking_user text)
returns table (tenant text, user_id text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_lock(hashtextextended(wanted, 7301));
    return query select thread.tenant, thread.user_id from clearway.thread where thread_id = wanted;
    if not found then
        -- Losing this row to a crash loses the claim on a thread that has no checkpoint yet.
        perform set_config('synchronous_commit', 'off', true);
        insert into clearway.thread (thread_id, tenant, user_id)
        values (wanted, asking_tenant, asking_user);
        return query select asking_tenant, asking_user;
    end if;
end
$$;

create function clearway.thread_end(wanted text) returns boolean
language sql set search_path = pg_catalog, pg_temp as $$
    select pg_advisory_unlock(hashtextextended(wanted, 7301));
$$;
