-- The three roles and the schema, made by the login that migrates. Idempotent; run before the
-- numbered files, which then work as clearway_owner.
--
--   clearway_owner   owns every object; nobody works as it
--   clearway_app     what the application works as: appends to the audit, cannot change it
--   clearway_reader  reads the demo warehouse, nothing else
do $$
declare
    wanted text;
    -- Since Postgres 16 a membership may lack the right to SET ROLE.
    privilege constant text := case
        when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER'
    end;
begin
    foreach wanted in array array['clearway_owner', 'clearway_app', 'clearway_reader'] loop
        if to_regrole(wanted) is null then
            begin
                execute format('create role %I nologin', wanted);
            exception when duplicate_object or unique_violation then
                null;  -- another database of this server made it at the same moment
            end;
        end if;
        if not pg_has_role(current_user, wanted, privilege) then
            execute format('grant %I to current_user', wanted);
        end if;
    end loop;

    if to_regnamespace('clearway') is null then
        create schema clearway authorization clearway_owner;
    end if;

    -- The embedded server admits only the account it runs for: there, the roles log in themselves,
    -- so that no session of theirs is a superuser's underneath.
    if current_setting('clearway.embedded', true) = 'on' then
        for wanted in
            select rolname from pg_roles
            where rolname in ('clearway_app', 'clearway_reader') and not rolcanlogin
        loop
            execute format('alter role %I login', wanted);
        end loop;
    end if;
end
$$;
