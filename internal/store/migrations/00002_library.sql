-- +goose Up
-- link is the article's address without what says nothing about what is behind
-- it (scheme, www., tracking parameters): an article under a new id is known by
-- it. appeared is when an article that is dated earlier came to be listed; NULL:
-- its date is right.
ALTER TABLE article ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN appeared BIGINT;

-- +goose Down
ALTER TABLE article DROP COLUMN appeared;
ALTER TABLE article DROP COLUMN link;
