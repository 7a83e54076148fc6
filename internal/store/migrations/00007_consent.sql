-- +goose Up
-- A consent keeps how and when somebody agreed; how they left stands in the
-- events, which also keep the words that were agreed to. 0: not known.
ALTER TABLE consent ADD COLUMN agreed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE consent_event ADD COLUMN wording TEXT NOT NULL DEFAULT '';
ALTER TABLE import_confirm ADD COLUMN wording TEXT NOT NULL DEFAULT '';
UPDATE consent SET agreed = since WHERE state = 'active';
UPDATE consent SET
    agreed = COALESCE((SELECT MAX(e.at) FROM consent_event e WHERE e.subscriber = consent.subscriber
        AND e.newsletter = consent.newsletter AND e.to_state = 'active'), 0),
    how = COALESCE((SELECT e.how FROM consent_event e WHERE e.subscriber = consent.subscriber
        AND e.newsletter = consent.newsletter AND e.to_state = 'active' ORDER BY e.at DESC LIMIT 1), how)
    WHERE state <> 'active';

-- Who never agreed is looked for every hour, and forgotten.
CREATE INDEX consent_never_agreed ON consent (since) WHERE agreed = 0;

-- What people asked for on the pages. granted: it was settled, and a letter is due;
-- done: the letter lies in the outbox. What is settled otherwise is deleted.
CREATE TABLE intake (
    id           TEXT   NOT NULL PRIMARY KEY,    -- the letter's too
    kind         TEXT   NOT NULL,                -- confirm, data, erase
    newsletter   TEXT   NOT NULL,
    subscriber   TEXT   NOT NULL,                -- '': not known before it is granted
    address      TEXT   NOT NULL,                -- '' from then on, like the next three
    normal       TEXT   NOT NULL,
    address_hash TEXT   NOT NULL,
    evidence     TEXT   NOT NULL,
    mailbox      TEXT   NOT NULL,                -- keyed hash of what counts as one mailbox
    language     TEXT   NOT NULL,
    wording      TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    granted      BIGINT,
    done         BIGINT
);
CREATE INDEX intake_waiting ON intake (kind, at) WHERE granted IS NULL;
CREATE INDEX intake_due ON intake (granted) WHERE done IS NULL;
CREATE INDEX intake_mailbox ON intake (mailbox, granted);
CREATE INDEX intake_subscriber ON intake (subscriber, granted);
CREATE INDEX intake_granted ON intake (kind, granted);

-- What stands behind a token that works once.
CREATE TABLE ticket (
    hash       TEXT   NOT NULL PRIMARY KEY,      -- SHA-256 of the token
    purpose    TEXT   NOT NULL,                  -- confirm, data, erase
    subscriber TEXT   NOT NULL,                  -- no foreign key: a used one outlives an erased reader
    newsletter TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    wording    TEXT   NOT NULL,
    evidence   TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    used       BIGINT                            -- NULL: not yet
);
CREATE INDEX ticket_subscriber ON ticket (subscriber);
CREATE INDEX ticket_expires ON ticket (expires);

-- +goose Down
DROP TABLE ticket;
DROP TABLE intake;
ALTER TABLE import_confirm DROP COLUMN wording;
ALTER TABLE consent_event DROP COLUMN wording;
DROP INDEX consent_never_agreed;
ALTER TABLE consent DROP COLUMN agreed;
