-- Versions, secrets, and the audit: an append-only chain that only one function can extend.

grant usage on schema clearway to clearway_app;

create table clearway.schema_version (
    version integer primary key,
    name text not null,
    applied_at timestamptz not null default now()
);
grant select on clearway.schema_version to clearway_app;

create table clearway.secret (
    name text primary key,
    value bytea not null
);
comment on table clearway.secret is 'Keys made on first use: for the hashes of the audit, and for seals.';
grant select, insert on clearway.secret to clearway_app;

create table clearway.audit_head (
    shard smallint primary key check (shard between 0 and 15),
    seq bigint not null,
    hash bytea not null,
    kept_after_seq bigint not null default 0,
    kept_after_hash bytea not null
) with (fillfactor = 50);
comment on table clearway.audit_head is 'Where each chain ends. Sixteen chains, so that requests do not wait for each other.';
comment on column clearway.audit_head.kept_after_seq is 'The last record retention removed; the chain begins after it.';
insert into clearway.audit_head (shard, seq, hash, kept_after_hash)
select shard, 0, genesis, genesis
from generate_series(0, 15) as shard
cross join lateral (select sha256(convert_to('clearway audit ' || shard, 'UTF8')) as genesis) as first;
grant select on clearway.audit_head to clearway_app;

create table clearway.audit_record (
    shard smallint not null references clearway.audit_head,
    seq bigint not null,
    request_id text not null,
    step text not null,
    attempt integer not null,
    phase text not null check (phase in ('intent', 'outcome')),
    trace_id text not null,
    instance bigint not null,
    at timestamptz not null,
    input_hash text,
    body text not null,
    hash bytea not null,
    primary key (shard, seq),
    unique (request_id, step, attempt, phase)
);
comment on table clearway.audit_record is 'The chains. `body` is canonical JSON; hash = sha256(hash before || "shard:seq:attempt:" || body). The other columns repeat parts of the body, for indexes.';
comment on column clearway.audit_record.attempt is 'Counts how often a step was begun: a step interrupted by a crash may run again.';
create index audit_record_trace on clearway.audit_record (trace_id);
create index audit_record_at on clearway.audit_record (at);
create index audit_record_input_hash on clearway.audit_record (input_hash) where phase = 'intent';
grant select on clearway.audit_record to clearway_app;

create table clearway.audit_private (
    request_id text not null,
    step text not null,
    attempt integer not null,
    phase text not null,
    subject text not null,
    payload text not null,
    primary key (request_id, step, attempt, phase),
    foreign key (request_id, step, attempt, phase)
        references clearway.audit_record (request_id, step, attempt, phase)
);
comment on table clearway.audit_private is 'Who asked, what, and the SQL made of it: personal, so it can be erased. The chain holds a keyed digest of it.';
create index audit_private_subject on clearway.audit_private (subject);
grant select on clearway.audit_private to clearway_app;

create table clearway.audit_open (
    request_id text not null,
    step text not null,
    attempt integer not null,
    instance bigint not null,
    primary key (request_id, step, attempt)
);
comment on table clearway.audit_open is 'Intents without an outcome: what to look at after a crash.';
create index audit_open_instance on clearway.audit_open (instance);
grant select on clearway.audit_open to clearway_app;

-- Which attempt at its step a record belongs to; null when the record is there already.
--   intent: the first attempt, or another one, if the last has ended or was another process's
--   outcome: the attempt it names, else the one under way, this process's own before another's
create function clearway.audit_attempt(fact jsonb) returns integer
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    latest integer;
    underway integer;
begin
    select max(written.attempt) into latest
    from clearway.audit_record as written
    where written.request_id = fact ->> 'request_id' and written.step = fact ->> 'step';
    if latest is null then
        return 1;
    end if;
    select pending.attempt into underway
    from clearway.audit_open as pending
    where pending.request_id = fact ->> 'request_id'
        and pending.step = fact ->> 'step'
        and (pending.attempt = (fact ->> 'attempt')::integer or fact ->> 'attempt' is null)
    order by pending.instance = (fact ->> 'instance')::bigint desc, pending.attempt desc
    limit 1;
    if fact ->> 'phase' = 'outcome' then
        return underway;
    end if;
    if exists (
        select from clearway.audit_open as pending
        where pending.request_id = fact ->> 'request_id'
            and pending.step = fact ->> 'step'
            and pending.attempt = latest
            and pending.instance = (fact ->> 'instance')::bigint
    ) then
        return null;
    end if;
    return latest + 1;
end
$$;
revoke execute on function clearway.audit_attempt from public;

-- Adds records to their chains and returns how many were new. A record that is there already is
-- left alone and leaves no gap. Without `durable` the commit does not wait for the disk.
create function clearway.audit_append(bodies text[], privates text[], durable boolean) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    entry record;
    fact jsonb;
    head clearway.audit_head;
    nth integer;
    added integer := 0;
begin
    if not durable then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    for entry in
        select
            given.body,
            given.private,
            get_byte(sha256(convert_to(given.body::jsonb ->> 'request_id', 'UTF8')), 0) % 16 as shard
        from unnest(bodies, privates) with ordinality as given (body, private, place)
        -- In the order of the shards, so that two appends never wait for each other in a circle.
        order by shard, given.place
    loop
        fact := entry.body::jsonb;
        select * into strict head from clearway.audit_head where audit_head.shard = entry.shard for update;
        nth := clearway.audit_attempt(fact);
        continue when nth is null;
        head.seq := head.seq + 1;
        head.hash := sha256(
            head.hash
            || convert_to(head.shard || ':' || head.seq || ':' || nth || ':' || entry.body, 'UTF8')
        );
        insert into clearway.audit_record values (
            head.shard, head.seq, fact ->> 'request_id', fact ->> 'step', nth, fact ->> 'phase',
            fact ->> 'trace_id', (fact ->> 'instance')::bigint, (fact ->> 'at')::timestamptz,
            fact ->> 'input_hash', entry.body, head.hash
        );
        update clearway.audit_head set seq = head.seq, hash = head.hash where audit_head.shard = head.shard;
        if entry.private is not null then
            insert into clearway.audit_private values (
                fact ->> 'request_id', fact ->> 'step', nth, fact ->> 'phase', fact ->> 'subject',
                entry.private
            );
        end if;
        if fact ->> 'phase' = 'intent' then
            insert into clearway.audit_open
            values (fact ->> 'request_id', fact ->> 'step', nth, (fact ->> 'instance')::bigint);
        else
            delete from clearway.audit_open as ended
            where ended.request_id = fact ->> 'request_id'
                and ended.step = fact ->> 'step'
                and ended.attempt = nth;
        end if;
        added := added + 1;
    end loop;
    return added;
end
$$;
revoke execute on function clearway.audit_append from public;
grant execute on function clearway.audit_append to clearway_app;

-- Erases what is personal about one subject and records that in the chain; returns how many rows.
-- For administrators: the application may not call it.
create function clearway.audit_erase(erased_subject text, body text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased bigint;
begin
    delete from clearway.audit_private where subject = erased_subject;
    get diagnostics erased = row_count;
    perform clearway.audit_append(array[body], array[null::text], true);
    return erased;
end
$$;
revoke execute on function clearway.audit_erase from public;

-- Removes the oldest records of every chain, up to the first that is not older than `before` or not
-- ended; records that in the chain and returns how many. For administrators, like audit_erase.
create function clearway.audit_prune(before timestamptz, body text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    head clearway.audit_head;
    first_kept bigint;
    removed bigint;
    total bigint := 0;
begin
    for head in select * from clearway.audit_head order by shard for update loop
        select coalesce(min(kept.seq), head.seq + 1) into first_kept
        from clearway.audit_record as kept
        where kept.shard = head.shard
            and (
                kept.at >= before
                or exists (
                    select from clearway.audit_open as pending
                    where pending.request_id = kept.request_id
                        and pending.step = kept.step
                        and pending.attempt = kept.attempt
                )
            );
        update clearway.audit_head
        set kept_after_seq = last.seq, kept_after_hash = last.hash
        from clearway.audit_record as last
        where audit_head.shard = head.shard and last.shard = head.shard and last.seq = first_kept - 1;
        delete from clearway.audit_private as private
        using clearway.audit_record as old
        where old.shard = head.shard
            and old.seq < first_kept
            and private.request_id = old.request_id
            and private.step = old.step
            and private.attempt = old.attempt
            and private.phase = old.phase;
        delete from clearway.audit_record as old where old.shard = head.shard and old.seq < first_kept;
        get diagnostics removed = row_count;
        total := total + removed;
    end loop;
    perform clearway.audit_append(array[body], array[null::text], true);
    return total;
end
$$;
revoke execute on function clearway.audit_prune from public;

create view clearway.audit_step as
select
    began.trace_id as correlation_id,
    began.step,
    began.attempt,
    coalesce(result.body ->> 'action', request.body ->> 'action') as action,
    coalesce(result.body ->> 'tool', request.body ->> 'tool') as tool,
    coalesce(result.body ->> 'source_id', request.body ->> 'source_id') as source_id,
    began.at as created_at,
    ended.at as finished_at,
    (result.body ->> 'success')::boolean as success,
    coalesce(result.body ->> 'status', 'open') as status,
    (result.body ->> 'duration_ms')::double precision as duration_ms,
    coalesce(began.input_hash, ended.input_hash) as input_hash,
    coalesce(asked.facts ->> 'user', told.facts ->> 'user') as user_id,
    coalesce(asked.facts ->> 'actor', told.facts ->> 'actor') as actor,
    request.body ->> 'tenant' as tenant,
    coalesce(asked.facts ->> 'input', told.facts ->> 'input') as input,
    coalesce(told.facts ->> 'statement', asked.facts ->> 'statement') as statement,
    result.body -> 'columns' as columns,
    (result.body ->> 'row_count')::bigint as row_count,
    result.body ->> 'result_hash' as result_hash,
    coalesce(asked.facts -> 'details', '{}') || coalesce(told.facts -> 'details', '{}') as details
from clearway.audit_record as began
cross join lateral (select began.body::jsonb as body) as request
left join clearway.audit_record as ended
    on ended.request_id = began.request_id
    and ended.step = began.step
    and ended.attempt = began.attempt
    and ended.phase = 'outcome'
left join lateral (select ended.body::jsonb as body) as result on true
left join lateral (
    select private.payload::jsonb as facts
    from clearway.audit_private as private
    where private.request_id = began.request_id
        and private.step = began.step
        and private.attempt = began.attempt
        and private.phase = began.phase
) as asked on true
left join lateral (
    select private.payload::jsonb as facts
    from clearway.audit_private as private
    where private.request_id = began.request_id
        and private.step = began.step
        and private.attempt = began.attempt
        and private.phase = 'outcome'
) as told on true
where began.phase = 'intent'
    or not exists (
        select from clearway.audit_record as intent
        where intent.request_id = began.request_id
            and intent.step = began.step
            and intent.attempt = began.attempt
            and intent.phase = 'intent'
    );
comment on view clearway.audit_step is 'One row per step of a request: what was intended and what came of it.';
grant select on clearway.audit_step to clearway_app;

create table clearway.demo_state (
    id boolean primary key default true check (id),
    version integer not null,
    loaded_until timestamptz not null
);
comment on table clearway.demo_state is 'How far the demo warehouse reaches.';
grant select on clearway.demo_state to clearway_app;
