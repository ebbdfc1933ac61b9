-- Task lists and what stands in them.
CREATE TABLE task_list (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    remote     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    hue        INTEGER NOT NULL,
    -- JSON of what its tasks can hold.
    abilities  TEXT    NOT NULL,
    -- The provider's own choice for new tasks.
    is_default INTEGER NOT NULL,
    shown      INTEGER NOT NULL DEFAULT 1,
    -- The person's choice for new tasks; one list at most.
    preferred  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connection, remote)
) STRICT;

-- Changes made here included.
CREATE TABLE task (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    list           INTEGER NOT NULL REFERENCES task_list (id) ON DELETE CASCADE,
    -- NULL until the provider has it.
    remote         TEXT,
    -- What the provider knows its creation by (a UUID); NULL where it was not made here.
    created_key    TEXT,
    parent         INTEGER REFERENCES task (id) ON DELETE SET NULL,
    -- The parent at the provider: a child may come first.
    parent_remote  TEXT,
    title          TEXT    NOT NULL,
    notes          TEXT    NOT NULL DEFAULT '',
    -- NULL not due, 0 at an instant, 1 on a day, 2 at a time on every wall.
    due_kind       INTEGER,
    -- Of days and walls: as the provider writes it.
    due_text       TEXT,
    -- Milliseconds since 1970; of days and walls, what the wall shows as if in UTC.
    due_at         INTEGER,
    due_zone       TEXT,
    priority       INTEGER NOT NULL DEFAULT 0,
    status         TEXT    NOT NULL DEFAULT 'open',
    -- Done or cancelled, and since when.
    closed         INTEGER NOT NULL DEFAULT 0,
    closed_at      INTEGER NOT NULL DEFAULT 0,
    labels         TEXT    NOT NULL DEFAULT '[]',
    -- What search looks into: title, notes and labels in lower case.
    words          TEXT    NOT NULL DEFAULT '',
    position       TEXT    NOT NULL DEFAULT '',
    repeats        TEXT,
    url            TEXT,
    completed_at   INTEGER,
    updated_at     INTEGER,
    version        TEXT    NOT NULL DEFAULT '',
    -- JSON: what the provider has, while a change made here waits.
    base           TEXT,
    -- JSON: what the first attempt to make it sent, and when that was queued. An attempt whose answer was lost may have made it.
    sent           TEXT,
    -- Counts the changes made here: who wrote one finds out whether there is a newer one.
    edits          INTEGER NOT NULL DEFAULT 0,
    -- Deleted here, not yet there.
    removed        INTEGER NOT NULL DEFAULT 0,
    -- JSON: what the provider had in fields that were changed on both sides, or that it was deleted there.
    conflict       TEXT,
    -- The mail (its Message-ID) or the event (UID and member) that it was made from.
    source_message TEXT,
    source_event   TEXT
) STRICT;
CREATE UNIQUE INDEX task_remote ON task (list, remote) WHERE remote IS NOT NULL;
CREATE INDEX task_parent ON task (parent) WHERE parent IS NOT NULL;
CREATE INDEX task_orphan ON task (list, parent_remote) WHERE parent IS NULL AND parent_remote IS NOT NULL;
CREATE INDEX task_in_list ON task (list, position, id) WHERE closed = 0 AND removed = 0;
CREATE INDEX task_due ON task (due_kind, due_at) WHERE closed = 0 AND removed = 0 AND due_at IS NOT NULL;
CREATE INDEX task_undated ON task (list, position, id) WHERE closed = 0 AND removed = 0 AND due_kind IS NULL;
CREATE INDEX task_closed ON task (closed_at, id) WHERE closed = 1 AND removed = 0;
CREATE INDEX task_source ON task (source_message) WHERE source_message IS NOT NULL;

-- Writes to one task, its parent and its children run in the order in which they were made.
ALTER TABLE outbox ADD COLUMN task INTEGER;
CREATE INDEX outbox_task ON outbox (task, id) WHERE task IS NOT NULL AND state IN ('queued', 'sending');
