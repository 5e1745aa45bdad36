create table countries (iso_code char(2) primary key, country_name text);
create table airports (airport_code char(3) primary key, airport_name text, city text, country_code char(2) references countries, elevation_ft int);
create table aircraft_types (type_code text primary key, manufacturer text, model_name text, seat_capacity int, range_km int);
create table aircraft (tail_number text primary key, type_code text references aircraft_types, built_year int, in_service boolean);
create table flights (flight_id int primary key, flight_number text, origin_code char(3) references airports, destination_code char(3) references airports, tail_number text references aircraft, departs_at timestamptz, arrives_at timestamptz, flight_status text, distance_km int);
create table passengers (passenger_id int primary key, first_name text, last_name text, frequent_flyer boolean, nationality text);
create table bookings (booking_id int primary key, flight_id int references flights, passenger_id int references passengers, cabin_class text, seat text, ticket_price numeric(9, 2), booked_at timestamptz, checked_in boolean);
create table crew_members (crew_id int primary key, full_name text, crew_role text, base_airport char(3) references airports, hired_on date);
create table flight_crew (flight_id int references flights, crew_id int references crew_members, primary key (flight_id, crew_id));
create table delays (delay_id int primary key, flight_id int references flights, minutes_late int, reason text);

insert into countries values ('NO','Norway'), ('GR','Greece'), ('KE','Kenya'), ('CL','Chile'), ('VN','Vietnam');
insert into airports values ('BGO','Flesland','Bergen','NO',170), ('OSL','Gardermoen','Oslo','NO',681), ('ATH','Venizelos','Athens','GR',308), ('HER','Kazantzakis','Heraklion','GR',128), ('NBO','Kenyatta','Nairobi','KE',5330), ('SCL','Benitez','Santiago','CL',1555), ('HAN','Noi Bai','Hanoi','VN',39), ('MBA','Moi','Mombasa','KE',200);
insert into aircraft_types values ('A20N','Airbus','A320neo',180,6300), ('B789','Boeing','Dreamliner',296,14000), ('E190','Embraer','E190',100,4500), ('A359','Airbus','A350',325,15000), ('B38M','Boeing','Max 8',178,6500);
insert into aircraft select 'LN-' || chr(64 + i) || chr(65 + i * 3 % 26), (array['A20N','B789','E190','A359'])[1 + i % 4], 2008 + (i * 7) % 16, i % 5 <> 0 from generate_series(1, 14) i;
insert into flights select i, 'CW' || (100 + i % 40), (array['BGO','OSL','ATH','HER','NBO','SCL','HAN'])[1 + i % 7], (array['BGO','OSL','ATH','HER','NBO','SCL','HAN'])[1 + (i + 1 + i % 5) % 7], (select tail_number from aircraft order by 1 offset i % 12 limit 1),
    timestamptz '2025-05-01 05:00+00' + i * interval '17 hours', timestamptz '2025-05-01 05:00+00' + i * interval '17 hours' + (70 + (i * 37) % 700) * interval '1 minute', (array['landed','landed','cancelled','landed','diverted','landed','scheduled'])[1 + (i * 3) % 7], 350 + (i * 131) % 9000 from generate_series(1, 200) i;
insert into passengers select i, (array['Aino','Bram','Chloe','Dario','Edith','Farid','Gwen','Hiro'])[1 + i % 8], (array['Quist','Romano','Suzuki','Tveit','Usman','Vidal','Wolff'])[1 + i % 7] || case when i > 50 then 'sen' else '' end, i % 4 = 0, (array['Norwegian','Greek','Kenyan','Chilean','Vietnamese'])[1 + i % 5] from generate_series(1, 90) i;
insert into bookings select i, 1 + (i * 13) % 190, 1 + (i * 7) % 84, (array['economy','economy','business','economy','first'])[1 + i % 5], (1 + i % 30) || chr(65 + i % 6), 60 + (i * 47) % 1400, timestamptz '2025-03-01 00:00+00' + i * interval '5 hours', i % 3 <> 0 from generate_series(1, 900) i;
insert into crew_members select i, (array['Ana','Bo','Cam','Dee','Eli','Fay','Gil'])[1 + i % 7] || ' ' || (array['North','South','East','West'])[1 + i % 4], (array['captain','first officer','attendant'])[1 + i % 3], (array['OSL','ATH','NBO'])[1 + (i * i) % 3], date '2010-01-01' + i * 101 from generate_series(1, 26) i;
insert into flight_crew select f, 1 + (f * 5 + k * 9) % 24 from generate_series(1, 200) f, generate_series(1, 2) k;
insert into delays select i, 1 + (i * 11) % 170, 5 + (i * 29) % 240, (array['weather','technical','crew','traffic'])[1 + (i * i + i) % 4] from generate_series(1, 80) i;
