-- Forty-eight sales a day. Each follows from its number alone, so that a day looks the same
-- whenever and wherever it is loaded.
with product (place, product, category, unit_price, cost_share) as (
    values
        (0, 'Signal Lamp', 'Signalling', 189.00, 0.52),
        (1, 'Track Circuit', 'Signalling', 640.00, 0.58),
        (2, 'Point Machine', 'Signalling', 1250.00, 0.61),
        (3, 'Axle Counter', 'Signalling', 890.00, 0.57),
        (4, 'Station Clock', 'Station', 145.00, 0.45),
        (5, 'Platform Display', 'Station', 720.00, 0.55),
        (6, 'Ticket Gate', 'Station', 1480.00, 0.63),
        (7, 'Help Point', 'Station', 310.00, 0.49),
        (8, 'Brake Pad Set', 'Maintenance', 95.00, 0.40),
        (9, 'Rail Grease', 'Maintenance', 38.00, 0.35),
        (10, 'Inspection Drone', 'Maintenance', 1950.00, 0.66),
        (11, 'Tool Trolley', 'Maintenance', 275.00, 0.47)
),
sale as (
    select
        day::date as sale_date,
        (day::date - date '2015-01-01')::bigint * 48 + place as sale_id,
        sha256(convert_to('sale ' || (day::date - date '2015-01-01')::bigint * 48 + place, 'UTF8')) as dice
    from generate_series(%(since)s::date::timestamp, %(until)s::date::timestamp, interval '1 day') as day,
        generate_series(0, 47) as place
),
drawn as (
    select
        sale.*,
        product.*,
        (array['North America', 'Europe', 'Asia Pacific', 'Latin America', 'Middle East'])[
            1 + width_bucket(get_byte(dice, 0), array[82, 153, 207, 234])
        ] as region,
        (array['Online', 'Retail', 'Partner'])[1 + width_bucket(get_byte(dice, 1), array[118, 200])] as channel,
        (array[0, 0, 0, 0.05, 0.10, 0.20])[1 + get_byte(dice, 2) %% 6]::numeric(4, 2) as discount,
        -- About nine per cent more a year, a strong last quarter, quiet weekends.
        greatest(1, round(
            (1 + get_byte(dice, 3) %% 14)
            * (1 + 0.09 * (sale_date - date '2020-01-01') / 365.25)
            * (array[0.90, 1.00, 0.95, 1.25])[extract(quarter from sale_date)::integer]
            * case when extract(isodow from sale_date) > 5 then 0.6 else 1 end
        ))::integer as units_sold
    from sale
    join product on product.place = get_byte(dice, 4) %% 12
)
insert into demo.sales_fact
select
    sale_id, sale_date, extract(year from sale_date)::integer, 'Q' || extract(quarter from sale_date),
    extract(month from sale_date)::integer, region, product, category, channel, units_sold, unit_price,
    discount, round(units_sold * unit_price * (1 - discount), 2), round(units_sold * unit_price * cost_share, 2)
from drawn
on conflict (sale_id) do nothing
