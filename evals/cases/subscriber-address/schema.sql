-- PostgreSQL 16.4, `subscriptions`
CREATE TABLE subscriber (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    address     text NOT NULL,
    country     char(2) NOT NULL DEFAULT 'NL',
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE VIEW letter_label AS SELECT id, name, address FROM subscriber;
