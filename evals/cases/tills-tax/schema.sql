-- SQLite 3.46, /data/till.db
CREATE TABLE tax_rate (id INTEGER PRIMARY KEY, percent REAL NOT NULL, valid_from TEXT NOT NULL);
CREATE TABLE sale (
    id           INTEGER PRIMARY KEY,
    sold_at      TEXT NOT NULL,
    gross_cents  INTEGER NOT NULL,
    tax_percent  REAL NOT NULL
);
