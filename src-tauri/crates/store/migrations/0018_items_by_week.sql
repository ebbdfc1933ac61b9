-- Items have ids by the week that they begin in, so that what a month shows lies side by side: with ids in the order in which things came, the
-- twelve hundred events of a month lay on as many pages, and each page has to be decrypted.
--
-- An id is week * 2^24 + n. Weeks count from 131072 of them before 1970; 0 is for what has no one week: series. `last`: the last n that was
-- given out, because an id never means something else later.
CREATE TABLE calendar_week (
    week INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- Items of before get new ids, but those that something else knows by the old one: a write, a move, an undo, a task.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE renumbered (
    old  INTEGER NOT NULL PRIMARY KEY,
    week INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    new  INTEGER NOT NULL AS (week * 16777216 + n)
) STRICT;
CREATE TABLE known (
    item INTEGER NOT NULL PRIMARY KEY ON CONFLICT IGNORE
) STRICT;
INSERT INTO known SELECT item FROM outbox WHERE item IS NOT NULL;
INSERT INTO known SELECT item FROM calendar_move WHERE item IS NOT NULL;
INSERT INTO known SELECT j.value FROM undo u, json_tree(u.work) j WHERE j.key = 'item' AND j.type = 'integer';
INSERT INTO known SELECT CAST(j.value AS INTEGER) FROM undo u, json_tree(u.work) j WHERE j.key IN ('key', 'source_event') AND j.type = 'text';
INSERT INTO known SELECT CAST(source_event AS INTEGER) FROM task WHERE source_event IS NOT NULL;

INSERT INTO renumbered (old, week, n)
SELECT id, week, row_number() OVER (PARTITION BY week ORDER BY start, id)
FROM (
    SELECT i.id, s.start, (s.start + 131072 * 604800000) / 604800000 AS week
    FROM calendar_item i JOIN calendar_span s ON s.item = i.id AND s.member = ''
    WHERE i.repeats = 0 AND i.id NOT IN (SELECT item FROM known)
)
-- Below it lies what had its id before.
WHERE week BETWEEN 1 AND 1048575 AND (SELECT coalesce(max(id), 0) FROM calendar_item) < 16777216;

DROP TRIGGER calendar_words_come;
DROP TRIGGER calendar_words_go;
DROP TABLE calendar_words;
UPDATE calendar_item SET id = r.new FROM renumbered r WHERE r.old = calendar_item.id;
UPDATE calendar_part SET item = r.new FROM renumbered r WHERE r.old = calendar_part.item;
UPDATE calendar_span SET item = r.new FROM renumbered r WHERE r.old = calendar_span.item;
INSERT INTO calendar_week SELECT week, max(n) FROM renumbered GROUP BY week;
INSERT INTO calendar_week SELECT 0, seq FROM sqlite_sequence WHERE name = 'calendar_item';
DROP TABLE renumbered;
DROP TABLE known;

-- As it was (0012), of the new ids.
CREATE VIRTUAL TABLE calendar_words USING fts5 (title, location, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3');
INSERT INTO calendar_words (calendar_words, rank) VALUES ('secure-delete', 1);
INSERT INTO calendar_words (rowid, title, location) SELECT item * 65536 + part, title, location FROM calendar_part WHERE part < 65536;
CREATE TRIGGER calendar_words_come AFTER INSERT ON calendar_part WHEN new.part < 65536 BEGIN
    INSERT INTO calendar_words (rowid, title, location) VALUES (new.item * 65536 + new.part, new.title, new.location);
END;
CREATE TRIGGER calendar_words_go AFTER DELETE ON calendar_part WHEN old.part < 65536 BEGIN
    DELETE FROM calendar_words WHERE rowid = old.item * 65536 + old.part;
END;
