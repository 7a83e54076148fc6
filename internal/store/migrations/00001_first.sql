-- +goose Up
-- Times are milliseconds since 1970, UTC; 0 or NULL as noted. Ids are random,
-- made by the program, and never reused. JSON stands in TEXT.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,  -- database_id; secret: a fingerprint of it
    value TEXT NOT NULL
);

CREATE TABLE newsletter (
    id             TEXT   NOT NULL PRIMARY KEY,  -- 8 hex digits, part of tokens
    name           TEXT   NOT NULL UNIQUE,
    schedule       TEXT   NOT NULL,
    timezone       TEXT   NOT NULL,
    first_seen     BIGINT NOT NULL,
    schedule_seen  BIGINT NOT NULL,              -- slots before it are never missed
    retired        BIGINT                        -- NULL: in use
);

CREATE TABLE source (
    name       TEXT   NOT NULL PRIMARY KEY,
    state      TEXT   NOT NULL,                  -- JSON of the adapter
    pulled     BIGINT NOT NULL,
    succeeded  BIGINT,                           -- NULL: never
    failures   BIGINT NOT NULL,                  -- in a row
    last_error TEXT   NOT NULL
);

CREATE TABLE article (
    source     TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    url        TEXT   NOT NULL,
    published  BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    deleted    BIGINT,                           -- NULL: there
    content    TEXT   NOT NULL,                  -- JSON of digest.Article without comments
    PRIMARY KEY (source, id)
);
CREATE INDEX article_published ON article (source, published);

CREATE TABLE comment (
    source     TEXT   NOT NULL,
    article    TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    published  BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    deleted    BIGINT,
    content    TEXT   NOT NULL,                  -- JSON of digest.Comment
    PRIMARY KEY (source, article, id),
    FOREIGN KEY (source, article) REFERENCES article (source, id)
);

CREATE TABLE issue (
    id            TEXT   NOT NULL PRIMARY KEY,
    newsletter    TEXT   NOT NULL REFERENCES newsletter (id),
    edition       TEXT   NOT NULL,
    number        BIGINT NOT NULL,
    slot          TEXT   NOT NULL,               -- local time as the schedule names it
    zone          TEXT   NOT NULL,
    slot_at       BIGINT NOT NULL,
    state         TEXT   NOT NULL,
    reason        TEXT   NOT NULL,               -- why it is held, paused, skipped, cancelled
    code          TEXT   NOT NULL,               -- the hold's code
    hold_until    BIGINT,
    cutoff        BIGINT,                        -- NULL until frozen, like the next four
    envelope_from TEXT   NOT NULL,
    content       TEXT   NOT NULL,               -- JSON of digest.Issue
    stencil       BYTEA,
    frozen        BIGINT,
    plan_after    TEXT   NOT NULL,               -- last subscriber planned; '~': all are
    opened        BIGINT NOT NULL,
    spent         BIGINT,                        -- first accepted or in doubt
    finished      BIGINT,
    recipients    BIGINT NOT NULL,
    counts        TEXT   NOT NULL,               -- JSON of states, kept when the ledger is pruned
    UNIQUE (newsletter, edition, slot, zone),
    UNIQUE (newsletter, edition, number)
);
CREATE INDEX issue_state ON issue (state);

CREATE TABLE issue_item (
    issue    TEXT   NOT NULL REFERENCES issue (id),
    section  TEXT   NOT NULL,                    -- lead, more, discussed
    position BIGINT NOT NULL,
    source   TEXT   NOT NULL,
    article  TEXT   NOT NULL,
    comment  TEXT   NOT NULL,                    -- '': the article itself
    PRIMARY KEY (issue, source, article, comment)
);
CREATE INDEX issue_item_source ON issue_item (source, article);

CREATE TABLE subscriber (
    id           TEXT   NOT NULL PRIMARY KEY,    -- 16 base32 characters, part of tokens
    address      TEXT   NOT NULL,                -- as given
    normal       TEXT   NOT NULL UNIQUE,         -- normal form: what makes two addresses one
    address_hash TEXT   NOT NULL UNIQUE,         -- keyed hash of the normal form
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
    PRIMARY KEY (subscriber, newsletter)
);
CREATE INDEX consent_plan ON consent (newsletter, state, subscriber);

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
CREATE INDEX consent_event_subscriber ON consent_event (subscriber, at);

CREATE TABLE suppression (
    address_hash TEXT   NOT NULL,
    newsletter   TEXT   NOT NULL,                -- '': all
    reason       TEXT   NOT NULL,                -- bounced, complained, erased, operator
    address      TEXT   NOT NULL,                -- '': only the hash is kept
    evidence     TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (address_hash, newsletter)
);

CREATE TABLE delivery (
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
);
CREATE INDEX delivery_claim ON delivery (issue, state, next_at);
CREATE INDEX delivery_subscriber ON delivery (subscriber);

CREATE TABLE outbox (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    subscriber  TEXT   NOT NULL,
    newsletter  TEXT   NOT NULL,
    message     BYTEA,                           -- NULL once terminal
    envelope_from TEXT NOT NULL,
    created     BIGINT NOT NULL,
    state       TEXT   NOT NULL,                 -- from here on as in delivery
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    epoch       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    last_code   BIGINT NOT NULL,
    last_reply  TEXT   NOT NULL,
    changed     BIGINT NOT NULL
);
CREATE INDEX outbox_claim ON outbox (state, next_at);

CREATE TABLE request (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,                    -- send-now
    argument TEXT   NOT NULL,                    -- JSON
    created  BIGINT NOT NULL,
    taken    BIGINT,                             -- NULL: waiting
    issue    TEXT   NOT NULL,                    -- the issue that came of it
    outcome  TEXT   NOT NULL                     -- why none came of it
);
CREATE INDEX request_waiting ON request (taken, created);

CREATE TABLE run (
    name    TEXT   NOT NULL PRIMARY KEY,         -- sender
    owner   TEXT   NOT NULL,
    counter BIGINT NOT NULL                      -- raised with every batch of claims
);

-- +goose Down
DROP TABLE run;
DROP TABLE request;
DROP TABLE outbox;
DROP TABLE delivery;
DROP TABLE suppression;
DROP TABLE consent_event;
DROP TABLE consent;
DROP TABLE subscriber;
DROP TABLE issue_item;
DROP TABLE issue;
DROP TABLE comment;
DROP TABLE article;
DROP TABLE source;
DROP TABLE newsletter;
DROP TABLE meta;
