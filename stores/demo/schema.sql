-- The demo warehouse: invented data to ask about before any of one's own is connected.
-- Run as clearway_owner in an empty schema demo.

create table demo.sales_fact (
    sale_id bigint primary key,
    sale_date date not null,
    year integer not null,
    quarter text not null,
    month integer not null,
    region text not null,
    product text not null,
    category text not null,
    channel text not null,
    units_sold integer not null,
    unit_price numeric(10, 2) not null,
    discount numeric(4, 2) not null,
    revenue numeric(12, 2) not null,
    cost numeric(12, 2) not null
);
create index sales_fact_sale_date on demo.sales_fact (sale_date);
comment on table demo.sales_fact is 'Sales, one row per product sold to a region through a channel on a day.';
comment on column demo.sales_fact.sale_id is 'Unique number of the sale.';
comment on column demo.sales_fact.sale_date is 'Day of the sale (UTC).';
comment on column demo.sales_fact.year is 'Calendar year of the sale.';
comment on column demo.sales_fact.quarter is 'Calendar quarter of the sale: Q1, Q2, Q3 or Q4.';
comment on column demo.sales_fact.month is 'Month of the sale, 1 to 12.';
comment on column demo.sales_fact.region is 'Sales region, such as Europe.';
comment on column demo.sales_fact.product is 'Name of the product sold.';
comment on column demo.sales_fact.category is 'Category of the product.';
comment on column demo.sales_fact.channel is 'How it was sold: Online, Retail or Partner.';
comment on column demo.sales_fact.units_sold is 'Number of units sold.';
comment on column demo.sales_fact.unit_price is 'List price of one unit, in USD.';
comment on column demo.sales_fact.discount is 'Share of the list price taken off, 0 to 0.20.';
comment on column demo.sales_fact.revenue is 'Revenue after discount, in USD.';
comment on column demo.sales_fact.cost is 'Cost of the goods sold, in USD.';

create table demo.job_runs (
    id bigint primary key,
    job_name text not null,
    status text not null,
    runtime_seconds numeric(10, 2) not null,
    rows_processed bigint not null,
    error_message text,
    created_at timestamptz not null,
    finished_at timestamptz not null
);
create index job_runs_created_at on demo.job_runs (created_at);
comment on table demo.job_runs is 'Runs of scheduled data jobs, one row per run, over the last 90 days.';
comment on column demo.job_runs.id is 'Unique number of the run.';
comment on column demo.job_runs.job_name is 'Name of the job.';
comment on column demo.job_runs.status is 'How the run ended: success, failed, timeout or cancelled.';
comment on column demo.job_runs.runtime_seconds is 'How long the run took, in seconds.';
comment on column demo.job_runs.rows_processed is 'Number of rows the run processed.';
comment on column demo.job_runs.error_message is 'Why the run did not succeed; null when it did.';
comment on column demo.job_runs.created_at is 'When the run started (UTC).';
comment on column demo.job_runs.finished_at is 'When the run ended (UTC).';

create table demo.customers (
    customer_id integer primary key,
    full_name text not null,
    email text not null,
    phone text not null,
    birth_date date not null,
    city text not null,
    region text not null,
    created_at timestamptz not null
);
comment on table demo.customers is 'Invented customers with personal data: the reader role has no right to it.';
comment on column demo.customers.full_name is 'Name (personal).';
comment on column demo.customers.email is 'E-mail address (personal).';
comment on column demo.customers.phone is 'Telephone number (personal).';
comment on column demo.customers.birth_date is 'Date of birth (personal).';

create view demo.audit_log as
select
    created_at as ts,
    created_at as "timestamp",
    created_at,
    correlation_id,
    step,
    tool,
    action,
    success,
    status,
    duration_ms,
    row_count,
    input_hash,
    user_id
from clearway.audit_step;
comment on view demo.audit_log is 'What Clearway was asked and did: one row per step of a request. Nothing in it is invented.';
comment on column demo.audit_log.ts is 'When the step began (UTC); same as created_at.';
comment on column demo.audit_log."timestamp" is 'When the step began (UTC); same as created_at.';
comment on column demo.audit_log.created_at is 'When the step began (UTC).';
comment on column demo.audit_log.correlation_id is 'Id of the request the step belongs to.';
comment on column demo.audit_log.step is 'Which step of the request: ask, execute-1, ...';
comment on column demo.audit_log.tool is 'What was used: sql, docs, rest or none.';
comment on column demo.audit_log.action is 'What was done: ask, execute, ...';
comment on column demo.audit_log.success is 'Whether it succeeded; null while it is under way.';
comment on column demo.audit_log.status is 'How it ended: answered, clarify, refused, denied, failed, interrupted, ...; open while under way.';
comment on column demo.audit_log.duration_ms is 'How long it took, in milliseconds.';
comment on column demo.audit_log.row_count is 'Number of rows returned.';
comment on column demo.audit_log.input_hash is 'Keyed hash of the question or statement.';
comment on column demo.audit_log.user_id is 'Who asked; null once erased.';

grant usage on schema demo to clearway_reader;
grant select on demo.sales_fact, demo.job_runs, demo.audit_log to clearway_reader;
