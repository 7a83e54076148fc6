-- +goose Up
-- A consent that has a batch counts only once its import is shown, so a whole
-- list becomes visible at one instant. issue.lists is the last import, in the
-- order of shown, that the issue's plan takes in.
CREATE TABLE import (
    id         TEXT   NOT NULL PRIMARY KEY,
    newsletter TEXT   NOT NULL REFERENCES newsletter (id),
    started    BIGINT NOT NULL,
    how        TEXT   NOT NULL,
    given_up   BIGINT,                           -- not NULL: its rows are to be deleted
    shown      BIGINT,                           -- NULL: being staged; else 1, 2, 3 … within the newsletter
    UNIQUE (newsletter, shown)
);
ALTER TABLE issue ADD COLUMN lists BIGINT;

-- The tables of people are made anew, since no other way to take a constraint
-- away is known to both engines: nobody looks a person up by their hash, and an
-- index of hashes costs more than all else when a long list comes in. That the
-- hash is unique follows from the normal form, which is.
ALTER TABLE consent_event RENAME TO old_consent_event;
ALTER TABLE consent RENAME TO old_consent;
ALTER TABLE subscriber RENAME TO old_subscriber;

CREATE TABLE subscriber (
    id           TEXT   NOT NULL PRIMARY KEY,    -- 16 base32 characters, part of tokens
    address      TEXT   NOT NULL,                -- as given
    normal       TEXT   NOT NULL UNIQUE,         -- normal form: what makes two addresses one
    address_hash TEXT   NOT NULL,                -- keyed hash of the normal form
    name         TEXT   NOT NULL,
    language     TEXT   NOT NULL,
    created      BIGINT NOT NULL
);
CREATE TABLE consent (
    subscriber  TEXT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    newsletter  TEXT   NOT NULL REFERENCES newsletter (id),
    state       TEXT   NOT NULL,                 -- pending, active, unsubscribed, bounced, complained
    edition     TEXT   NOT NULL,
    preferences TEXT   NOT NULL,                 -- JSON
    since       BIGINT NOT NULL,
    how         TEXT   NOT NULL,
    wording     TEXT   NOT NULL,
    batch       TEXT   NOT NULL DEFAULT '',      -- the import that it came with; '': none
    PRIMARY KEY (subscriber, newsletter)
);
CREATE TABLE consent_event (
    id         TEXT   NOT NULL PRIMARY KEY,
    subscriber TEXT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    newsletter TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    actor      TEXT   NOT NULL,                  -- operator, subscriber, relay, system
    how        TEXT   NOT NULL,
    evidence   TEXT   NOT NULL
);
INSERT INTO subscriber (id, address, normal, address_hash, name, language, created)
    SELECT id, address, normal, address_hash, name, language, created FROM old_subscriber ORDER BY id;
INSERT INTO consent (subscriber, newsletter, state, edition, preferences, since, how, wording)
    SELECT subscriber, newsletter, state, edition, preferences, since, how, wording FROM old_consent ORDER BY subscriber;
INSERT INTO consent_event (id, subscriber, newsletter, at, from_state, to_state, actor, how, evidence)
    SELECT id, subscriber, newsletter, at, from_state, to_state, actor, how, evidence FROM old_consent_event ORDER BY id;
DROP TABLE old_consent_event;
DROP TABLE old_consent;
DROP TABLE old_subscriber;
CREATE INDEX consent_plan ON consent (newsletter, state, subscriber);
CREATE INDEX consent_event_subscriber ON consent_event (subscriber, at);

-- +goose Down
CREATE UNIQUE INDEX subscriber_address_hash ON subscriber (address_hash);
ALTER TABLE issue DROP COLUMN lists;
DELETE FROM consent_event WHERE EXISTS (SELECT 1 FROM consent c JOIN import b ON b.id = c.batch
    WHERE c.subscriber = consent_event.subscriber AND c.newsletter = consent_event.newsletter AND b.shown IS NULL);
DELETE FROM consent WHERE batch IN (SELECT id FROM import WHERE shown IS NULL);
ALTER TABLE consent DROP COLUMN batch;
DROP TABLE import;
