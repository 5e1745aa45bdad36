create table warehouses (warehouse_id serial primary key, code text unique, city text, country text, capacity_m3 numeric(10, 1), opened_on date);
create table categories (category_id serial primary key, name text, parent_id int references categories (category_id));
create table suppliers (supplier_id serial primary key, name text, country text, rating numeric(2, 1));
create table products (
    product_id serial primary key, sku text unique, name text, category_id int references categories (category_id),
    supplier_id int references suppliers (supplier_id), weight_kg numeric(8, 2), unit_cost numeric(8, 2), discontinued boolean);
create table stock_levels (
    warehouse_id int references warehouses (warehouse_id), product_id int references products (product_id),
    quantity_on_hand int, reorder_point int, primary key (warehouse_id, product_id));
create table carriers (carrier_id serial primary key, name text, mode text);
create table shipments (
    shipment_id serial primary key, origin_warehouse_id int references warehouses (warehouse_id),
    destination_warehouse_id int references warehouses (warehouse_id), carrier_id int references carriers (carrier_id),
    shipped_at timestamptz, delivered_at timestamptz, status text, freight_cost numeric(10, 2));
create table shipment_items (
    shipment_id int references shipments (shipment_id), product_id int references products (product_id),
    quantity int, primary key (shipment_id, product_id));

insert into warehouses (code, city, country, capacity_m3, opened_on) values
    ('RTM1','Rotterdam','Netherlands',12000,'2012-05-01'), ('HAM1','Hamburg','Germany',9500,'2014-02-11'),
    ('HAM2','Hamburg','Germany',4300,'2020-07-19'), ('LYS1','Lyon','France',7000,'2016-09-30'),
    ('GDN1','Gdansk','Poland',6100,'2018-01-15'), ('VLC1','Valencia','Spain',5200,'2023-03-03');
insert into categories (name, parent_id) values ('Tools', null), ('Furniture', null), ('Electronics', null), ('Power Tools', 1), ('Hand Tools', 1), ('Chairs', 2), ('Lighting', 3);
insert into suppliers (name, country, rating) values ('Boreal Goods','Finland',4.5), ('Kestrel Ltd','Ireland',3.8), ('Ostrava Works','Czechia',4.1), ('Sol y Mar','Spain',3.2), ('Zephyr Trade','Germany',4.9);
insert into products (sku, name, category_id, supplier_id, weight_kg, unit_cost, discontinued)
select 'SKU-' || lpad(i::text, 4, '0'),
    (array['Hammer','Drill','Desk Chair','Floor Lamp','Saw','Sander','Stool','Spotlight','Wrench','Chisel Set','Bench','Heat Gun','Lantern','Mallet','Router Table','Armchair','Desk Lamp','Pliers'])[i],
    4 + (i * 3) % 4, 1 + (i * 7) % 4, 0.4 + (i * 1.7), 3.5 + (i * 19) % 140, i % 7 = 0
from generate_series(1, 18) i;
insert into stock_levels select w, p, (w * 37 + p * 53) % 240, 25 + (p * 3) % 30 from generate_series(1, 5) w, generate_series(1, 17) p where (w + p) % 4 <> 0;
insert into carriers (name, mode) values ('Nordline','sea'), ('RailFast','rail'), ('Truckers United','road'), ('AeroCargo','air'), ('Slow Boat','sea');
insert into shipments (origin_warehouse_id, destination_warehouse_id, carrier_id, shipped_at, delivered_at, status, freight_cost)
select 1 + i % 5, 1 + (i % 5 + 1 + i % 3) % 5, 1 + (i * i) % 4, timestamptz '2025-02-01 06:00+00' + i * interval '40 hours',
    case when i % 8 not in (3, 6) then timestamptz '2025-02-01 06:00+00' + i * interval '40 hours' + (1 + i % 9) * interval '1 day' end,
    (array['delivered','delivered','delivered','in_transit','delivered','delivered','lost','delivered'])[1 + i % 8], 120 + (i * 83) % 1900
from generate_series(1, 180) i;
insert into shipment_items select s, 1 + (s * 5 + k * 3) % 16, 1 + (s * k * 7) % 60 from generate_series(1, 180) s, generate_series(1, 3) k;
