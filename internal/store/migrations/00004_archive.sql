-- +goose Up
-- revised is when words were last taken out of an issue that was frozen; NULL:
-- never. Under a name that a newsletter once had, its archive is still found.
ALTER TABLE issue ADD COLUMN revised BIGINT;
CREATE TABLE newsletter_former (
    name       TEXT   NOT NULL PRIMARY KEY,
    newsletter TEXT   NOT NULL REFERENCES newsletter (id)
);

-- What was taken out for good, so that no pull brings it back.
CREATE TABLE redaction (
    source      TEXT   NOT NULL,
    article     TEXT   NOT NULL,
    comment     TEXT   NOT NULL,                 -- '': the article and all that stands under it
    fingerprint TEXT   NOT NULL,                 -- of its address; '': it had none
    at          BIGINT NOT NULL,
    PRIMARY KEY (source, article, comment)
);

-- +goose Down
DROP TABLE redaction;
DROP TABLE newsletter_former;
ALTER TABLE issue DROP COLUMN revised;
