-- The full-text index in the order in which hits are shown: a mail's rowid in it is the greatest possible id less its own
-- (store::page::LAST_ID). Backwards, FTS5 passes every page of a word's list before the first hit once anything was securely deleted.
-- The old index becomes an index of nothing, whose pages go little by little; the new one learns the mail again, newest first, in the
-- background (store::leaving). `unlearnt` says from which id on downwards it has not: no row, nothing is missing.
DROP TABLE IF EXISTS mail_fts_next;
DROP TABLE IF EXISTS mail_fts_old;
ALTER TABLE mail_fts RENAME TO mail_fts_old;
CREATE VIRTUAL TABLE mail_fts_none USING fts5 (x, content = '');
DELETE FROM mail_fts_old_idx;
DELETE FROM mail_fts_old_docsize;
REPLACE INTO mail_fts_old_data (id, block) SELECT id, block FROM mail_fts_none_data;
DROP TABLE mail_fts_none;

CREATE VIRTUAL TABLE mail_fts USING fts5 (
    subject, sender, recipients, copied, files, body,
    content = '', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('hashsize', 16777216);
-- A commit's words are one segment: sixteen of a size are merged, so that a word is rewritten once less often on its way to a hundred
-- thousand mails. What is left apart is merged while nothing is synced.
INSERT INTO mail_fts (mail_fts, rank) VALUES ('automerge', 16);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('crisismerge', 64);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('pgsz', 3960);

CREATE TABLE unlearnt (below INTEGER NOT NULL) STRICT;
INSERT INTO unlearnt (below) SELECT max(id) + 1 FROM mail HAVING max(id) IS NOT NULL;
