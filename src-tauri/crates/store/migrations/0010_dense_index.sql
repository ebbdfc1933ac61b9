-- Rowids of the full-text index without the bits that a mail's id never sets (store::page::index_row): a word's list is distances
-- between them, and each took two bytes more. A mail's place in its second is below 64 from now on (store::commit::rowids); those that
-- lie beyond move on to the next free place, in their order: the smallest ascending sequence that is nowhere below what each one wants.
CREATE TEMP TABLE moved AS
    SELECT id AS old, packed >> 6 << 20 | (packed & 63) AS new FROM (
        SELECT id, n + max(wanted - n) OVER (ORDER BY id) AS packed FROM (
            SELECT id, (id >> 20 << 6) + min(id & 1048575, 63) AS wanted, row_number() OVER (ORDER BY id) AS n FROM mail
        )
    ) WHERE EXISTS (SELECT 1 FROM mail WHERE id & 1048575 > 63);
DELETE FROM moved WHERE old = new;
CREATE UNIQUE INDEX moved_old ON moved (old);
PRAGMA defer_foreign_keys = ON;
-- Over negative numbers, so that none meets one that is still to move.
UPDATE mail SET id = -(SELECT new FROM moved WHERE old = id) WHERE id IN (SELECT old FROM moved);
UPDATE mail SET id = -id WHERE id < 0;
UPDATE mail_text SET mail = -(SELECT new FROM moved WHERE old = mail) WHERE mail IN (SELECT old FROM moved);
UPDATE mail_text SET mail = -mail WHERE mail < 0;
UPDATE raw SET mail = -(SELECT new FROM moved WHERE old = mail) WHERE mail IN (SELECT old FROM moved);
UPDATE raw SET mail = -mail WHERE mail < 0;
UPDATE attachment SET mail = (SELECT new FROM moved WHERE old = mail) WHERE mail IN (SELECT old FROM moved);
UPDATE message SET mail = (SELECT new FROM moved WHERE old = mail) WHERE mail IN (SELECT old FROM moved);
DROP TABLE moved;

-- As in 0008: the index becomes one of nothing, whose pages go little by little, and the new one learns the mail again.
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
INSERT INTO mail_fts (mail_fts, rank) VALUES ('automerge', 64);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('crisismerge', 256);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('pgsz', 3960);

DELETE FROM unlearnt;
INSERT INTO unlearnt (below) SELECT max(id) + 1 FROM mail HAVING max(id) IS NOT NULL;
