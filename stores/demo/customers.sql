-- Invented people; addresses use names reserved for examples, numbers a range reserved for fiction.
insert into demo.customers
select
    id,
    given || ' ' || family,
    lower(given || '.' || family || id) || '@example.com',
    '+1-555-01' || lpad((get_byte(dice, 2) %% 100)::text, 2, '0'),
    date '1950-01-01' + get_byte(dice, 3) * 80 + get_byte(dice, 4),
    (array['Boston', 'Lyon', 'Osaka', 'Lima', 'Amman'])[1 + get_byte(dice, 5) %% 5],
    (array['North America', 'Europe', 'Asia Pacific', 'Latin America', 'Middle East'])[1 + get_byte(dice, 5) %% 5],
    timestamptz '2020-01-01 00:00:00+00' + get_byte(dice, 6) * interval '5 days'
from (
    select
        id,
        sha256(convert_to('customer ' || id, 'UTF8')) as dice
    from generate_series(1, 500) as id
) as person
cross join lateral (
    select
        (array['Ada', 'Bela', 'Chen', 'Dina', 'Emil', 'Fatou', 'Goran', 'Hana'])[1 + get_byte(dice, 0) %% 8] as given,
        (array['Abel', 'Brandt', 'Cruz', 'Dubois', 'Eriksen', 'Farah', 'Greco', 'Hoang'])[1 + get_byte(dice, 1) %% 8]
            as family
) as name
on conflict (customer_id) do nothing
