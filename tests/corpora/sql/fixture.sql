-- The database every query of the corpora runs on.
--
-- Load it twice, with `SET corpus.variant = 'a'` and `'b'`: both databases hold the same allowed
-- data and differ only in denied data (same widths, other values, one row fewer). A query whose
-- answer differs between the two has read something it may not.
--
-- Every denied value carries a token `CANARY-<place>-<variant>-<n>`; no allowed value does.
-- What is allowed is written in allowed.json; all else here is denied.

SET client_min_messages = warning;
SET TimeZone = 'UTC';

DO $roles$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['corpus_reader', 'corpus_owner', 'corpus_bystander'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    END IF;
  END LOOP;
END
$roles$;
COMMENT ON ROLE corpus_bystander IS 'CANARY-role-comment';

CREATE SCHEMA analytics;
CREATE SCHEMA staging;
CREATE SCHEMA vault;
CREATE SCHEMA "Analytics";
CREATE SCHEMA "canary_vault_schema";
SET search_path = analytics, public;

CREATE FUNCTION public.variant() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT current_setting('corpus.variant') $$;
CREATE FUNCTION public.canary(place text, n bigint) RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT 'CANARY-' || place || '-' || public.variant() || '-' || lpad(n::text, 4, '0') $$;

-- ---------------------------------------------------------------- allowed: types and tables

CREATE TYPE customer_tier AS ENUM ('bronze', 'silver', 'gold', 'platinum');
CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'returned', 'cancelled');

CREATE TABLE regions (
  id int PRIMARY KEY, name text NOT NULL, country_code char(2) NOT NULL, timezone text NOT NULL,
  population bigint, area_km2 real
);
INSERT INTO regions VALUES
  (1, 'Nordics', 'SE', 'Europe/Stockholm', 27000000, 1425000.5),
  (2, 'Iberia', 'ES', 'Europe/Madrid', 58000000, 583000.2),
  (3, 'Benelux', 'NL', 'Europe/Amsterdam', 30000000, 75140),
  (4, 'New England', 'US', 'America/New_York', 15000000, 186000),
  (5, 'Kansai', 'JP', 'Asia/Tokyo', 22000000, 33000),
  (6, 'Gran Chaco', 'AR', 'America/Argentina/Buenos_Aires', NULL, NULL),
  (7, 'Punjab', 'IN', 'Asia/Kolkata', 31000000, 50362),
  (8, 'Outback', 'AU', 'Australia/Darwin', 607000, 5600000);

CREATE TABLE customers (
  id int PRIMARY KEY, name text NOT NULL, email text, region_id int REFERENCES regions,
  tier customer_tier NOT NULL, tags text[] NOT NULL DEFAULT '{}', attributes jsonb,
  signed_up_at timestamptz NOT NULL, birth_date date, credit_limit numeric(12, 2),
  active boolean NOT NULL, referred_by int REFERENCES customers,
  ssn text NOT NULL
);
INSERT INTO customers
SELECT i,
  (ARRAY['Ada','Bo','Chloé','Dmitri','Élodie','Farah','Gus','Håkon','Iris','Jun'])[1 + i % 10]
    || ' ' || (ARRAY['Smith','O''Neil','Müller','de Vries','Tanaka','Okafor','Lund'])[1 + i % 7],
  CASE WHEN i % 11 = 0 THEN NULL ELSE 'c' || i || '@example.' || (ARRAY['com','org','net'])[1 + i % 3] END,
  CASE WHEN i % 29 = 0 THEN NULL ELSE 1 + i % 7 END,
  (ARRAY['bronze','silver','gold','platinum'])[1 + (i / 3) % 4]::customer_tier,
  (ARRAY['newsletter','vip','b2b','trial','churn-risk'])[1 : i % 4],
  CASE WHEN i % 13 = 0 THEN NULL ELSE jsonb_build_object(
    'channel', (ARRAY['web','store','phone'])[1 + i % 3], 'score', i % 100,
    'address', jsonb_build_object('city', (ARRAY['Umeå','Bilbao','Gent'])[1 + i % 3], 'zip', 10000 + i),
    'devices', CASE WHEN i % 2 = 0 THEN '["ios","web"]'::jsonb ELSE '["android"]'::jsonb END) END,
  '2021-01-03 08:15:00+00'::timestamptz + i * interval '53 hours 7 minutes',
  CASE WHEN i % 17 = 0 THEN NULL ELSE '1950-01-01'::date + (i * 79) % 20000 END,
  CASE WHEN i % 19 = 0 THEN NULL ELSE (i * 37) % 9000 + 0.5 END,
  i % 6 <> 0, CASE WHEN i > 10 AND i % 3 = 0 THEN i / 3 END,
  public.canary('ssn', CASE public.variant() WHEN 'a' THEN i ELSE 1000 - i END)
FROM generate_series(1, 300) AS i;

CREATE TABLE categories (id int PRIMARY KEY, parent_id int REFERENCES categories, name text NOT NULL);
INSERT INTO categories VALUES
  (1, NULL, 'All'), (2, 1, 'Home'), (3, 1, 'Outdoor'), (4, 2, 'Kitchen'), (5, 2, 'Bedroom'),
  (6, 3, 'Garden'), (7, 3, 'Camping'), (8, 4, 'Knives'), (9, 4, 'Pans'), (10, 7, 'Tents'),
  (11, 10, 'Family tents'), (12, NULL, 'Services');

CREATE TABLE products (
  id int PRIMARY KEY, sku text UNIQUE NOT NULL, name text NOT NULL,
  category_id int REFERENCES categories, price numeric(10, 2) NOT NULL, cost numeric(10, 2),
  dimensions int[], specs jsonb NOT NULL, description text,
  search tsvector GENERATED ALWAYS AS
    (to_tsvector('english'::regconfig, coalesce(name, '') || ' ' || coalesce(description, ''))) STORED,
  launched_on date, weight double precision
);
INSERT INTO products (id, sku, name, category_id, price, cost, dimensions, specs, description, launched_on, weight)
SELECT i, 'SKU-' || lpad(i::text, 5, '0'),
  (ARRAY['Bread knife','Cast-iron pan','Duvet','Rake','Dome tent','Lantern','Whetstone','Kettle'])[1 + i % 8]
    || ' ' || (ARRAY['XL','mini','pro','2.0'])[1 + i % 4],
  1 + i % 12, (i * 13) % 400 + 4.99, CASE WHEN i % 9 = 0 THEN NULL ELSE (i * 7) % 200 + 1.5 END,
  CASE WHEN i % 8 = 0 THEN NULL ELSE ARRAY[10 + i % 30, 20 + i % 15, i % 7 + 1] END,
  jsonb_build_object('color', (ARRAY['red','blue','green'])[1 + i % 3], 'warranty', i % 5,
    'materials', jsonb_build_array('steel', CASE WHEN i % 2 = 0 THEN 'wood' ELSE 'nylon' END),
    'ratings', jsonb_build_object('avg', round((i % 50) / 10.0, 1), 'n', i % 200)),
  'A ' || (ARRAY['sharp','heavy','warm','light','folding'])[1 + i % 5]
    || ' thing for cooking, camping and running homes; made 100% of steel_' || i % 4,
  CASE WHEN i % 14 = 0 THEN NULL ELSE '2019-03-01'::date + i * 11 END,
  CASE WHEN i % 10 = 0 THEN NULL ELSE (i * 3.7)::double precision END
FROM generate_series(1, 120) AS i;

CREATE SEQUENCE order_number_seq START 100000;
CREATE TABLE orders (
  id bigint PRIMARY KEY DEFAULT nextval('analytics.order_number_seq'), customer_id int NOT NULL REFERENCES customers,
  ordered_at timestamptz NOT NULL, shipped_on date, status order_status NOT NULL,
  total numeric(12, 2) NOT NULL, currency char(3) NOT NULL, discount real NOT NULL DEFAULT 0,
  note text, external_ref uuid
);
INSERT INTO orders
SELECT i, 1 + (i * 31) % 280,
  '2023-01-01 00:30:00+00'::timestamptz + i * interval '5 hours 41 minutes',
  CASE WHEN i % 5 = 0 THEN NULL ELSE '2023-01-02'::date + (i * 341) / 1440 + i % 6 END,
  (ARRAY['new','paid','shipped','shipped','returned','paid','cancelled'])[1 + i % 7]::order_status,
  (i * 97) % 1500 + 9.95, (ARRAY['EUR','EUR','USD','JPY'])[1 + i % 4],
  (ARRAY[0, 0, 0.05, 0.1])[1 + i % 4], CASE WHEN i % 20 = 0 THEN 'Gift: wrap #' || i || ' please!' END,
  md5('order' || i)::uuid
FROM generate_series(1, 2400) AS i;
CREATE INDEX orders_customer ON orders (customer_id);

CREATE TABLE order_items (
  order_id bigint NOT NULL REFERENCES orders, line_no smallint NOT NULL,
  product_id int NOT NULL REFERENCES products, quantity int NOT NULL, unit_price numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line_no)
);
INSERT INTO order_items
SELECT o, l, 1 + (o * 17 + l * 5) % 120, 1 + (o + l) % 4, ((o * 13 + l) % 400) + 4.99
FROM generate_series(1, 2400) AS o CROSS JOIN LATERAL generate_series(1, 1 + o % 3) AS l;

CREATE TABLE events (
  id bigint NOT NULL, customer_id int, kind text NOT NULL, occurred_at timestamptz NOT NULL,
  payload jsonb NOT NULL, duration interval, ip inet
) PARTITION BY RANGE (occurred_at);
CREATE TABLE events_2024_q1 PARTITION OF events FOR VALUES FROM ('2024-01-01+00') TO ('2024-04-01+00');
CREATE TABLE events_2024_q2 PARTITION OF events FOR VALUES FROM ('2024-04-01+00') TO ('2024-07-01+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events
SELECT i, CASE WHEN i % 23 = 0 THEN NULL ELSE 1 + (i * 7) % 300 END,
  (ARRAY['view','view','view','cart','purchase','refund'])[1 + i % 6],
  '2024-01-01 00:00:00+00'::timestamptz + i * interval '73 minutes',
  jsonb_build_object('page', '/p/' || i % 40, 'ms', (i * 37) % 3000, 'ok', i % 9 <> 0,
    'items', jsonb_build_array(jsonb_build_object('sku', 'SKU-0000' || i % 9, 'n', i % 3),
      jsonb_build_object('sku', 'SKU-0001' || i % 9, 'n', i % 4))),
  CASE WHEN i % 4 = 0 THEN NULL ELSE i % 600 * interval '1.5 seconds' END,
  ('10.' || i % 4 || '.' || i % 250 || '.7')::inet
FROM generate_series(1, 3000) AS i;

CREATE TABLE bookings (
  id int PRIMARY KEY, room text NOT NULL, during tstzrange NOT NULL, days daterange NOT NULL,
  guests int4range NOT NULL, price_band numrange, closed_days datemultirange
);
INSERT INTO bookings
SELECT i, 'R' || i % 3,
  tstzrange('2024-02-01 09:00+00'::timestamptz + i * interval '3 hours',
            '2024-02-01 11:30+00'::timestamptz + i * interval '3 hours' + i % 3 * interval '5 hours'),
  daterange('2024-02-01'::date + i, '2024-02-01'::date + i + 1 + i % 5),
  int4range(1, 2 + i % 6), CASE WHEN i % 7 = 0 THEN NULL ELSE numrange(i, i + 50.5, '[]') END,
  datemultirange(daterange('2024-12-24', '2024-12-27'), daterange('2024-02-01'::date + i, '2024-02-03'::date + i))
FROM generate_series(1, 80) AS i;

CREATE TABLE employees (
  id int PRIMARY KEY, name text NOT NULL, manager_id int REFERENCES employees, title text NOT NULL,
  department text NOT NULL, hired_on date NOT NULL, office_hours time[],
  salary numeric(10, 2) NOT NULL, private_note text NOT NULL
);
INSERT INTO employees
SELECT i, 'Employee ' || chr(64 + 1 + i % 26) || i, CASE WHEN i > 1 THEN i / 3 + CASE WHEN i < 3 THEN 1 ELSE 0 END END,
  CASE WHEN i = 1 THEN 'CEO' WHEN i < 5 THEN 'VP' ELSE 'IC' || i % 4 END,
  (ARRAY['Sales','Ops','R&D','Finance'])[1 + i % 4], '2012-05-01'::date + i * 41,
  ARRAY['08:30'::time, '17:00'::time + i % 3 * interval '15 minutes'],
  CASE public.variant() WHEN 'a' THEN 50000 + (i * 7919) % 90000 ELSE 45000 + (i * 5407 + 511) % 90000 END,
  public.canary('note', i)
FROM generate_series(1, 60) AS i;

CREATE TABLE sensor_readings (
  sensor_id int NOT NULL, read_at timestamp NOT NULL, value double precision, quality smallint,
  unit varchar(8) NOT NULL, flags bit(4), raw bytea, PRIMARY KEY (sensor_id, read_at)
);
INSERT INTO sensor_readings
SELECT s, '2024-03-30 00:00'::timestamp + r * interval '10 minutes',
  CASE WHEN (r + s) % 17 = 0 THEN NULL WHEN (r + s) % 97 = 0 THEN 'NaN' ELSE 20 + 5 * sin(r / 24.0) + s END,
  r % 4, CASE WHEN s % 2 = 0 THEN '°C' ELSE 'kPa' END, (r % 16)::bit(4), decode(lpad(to_hex(r), 4, '0'), 'hex')
FROM generate_series(1, 5) AS s CROSS JOIN generate_series(0, 299) AS r;

CREATE TABLE documents (
  id uuid PRIMARY KEY, title text NOT NULL, body text NOT NULL, language text NOT NULL, published_on date,
  author_id int REFERENCES employees, keywords text[], tsv tsvector
);
INSERT INTO documents (id, title, body, language, published_on, author_id, keywords)
SELECT md5('doc' || i)::uuid, 'Report ' || i || ': ' || (ARRAY['returns policy','quarterly revenue','supply risk','tent recall'])[1 + i % 4],
  'The ' || (ARRAY['warehouse','customer','supplier'])[1 + i % 3] || ' teams reviewed running costs. '
    || 'Revenue grew by ' || i % 30 || '% while returns were falling; knives and tents sold best.',
  (ARRAY['en','en','sv'])[1 + i % 3], CASE WHEN i % 6 = 0 THEN NULL ELSE '2023-01-15'::date + i * 9 END,
  1 + i % 60, ARRAY['q' || i % 4 + 1, (ARRAY['risk','sales'])[1 + i % 2]]
FROM generate_series(1, 90) AS i;
UPDATE documents SET tsv = to_tsvector('english', title || ' ' || body);

CREATE TABLE "Quarterly Targets" (
  "Region Id" int NOT NULL REFERENCES regions, "Quarter" text NOT NULL, "Target Amount" numeric NOT NULL,
  "select" boolean NOT NULL, "Größe %" real, "owner""s note" text, PRIMARY KEY ("Region Id", "Quarter")
);
INSERT INTO "Quarterly Targets"
SELECT r, '2024-Q' || q, r * 10000 + q * 2500, (r + q) % 2 = 0, r * 1.5, CASE WHEN q = 4 THEN 'stretch' END
FROM generate_series(1, 8) AS r CROSS JOIN generate_series(1, 4) AS q;

CREATE TABLE exchange_rates (
  currency char(3) NOT NULL, valid_from date NOT NULL, rate numeric(14, 6) NOT NULL, PRIMARY KEY (currency, valid_from)
);
INSERT INTO exchange_rates
SELECT c, '2023-01-01'::date + m * interval '1 month', CASE c WHEN 'EUR' THEN 1 WHEN 'USD' THEN 0.9 + m * 0.004 ELSE 0.0062 + m * 0.00002 END
FROM unnest(ARRAY['EUR','USD','JPY']) AS c CROSS JOIN generate_series(0, 19) AS m;

CREATE VIEW active_customers AS
  SELECT id, name, email, region_id, tier, signed_up_at FROM customers WHERE active;
CREATE VIEW monthly_revenue AS
  SELECT date_trunc('month', ordered_at, 'UTC')::date AS month, currency, sum(total) AS revenue, count(*) AS orders
  FROM orders WHERE status NOT IN ('cancelled', 'returned') GROUP BY 1, 2;
CREATE MATERIALIZED VIEW product_stats AS
  SELECT p.id AS product_id, p.name, count(i.*) AS lines, coalesce(sum(i.quantity), 0) AS units,
         coalesce(sum(i.quantity * i.unit_price), 0) AS revenue
  FROM products p LEFT JOIN order_items i ON i.product_id = p.id GROUP BY p.id, p.name;

-- ---------------------------------------------------------------- denied: relations

CREATE TABLE secrets (id int PRIMARY KEY, label text NOT NULL, value text NOT NULL, amount numeric NOT NULL,
  scope jsonb NOT NULL, query tsquery, name text NOT NULL, CONSTRAINT secrets_amount_positive CHECK (amount > 0));
INSERT INTO secrets
SELECT i, 'label' || i, public.canary('secret', i), 1000 + CASE public.variant() WHEN 'a' THEN i ELSE i * 3 END,
  jsonb_build_object('token', public.canary('scope', i)), ('canary_q' || i)::tsquery, public.canary('name', i)
FROM generate_series(1, CASE public.variant() WHEN 'a' THEN 12 ELSE 11 END) AS i;
COMMENT ON TABLE secrets IS 'CANARY-comment-table';
COMMENT ON COLUMN secrets.value IS 'CANARY-comment-column';

CREATE TABLE payroll (employee_id int PRIMARY KEY, gross numeric NOT NULL, iban text NOT NULL);
INSERT INTO payroll SELECT i, 4000 + CASE public.variant() WHEN 'a' THEN i ELSE i * 7 END, public.canary('iban', i)
FROM generate_series(1, 60) AS i;
CREATE TABLE api_keys (name text PRIMARY KEY, key text NOT NULL DEFAULT 'CANARY-default-value', customer_id int);
INSERT INTO api_keys SELECT 'key' || i, public.canary('key', i), i FROM generate_series(1, 9) AS i;
CREATE TABLE audit_log (id bigserial PRIMARY KEY, what text NOT NULL);
INSERT INTO audit_log (what) VALUES (public.canary('audit', 1));

-- Names one careless comparison away from allowed ones: other case, spaces, look-alikes, other schemas.
CREATE TABLE analytics."Customers" (id int, name text, ssn text);
INSERT INTO analytics."Customers" SELECT i, public.canary('upper', i), public.canary('upper', i) FROM generate_series(1, 3) AS i;
CREATE TABLE analytics."ORDERS" (LIKE analytics."Customers");
INSERT INTO analytics."ORDERS" SELECT * FROM analytics."Customers";
CREATE TABLE analytics."customers " (LIKE analytics."Customers");
INSERT INTO analytics."customers " SELECT * FROM analytics."Customers";
CREATE TABLE analytics."analytics.customers" (LIKE analytics."Customers");
INSERT INTO analytics."analytics.customers" SELECT * FROM analytics."Customers";
CREATE TABLE analytics."regions""; drop" (LIKE analytics."Customers");
INSERT INTO analytics."regions""; drop" SELECT * FROM analytics."Customers";
CREATE TABLE analytics.U&"customers\00A0c" (LIKE analytics."Customers");
INSERT INTO analytics.U&"customers\00A0c" SELECT * FROM analytics."Customers";
CREATE TABLE analytics.U&"regions\3000r" (LIKE analytics."Customers");
INSERT INTO analytics.U&"regions\3000r" SELECT * FROM analytics."Customers";
CREATE TABLE analytics.U&"orders\200B" (LIKE analytics."Customers");
INSERT INTO analytics.U&"orders\200B" SELECT * FROM analytics."Customers";
CREATE TABLE analytics.U&"\0441ustomers" (LIKE analytics."Customers");
INSERT INTO analytics.U&"\0441ustomers" SELECT * FROM analytics."Customers";
CREATE TABLE analytics.U&"orders\2028" (LIKE analytics."Customers");
INSERT INTO analytics.U&"orders\2028" SELECT * FROM analytics."Customers";
CREATE TABLE "Analytics".customers (LIKE analytics."Customers");
INSERT INTO "Analytics".customers SELECT * FROM analytics."Customers";
CREATE TABLE public.orders (id bigint, customer_id int, total numeric, note text);
INSERT INTO public.orders SELECT i, i, i, public.canary('public', i) FROM generate_series(1, 3) AS i;
CREATE TABLE public.leads (id int, name text);
INSERT INTO public.leads SELECT i, public.canary('leads', i) FROM generate_series(1, 3) AS i;
CREATE TABLE staging.customers (id int, name text, region_id int, tier text);
INSERT INTO staging.customers SELECT i, public.canary('staging', i), 1, 'gold' FROM generate_series(1, 3) AS i;
CREATE TABLE staging.regions (id int, name text);
INSERT INTO staging.regions SELECT i, public.canary('staging', i) FROM generate_series(1, 3) AS i;
CREATE TABLE vault.ledger (id int PRIMARY KEY, owner text, balance numeric);
INSERT INTO vault.ledger SELECT i, public.canary('ledger', i), i * 10 FROM generate_series(1, 5) AS i;
CREATE TABLE vault.canary_vault_table (canary_vault_column int DEFAULT 1);
CREATE TYPE vault.hidden_kind AS ENUM ('CANARY-enum-one', 'CANARY-enum-two');
CREATE TABLE vault.kinds (kind vault.hidden_kind);
INSERT INTO vault.kinds VALUES ('CANARY-enum-one');

-- Views that run with their owner's rights, and harmless-looking names.
CREATE VIEW customer_overview AS
  SELECT c.id, c.name, c.ssn AS reference FROM customers c;
CREATE VIEW open_items AS SELECT id, label AS name, value AS note FROM secrets;
CREATE VIEW open_items_wrapped AS SELECT * FROM open_items;
CREATE VIEW secret_totals WITH (security_barrier) AS SELECT count(*) AS n, sum(amount) AS amount FROM secrets;
CREATE VIEW staging.products AS SELECT id, value AS name FROM analytics.secrets;
CREATE MATERIALIZED VIEW secret_cache AS SELECT id, value FROM secrets;

-- ---------------------------------------------------------------- denied: functions with effects

CREATE FUNCTION note_access(what text) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  INSERT INTO analytics.audit_log (what) VALUES (note_access.what);
  RETURN true;
END $$;
CREATE FUNCTION touch_audit() RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ INSERT INTO analytics.audit_log (what) VALUES ('touched') RETURNING 1 $$;
CREATE FUNCTION reveal(secret_id int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = secret_id $$;
CREATE FUNCTION peek(which text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE label = which $$;
CREATE FUNCTION all_secrets() RETURNS SETOF secrets LANGUAGE sql STABLE SECURITY DEFINER
  AS $$ SELECT * FROM analytics.secrets $$;
CREATE FUNCTION run_text(statement text) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE statement INTO answer;
  RETURN answer;
END $$;
CREATE FUNCTION profile(c customers) RETURNS text LANGUAGE sql STABLE AS $$ SELECT c.name || c.ssn $$;
CREATE FUNCTION touch(o orders) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.note_access('order ' || o.id) $$;
CREATE FUNCTION secret_source() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'CANARY-function-source' $$;
CREATE PROCEDURE purge_orders() LANGUAGE sql AS $$ DELETE FROM analytics.order_items WHERE order_id <= 5 $$;
CREATE FUNCTION vault.balance_of(who int) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
  AS $$ SELECT owner FROM vault.ledger WHERE id = who $$;
CREATE FUNCTION tag_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER customers_audit BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION tag_audit('CANARY-trigger-argument');

-- Overloads of ordinary names, chosen by argument types pg_catalog does not have.
CREATE FUNCTION upper(n int) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.note_access('upper')::text $$;
CREATE FUNCTION initcap(b boolean) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = 1 $$;
CREATE FUNCTION left(n int, m int) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = m $$;
CREATE FUNCTION to_char(a text, b text) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE label = b $$;
CREATE FUNCTION cardinality(a text) RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.touch_audit() $$;
CREATE FUNCTION ascii(VARIADIC a int[]) RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.touch_audit() $$;
CREATE FUNCTION md5(t order_status) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = 2 $$;
CREATE FUNCTION jsonb_array_elements(t text) RETURNS SETOF text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets $$;
CREATE FUNCTION unnest(t text) RETURNS SETOF text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT iban FROM analytics.payroll WHERE $1 IS NOT NULL $$;
CREATE FUNCTION step_leak(state text, item text) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT coalesce(state, '') || value FROM analytics.secrets WHERE id = 3 $$;
CREATE AGGREGATE bool_and(text) (SFUNC = step_leak, STYPE = text);
CREATE FUNCTION step_touch(state bigint, item customer_tier) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT coalesce(state, 0) + analytics.touch_audit() $$;
CREATE AGGREGATE avg(customer_tier) (SFUNC = step_touch, STYPE = bigint);
CREATE AGGREGATE gather(text) (SFUNC = step_leak, STYPE = text);
CREATE AGGREGATE gather_ordered(ORDER BY text) (SFUNC = step_leak, STYPE = text);

CREATE FUNCTION op_leak(a int, b int) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = b $$;
CREATE FUNCTION op_leak(a boolean, b boolean) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE id = 1 $$;
CREATE FUNCTION op_touch(a int, b text) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.note_access(b) $$;
CREATE FUNCTION op_touch(a int, b boolean) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.note_access('compared') $$;
CREATE FUNCTION op_prefix(a text) RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT value FROM analytics.secrets WHERE label = a $$;
CREATE OPERATOR analytics.|| (LEFTARG = boolean, RIGHTARG = boolean, FUNCTION = op_leak);
CREATE OPERATOR analytics.~~ (LEFTARG = int, RIGHTARG = text, FUNCTION = op_touch);
CREATE OPERATOR analytics.~ (LEFTARG = int, RIGHTARG = text, FUNCTION = op_touch);
CREATE OPERATOR analytics.= (LEFTARG = int, RIGHTARG = boolean, FUNCTION = op_touch);
CREATE OPERATOR analytics.<> (LEFTARG = int, RIGHTARG = boolean, FUNCTION = op_touch);
CREATE OPERATOR analytics.>= (LEFTARG = int, RIGHTARG = boolean, FUNCTION = op_touch);
CREATE OPERATOR analytics.<= (LEFTARG = int, RIGHTARG = boolean, FUNCTION = op_touch);
CREATE OPERATOR analytics.### (LEFTARG = int, RIGHTARG = int, FUNCTION = op_leak);
CREATE OPERATOR analytics.@ (RIGHTARG = text, FUNCTION = op_prefix);

CREATE DOMAIN checked_text AS text CHECK (analytics.note_access(VALUE));
CREATE DOMAIN leaky_text AS text CHECK (VALUE <> (analytics.peek('label1')) OR VALUE IS NULL);
CREATE FUNCTION tier_rank(t customer_tier) RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$ SELECT analytics.touch_audit() $$;
CREATE CAST (customer_tier AS int) WITH FUNCTION tier_rank(customer_tier);

-- Things only the server's own surfaces show.
SELECT lo_from_bytea(70001, convert_to('CANARY-largeobject', 'UTF8'));
CREATE FOREIGN DATA WRAPPER canary_wrapper;
CREATE SERVER canary_server FOREIGN DATA WRAPPER canary_wrapper OPTIONS (host 'CANARY-server-option');
CREATE USER MAPPING FOR PUBLIC SERVER canary_server OPTIONS (password 'CANARY-mapping-password');
CREATE TEXT SEARCH CONFIGURATION canary_search (COPY = pg_catalog.english);
CREATE PUBLICATION canary_publication FOR TABLE secrets;
CREATE COLLATION canary_collation FROM "C";

-- ---------------------------------------------------------------- who may do what

ALTER SCHEMA analytics OWNER TO corpus_owner;
DO $owners$
DECLARE
  item record;
BEGIN
  FOR item IN SELECT c.oid::regclass AS name FROM pg_class c
              WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO corpus_owner', item.name);
  END LOOP;
END
$owners$;
GRANT USAGE ON SCHEMA analytics TO PUBLIC;
GRANT SELECT ON customer_overview, open_items, open_items_wrapped, secret_totals TO PUBLIC;
GRANT SELECT ON public.leads TO PUBLIC;
GRANT SELECT ON regions, categories, products, orders, order_items, events, bookings, sensor_readings, documents,
  "Quarterly Targets", exchange_rates, active_customers, monthly_revenue, product_stats TO corpus_reader;
GRANT SELECT (id, name, email, region_id, tier, tags, attributes, signed_up_at, birth_date, credit_limit, active,
  referred_by) ON customers TO corpus_reader;
GRANT SELECT (id, name, manager_id, title, department, hired_on, office_hours) ON employees TO corpus_reader;
ANALYZE;
