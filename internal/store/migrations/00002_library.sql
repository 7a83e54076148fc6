-- +goose Up
-- link is the article's address without what says nothing about what is behind
-- it: an article under a new id is known by it. alias is the id under which the
-- source lists the article now; '': its own. appeared is when an article that is
-- dated earlier came to be listed; NULL: its date is right.
ALTER TABLE article ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN alias TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN appeared BIGINT;
CREATE INDEX comment_published ON comment (source, published);

-- +goose Down
DROP INDEX comment_published;
ALTER TABLE article DROP COLUMN appeared;
ALTER TABLE article DROP COLUMN alias;
ALTER TABLE article DROP COLUMN link;
