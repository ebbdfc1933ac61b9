-- Calendars and what lies in them.
CREATE TABLE calendar (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    remote     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    hue        INTEGER NOT NULL,
    zone       TEXT,
    writable   INTEGER NOT NULL,
    -- The provider tells guests and organisers itself (RFC 6638).
    schedules  INTEGER NOT NULL,
    shown      INTEGER NOT NULL DEFAULT 1,
    -- New events go here; one calendar at most.
    preferred  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connection, remote)
) STRICT;

-- Everything of one UID in one calendar, as iCalendar.
CREATE TABLE calendar_item (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    calendar    INTEGER NOT NULL REFERENCES calendar (id) ON DELETE CASCADE,
    -- NULL until the provider has it.
    remote      TEXT,
    etag        TEXT    NOT NULL DEFAULT '',
    uid         TEXT    NOT NULL,
    repeats     INTEGER NOT NULL,
    -- What is shown, changes made here included (zstd).
    ics         BLOB    NOT NULL,
    -- What the provider has, while a change made here waits.
    base        BLOB,
    -- Counts the changes made here: who wrote one finds out whether there is a newer one.
    edits       INTEGER NOT NULL DEFAULT 0,
    -- Deleted here, not yet there.
    removed     INTEGER NOT NULL DEFAULT 0,
    -- What the provider has instead, where both sides changed the same thing; empty where it was deleted there.
    theirs      BLOB,
    theirs_etag TEXT
) STRICT;
CREATE UNIQUE INDEX calendar_item_remote ON calendar_item (calendar, remote) WHERE remote IS NOT NULL;
CREATE INDEX calendar_item_uid ON calendar_item (uid);
CREATE INDEX calendar_item_repeats ON calendar_item (id) WHERE repeats = 1;

-- One VEVENT of an item as lists show it: 0 is the master, the others are its exceptions.
CREATE TABLE calendar_part (
    item     INTEGER NOT NULL REFERENCES calendar_item (id) ON DELETE CASCADE,
    part     INTEGER NOT NULL,
    title    TEXT    NOT NULL,
    location TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    -- The person's own answer, where they are a guest.
    mine     TEXT,
    free     INTEGER NOT NULL,
    joins    INTEGER NOT NULL,
    -- The person called it.
    owns     INTEGER NOT NULL,
    PRIMARY KEY (item, part)
) STRICT, WITHOUT ROWID;

-- When. What happens once is always here; of a series, the members of calendar_range.
CREATE TABLE calendar_span (
    item   INTEGER NOT NULL REFERENCES calendar_item (id) ON DELETE CASCADE,
    -- What a RECURRENCE-ID would say.
    member TEXT    NOT NULL,
    part   INTEGER NOT NULL,
    -- 0 an instant, 1 whole days, 2 a time on every wall. Of the last two, start and finish are what the wall shows, as if in UTC.
    kind   INTEGER NOT NULL,
    start  INTEGER NOT NULL,
    finish INTEGER NOT NULL,
    PRIMARY KEY (item, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX calendar_span_start ON calendar_span (start, finish, kind, part);
-- What lasts longer than a week may have begun long before a window.
CREATE INDEX calendar_span_long ON calendar_span (finish) WHERE finish - start > 604800000;

-- Series are expanded from lo to hi (milliseconds); one row at most.
CREATE TABLE calendar_range (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    lo  INTEGER NOT NULL,
    hi  INTEGER NOT NULL
) STRICT;

-- Writes to one item run in the order in which they were made.
ALTER TABLE outbox ADD COLUMN item INTEGER;
CREATE INDEX outbox_item ON outbox (item, id) WHERE item IS NOT NULL AND state IN ('queued', 'sending');

-- What the person answered to invitations, by UID and RECURRENCE-ID: a mail goes on saying what it said when it was sent.
CREATE TABLE invite_answer (
    event  TEXT    NOT NULL PRIMARY KEY,
    answer TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
