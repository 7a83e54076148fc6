-- +goose Up
-- Rows are looked for that wait, by time, and that somebody holds. No index has
-- the state itself: its three changes for each message would each move an entry.
UPDATE delivery SET owner = '' WHERE owner <> '' AND state NOT IN ('claimed', 'committing', 'in_doubt');
DROP INDEX delivery_claim;
CREATE INDEX delivery_ready ON delivery (issue, next_at) WHERE state = 'ready';
CREATE INDEX delivery_held ON delivery (issue) WHERE owner <> '';

-- +goose Down
DROP INDEX delivery_held;
DROP INDEX delivery_ready;
CREATE INDEX delivery_claim ON delivery (issue, state, next_at);
