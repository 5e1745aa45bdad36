-- Tables another package makes in our schema, and the version of it that made them.
create table clearway.component (
    name text primary key,
    version text not null
);
grant select on clearway.component to clearway_app;
