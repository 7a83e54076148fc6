-- +goose Up
-- Rows of people and of the ledger stand in their keys' own trees. So one of them is
-- one way down instead of two, and whoever goes through a list in the order of ids,
-- as plans and claims do, reads each page once, in whatever order people came.
CREATE TABLE clustered_subscriber (
    id           TEXT   NOT NULL PRIMARY KEY,    -- 16 base32 characters, part of tokens
    address      TEXT   NOT NULL,                -- as given
    normal       TEXT   NOT NULL UNIQUE,         -- normal form: what makes two addresses one
    address_hash TEXT   NOT NULL,                -- keyed hash of the normal form
    name         TEXT   NOT NULL,
    language     TEXT   NOT NULL,
    created      BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO clustered_subscriber SELECT id, address, normal, address_hash, name, language, created
    FROM subscriber ORDER BY id;
DROP TABLE subscriber;
ALTER TABLE clustered_subscriber RENAME TO subscriber;

CREATE TABLE clustered_consent (
    subscriber   TEXT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    newsletter   TEXT   NOT NULL REFERENCES newsletter (id),
    state        TEXT   NOT NULL,                -- pending, active, unsubscribed, bounced, complained
    edition      TEXT   NOT NULL,
    preferences  TEXT   NOT NULL,                -- JSON
    since        BIGINT NOT NULL,
    how          TEXT   NOT NULL,
    wording      TEXT   NOT NULL,
    batch        TEXT   NOT NULL DEFAULT '',     -- the import that it came with; '': none
    paused_until BIGINT NOT NULL DEFAULT 0,
    plain        BIGINT NOT NULL DEFAULT 0,
    agreed       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscriber, newsletter)
) WITHOUT ROWID;
INSERT INTO clustered_consent SELECT subscriber, newsletter, state, edition, preferences, since, how, wording,
    batch, paused_until, plain, agreed FROM consent ORDER BY subscriber, newsletter;
DROP TABLE consent;
ALTER TABLE clustered_consent RENAME TO consent;
CREATE INDEX consent_plan ON consent (newsletter, state, subscriber);
CREATE INDEX consent_never_agreed ON consent (since) WHERE agreed = 0;
CREATE INDEX consent_paused ON consent (newsletter, paused_until) WHERE paused_until > 0;

CREATE TABLE clustered (
    issue       TEXT   NOT NULL REFERENCES issue (id),
    subscriber  TEXT   NOT NULL,                 -- no foreign key: the row outlives an erased reader
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    epoch       BIGINT NOT NULL,                 -- raised by every claim: the fence
    lease_until BIGINT NOT NULL,
    last_code   BIGINT NOT NULL,                 -- SMTP reply code, 0: none
    last_reply  TEXT   NOT NULL,
    changed     BIGINT NOT NULL,
    PRIMARY KEY (issue, subscriber)
) WITHOUT ROWID;
INSERT INTO clustered SELECT issue, subscriber, state, attempts, next_at, owner, epoch, lease_until,
    last_code, last_reply, changed FROM delivery ORDER BY issue, subscriber;
DROP TABLE delivery;
ALTER TABLE clustered RENAME TO delivery;
CREATE INDEX delivery_ready ON delivery (issue, next_at) WHERE state = 'ready';
-- With the owner in it, or SQLite would rather walk through the issue's rows.
CREATE INDEX delivery_held ON delivery (issue, owner) WHERE owner > '';
-- Not NOT IN: for that, SQLite would build a set of the four anew for each row that changes.
CREATE INDEX delivery_rare ON delivery (issue, state)
    WHERE state <> 'ready' AND state <> 'claimed' AND state <> 'committing' AND state <> 'accepted';

-- +goose Down
CREATE TABLE apart (
    issue       TEXT   NOT NULL REFERENCES issue (id),
    subscriber  TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    epoch       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    last_code   BIGINT NOT NULL,
    last_reply  TEXT   NOT NULL,
    changed     BIGINT NOT NULL,
    PRIMARY KEY (issue, subscriber)
);
INSERT INTO apart SELECT issue, subscriber, state, attempts, next_at, owner, epoch, lease_until,
    last_code, last_reply, changed FROM delivery ORDER BY issue, subscriber;
DROP TABLE delivery;
ALTER TABLE apart RENAME TO delivery;
CREATE INDEX delivery_subscriber ON delivery (subscriber);
CREATE INDEX delivery_ready ON delivery (issue, next_at) WHERE state = 'ready';
CREATE INDEX delivery_held ON delivery (issue) WHERE owner <> '';
CREATE INDEX delivery_rare ON delivery (issue, state) WHERE state NOT IN ('ready', 'claimed', 'committing', 'accepted');
