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
    shard smallint not null,
    seq bigint not null,
    request_id text not null,
    step text not null,
    attempt integer not null,
    phase text not null check (phase in ('intent', 'outcome')),
    opens boolean not null,
    trace_id text not null,
    instance bigint not null,
    at timestamptz not null,
    input_hash text,
    body text not null,
    hash bytea not null,
    primary key (shard, seq),
    unique (request_id, step, attempt, phase)
);
comment on table clearway.audit_record is 'The chains. `body` is canonical JSON; hash = sha256(hash before || "shard:seq:attempt:opens:" || body). The other columns repeat parts of the body, for indexes.';
comment on column clearway.audit_record.attempt is 'Counts how often a step was begun: a step interrupted by a crash may run again.';
comment on column clearway.audit_record.opens is 'Whether it is the first of its attempt: the intent, or an outcome that has none.';
create index audit_record_trace on clearway.audit_record (trace_id);
create index audit_record_at on clearway.audit_record (at) where opens;
create index audit_record_input_hash on clearway.audit_record (input_hash) where opens;
grant select on clearway.audit_record to clearway_app;

create table clearway.audit_private (
    request_id text not null,
    step text not null,
    attempt integer not null,
    phase text not null,
    subject text not null,
    payload text,
    erased_by text,
    primary key (request_id, step, attempt, phase)
);
comment on table clearway.audit_private is 'Who asked, what, and the SQL made of it: personal, so it can be erased. The chain holds a keyed digest of it.';
comment on column clearway.audit_private.erased_by is 'The request_id of the record of the erasure; payload is null then.';
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
grant select on clearway.audit_open to clearway_app;

-- Which attempt at its step a record belongs to; null when the record is there already.
--   intent: the first attempt, or another one, if the last has ended or was another process's
--   outcome: the attempt it names, else the one under way, this process's own before another's;
--   where the sweep took a living process for dead, its outcome becomes an attempt of its own
create function clearway.audit_attempt(
    of_request text, of_step text, of_phase text, of_instance bigint, named integer
) returns integer
language plpgsql stable as $$
declare
    latest integer;
    underway integer;
begin
    select max(written.attempt) into latest
    from clearway.audit_record as written
    where written.request_id = of_request and written.step = of_step;
    if of_phase = 'intent' then
        perform from clearway.audit_open as pending
        where pending.request_id = of_request
            and pending.step = of_step
            and pending.attempt = latest
            and pending.instance = of_instance;
        return case when found then null else latest + 1 end;
    end if;
    select pending.attempt into underway
    from clearway.audit_open as pending
    where pending.request_id = of_request
        and pending.step = of_step
        and (named is null or pending.attempt = named)
    order by pending.instance = of_instance desc, pending.attempt desc
    limit 1;
    if underway is null and named is null then
        select latest + 1 into underway
        from clearway.audit_record as written
        where written.request_id = of_request
            and written.step = of_step
            and written.attempt = latest
            and written.phase = 'outcome'
            and written.body::jsonb ? 'swept';
    end if;
    return underway;
end
$$;
revoke execute on function clearway.audit_attempt from public;

-- Adds records to their chains and returns how many were new. A record that is there already is
-- left alone and leaves no gap. Without `durable` the commit does not wait for the disk. Callers
-- sort records of several requests by shard, so that two of them never wait in a circle.
create function clearway.audit_append(bodies text[], privates text[], durable boolean) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    body text;
    fact jsonb;
    chain smallint;
    head clearway.audit_head;
    nth integer;
    opens boolean;
    added integer := 0;
begin
    if not durable then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    for place in 1 .. cardinality(bodies) loop
        body := bodies[place];
        fact := body::jsonb;
        chain := get_byte(sha256(convert_to(fact ->> 'request_id', 'UTF8')), 0) % 16;
        select * into strict head from clearway.audit_head where audit_head.shard = chain for update;
        perform from clearway.audit_record as written
        where written.request_id = fact ->> 'request_id' and written.step = fact ->> 'step';
        nth := 1;
        if found then
            nth := clearway.audit_attempt(
                fact ->> 'request_id', fact ->> 'step', fact ->> 'phase',
                (fact ->> 'instance')::bigint, (fact ->> 'attempt')::integer
            );
            continue when nth is null;
        end if;
        opens := not exists (
            select from clearway.audit_open as pending
            where pending.request_id = fact ->> 'request_id'
                and pending.step = fact ->> 'step'
                and pending.attempt = nth
        );
        head.seq := head.seq + 1;
        head.hash := sha256(
            head.hash || convert_to(concat_ws(':', chain, head.seq, nth, opens, body), 'UTF8')
        );
        insert into clearway.audit_record values (
            chain, head.seq, fact ->> 'request_id', fact ->> 'step', nth, fact ->> 'phase', opens,
            fact ->> 'trace_id', (fact ->> 'instance')::bigint, (fact ->> 'at')::timestamptz,
            fact ->> 'input_hash', body, head.hash
        );
        update clearway.audit_head set seq = head.seq, hash = head.hash where audit_head.shard = chain;
        if privates[place] is not null then
            insert into clearway.audit_private (request_id, step, attempt, phase, subject, payload) values (
                fact ->> 'request_id', fact ->> 'step', nth, fact ->> 'phase', fact ->> 'subject',
                privates[place]
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

-- Erases what is personal about one subject, records in the chain how many rows that were, and
-- returns it. For administrators: the application may not call it.
create function clearway.audit_erase(erased_subject text, body text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased bigint;
begin
    update clearway.audit_private
    set payload = null, erased_by = body::jsonb ->> 'request_id'
    where subject = erased_subject and payload is not null;
    get diagnostics erased = row_count;
    body := body::jsonb || jsonb_build_object('row_count', erased);
    perform clearway.audit_append(array[body], array[null::text], true);
    return erased;
end
$$;
revoke execute on function clearway.audit_erase from public;

-- Removes the oldest records of every chain, up to the first that is not older than `before` or not
-- ended; records in the chain how many, and returns it. For administrators, like audit_erase.
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
    body := body::jsonb || jsonb_build_object('row_count', total);
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
where began.opens;
comment on view clearway.audit_step is 'One row per step of a request: what was intended and what came of it.';
grant select on clearway.audit_step to clearway_app;

create table clearway.demo_state (
    id boolean primary key default true check (id),
    version integer not null,
    loaded_until timestamptz not null
);
comment on table clearway.demo_state is 'How far the demo warehouse reaches.';
grant select on clearway.demo_state to clearway_app;
