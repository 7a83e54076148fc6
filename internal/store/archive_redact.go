package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"digest.example/internal/digest"
)

const (
	// dropMessages drops the stored messages of issues that hold what was taken
	// out of their content, once nobody is to get one any more.
	dropMessages = `UPDATE issue SET stencil = NULL, stencil_plain = NULL WHERE revised IS NOT NULL AND stencil IS NOT NULL AND finished IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.issue = issue.id AND d.state IN ('ready', 'claimed', 'committing'))`

	redactedOf = ` IN (SELECT r.source, r.article FROM redaction r WHERE r.source = $1 AND r.comment = '')`

	dropRedactedComments = `DELETE FROM comment WHERE
		(source, article, id) IN (SELECT r.source, r.article, r.comment FROM redaction r WHERE r.source = $1)`
	dropRedactedThreads = `DELETE FROM comment WHERE (source, article)` + redactedOf

	// The row stays, without a word: comments refer to it, and an article that
	// changes its id is known by the alias.
	blankRedacted = `UPDATE article SET url = '', link = '', title = '', content = '{}', deleted = last_seen
		WHERE content <> '{}' AND (source, id)` + redactedOf
)

// dropRedacted takes out of a source's library what was redacted, in the
// transaction that may have brought it back. It returns how many rows it changed.
func (t tx) dropRedacted(source string) (n struct{ articles, comments int64 }, err error) {
	for _, step := range []struct {
		query string
		count *int64
	}{{dropRedactedComments, &n.comments}, {dropRedactedThreads, &n.comments}, {blankRedacted, &n.articles}} {
		changed, err := t.exec(step.query, source)
		if err != nil {
			return n, err
		}
		*step.count += changed
	}
	return n, nil
}

// Redactions implements publish.Archive.
func (s *Store) Redactions(ctx context.Context) ([]digest.Redaction, error) {
	return redactions(ctx, s.read, `ORDER BY source, article, comment`)
}

func redactions(ctx context.Context, q queryer, which string, args ...any) ([]digest.Redaction, error) {
	all, err := collect(ctx, q, func(scan scan) (r digest.Redaction, err error) {
		return r, scan(&r.Source, &r.Article, &r.Comment, &r.Fingerprint)
	}, `SELECT source, article, comment, fingerprint FROM redaction `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("redactions: %w", err)
	}
	return all, nil
}

// mentioning matches JSON that holds the string, in any case; its parameter is pattern's.
const mentioning = ` LIKE $1 ESCAPE '!'`

func pattern(s string) string {
	quoted, err := json.Marshal(text(s))
	if err != nil {
		return "%" // no string fails
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(string(quoted[1:len(quoted)-1])) + "%"
}

// Mentions implements publish.Archive.
func (s *Store) Mentions(ctx context.Context, what string, f func(digest.Article) error) error {
	err := each(ctx, s.read, func(scan scan) error {
		a, err := scanArticle(scan)
		if err != nil {
			return err
		}
		return f(a)
	}, `SELECT content, `+published+` FROM article WHERE content`+mentioning, pattern(what))
	if err == nil {
		err = each(ctx, s.read, func(scan scan) error {
			c, err := scanComment(scan)
			if err != nil {
				return err
			}
			return f(digest.Article{Source: c.Source, ID: c.Article, Comments: []digest.Comment{c}})
		}, `SELECT content FROM comment WHERE content`+mentioning, pattern(what))
	}
	if err != nil {
		return fmt.Errorf("search the library: %w", err)
	}
	return nil
}

// MentioningIssues implements publish.Archive.
func (s *Store) MentioningIssues(ctx context.Context, what string) ([]digest.IssueRecord, error) {
	all, err := collect(ctx, s.read, scanIssue, issueColumns+` WHERE i.frozen IS NOT NULL AND i.content`+mentioning+`
		ORDER BY i.opened, i.number, i.id`, pattern(what))
	if err != nil {
		return nil, fmt.Errorf("search the issues: %w", err)
	}
	return all, nil
}

// Redact implements publish.Archive.
func (s *Store) Redact(
	ctx context.Context, all []digest.Redaction, issues []string, edit func(*digest.Issue) int, now time.Time,
) (digest.Redacted, error) {
	var done digest.Redacted
	err := s.change(ctx, "redact", func(t tx) error {
		done = digest.Redacted{Issues: []digest.RedactedIssue{}}
		for _, r := range all {
			if err := t.redact(r, now, &done); err != nil {
				return err
			}
		}
		places := map[string]int{}
		for _, id := range issues {
			n, err := t.editContent(id, edit, now)
			if err != nil {
				return fmt.Errorf("issue %s: %w", id, err)
			}
			places[id] = n
		}
		var err error
		done.Issues, err = t.dropMessages(places)
		return err
	})
	return done, err
}

// redact takes an item out of the library for good.
func (t tx) redact(r digest.Redaction, now time.Time, done *digest.Redacted) error {
	_, err := t.exec(`INSERT INTO redaction (source, article, comment, fingerprint, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (source, article, comment) DO UPDATE SET
		fingerprint = CASE WHEN excluded.fingerprint = '' THEN redaction.fingerprint ELSE excluded.fingerprint END`,
		text(r.Source), text(r.Article), text(r.Comment), r.Fingerprint, ms(now))
	if err != nil {
		return err
	}
	n, err := t.dropRedacted(text(r.Source))
	done.Articles += int(n.articles)
	done.Comments += int(n.comments)
	return err
}

// editContent changes an issue's frozen content and returns what edit did.
func (t tx) editContent(id string, edit func(*digest.Issue) int, now time.Time) (int, error) {
	content, err := one(t.ctx, t, func(scan scan) (v []byte, err error) { return v, scan(&v) },
		`SELECT content FROM issue WHERE id = $1 AND frozen IS NOT NULL`+t.s.forUpdate, id)
	if err != nil {
		return 0, err
	}
	var issue digest.Issue
	if err := json.Unmarshal(content, &issue); err != nil {
		return 0, err
	}
	n := edit(&issue)
	if n == 0 {
		return 0, nil
	}
	if content, err = json.Marshal(issue); err != nil {
		return 0, err
	}
	_, err = t.exec(`UPDATE issue SET content = $1, revised = $2 WHERE id = $3`, string(content), ms(now), id)
	return n, err
}

// dropMessages drops the messages that may go, and tells of all issues that
// were changed or had one until now.
func (t tx) dropMessages(places map[string]int) ([]digest.RedactedIssue, error) {
	had, err := t.messages()
	if err != nil {
		return nil, err
	}
	if _, err := t.exec(dropMessages); err != nil {
		return nil, err
	}
	kept, err := t.messages()
	if err != nil {
		return nil, err
	}
	records, err := collect(t.ctx, t, scanIssue, issueColumns+` WHERE i.revised IS NOT NULL ORDER BY i.opened, i.number, i.id`)
	if err != nil {
		return nil, err
	}
	told := []digest.RedactedIssue{}
	for _, r := range records {
		if places[r.ID] > 0 || had[r.ID] {
			told = append(told, digest.RedactedIssue{
				Name: r.Name(), State: r.State, Places: places[r.ID], Message: had[r.ID] && !kept[r.ID], Waits: kept[r.ID],
			})
		}
	}
	return told, nil
}

// messages are the issues whose stored message holds what their content lacks.
func (t tx) messages() (map[string]bool, error) {
	ids := map[string]bool{}
	err := each(t.ctx, t, func(scan scan) error {
		var id string
		err := scan(&id)
		ids[id] = true
		return err
	}, `SELECT id FROM issue WHERE revised IS NOT NULL AND stencil IS NOT NULL`)
	return ids, err
}
