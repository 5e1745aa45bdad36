-- A run every six minutes, ten an hour. Each follows from its number alone; only runs that have
-- ended are there, so that history never changes.
with job (place, job_name, seconds, failures) as (
    values
        (0, 'load_sales', 240, 10),
        (1, 'load_inventory', 180, 8),
        (2, 'sync_customers', 95, 14),
        (3, 'refresh_dashboards', 60, 6),
        (4, 'export_ledger', 310, 18),
        (5, 'train_forecast', 330, 30),
        (6, 'check_quality', 45, 12),
        (7, 'archive_logs', 120, 4),
        (8, 'send_invoices', 75, 9),
        (9, 'compact_storage', 280, 16)
),
run as (
    select
        id,
        timestamptz '2015-01-01 00:00:00+00' + id * interval '6 minutes' as slot,
        sha256(convert_to('run ' || id, 'UTF8')) as dice
    from generate_series(
        floor(extract(epoch from %(since)s::timestamptz - timestamptz '2015-01-01 00:00:00+00') / 360)::bigint,
        floor(extract(epoch from %(until)s::timestamptz - timestamptz '2015-01-01 00:00:00+00') / 360)::bigint - 2
    ) as id
),
drawn as (
    select
        run.id,
        job.job_name,
        case
            when get_byte(dice, 0) >= failures then 'success'
            when get_byte(dice, 0) = 0 then 'cancelled'
            when get_byte(dice, 0) %% 4 = 1 then 'timeout'
            else 'failed'
        end as status,
        round(seconds * (0.6 + get_byte(dice, 1) / 320.0), 2) as seconds,
        seconds * (100 + get_byte(dice, 2)) as rows_processed,
        slot + get_byte(dice, 3) * interval '1 second' as created_at
    from run
    join job on job.place = get_byte(dice, 4) %% 10
)
insert into demo.job_runs
select
    id, job_name, status,
    case status when 'timeout' then 450 when 'success' then seconds else round(seconds / 3, 2) end,
    case status when 'success' then rows_processed else 0 end,
    case status
        when 'failed' then (array['connection reset by source', 'column type changed', 'duplicate key'])[1 + id %% 3]
        when 'timeout' then 'no progress for 450 seconds'
        when 'cancelled' then 'cancelled by operator'
    end,
    created_at,
    created_at + case status when 'timeout' then 450 when 'success' then seconds else round(seconds / 3, 2) end
        * interval '1 second'
from drawn
on conflict (id) do nothing
