-- +goose Up
-- What a person has in the ledger is found by the issues that there are.
DROP INDEX delivery_subscriber;
DROP INDEX delivery_held;
CREATE INDEX delivery_held ON delivery (issue, owner) WHERE owner > '';
DROP INDEX delivery_rare;
CREATE INDEX delivery_rare ON delivery (issue, state)
    WHERE state <> 'ready' AND state <> 'claimed' AND state <> 'committing' AND state <> 'accepted';

-- +goose Down
DROP INDEX delivery_held;
CREATE INDEX delivery_held ON delivery (issue) WHERE owner <> '';
DROP INDEX delivery_rare;
CREATE INDEX delivery_rare ON delivery (issue, state) WHERE state NOT IN ('ready', 'claimed', 'committing', 'accepted');
CREATE INDEX delivery_subscriber ON delivery (subscriber);
