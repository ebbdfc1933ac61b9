-- Words of events: rowid is item * 65536 + part. Whatever writes calendar_part keeps it, by the triggers.
CREATE VIRTUAL TABLE calendar_words USING fts5 (title, location, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3');
-- What is deleted is not left in the index either.
INSERT INTO calendar_words (calendar_words, rank) VALUES ('secure-delete', 1);
INSERT INTO calendar_words (rowid, title, location) SELECT item * 65536 + part, title, location FROM calendar_part WHERE part < 65536;

CREATE TRIGGER calendar_words_come AFTER INSERT ON calendar_part WHEN new.part < 65536 BEGIN
    INSERT INTO calendar_words (rowid, title, location) VALUES (new.item * 65536 + new.part, new.title, new.location);
END;
CREATE TRIGGER calendar_words_go AFTER DELETE ON calendar_part WHEN old.part < 65536 BEGIN
    DELETE FROM calendar_words WHERE rowid = old.item * 65536 + old.part;
END;
