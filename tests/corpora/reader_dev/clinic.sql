create table departments (id serial primary key, name text not null, floor int not null, annual_budget numeric(12, 2));
create table doctors (
    id serial primary key, first_name text, last_name text, specialty text,
    department_id int references departments (id), supervisor_id int references doctors (id),
    hired_on date, salary numeric(10, 2), is_active boolean);
create table patients (
    id serial primary key, first_name text, last_name text, date_of_birth date, gender text,
    city text, blood_type text, registered_at timestamptz);
create table appointments (
    id serial primary key, patient_id int references patients (id), doctor_id int references doctors (id),
    scheduled_at timestamptz, status text, duration_minutes int, fee numeric(8, 2));
create table diagnoses (code text primary key, name text, severity int);
create table appointment_diagnoses (
    appointment_id int references appointments (id), diagnosis_code text references diagnoses (code),
    primary key (appointment_id, diagnosis_code));
create table medications (id serial primary key, name text, manufacturer text, unit_price numeric(8, 2));
create table prescriptions (
    id serial primary key, appointment_id int references appointments (id),
    medication_id int references medications (id), quantity int, dosage_mg int);
create table wards (id serial primary key, name text, department_id int references departments (id), beds int);
create table admissions (
    id serial primary key, patient_id int references patients (id), ward_id int references wards (id),
    admitted_on date, discharged_on date);

insert into departments (name, floor, annual_budget) values
    ('Cardiology', 2, 900000), ('Neurology', 3, 750000), ('Pediatrics', 1, 420000),
    ('Oncology', 4, 1200000), ('Emergency', 0, 640000), ('Radiology', 0, 310000);
insert into doctors (first_name, last_name, specialty, department_id, supervisor_id, hired_on, salary, is_active)
select (array['Nora','Emil','Sana','Igor','Maya','Luis','Tess','Omar','Ines','Karl','Yuki','Abel','Rosa'])[i],
    (array['Vance','Holt','Idris','Petrov','Singh','Ortega','Moreau','Haddad','Costa','Weber','Tanaka','Nunes','Bianchi'])[i],
    (array['Cardiologist','Neurologist','Pediatrician','Oncologist','Surgeon'])[1 + i % 5],
    1 + i % 5, case when i > 3 then 1 + i % 3 end, date '2009-03-01' + i * 317, 91000 + (i * 7919) % 60000, i % 6 <> 0
from generate_series(1, 13) i;
insert into patients (first_name, last_name, date_of_birth, gender, city, blood_type, registered_at)
select (array['Ada','Ben','Cleo','Dan','Eve','Finn','Gus','Hana','Ivo','June'])[1 + i % 10],
    (array['Stone','Rivers','Marsh','Fields','Woods','Lake','Hill'])[1 + i % 7] || case when i > 35 then 'er' else '' end,
    date '1941-02-11' + (i * 611) % 27000, case when i % 9 = 0 then 'other' when i % 2 = 0 then 'female' else 'male' end,
    (array['Oslo','Bergen','Tromso','Stavanger'])[1 + (i * i) % 4], (array['A+','O-','B+','AB+','O+'])[1 + i % 5],
    timestamptz '2024-01-03 09:00+00' + i * interval '9 days'
from generate_series(1, 60) i;
insert into appointments (patient_id, doctor_id, scheduled_at, status, duration_minutes, fee)
select 1 + (i * 17) % 52, 1 + (i * i + i) % 11, timestamptz '2025-01-02 08:00+00' + i * interval '31 hours 17 minutes',
    (array['completed','completed','cancelled','no_show','completed','scheduled'])[1 + (i * 5) % 6 ],
    15 + (i * 13) % 50, 40 + (i * 37) % 211
from generate_series(1, 300) i;
insert into diagnoses values ('I10','Hypertension',2), ('J45','Asthma',2), ('E11','Diabetes',3), ('G43','Migraine',1),
    ('C50','Breast Cancer',5), ('S52','Forearm Fracture',3), ('J11','Influenza',1), ('Z99','Machine Dependence',4);
insert into appointment_diagnoses
select i, (array['I10','J45','E11','G43','C50','S52','J11'])[1 + (i * i) % 7] from generate_series(1, 300) i where i % 3 <> 0
union select i, 'I10' from generate_series(1, 300) i where i % 11 = 0;
insert into medications (name, manufacturer, unit_price) values ('Aspirin','Bayer',0.15), ('Ibuprofen','Pfizer',0.22),
    ('Metformin','Merck',0.41), ('Salbutamol','GSK',7.9), ('Sumatriptan','GSK',11.5), ('Tamoxifen','AstraZeneca',3.3), ('Warfarin','Bayer',0.87);
insert into prescriptions (appointment_id, medication_id, quantity, dosage_mg)
select 1 + (i * 7) % 300, 1 + (i * i) % 6, 5 + (i * 11) % 56, (array[50,100,250,500])[1 + i % 4] from generate_series(1, 220) i;
insert into wards (name, department_id, beds) values ('North', 1, 24), ('South', 1, 18), ('East', 2, 20), ('West', 3, 30), ('Tower', 4, 12);
insert into admissions (patient_id, ward_id, admitted_on, discharged_on)
select 1 + (i * 13) % 41, 1 + (i * i) % 4, date '2025-01-05' + i * 5, case when i < 66 then date '2025-01-05' + i * 5 + 1 + (i * 3) % 12 end
from generate_series(1, 72) i;
