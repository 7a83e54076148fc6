-- +goose Up
-- What pulls ask of a long library, and what is to be forgotten of it, is found
-- without reading articles and comments that have nothing to do with it. title is
-- the article's, which is known by it under a new address; rows of before have it
-- in their content only.
ALTER TABLE article ADD COLUMN title TEXT NOT NULL DEFAULT '';
CREATE INDEX article_seen ON article (source, last_seen, published);
CREATE INDEX article_alias ON article (source, id) WHERE alias <> '';
CREATE INDEX comment_seen ON comment (source, last_seen, published);
CREATE INDEX comment_there ON comment (source, article, deleted) WHERE deleted IS NULL;

-- Those whom an import confirms are listed before it is shown and confirmed, a few
-- at a time, after. since is the consent's own: one that has changed meanwhile is
-- not what the list spoke of.
CREATE TABLE import_confirm (
    import     TEXT   NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    subscriber TEXT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    since      BIGINT NOT NULL,
    how        TEXT   NOT NULL,
    evidence   TEXT   NOT NULL,
    PRIMARY KEY (import, subscriber)
);

-- +goose Down
DROP TABLE import_confirm;
DROP INDEX comment_there;
DROP INDEX comment_seen;
DROP INDEX article_alias;
DROP INDEX article_seen;
ALTER TABLE article DROP COLUMN title;
