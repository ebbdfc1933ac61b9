-- Files that go to the person's files at a provider, from when they are queued; their bytes lie with the outbox item until they are there.
CREATE TABLE saved_file (
    -- The write. Its row is forgotten some time after it is done; ids of the outbox never come twice.
    outbox     INTEGER NOT NULL PRIMARY KEY,
    connection TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    -- The file of a mail that it was made from, while that is here.
    attachment INTEGER REFERENCES attachment (id) ON DELETE SET NULL,
    -- What it is to be made under, kept since before the first attempt; its id once it is there.
    remote     TEXT,
    -- Its page at the provider.
    link       TEXT,
    saved_at   INTEGER
) STRICT;
CREATE INDEX saved_file_attachment ON saved_file (attachment) WHERE attachment IS NOT NULL;
CREATE INDEX saved_file_connection ON saved_file (connection);

-- A write that was taken back never happened.
CREATE TRIGGER saved_file_taken_back AFTER DELETE ON outbox WHEN old.kind = 'put_file' AND old.state <> 'done'
BEGIN DELETE FROM saved_file WHERE outbox = old.id; END;
