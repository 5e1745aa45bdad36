-- Models: the ledger of attempts, budgets, windows and circuits, and what may be shared or kept of
-- replies. Money moves through functions only: the application can begin an attempt and close it,
-- and cannot rewrite what is closed.
--
-- Rows are made and locked in one order everywhere, so that nobody waits in a circle: attempts by
-- id, circuits by provider and endpoint, purses by id, windows by id, spend by key. A transaction
-- for several attempts locks all of a kind before the first of the next; one for a single attempt
-- locks as it goes.
--
-- Functions that work as the owner pin their search path; those they call run within it, and nobody
-- else may call them.

create table clearway.llm_attempt (
    attempt_id text primary key,
    request_id text not null,
    trace_id text not null,
    number integer not null,
    user_id text not null,
    tenant text not null,
    provider text not null,
    model text not null,
    endpoint text not null,
    task text not null,
    reserved_usd numeric not null check (reserved_usd >= 0 and reserved_usd < 'infinity'),
    reserved_tokens bigint not null check (reserved_tokens >= 0),
    begun_at timestamptz not null,
    lease_until timestamptz not null,
    probe boolean not null,
    spent_share double precision not null,
    purses bigint[] not null,
    windows bigint[] not null,
    ended_at timestamptz,
    status text not null default 'begun' check (status in (
        'begun', 'succeeded', 'failed', 'timeout', 'cancelled', 'abandoned', 'refused', 'interrupted'
    )),
    swept boolean not null default false,
    cost_usd numeric check (cost_usd >= 0 and cost_usd < 'infinity'),
    estimated boolean,
    prompt_tokens bigint check (prompt_tokens >= 0),
    cached_tokens bigint check (cached_tokens >= 0),
    completion_tokens bigint check (completion_tokens >= 0),
    latency_s double precision,
    first_token_s double precision,
    http_status integer,
    error text,
    check ((ended_at is null) = (status = 'begun'))
);
comment on table clearway.llm_attempt is 'The ledger: every call of a model, whatever came of it. Committed before the call is made.';
comment on column clearway.llm_attempt.windows is 'Those that count tokens, to be corrected to what was used.';
comment on column clearway.llm_attempt.swept is 'Closed at its worst case for an owner that died; a bill that comes later takes its place.';
create index llm_attempt_open on clearway.llm_attempt (lease_until) where ended_at is null;
create index llm_attempt_begun on clearway.llm_attempt using brin (begun_at) with (pages_per_range = 16);
create index llm_attempt_trace on clearway.llm_attempt (trace_id);
grant select on clearway.llm_attempt to clearway_app;

create table clearway.llm_purse (
    id bigint generated always as identity primary key,
    key text not null,
    period text not null check (period in ('call', 'day', 'month')),
    which text not null,
    limit_usd numeric not null,
    settled_usd numeric not null default 0 check (settled_usd >= 0),
    reserved_usd numeric not null default 0 check (reserved_usd >= 0),
    ends_at timestamptz not null,
    unique (key, period, which)
) with (fillfactor = 50);
comment on table clearway.llm_purse is 'Budgets. `which` is the day or month by the UTC calendar, or the request.';
comment on column clearway.llm_purse.limit_usd is 'As it was last asked for: limits are the caller''s.';
create index llm_purse_ends on clearway.llm_purse (ends_at);
grant select on clearway.llm_purse to clearway_app;

create table clearway.llm_window (
    id bigint generated always as identity primary key,
    key text not null,
    counts text not null check (counts in ('requests', 'tokens')),
    seconds double precision not null check (seconds > 0),
    part bigint not null default 0,
    total bigint not null default 0,
    ring bigint[] not null default array_fill(0::bigint, array[61]),
    unique (key, counts, seconds)
) with (fillfactor = 50);
comment on table clearway.llm_window is 'Sliding windows, counted in sixtieths. `ring` holds the part under way and the sixty before it: together they cover more than the window, so it never holds more than its limit.';
grant select on clearway.llm_window to clearway_app;

create table clearway.llm_circuit (
    provider text not null,
    endpoint text not null,
    stored text not null default 'closed' check (stored in ('closed', 'open', 'half_open')),
    retry_at timestamptz,
    probe text,
    probe_until timestamptz,
    successes integer not null default 0,
    consecutive_failures bigint not null default 0,
    total_requests bigint not null default 0,
    total_failures bigint not null default 0,
    last_success timestamptz,
    last_failure timestamptz,
    usual double precision,
    width_s double precision not null default 0,
    part bigint not null default 0,
    calls bigint[] not null default array_fill(0::bigint, array[13]),
    failures bigint[] not null default array_fill(0::bigint, array[13]),
    primary key (provider, endpoint)
) with (fillfactor = 50);
comment on table clearway.llm_circuit is 'One circuit breaker per endpoint; the machine is that of clearway.resilience.breaker.';
grant select on clearway.llm_circuit to clearway_app;

create table clearway.llm_spend (
    by text not null check (by in ('model', 'tenant', 'user')),
    day date not null,
    owner text not null,
    name text not null,
    attempts bigint not null,
    succeeded bigint not null,
    failed bigint not null,
    prompt_tokens bigint not null,
    cached_tokens bigint not null,
    completion_tokens bigint not null,
    cost_usd numeric not null,
    estimated_usd numeric not null,
    latency_sum_s double precision not null,
    latency_max_s double precision not null,
    latency bigint[] not null,
    primary key (by, day, owner, name)
) with (fillfactor = 70);
comment on table clearway.llm_spend is 'What the closed attempts of a day add up to, kept with them in one transaction, so that reports stay small however many attempts there are. `owner` is a model''s provider, or a user''s tenant.';
comment on column clearway.llm_spend.latency is 'Of models: successes by latency, place n counting those of at most 2^((n - 1) / 2) milliseconds.';
grant select on clearway.llm_spend to clearway_app;

create table clearway.llm_alert (
    day date not null,
    ceiling text not null,
    ceiling_usd numeric not null,
    spent_usd numeric not null,
    at timestamptz not null default now(),
    primary key (day, ceiling)
);
comment on table clearway.llm_alert is 'Daily ceilings that were reached, each told once a day.';
grant select, insert on clearway.llm_alert to clearway_app;

create unlogged table clearway.llm_flight (
    key text primary key,
    owner text not null,
    lease_until timestamptz not null,
    began_at timestamptz not null,
    generation text,
    error text
);
comment on table clearway.llm_flight is 'Who calls a model for a generation just now, so that others who want the same wait for it. A lease that is not renewed is free.';
create index llm_flight_lease on clearway.llm_flight (lease_until);
grant select, insert, update, delete on clearway.llm_flight to clearway_app;

create table clearway.llm_generation (
    key text primary key,
    generation text not null,
    expires_at timestamptz not null
);
comment on table clearway.llm_generation is 'Complete replies by exact key, until they expire.';
create index llm_generation_expires on clearway.llm_generation (expires_at);
grant select, insert, update, delete on clearway.llm_generation to clearway_app;

-- Brings a window to the part of now: what is older than the window is no longer counted.
create function clearway.llm_rolled(held clearway.llm_window, to_part bigint)
returns clearway.llm_window
language plpgsql immutable as $$
declare
    place integer;
begin
    if to_part - held.part > 60 then
        held.ring := array_fill(0::bigint, array[61]);
        held.total := 0;
    else
        for ahead in 1 .. to_part - held.part loop
            place := (held.part + ahead) % 61 + 1;
            held.total := held.total - held.ring[place];
            held.ring[place] := 0;
        end loop;
    end if;
    held.part := greatest(held.part, to_part);
    return held;
end
$$;
revoke execute on function clearway.llm_rolled from public;

-- Seconds until so much has left a rolled window that the amount fits; null where it never does.
create function clearway.llm_room_after(
    held clearway.llm_window, amount bigint, of_limit bigint, at timestamptz
) returns double precision
language plpgsql immutable as $$
declare
    over bigint := held.total + amount - of_limit;
begin
    if amount > of_limit then
        return null;
    end if;
    for ahead in 1 .. 61 loop
        over := over - held.ring[(held.part + ahead) % 61 + 1];
        if over <= 0 then
            return greatest(
                (held.part + ahead) * held.seconds / 60 - extract(epoch from at), 0.001
            );
        end if;
    end loop;
    return null;
end
$$;
revoke execute on function clearway.llm_room_after from public;

-- Makes the windows that are missing.
create function clearway.llm_make_windows(wanted jsonb) returns void
language sql as $$
    insert into clearway.llm_window (key, counts, seconds)
    select distinct given.key, given.counts, given.seconds
    from jsonb_to_recordset(wanted) as given (key text, counts text, seconds double precision)
    order by 1, 2, 3
    on conflict do nothing;
$$;
revoke execute on function clearway.llm_make_windows from public;

-- Counts an attempt in its windows, all or none. Returns the ids of those that count tokens, or who
-- refused.
create function clearway.llm_count(
    wanted jsonb, tokens bigint, at timestamptz, out places bigint[], out refused jsonb
)
language plpgsql as $$
declare
    asked record;
    held clearway.llm_window;
    amount bigint;
    seen integer := 0;
    rolled clearway.llm_window[] := '{}';
    amounts bigint[] := '{}';
begin
    places := '{}';
    for asked in
        select given.of_limit, listed as held
        from jsonb_to_recordset(wanted)
            as given (key text, counts text, of_limit bigint, seconds double precision)
        join clearway.llm_window as listed using (key, counts, seconds)
        order by listed.id
        for update of listed
    loop
        seen := seen + 1;
        held := asked.held;
        amount := case held.counts when 'tokens' then tokens else 1 end;
        held := clearway.llm_rolled(
            held, floor(extract(epoch from at)::double precision * 60 / held.seconds)::bigint
        );
        if held.total + amount > asked.of_limit then
            refused := jsonb_build_object(
                'reason', 'window',
                'key', held.key,
                'retry_after_s', clearway.llm_room_after(held, amount, asked.of_limit, at)
            );
            return;
        end if;
        rolled := rolled || held;
        amounts := amounts || amount;
    end loop;
    if seen < jsonb_array_length(wanted) then
        perform clearway.llm_make_windows(wanted);
        select counted.places, counted.refused into places, refused
        from clearway.llm_count(wanted, tokens, at) as counted;
        return;
    end if;
    for nth in 1 .. seen loop
        held := rolled[nth];
        held.ring[held.part % 61 + 1] := held.ring[held.part % 61 + 1] + amounts[nth];
        update clearway.llm_window as listed
        set part = held.part, total = held.total + amounts[nth], ring = held.ring
        where listed.id = held.id;
        if held.counts = 'tokens' then
            places := places || held.id;
        end if;
    end loop;
end
$$;
revoke execute on function clearway.llm_count from public;

-- Which purse of a key and period is meant: a day's or a month's by the UTC calendar, or a request's.
create function clearway.llm_which(period text, request_id text, today text) returns text
language sql immutable return case period
    when 'day' then today
    when 'month' then left(today, 7)
    else request_id
end;
revoke execute on function clearway.llm_which from public;

-- Makes the purses that are missing.
create function clearway.llm_make_purses(wanted jsonb, today text) returns void
language sql as $$
    insert into clearway.llm_purse (key, period, which, limit_usd, ends_at)
    select distinct given.key, given.period,
        clearway.llm_which(given.period, given.request_id, today), 0::numeric,
        case given.period
            when 'day' then (today::date + interval '1 day') at time zone 'UTC'
            when 'month'
                then (date_trunc('month', today::timestamp) + interval '1 month') at time zone 'UTC'
            else clock_timestamp() + interval '1 day'
        end
    from jsonb_to_recordset(wanted) as given (key text, period text, request_id text)
    order by 1, 2, 3
    on conflict do nothing;
$$;
revoke execute on function clearway.llm_make_purses from public;

-- Reserves a worst case in its purses, all or none: what costs nothing always fits. Returns their
-- ids and how full the fullest is, or who refused.
create function clearway.llm_reserve(
    wanted jsonb, worst_case_usd numeric, today text, at timestamptz,
    out ids bigint[], out share double precision, out refused jsonb
)
language plpgsql as $$
declare
    seen integer;
begin
    with locked as materialized (
        select given.place, listed.id, listed.key, listed.period, listed.ends_at, given.limit_usd,
            listed.settled_usd + listed.reserved_usd + worst_case_usd as used_usd
        from rows from (
            jsonb_to_recordset(wanted) as (key text, period text, request_id text, limit_usd numeric)
        ) with ordinality as given (key, period, request_id, limit_usd, place)
        join clearway.llm_purse as listed
            on listed.key = given.key
            and listed.period = given.period
            and listed.which = clearway.llm_which(given.period, given.request_id, today)
        order by listed.id
        for update of listed
    ),
    first_empty as materialized (
        select * from locked
        where worst_case_usd > 0 and used_usd > limit_usd
        order by place
        limit 1
    ),
    reserved as (
        update clearway.llm_purse as listed
        set reserved_usd = listed.reserved_usd + worst_case_usd, limit_usd = locked.limit_usd
        from locked
        where listed.id = locked.id
            and not exists (select from first_empty)
            and (select count(*) from locked) = jsonb_array_length(wanted)
        returning listed.id
    )
    select
        (select count(*) from locked),
        (select coalesce(array_agg(reserved.id), '{}') from reserved),
        (select coalesce(max(
            case when limit_usd > 0 then used_usd / limit_usd else 1 end
        ), 0)::double precision from locked),
        (select jsonb_build_object(
            'reason', 'budget',
            'key', first_empty.key,
            'retry_after_s', case
                when first_empty.period <> 'call' and worst_case_usd <= first_empty.limit_usd
                then extract(epoch from first_empty.ends_at - at)
            end
        ) from first_empty)
    into seen, ids, share, refused;
    if refused is null and seen < jsonb_array_length(wanted) then
        perform clearway.llm_make_purses(wanted, today);
        select again.ids, again.share, again.refused into ids, share, refused
        from clearway.llm_reserve(wanted, worst_case_usd, today, at) as again;
    end if;
end
$$;
revoke execute on function clearway.llm_reserve from public;

-- Asks the circuit. Half open, it gives the place of the probe to one attempt at a time.
create function clearway.llm_pass_circuit(
    of_provider text, of_endpoint text, of_attempt text, lease_s double precision, at timestamptz,
    out probing boolean, out refused jsonb
)
language plpgsql as $$
declare
    circuit clearway.llm_circuit;
begin
    probing := false;
    select * into circuit from clearway.llm_circuit as listed
    where listed.provider = of_provider and listed.endpoint = of_endpoint;
    if not found or circuit.stored = 'closed' then
        return;
    end if;
    update clearway.llm_circuit as listed
    set successes = case listed.stored when 'open' then 0 else listed.successes end,
        stored = 'half_open',
        probe = of_attempt,
        probe_until = at + make_interval(secs => lease_s)
    where listed.provider = of_provider
        and listed.endpoint = of_endpoint
        and (
            (listed.stored = 'open' and listed.retry_at <= at)
            or (listed.stored = 'half_open' and (listed.probe is null or listed.probe_until <= at))
        );
    probing := found;
    if not probing then
        refused := jsonb_build_object(
            'reason', 'breaker',
            'key', of_provider || '/' || of_endpoint,
            'retry_after_s', greatest(extract(epoch from case circuit.stored
                when 'open' then circuit.retry_at else coalesce(circuit.probe_until, at)
            end - at), 0)
        );
    end if;
end
$$;
revoke execute on function clearway.llm_pass_circuit from public;

-- Decides about one attempt, and puts what passes into the ledger.
create function clearway.llm_enter_one(wanted jsonb, today text, at timestamptz) returns jsonb
language plpgsql as $$
declare
    name constant text := wanted ->> 'attempt_id';
    lease_s constant double precision := (wanted ->> 'lease_s')::double precision;
    worst_case_usd constant numeric := (wanted ->> 'worst_case_usd')::numeric;
    known clearway.llm_attempt;
    door record;
    purse record;
    counted record;
    refused jsonb;
begin
    select * into known from clearway.llm_attempt as listed where listed.attempt_id = name;
    if found then
        return jsonb_build_object('probe', known.probe, 'spent_share', known.spent_share);
    end if;
    select false as probing, null::jsonb as refused into door;
    if (wanted ->> 'guarded')::boolean then
        select * into door from clearway.llm_pass_circuit(
            wanted ->> 'provider', wanted ->> 'endpoint', name, lease_s, at
        );
        if door.refused is not null then
            return door.refused;
        end if;
    end if;
    select * into purse from clearway.llm_reserve(wanted -> 'purses', worst_case_usd, today, at);
    refused := purse.refused;
    if refused is null then
        select '{}'::bigint[] as places, null::jsonb as refused into counted;
        if wanted -> 'windows' <> '[]' then
            select * into counted from clearway.llm_count(
                wanted -> 'windows', (wanted ->> 'tokens')::bigint, at
            );
        end if;
        refused := counted.refused;
        if refused is not null then
            update clearway.llm_purse as listed
            set reserved_usd = listed.reserved_usd - worst_case_usd
            where listed.id = any(purse.ids);
        end if;
    end if;
    if refused is not null then
        if door.probing then
            update clearway.llm_circuit as listed set probe = null where listed.probe = name;
        end if;
        return refused;
    end if;
    insert into clearway.llm_attempt (
        attempt_id, request_id, trace_id, number, user_id, tenant, provider, model, endpoint, task,
        reserved_usd, reserved_tokens, begun_at, lease_until, probe, spent_share, purses, windows
    )
    select name, given.request_id, given.trace_id, given.number, given.user_id, given.tenant,
        given.provider, given.model, given.endpoint, given.task, worst_case_usd, given.tokens, at,
        at + make_interval(secs => lease_s), door.probing, purse.share, purse.ids, counted.places
    from jsonb_to_record(wanted) as given (
        request_id text, trace_id text, number integer, user_id text, tenant text, provider text,
        model text, endpoint text, task text, tokens bigint
    );
    return jsonb_build_object('probe', door.probing, 'spent_share', purse.share);
end
$$;
revoke execute on function clearway.llm_enter_one from public;

-- Makes and locks what these attempts will touch, in order.
create function clearway.llm_hold_for(wanted jsonb, today text) returns void
language plpgsql as $$
declare
    purses constant jsonb := jsonb_path_query_array(wanted, '$[*].purses[*]');
    windows constant jsonb := jsonb_path_query_array(wanted, '$[*].windows[*]');
begin
    perform from clearway.llm_circuit as listed
    where listed.stored <> 'closed'
        and (listed.provider, listed.endpoint) in (
            select attempt ->> 'provider', attempt ->> 'endpoint'
            from jsonb_array_elements(wanted) as attempt
            where (attempt ->> 'guarded')::boolean
        )
    order by listed.provider, listed.endpoint
    for update;
    perform clearway.llm_make_purses(purses, today);
    perform from clearway.llm_purse as listed
    where (listed.key, listed.period, listed.which) in (
        select given.key, given.period, clearway.llm_which(given.period, given.request_id, today)
        from jsonb_to_recordset(purses) as given (key text, period text, request_id text)
    )
    order by listed.id
    for update;
    perform clearway.llm_make_windows(windows);
    perform from clearway.llm_window as listed
    where (listed.key, listed.counts, listed.seconds) in (
        select given.key, given.counts, given.seconds
        from jsonb_to_recordset(windows) as given (key text, counts text, seconds double precision)
    )
    order by listed.id
    for update;
end
$$;
revoke execute on function clearway.llm_hold_for from public;

-- Decides about attempts, each by itself, in one transaction that is on disk when it is committed.
-- Returns an answer for each, in order.
create function clearway.llm_enter(wanted jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today constant text := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD');
    one jsonb;
    answers jsonb := '[]';
begin
    perform set_config('synchronous_commit', 'on', true);
    if jsonb_array_length(wanted) > 1 then
        perform clearway.llm_hold_for(wanted, today);
    end if;
    for one in select jsonb_array_elements(wanted) loop
        answers := answers || jsonb_build_array(
            clearway.llm_enter_one(one, today, clock_timestamp())
        );
    end loop;
    return answers;
end
$$;
revoke execute on function clearway.llm_enter from public;
grant execute on function clearway.llm_enter to clearway_app;

-- Tells a circuit what came of an attempt; returns what an operator may want to hear of it.
create function clearway.llm_tell(
    of_provider text, of_endpoint text, of_attempt text, verdict text, profile jsonb, at timestamptz
) returns jsonb
language plpgsql as $$
declare
    failed constant boolean := verdict = 'failure';
    rate constant double precision := (profile ->> 'failure_rate')::double precision;
    width_s constant double precision := (profile ->> 'window_s')::double precision / 12;
    c clearway.llm_circuit;
    was text;
    now_part bigint;
    usual double precision;
    threshold double precision := rate;
    calls bigint;
    failures bigint;
    opens boolean := false;
    closes boolean := false;
begin
    select * into c from clearway.llm_circuit as listed
    where listed.provider = of_provider and listed.endpoint = of_endpoint
    for update;
    if not found then
        insert into clearway.llm_circuit (provider, endpoint) values (of_provider, of_endpoint)
        on conflict do nothing;
        select * into strict c from clearway.llm_circuit as listed
        where listed.provider = of_provider and listed.endpoint = of_endpoint
        for update;
    end if;
    was := c.stored;
    c.total_requests := c.total_requests + 1;
    if verdict <> 'ignored' then
        c.total_failures := c.total_failures + failed::integer;
        c.consecutive_failures := case when failed then c.consecutive_failures + 1 else 0 end;
        if failed then c.last_failure := at; else c.last_success := at; end if;
    end if;

    if c.probe = of_attempt then
        c.probe := null;
        opens := failed;
        if verdict = 'success' then
            c.successes := c.successes + 1;
            closes := c.successes >= (profile ->> 'successes_to_close')::integer;
        end if;
    elsif c.stored = 'closed' and verdict <> 'ignored' then
        now_part := floor(extract(epoch from at)::double precision / width_s)::bigint;
        if c.width_s <> width_s or now_part - c.part > 12 then
            c.width_s := width_s;
            c.part := now_part;
            c.calls := array_fill(0::bigint, array[13]);
            c.failures := c.calls;
        end if;
        for ahead in 1 .. now_part - c.part loop
            c.calls[(c.part + ahead) % 13 + 1] := 0;
            c.failures[(c.part + ahead) % 13 + 1] := 0;
        end loop;
        c.part := greatest(c.part, now_part);
        c.calls[c.part % 13 + 1] := c.calls[c.part % 13 + 1] + 1;
        usual := coalesce(c.usual, coalesce(rate, 0) / 2);
        c.usual := usual + 0.02 * (failed::integer - usual);
        if failed then
            c.failures[c.part % 13 + 1] := c.failures[c.part % 13 + 1] + 1;
            select sum(part.made), sum(part.lost) into calls, failures
            from unnest(c.calls, c.failures) as part (made, lost);
            if (profile ->> 'adaptive')::boolean then
                threshold := least(usual + rate / 2, 0.95);
            end if;
            opens := coalesce(
                c.consecutive_failures >= (profile ->> 'consecutive')::bigint, false
            ) or coalesce(
                failures >= (profile ->> 'windowed')::bigint, false
            ) or coalesce(
                calls >= (profile ->> 'minimum_calls')::bigint and failures >= threshold * calls,
                false
            );
        end if;
    end if;

    if opens then
        c.stored := 'open';
        c.retry_at := at + make_interval(secs => (profile ->> 'recovery_s')::double precision);
    elsif closes then
        c.stored := 'closed';
        c.consecutive_failures := 0;
    end if;
    if opens or closes then
        c.probe := null;
        c.successes := 0;
        c.calls := array_fill(0::bigint, array[13]);
        c.failures := c.calls;
    end if;
    update clearway.llm_circuit as listed set
        stored = c.stored, retry_at = c.retry_at, probe = c.probe, successes = c.successes,
        consecutive_failures = c.consecutive_failures, total_requests = c.total_requests,
        total_failures = c.total_failures, last_success = c.last_success,
        last_failure = c.last_failure, usual = c.usual, width_s = c.width_s, part = c.part,
        calls = c.calls, failures = c.failures
    where listed.provider = of_provider and listed.endpoint = of_endpoint;
    return jsonb_build_object(
        'was', was, 'now', c.stored, 'consecutive_failures', c.consecutive_failures
    );
end
$$;
revoke execute on function clearway.llm_tell from public;

-- Adds up two counts by latency.
create function clearway.llm_latencies(one bigint[], other bigint[]) returns bigint[]
language plpgsql immutable as $$
begin
    for place in 1 .. cardinality(other) loop
        one[place] := one[place] + other[place];
    end loop;
    return one;
end
$$;
revoke execute on function clearway.llm_latencies from public;

-- Counts by latency; a negative place is taken out again.
create function clearway.llm_latency_counts(places integer[]) returns bigint[]
language plpgsql immutable as $$
declare
    counts bigint[] := array_fill(0::bigint, array[40]);
    place integer;
begin
    foreach place in array places loop
        counts[abs(place)] := counts[abs(place)] + sign(place);
    end loop;
    return counts;
end
$$;
revoke execute on function clearway.llm_latency_counts from public;

-- Adds closed attempts to what their days add up to, and takes the guesses of the sweeper out.
create function clearway.llm_add_up(closed clearway.llm_attempt[], guesses clearway.llm_attempt[])
returns void
language sql as $$
    with entry as materialized (
        select 1 as sign, each.* from unnest(closed) as each
        union all
        select -1, each.* from unnest(guesses) as each
    )
    insert into clearway.llm_spend as listed
    select grain.by, (entry.begun_at at time zone 'UTC')::date, grain.owner, grain.name,
        sum(sign),
        coalesce(sum(sign) filter (where status = 'succeeded'), 0),
        coalesce(sum(sign) filter (where status in ('failed', 'timeout')), 0),
        sum(sign * prompt_tokens), sum(sign * cached_tokens), sum(sign * completion_tokens),
        sum(sign * cost_usd),
        coalesce(sum(sign * cost_usd) filter (where estimated), 0),
        coalesce(sum(sign * latency_s) filter (where status = 'succeeded'), 0),
        coalesce(max(latency_s) filter (where status = 'succeeded'), 0),
        case when grain.by = 'model' then clearway.llm_latency_counts(coalesce(array_agg(
            sign * least(40, ceil(2 * ln(greatest(latency_s * 1000, 1)) / ln(2))::integer + 1)
        ) filter (where status = 'succeeded'), '{}')) else '{}' end
    from entry
    cross join lateral (values
        ('model', provider, model), ('tenant', '', tenant), ('user', tenant, user_id)
    ) as grain (by, owner, name)
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
    on conflict (by, day, owner, name) do update set
        attempts = listed.attempts + excluded.attempts,
        succeeded = listed.succeeded + excluded.succeeded,
        failed = listed.failed + excluded.failed,
        prompt_tokens = listed.prompt_tokens + excluded.prompt_tokens,
        cached_tokens = listed.cached_tokens + excluded.cached_tokens,
        completion_tokens = listed.completion_tokens + excluded.completion_tokens,
        cost_usd = listed.cost_usd + excluded.cost_usd,
        estimated_usd = listed.estimated_usd + excluded.estimated_usd,
        latency_sum_s = listed.latency_sum_s + excluded.latency_sum_s,
        latency_max_s = greatest(listed.latency_max_s, excluded.latency_max_s),
        latency = clearway.llm_latencies(listed.latency, excluded.latency);
$$;
revoke execute on function clearway.llm_add_up from public;

-- Closes one attempt, which is locked: settles its purses, corrects its windows, tells its circuit.
create function clearway.llm_close(
    begun clearway.llm_attempt, result jsonb, at timestamptz, by_sweeper boolean,
    out closed clearway.llm_attempt, out told jsonb
)
language plpgsql as $$
declare
    released constant numeric := case when begun.swept then 0 else begun.reserved_usd end;
    counted constant bigint := case
        when begun.swept then begun.prompt_tokens + begun.completion_tokens
        else begun.reserved_tokens
    end;
    used bigint;
    settled numeric;
    held clearway.llm_window;
    place bigint;
begin
    closed := begun;
    closed.ended_at := at;
    closed.swept := by_sweeper;
    closed.status := result ->> 'status';
    closed.cost_usd := (result ->> 'cost_usd')::numeric;
    closed.estimated := (result ->> 'estimated')::boolean;
    closed.prompt_tokens := (result ->> 'prompt_tokens')::bigint;
    closed.cached_tokens := (result ->> 'cached_tokens')::bigint;
    closed.completion_tokens := (result ->> 'completion_tokens')::bigint;
    closed.latency_s := (result ->> 'latency_s')::double precision;
    closed.first_token_s := (result ->> 'first_token_s')::double precision;
    closed.http_status := (result ->> 'http_status')::integer;
    closed.error := result ->> 'error';
    used := closed.prompt_tokens + closed.completion_tokens;
    settled := closed.cost_usd - case when begun.swept then begun.cost_usd else 0 end;

    update clearway.llm_attempt as listed set
        ended_at = closed.ended_at, swept = closed.swept, status = closed.status,
        cost_usd = closed.cost_usd, estimated = closed.estimated,
        prompt_tokens = closed.prompt_tokens, cached_tokens = closed.cached_tokens,
        completion_tokens = closed.completion_tokens, latency_s = closed.latency_s,
        first_token_s = closed.first_token_s, http_status = closed.http_status,
        error = closed.error
    where listed.attempt_id = begun.attempt_id;
    if result -> 'profile' <> 'null' then
        told := clearway.llm_tell(
            begun.provider, begun.endpoint, begun.attempt_id, result ->> 'verdict',
            result -> 'profile', at
        );
    end if;
    with mine as materialized (
        select listed.id from clearway.llm_purse as listed
        where listed.id = any(begun.purses)
        order by listed.id
        for update
    )
    update clearway.llm_purse as listed
    set reserved_usd = listed.reserved_usd - released,
        settled_usd = listed.settled_usd + settled
    from mine
    where listed.id = mine.id;
    if used <> counted and cardinality(begun.windows) > 0 then
        for held in
            select * from clearway.llm_window as listed
            where listed.id = any(begun.windows)
            order by listed.id
            for update
        loop
            place := floor(extract(epoch from begun.begun_at)::double precision * 60 / held.seconds);
            if place >= held.part - 60 then
                update clearway.llm_window as listed
                set total = listed.total + used - counted,
                    ring[place % 61 + 1] = listed.ring[place % 61 + 1] + used - counted
                where listed.id = held.id;
            end if;
        end loop;
    end if;
end
$$;
revoke execute on function clearway.llm_close from public;

-- Locks what closing these attempts will touch, in order. One attempt alone locks as it goes.
create function clearway.llm_hold(begun clearway.llm_attempt[]) returns void
language plpgsql as $$
begin
    if cardinality(begun) < 2 then
        return;
    end if;
    insert into clearway.llm_circuit (provider, endpoint)
    select distinct each.provider, each.endpoint from unnest(begun) as each
    where not exists (
        select from clearway.llm_circuit as listed
        where listed.provider = each.provider and listed.endpoint = each.endpoint
    )
    order by each.provider, each.endpoint
    on conflict do nothing;
    perform from clearway.llm_circuit as listed
    where (listed.provider, listed.endpoint) in (
        select each.provider, each.endpoint from unnest(begun) as each
    )
    order by listed.provider, listed.endpoint
    for update;
    perform from clearway.llm_purse as listed
    where listed.id in (select unnest(each.purses) from unnest(begun) as each)
    order by listed.id
    for update;
    perform from clearway.llm_window as listed
    where listed.id in (select unnest(each.windows) from unnest(begun) as each)
    order by listed.id
    for update;
end
$$;
revoke execute on function clearway.llm_hold from public;

-- Closes attempts with what came of them. One that is closed already is left alone, unless it was
-- the sweeper who closed it. Returns what to say of circuits: null for each where nothing.
create function clearway.llm_leave(results jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    names constant text[] := array(
        select result ->> 'attempt_id' from jsonb_array_elements(results) as result
    );
    begun clearway.llm_attempt[] := '{}';
    one clearway.llm_attempt;
    done record;
    closed clearway.llm_attempt[] := '{}';
    guesses clearway.llm_attempt[] := '{}';
    told jsonb := '{}';
begin
    perform set_config('synchronous_commit', 'on', true);
    for one in
        select listed.* from clearway.llm_attempt as listed
        where listed.attempt_id = any(names)
        order by listed.attempt_id
        for update
    loop
        if one.ended_at is null or one.swept then
            begun := begun || one;
        end if;
    end loop;
    perform clearway.llm_hold(begun);
    foreach one in array begun loop
        select * into done from clearway.llm_close(
            one, results -> array_position(names, one.attempt_id) - 1, clock_timestamp(), false
        );
        told := told || jsonb_build_object(one.attempt_id, done.told);
        closed := closed || done.closed;
        if one.swept then
            guesses := guesses || one;
        end if;
    end loop;
    if cardinality(closed) > 0 then
        perform clearway.llm_add_up(closed, guesses);
    end if;
    return told;
end
$$;
revoke execute on function clearway.llm_leave from public;
grant execute on function clearway.llm_leave to clearway_app;

-- Forgets purses of periods that are over, and windows that nothing is counted in; returns how many.
-- What is in use at the moment stays for the next time: nobody waits for this, nor this for anybody.
create function clearway.llm_forget() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    purses bigint;
    windows bigint;
begin
    delete from clearway.llm_purse as listed
    where listed.id in (
        select over.id from clearway.llm_purse as over
        where over.ends_at < clock_timestamp() - interval '2 days' and over.reserved_usd = 0
        for update skip locked
    );
    get diagnostics purses = row_count;
    delete from clearway.llm_window as listed
    where listed.id in (
        select idle.id from clearway.llm_window as idle
        where (idle.part + 120) * idle.seconds / 60 < extract(epoch from clock_timestamp())
        for update skip locked
    );
    get diagnostics windows = row_count;
    return purses + windows;
end
$$;
revoke execute on function clearway.llm_forget from public;
grant execute on function clearway.llm_forget to clearway_app;

-- Closes what was not left within its lease, at its worst case; returns how many. A dead owner says
-- nothing of the endpoint's health.
create function clearway.llm_sweep(at_most integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    begun clearway.llm_attempt[] := '{}';
    one clearway.llm_attempt;
    done record;
    closed clearway.llm_attempt[] := '{}';
begin
    perform set_config('synchronous_commit', 'on', true);
    for one in
        select listed.* from clearway.llm_attempt as listed
        where listed.ended_at is null and listed.lease_until < clock_timestamp()
        order by listed.attempt_id
        limit at_most
        for update skip locked
    loop
        begun := begun || one;
    end loop;
    perform clearway.llm_hold(begun);
    foreach one in array begun loop
        if one.probe then
            update clearway.llm_circuit as listed set probe = null
            where listed.probe = one.attempt_id;
        end if;
        select * into done from clearway.llm_close(one, jsonb_build_object(
            'status', 'interrupted', 'cost_usd', one.reserved_usd, 'estimated', true,
            'prompt_tokens', one.reserved_tokens, 'cached_tokens', 0, 'completion_tokens', 0,
            'latency_s', extract(epoch from clock_timestamp() - one.begun_at), 'profile', null
        ), clock_timestamp(), true);
        closed := closed || done.closed;
    end loop;
    if cardinality(closed) > 0 then
        perform clearway.llm_add_up(closed, '{}');
    end if;
    return cardinality(begun);
end
$$;
revoke execute on function clearway.llm_sweep from public;
grant execute on function clearway.llm_sweep to clearway_app;

-- Closes the circuits of one provider, or of all where it is null; returns how many were not closed.
create function clearway.llm_reset(of_provider text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one clearway.llm_circuit;
    closed integer := 0;
begin
    for one in
        select listed.* from clearway.llm_circuit as listed
        where of_provider is null or listed.provider = of_provider
        order by listed.provider, listed.endpoint
        for update
    loop
        update clearway.llm_circuit as listed
        set stored = 'closed', probe = null, successes = 0, consecutive_failures = 0,
            calls = array_fill(0::bigint, array[13]), failures = array_fill(0::bigint, array[13])
        where listed.provider = one.provider and listed.endpoint = one.endpoint;
        closed := closed + (one.stored <> 'closed')::integer;
    end loop;
    return closed;
end
$$;
revoke execute on function clearway.llm_reset from public;
grant execute on function clearway.llm_reset to clearway_app;

-- Counts one request in a window that stands by itself; returns null when it may pass, else the
-- seconds to wait. Losing the last moments of a count to a crash is no harm: nothing waits for it.
create function clearway.llm_admit(
    of_key text, of_limit bigint, of_seconds double precision
) returns double precision
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
    wanted constant jsonb := jsonb_build_array(jsonb_build_object(
        'key', of_key, 'counts', 'requests', 'of_limit', of_limit, 'seconds', of_seconds
    ));
begin
    perform set_config('synchronous_commit', 'off', true);
    select * into counted from clearway.llm_count(wanted, 0, clock_timestamp());
    return (counted.refused ->> 'retry_after_s')::double precision;
end
$$;
revoke execute on function clearway.llm_admit from public;
grant execute on function clearway.llm_admit to clearway_app;
