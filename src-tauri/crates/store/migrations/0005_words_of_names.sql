-- Every word of four letters and more in the names and addresses of mail, folded: `from:anna` asks the full-text index for these
-- words, one by one, where a prefix of that length would make it gather all mail that holds any of them before the first hit.
-- Filled from the mail at the next opening.
CREATE TABLE name_word (word TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
