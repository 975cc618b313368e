-- pg_dump --schema-only of `ledger`, PostgreSQL 15.6, objects around journal_entry only
CREATE SEQUENCE journal_entry_id_seq AS integer;

CREATE TABLE journal_entry (
    id            integer NOT NULL DEFAULT nextval('journal_entry_id_seq'),
    account_id    bigint NOT NULL,
    booked_at     timestamptz NOT NULL DEFAULT now(),
    amount_minor  bigint NOT NULL,
    currency      char(3) NOT NULL,
    reference     text,
    CONSTRAINT journal_entry_pkey PRIMARY KEY (id)
);
CREATE INDEX journal_entry_account_booked ON journal_entry (account_id, booked_at);

CREATE TABLE journal_attachment (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_entry_id  integer NOT NULL,
    object_key        text NOT NULL,
    CONSTRAINT journal_attachment_entry_fk FOREIGN KEY (journal_entry_id) REFERENCES journal_entry (id)
);
CREATE INDEX journal_attachment_entry ON journal_attachment (journal_entry_id);

CREATE TABLE journal_reversal (
    entry_id     integer PRIMARY KEY REFERENCES journal_entry (id),
    reversed_by  integer NOT NULL REFERENCES journal_entry (id)
);

CREATE VIEW account_balance AS
    SELECT account_id, currency, sum(amount_minor) AS balance_minor
    FROM journal_entry GROUP BY account_id, currency;

CREATE VIEW recent_entry AS
    SELECT id, account_id, booked_at, amount_minor FROM journal_entry WHERE booked_at > now() - interval '7 days';

CREATE FUNCTION notify_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry integer := NEW.id;
BEGIN
    PERFORM pg_notify('journal', entry::text);
    RETURN NEW;
END $$;
CREATE TRIGGER journal_entry_notify AFTER INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION notify_entry();

GRANT SELECT ON recent_entry TO reporting;
