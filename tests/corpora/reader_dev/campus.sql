create table department (dept_code varchar(8) primary key, dept_name varchar(60), building varchar(40), budget numeric(12, 2));
create table instructor (instructor_id int primary key, name varchar(60), dept_code varchar(8) references department (dept_code), salary numeric(10, 2), rank varchar(20));
alter table department add column chair_id int references instructor (instructor_id);
create table course (course_id varchar(10) primary key, title varchar(80), dept_code varchar(8) references department (dept_code), credits int);
create table prereq (course_id varchar(10) references course (course_id), prereq_id varchar(10) references course (course_id), primary key (course_id, prereq_id));
create table section (section_id int primary key, course_id varchar(10) references course (course_id), instructor_id int references instructor (instructor_id), semester varchar(10), year int, room varchar(10));
create table student (student_id int primary key, name varchar(60), major_code varchar(8) references department (dept_code), advisor_id int references instructor (instructor_id), enrolled_on date, gpa numeric(3, 2), tot_credits int);
create table takes (student_id int references student (student_id), section_id int references section (section_id), grade numeric(4, 1), primary key (student_id, section_id));

insert into department (dept_code, dept_name, building, budget) values ('CS','Computer Science','Turing Hall',950000), ('MATH','Mathematics','Noether Hall',610000),
    ('BIO','Biology','Darwin Wing',720000), ('HIST','History','Old Library',280000), ('PHYS','Physics','Noether Hall',830000), ('MUS','Music','Conservatory',190000);
insert into instructor select i, (array['Amara Osei','Bjorn Dahl','Chiara Rossi','Dmitri Volkov','Elif Kaya','Femi Ade','Greta Lund','Hugo Blanc','Iris Meyer','Jonas Falk'])[i],
    (array['CS','MATH','BIO','HIST','PHYS'])[1 + i % 5], 58000 + (i * 9311) % 52000, (array['Professor','Lecturer','Assistant'])[1 + (i * i) % 3] from generate_series(1, 10) i;
update department d set chair_id = (select min(instructor_id) from instructor i where i.dept_code = d.dept_code);
insert into course select c, t, d, k from (values ('CS101','Intro to Programming','CS',4), ('CS240','Databases','CS',3), ('CS310','Algorithms','CS',4), ('MA101','Calculus','MATH',4), ('MA220','Linear Algebra','MATH',3),
    ('BI101','Cell Biology','BIO',4), ('BI205','Genetics','BIO',3), ('HI110','Ancient Rome','HIST',2), ('PH101','Mechanics','PHYS',4), ('PH350','Quantum Physics','PHYS',5), ('CS499','Thesis','CS',10)) x (c, t, d, k);
insert into prereq values ('CS240','CS101'), ('CS310','CS101'), ('CS310','MA101'), ('MA220','MA101'), ('BI205','BI101'), ('PH350','PH101'), ('PH350','MA220');
insert into section select i, (array['CS101','CS240','CS310','MA101','MA220','BI101','BI205','HI110','PH101','PH350'])[1 + i % 10], 1 + (i * i + 2 * i) % 9,
    (array['Fall','Spring','Summer'])[1 + (i / 10) % 3], 2023 + i / 14, 'R' || (100 + i * 7 % 40) from generate_series(1, 40) i;
insert into student select i, (array['Lena','Milo','Nia','Otto','Pia','Quin','Remy','Siri','Theo','Uma','Vito','Wren'])[1 + i % 12] || ' ' || (array['Ash','Birch','Cedar','Elm','Fir','Hazel','Juniper'])[1 + i % 7],
    (array['CS','MATH','BIO','HIST','PHYS','CS'])[1 + i % 6], 1 + (i * 3) % 8, date '2021-09-01' + (i * 97) % 1400, 1.9 + (i * 37 % 210) / 100.0, 10 + (i * 29) % 110 from generate_series(1, 80) i;
insert into takes select s, 1 + (s * 7 + k * 11) % 38, case when (s + k) % 13 <> 0 then 48 + (s * k * 17) % 52 end from generate_series(1, 74) s, generate_series(1, 4) k;
