-- What this device knows about a conversation beyond the provider: put off, silenced, back at the top, waiting for an answer.
CREATE TABLE thread_state (
    thread         INTEGER NOT NULL PRIMARY KEY,
    account        INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    snoozed_until  INTEGER,
    muted          INTEGER NOT NULL DEFAULT 0,
    -- Key of the list that it returned under (0: it did not), and why: time, reply, reminder.
    returned       INTEGER NOT NULL DEFAULT 0,
    returned_why   TEXT    NOT NULL DEFAULT '',
    remind_at      INTEGER,
    -- An answer is a mail received after this instant.
    remind_since   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX thread_state_snoozed ON thread_state (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX thread_state_remind ON thread_state (remind_at) WHERE remind_at IS NOT NULL;

-- A reminder for a mail that is still in the outbox or not synced back yet: found by its Message-ID.
CREATE TABLE sent_reminder (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    rfc_id  TEXT    NOT NULL,
    outbox  INTEGER,
    at      INTEGER NOT NULL,
    since   INTEGER NOT NULL
) STRICT;
CREATE INDEX sent_reminder_at ON sent_reminder (at);

-- Parts of the inbox. A conversation is in the first one that takes it.
CREATE TABLE split (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL,
    -- JSON of the rule.
    rule     TEXT    NOT NULL,
    position INTEGER NOT NULL
) STRICT;
CREATE TABLE thread_split (
    thread INTEGER NOT NULL PRIMARY KEY,
    split  INTEGER NOT NULL REFERENCES split (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX thread_split_split ON thread_split (split);

-- What can be taken back. `work`: JSON of how.
CREATE TABLE undo (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind      TEXT    NOT NULL,
    words     TEXT    NOT NULL,
    count     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    work      TEXT    NOT NULL
) STRICT;
CREATE INDEX undo_until ON undo (until);

-- Work on many conversations. `threads`: JSON of their ids, fixed at the start; `done` of them are through.
CREATE TABLE bulk_job (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    action     TEXT    NOT NULL,
    words      TEXT    NOT NULL,
    threads    TEXT    NOT NULL,
    total      INTEGER NOT NULL,
    done       INTEGER NOT NULL DEFAULT 0,
    -- running, done, cancelled, failed, undoing, undone
    state      TEXT    NOT NULL,
    error      TEXT,
    undo       INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE bulk_batch (
    job  INTEGER NOT NULL REFERENCES bulk_job (id) ON DELETE CASCADE,
    seq  INTEGER NOT NULL,
    -- JSON of what takes this batch back.
    work TEXT    NOT NULL,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE signature (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account   INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    html      TEXT    NOT NULL,
    for_new   INTEGER NOT NULL DEFAULT 0,
    for_reply INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX signature_account ON signature (account);

CREATE TABLE text_block (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- snippet, template
    kind     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    shortcut TEXT    NOT NULL DEFAULT '',
    subject  TEXT    NOT NULL DEFAULT '',
    html     TEXT    NOT NULL,
    uses     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX text_block_shortcut ON text_block (shortcut) WHERE shortcut <> '';

-- Contacts by when we were last in touch.
CREATE INDEX contact_recent ON contact (last_at, email, account);

-- Files across all mail, newest first, by kind.
ALTER TABLE attachment ADD COLUMN kind TEXT NOT NULL GENERATED ALWAYS AS (CASE
    WHEN mime LIKE 'image/%' THEN 'image'
    WHEN mime LIKE 'audio/%' THEN 'audio'
    WHEN mime LIKE 'video/%' THEN 'video'
    WHEN mime LIKE 'application/pdf%' OR name LIKE '%.pdf' THEN 'pdf'
    WHEN mime LIKE 'text/calendar%' OR name LIKE '%.ics' THEN 'calendar'
    WHEN mime LIKE '%spreadsheet%' OR mime LIKE '%excel%' OR mime LIKE 'text/csv%' OR name LIKE '%.xls' OR name LIKE '%.xlsx' OR name LIKE '%.csv' OR name LIKE '%.ods' THEN 'sheet'
    WHEN mime LIKE '%presentation%' OR mime LIKE '%powerpoint%' OR name LIKE '%.ppt' OR name LIKE '%.pptx' OR name LIKE '%.odp' OR name LIKE '%.key' THEN 'slides'
    WHEN mime LIKE '%zip%' OR mime LIKE '%compressed%' OR mime LIKE '%x-tar%' OR name LIKE '%.zip' OR name LIKE '%.7z' OR name LIKE '%.rar' OR name LIKE '%.tar.gz' THEN 'archive'
    WHEN mime LIKE '%wordprocessing%' OR mime LIKE 'application/msword%' OR mime LIKE '%opendocument.text%' OR mime LIKE 'application/rtf%' OR name LIKE '%.doc' OR name LIKE '%.docx' OR name LIKE '%.odt' OR name LIKE '%.rtf' OR name LIKE '%.txt' OR name LIKE '%.md' THEN 'document'
    ELSE 'other'
END) VIRTUAL;
CREATE INDEX attachment_kind ON attachment (kind, mail) WHERE inline = 0;
CREATE INDEX attachment_file ON attachment (mail) WHERE inline = 0;

-- The audit log by who, by what, by outcome.
ALTER TABLE audit ADD COLUMN area TEXT NOT NULL GENERATED ALWAYS AS (iif(instr(action, '.') > 0, substr(action, 1, instr(action, '.') - 1), action)) VIRTUAL;
CREATE INDEX audit_area ON audit (area);
CREATE INDEX audit_actor ON audit (actor);
CREATE INDEX audit_outcome ON audit (outcome);
