-- Leaves of the full-text index fit into one page of the file. At FTS5's default of 4050 bytes a row is longer than what a 4096-byte
-- page of SQLCipher keeps (80 bytes of each are IV and HMAC; a row of more than 3981 bytes spills), so every leaf took a page of
-- overflow and an eighth of another: 12 % more to store, to encrypt and to read. Older leaves are rewritten as they are merged.
INSERT INTO mail_fts (mail_fts, rank) VALUES ('pgsz', 3960);
