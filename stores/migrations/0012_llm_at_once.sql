-- Beginning an attempt takes fewer steps, for every call of a model waits for it; and what was begun
-- while Redis was asked can be withdrawn.

-- Reserves a worst case in its purses, all or none: what costs nothing always fits. Returns their
-- ids and how full the fullest is, or the first that refused.
create or replace function clearway.llm_reserve(
    wanted jsonb, worst_case_usd numeric, today text, at timestamptz,
    out ids bigint[], out share double precision, out refused jsonb
)
language plpgsql as $$
declare
    purse record;
    limits numeric[] := '{}';
    refused_by bigint;
begin
    ids := '{}';
    share := 0;
    for purse in
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
    loop
        ids := ids || purse.id;
        limits := limits || purse.limit_usd;
        share := greatest(
            share, case when purse.limit_usd > 0 then purse.used_usd / purse.limit_usd else 1 end
        );
        if worst_case_usd > 0
            and purse.used_usd > purse.limit_usd
            and purse.place < coalesce(refused_by, purse.place + 1)
        then
            refused_by := purse.place;
            refused := jsonb_build_object(
                'reason', 'budget',
                'key', purse.key,
                'retry_after_s', case
                    when purse.period <> 'call' and worst_case_usd <= purse.limit_usd
                    then extract(epoch from purse.ends_at - at)
                end
            );
        end if;
    end loop;
    if refused is not null then
        return;
    end if;
    if cardinality(ids) < jsonb_array_length(wanted) then
        perform clearway.llm_make_purses(wanted, today);
        select again.ids, again.share, again.refused into ids, share, refused
        from clearway.llm_reserve(wanted, worst_case_usd, today, at) as again;
        return;
    end if;
    update clearway.llm_purse as listed
    set reserved_usd = listed.reserved_usd + worst_case_usd, limit_usd = given.limit_usd
    from unnest(ids, limits) as given (id, limit_usd)
    where listed.id = given.id;
end
$$;

-- Decides about one attempt, and puts what passes into the ledger.
create or replace function clearway.llm_enter_one(wanted jsonb, today text, at timestamptz)
returns jsonb
language plpgsql as $$
declare
    name constant text := wanted ->> 'attempt_id';
    lease_s constant double precision := (wanted ->> 'lease_s')::double precision;
    worst_case_usd constant numeric := (wanted ->> 'worst_case_usd')::numeric;
    known record;
    probing boolean := false;
    purses bigint[];
    share double precision;
    windows bigint[] := '{}';
    refused jsonb;
begin
    select listed.probe, listed.spent_share into known
    from clearway.llm_attempt as listed
    where listed.attempt_id = name;
    if found then
        return jsonb_build_object('probe', known.probe, 'spent_share', known.spent_share);
    end if;
    if (wanted ->> 'guarded')::boolean then
        select door.probing, door.refused into probing, refused
        from clearway.llm_pass_circuit(
            wanted ->> 'provider', wanted ->> 'endpoint', name, lease_s, at
        ) as door;
        if refused is not null then
            return refused;
        end if;
    end if;
    select purse.ids, purse.share, purse.refused into purses, share, refused
    from clearway.llm_reserve(wanted -> 'purses', worst_case_usd, today, at) as purse;
    if refused is null and wanted -> 'windows' <> '[]' then
        select counted.places, counted.refused into windows, refused
        from clearway.llm_count(
            wanted -> 'windows', (wanted ->> 'tokens')::bigint, at
        ) as counted;
        if refused is not null then
            update clearway.llm_purse as listed
            set reserved_usd = listed.reserved_usd - worst_case_usd
            where listed.id = any(purses);
        end if;
    end if;
    if refused is not null then
        if probing then
            update clearway.llm_circuit as listed set probe = null where listed.probe = name;
        end if;
        return refused;
    end if;
    insert into clearway.llm_attempt (
        attempt_id, request_id, trace_id, number, user_id, tenant, provider, model, endpoint, task,
        reserved_usd, reserved_tokens, begun_at, lease_until, probe, spent_share, purses, windows
    ) values (
        name, wanted ->> 'request_id', wanted ->> 'trace_id', (wanted ->> 'number')::integer,
        wanted ->> 'user_id', wanted ->> 'tenant', wanted ->> 'provider', wanted ->> 'model',
        wanted ->> 'endpoint', wanted ->> 'task', worst_case_usd, (wanted ->> 'tokens')::bigint,
        at, at + make_interval(secs => lease_s), probing, share, purses, windows
    );
    return jsonb_build_object('probe', probing, 'spent_share', share);
end
$$;

-- Takes back attempts whose calls were not made because a circuit or a window, which are counted
-- elsewhere at the same time, refused them: what they reserved is free, and the ledger, which is of
-- calls, has no row of them. What is closed stays.
create function clearway.llm_withdraw(names jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one clearway.llm_attempt;
    begun clearway.llm_attempt[] := '{}';
begin
    for one in
        select listed.* from clearway.llm_attempt as listed
        where listed.attempt_id in (select jsonb_array_elements_text(names))
            and listed.ended_at is null
        order by listed.attempt_id
        for update
    loop
        begun := begun || one;
    end loop;
    perform from clearway.llm_purse as listed
    where listed.id in (select unnest(each.purses) from unnest(begun) as each)
    order by listed.id
    for update;
    foreach one in array begun loop
        update clearway.llm_purse as listed
        set reserved_usd = listed.reserved_usd - one.reserved_usd
        where listed.id = any(one.purses);
        delete from clearway.llm_attempt as listed where listed.attempt_id = one.attempt_id;
    end loop;
    return 'null';
end
$$;
revoke execute on function clearway.llm_withdraw from public;
grant execute on function clearway.llm_withdraw to clearway_app;
