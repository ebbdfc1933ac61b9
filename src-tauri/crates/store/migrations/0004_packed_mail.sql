-- Length of the text that lies behind the mail in one compressed frame (then `mail_text.body` is empty); NULL: `data` is the
-- mail as it came and the text is in `mail_text`.
ALTER TABLE raw ADD COLUMN packed INTEGER;

-- A commit's words are gathered in memory and written as one segment; eight segments of a size are merged bit by bit, and
-- never all at once inside somebody's transaction.
INSERT INTO mail_fts (mail_fts, rank) VALUES ('hashsize', 16777216);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('automerge', 8);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('crisismerge', 64);
