-- PostgreSQL 15.8, `clinic`
CREATE TABLE patient (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    old_number  varchar(14),
    name        text NOT NULL,
    born_on     date NOT NULL
);
CREATE INDEX patient_old_number ON patient (old_number);
