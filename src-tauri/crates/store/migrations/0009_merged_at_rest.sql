-- Words are merged while nothing is synced (store::tidy), and hardly while a mailbox comes: what a first sync merges is merged once more
-- afterwards. A search asks up to some eighty segments meanwhile.
INSERT INTO mail_fts (mail_fts, rank) VALUES ('automerge', 64);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('crisismerge', 256);
