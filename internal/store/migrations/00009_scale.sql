-- +goose Up
-- What is rare is found, and counted, without reading all that is not: rows that
-- neither wait nor are held nor were accepted, and people who asked for a pause.
CREATE INDEX delivery_rare ON delivery (issue, state) WHERE state NOT IN ('ready', 'claimed', 'committing', 'accepted');
CREATE INDEX consent_paused ON consent (newsletter, paused_until) WHERE paused_until > 0;

-- Who was accepted is what the others leave of the recipients.
UPDATE issue SET recipients = (SELECT COUNT(*) FROM delivery d WHERE d.issue = issue.id) WHERE counts = '';

-- +goose Down
DROP INDEX consent_paused;
DROP INDEX delivery_rare;
