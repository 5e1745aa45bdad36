-- What goes wrong only after long: a rate that becomes too small a number, a clock that was ahead and
-- is set back, and an audit of millions of records that is pruned.
--
-- An endpoint's usual rate of failures goes towards nothing as long as all is well, and does not get
-- there: after some 35 000 successes in a row Postgres could not count it and refused to close calls.
--
-- What was counted or shut while the clock was ahead lies in the future once it is set back. Nothing
-- waits for that time to come: a window counts all it holds as of now, and so is never over its limit;
-- a circuit may be tried, and its calls are counted anew. A minute more than the window is left for
-- clocks that differ, and for a moment that was noted before a lock was waited for.

update clearway.llm_circuit set usual = 1e-9 where usual < 1e-9;

-- Counts an attempt in its windows, all or none. Returns the ids of those that count tokens, or who
-- refused.
create or replace function clearway.llm_count(
    wanted jsonb, tokens bigint, at timestamptz, out places bigint[], out refused jsonb
)
language plpgsql as $$
declare
    now_s constant double precision := extract(epoch from at);
    asked record;
    held clearway.llm_window;
    to_part bigint;
    amount bigint;
    rolled clearway.llm_window[] := '{}';
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
        held := asked.held;
        to_part := floor(now_s * 60 / held.seconds);
        if held.part < to_part then
            held := clearway.llm_rolled(held, to_part);
        end if;
        if (held.part - to_part - 60) * held.seconds > 60 * 60 then
            held.part := to_part;
            held.ring := array_fill(0::bigint, array[61]);
            held.ring[to_part % 61 + 1] := held.total;
            -- Kept at once: who is refused writes nothing, and would count it as of now each time.
            update clearway.llm_window as listed
            set part = held.part, ring = held.ring
            where listed.id = held.id;
        end if;
        amount := case held.counts when 'tokens' then tokens else 1 end;
        if held.total + amount > asked.of_limit then
            refused := jsonb_build_object(
                'reason', 'window',
                'key', held.key,
                'retry_after_s', clearway.llm_room_after(held, amount, asked.of_limit, at)
            );
            return;
        end if;
        held.total := held.total + amount;
        held.ring[held.part % 61 + 1] := held.ring[held.part % 61 + 1] + amount;
        rolled := rolled || held;
    end loop;
    if cardinality(rolled) < jsonb_array_length(wanted) then
        perform clearway.llm_make_windows(wanted);
        select counted.places, counted.refused into places, refused
        from clearway.llm_count(wanted, tokens, at) as counted;
        return;
    end if;
    foreach held in array rolled loop
        update clearway.llm_window as listed
        set part = held.part, total = held.total, ring = held.ring
        where listed.id = held.id;
        if held.counts = 'tokens' then
            places := places || held.id;
        end if;
    end loop;
end
$$;

-- Asks the circuit. Half open, it gives the place of the probe to one attempt at a time.
create or replace function clearway.llm_pass_circuit(
    of_provider text, of_endpoint text, of_attempt text, lease_s double precision, at timestamptz,
    out probing boolean, out refused jsonb
)
language plpgsql as $$
declare
    set_back constant interval := '1 minute';
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
            (listed.stored = 'open' and (
                listed.retry_at <= at
                or listed.last_failure > at + set_back
            ))
            or (listed.stored = 'half_open' and (
                listed.probe is null
                or listed.probe_until <= at
                or listed.probe_until > at + make_interval(secs => lease_s) + set_back
            ))
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
        if c.width_s <> width_s
            or now_part - c.part > 12
            or (c.part - now_part - 12) * width_s > 60
        then
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

-- Removes the oldest records of every chain, up to the first that is not older than `before` or not
-- ended, and at most so many at once: nobody can extend a chain meanwhile. Records in the chain how
-- many, where there were any, and returns it: whoever prunes calls until there are none. For
-- administrators, like audit_erase.
--
-- The record of an erasure stays for as long as anything it erased, in any chain: without it, what
-- is missing there would look stolen. One that says it was written in the future, before others that
-- are old, was written by a clock that was wrong, and does not hold its chain.
drop function clearway.audit_prune(timestamptz, text);
create index audit_private_erased on clearway.audit_private (erased_by) where erased_by is not null;
create function clearway.audit_prune(before timestamptz, body text, at_most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    head clearway.audit_head;
    last_gone bigint;
    removed bigint;
    total bigint := 0;
begin
    for head in select * from clearway.audit_head order by shard for update loop
        exit when total >= at_most;
        select coalesce(min(oldest.seq) filter (where oldest.stays) - 1, max(oldest.seq))
        into last_gone
        from (
            select kept.seq, (
                kept.at >= before and not (
                    kept.at > clock_timestamp() + interval '1 day'
                    and exists (
                        select from clearway.audit_record as later
                        where later.shard = kept.shard and later.seq > kept.seq and later.at < before
                    )
                )
                or exists (
                    select from clearway.audit_open as pending
                    where pending.request_id = kept.request_id
                        and pending.step = kept.step
                        and pending.attempt = kept.attempt
                )
                or kept.step = 'erase' and exists (
                    select from clearway.audit_private as erased
                    where erased.erased_by = kept.request_id
                )
            ) as stays
            from clearway.audit_record as kept
            where kept.shard = head.shard
            order by kept.seq
            limit at_most - total
        ) as oldest;
        continue when last_gone is null or last_gone <= head.kept_after_seq;
        update clearway.audit_head
        set kept_after_seq = last.seq, kept_after_hash = last.hash
        from clearway.audit_record as last
        where audit_head.shard = head.shard and last.shard = head.shard and last.seq = last_gone;
        delete from clearway.audit_private as private
        using clearway.audit_record as old
        where old.shard = head.shard
            and old.seq <= last_gone
            and private.request_id = old.request_id
            and private.step = old.step
            and private.attempt = old.attempt
            and private.phase = old.phase;
        delete from clearway.audit_record as old
        where old.shard = head.shard and old.seq <= last_gone;
        get diagnostics removed = row_count;
        total := total + removed;
    end loop;
    if total > 0 then
        body := body::jsonb || jsonb_build_object('row_count', total);
        perform clearway.audit_append(array[body], array[null::text], true);
    end if;
    return total;
end
$$;
revoke execute on function clearway.audit_prune from public;
