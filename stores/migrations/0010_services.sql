-- Services: what came of a write that was claimed and how claims leave, and one breaker and one rate
-- for all processes.

alter table clearway.service_write
    add column call text,
    add column settled_at timestamptz,
    add column came text check (came in ('done', 'not_done', 'unknown')),
    add constraint service_write_settled check ((settled_at is null) = (came is null));
comment on table clearway.service_write is 'Claimed before the write is sent. A claim is never taken back; one without an end is of a process that died: nobody knows what came of it.';
comment on column clearway.service_write.call is 'Keyed digest of who asked and what was sent: who asks for the same again is told of one that is not settled.';
create index service_write_unsettled on clearway.service_write (call, claimed_at)
    where came is null or came = 'unknown';
create index service_write_claimed on clearway.service_write (claimed_at);
grant update (settled_at, came) on clearway.service_write to clearway_app;

-- Decides about one call of a service by its circuit and its window: null where it may begin, else
-- who refused and for how long. The circuits and windows are those of 0007, the services' by their
-- provider, which no provider of models can be called. Waits for no disk: what a crash loses is a
-- few counts.
create function clearway.service_enter(
    of_service text, of_attempt text, lease_s double precision,
    of_limit bigint, of_seconds double precision
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    at constant timestamptz := clock_timestamp();
    wanted constant jsonb := jsonb_build_array(jsonb_build_object(
        'key', 'service:' || of_service, 'counts', 'requests', 'of_limit', of_limit,
        'seconds', of_seconds
    ));
    door record;
    counted record;
begin
    perform set_config('synchronous_commit', 'off', true);
    select * into door
    from clearway.llm_pass_circuit('service:', of_service, of_attempt, lease_s, at);
    if door.refused is not null then
        return door.refused;
    end if;
    select * into counted from clearway.llm_count(wanted, 0, at);
    if counted.refused is not null and door.probing then
        update clearway.llm_circuit as listed set probe = null
        where listed.provider = 'service:' and listed.endpoint = of_service
            and listed.probe = of_attempt;
    end if;
    return counted.refused;
end
$$;
revoke execute on function clearway.service_enter from public;
grant execute on function clearway.service_enter to clearway_app;

-- Tells a service's circuit what came of a call.
create function clearway.service_leave(
    of_service text, of_attempt text, verdict text, profile jsonb
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    return clearway.llm_tell(
        'service:', of_service, of_attempt, verdict, profile, clock_timestamp()
    );
end
$$;
revoke execute on function clearway.service_leave from public;
grant execute on function clearway.service_leave to clearway_app;
