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
ALTER TABLE consent ADD COLUMN batch TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN lists BIGINT;

-- +goose Down
ALTER TABLE issue DROP COLUMN lists;
DELETE FROM consent_event WHERE EXISTS (SELECT 1 FROM consent c JOIN import b ON b.id = c.batch
    WHERE c.subscriber = consent_event.subscriber AND c.newsletter = consent_event.newsletter AND b.shown IS NULL);
DELETE FROM consent WHERE batch IN (SELECT id FROM import WHERE shown IS NULL);
ALTER TABLE consent DROP COLUMN batch;
DROP TABLE import;
