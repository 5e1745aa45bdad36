-- An endpoint's usual rate of failures goes towards nothing as long as all is well, and does not get
-- there: after some 35 000 successes in a row it was too small a number for Postgres, which refused to
-- close the attempts that came after.
update clearway.llm_circuit set usual = 1e-9 where usual < 1e-9;

-- Tells a circuit what came of an attempt; returns what an operator may want to hear of it.
create or replace function clearway.llm_tell(
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
        c.usual := greatest(usual + 0.02 * (failed::integer - usual), 1e-9);
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
