-- A discarded draft can be had back; maintenance erases it a day later.
ALTER TABLE draft ADD COLUMN discarded_at INTEGER;
CREATE INDEX draft_discarded ON draft (discarded_at) WHERE discarded_at IS NOT NULL;

-- Senders whose new mail leaves the inbox by itself. `value`: an address or a domain in lower case.
CREATE TABLE block_rule (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- sender, domain
    kind       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    -- role of the mailbox it goes to: junk, trash
    target     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    hits       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, value)
) STRICT;
