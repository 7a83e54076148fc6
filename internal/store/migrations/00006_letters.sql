-- +goose Up
-- paused_until: no issue before it; 0: not paused. plain: 1 for the mail without HTML.
ALTER TABLE consent ADD COLUMN paused_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE consent ADD COLUMN plain BIGINT NOT NULL DEFAULT 0;

-- The stencil for those who want no HTML; NULL: none was made, they get the other.
ALTER TABLE issue ADD COLUMN stencil_plain BYTEA;

-- Past it nobody tries to send the letter.
ALTER TABLE outbox ADD COLUMN give_up BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE outbox DROP COLUMN give_up;
ALTER TABLE issue DROP COLUMN stencil_plain;
ALTER TABLE consent DROP COLUMN plain;
ALTER TABLE consent DROP COLUMN paused_until;
