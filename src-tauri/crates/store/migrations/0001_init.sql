-- Append only: a released migration is never edited; change the schema with the next number.

CREATE TABLE connection (
    id             TEXT    NOT NULL PRIMARY KEY,
    integration    TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    label          TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    display_name   TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    status_reason  TEXT,
    granted_scopes TEXT    NOT NULL DEFAULT '[]',
    settings       TEXT    NOT NULL,
    paused_until   INTEGER,
    created_at     INTEGER NOT NULL,
    UNIQUE (integration, subject)
) STRICT;

CREATE TABLE account (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection   TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    email        TEXT    NOT NULL,
    display_name TEXT    NOT NULL DEFAULT '',
    hue          INTEGER NOT NULL DEFAULT 0,
    can_send     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX account_connection ON account (connection);

-- Sealed once more by the vault; the store never sees what is inside.
CREATE TABLE secret (
    connection TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    sealed     BLOB    NOT NULL,
    PRIMARY KEY (connection, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_oauth (
    state_hash BLOB    NOT NULL PRIMARY KEY,
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Outlives its connection on purpose, so no foreign key.
CREATE TABLE revocation (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    integration TEXT    NOT NULL,
    connection  TEXT    NOT NULL,
    sealed      BLOB    NOT NULL,
    next_at     INTEGER NOT NULL,
    give_up_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE mailbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    remote     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT,
    selectable INTEGER NOT NULL DEFAULT 1,
    UNIQUE (account, remote)
) STRICT;

CREATE TABLE scope (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection     TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    service        TEXT    NOT NULL,
    -- '' for a scope over the whole account: NULLs would not be unique.
    container      TEXT    NOT NULL DEFAULT '',
    cursor         TEXT,
    last_ok        INTEGER,
    next_at        INTEGER,
    error_code     TEXT,
    error_message  TEXT,
    error_count    INTEGER NOT NULL DEFAULT 0,
    progress_done  INTEGER,
    progress_total INTEGER,
    complete       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connection, service, container)
) STRICT;

CREATE TABLE thread (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account     INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- The provider's own id, where it has threads.
    remote      TEXT,
    -- Hash of the subject without Re:/Fwd:, for replies that name no parent.
    subject_key INTEGER NOT NULL DEFAULT 0,
    last_secs   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX thread_remote ON thread (account, remote) WHERE remote IS NOT NULL;
CREATE INDEX thread_subject ON thread (account, subject_key, last_secs);

-- Every Message-ID that a mail of the thread bears or names (first 8 bytes of its SHA-256).
CREATE TABLE thread_link (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key     INTEGER NOT NULL,
    thread  INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_link_thread ON thread_link (thread);

-- Content. The id is `epoch seconds << 20 | counter`, so newest-first is a rowid scan, also through the full-text index.
CREATE TABLE mail (
    id              INTEGER NOT NULL PRIMARY KEY,
    account         INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    thread          INTEGER NOT NULL,
    rfc_id          TEXT    NOT NULL DEFAULT '',
    rfc_key         INTEGER NOT NULL DEFAULT 0,
    size            INTEGER NOT NULL,
    digest          BLOB    NOT NULL,
    date            INTEGER NOT NULL,
    received        INTEGER NOT NULL,
    subject         TEXT    NOT NULL DEFAULT '',
    from_name       TEXT    NOT NULL DEFAULT '',
    from_email      TEXT    NOT NULL DEFAULT '',
    -- JSON {to, cc, bcc, reply_to, in_reply_to, references, list_id, …}: read whole, never queried.
    head            TEXT    NOT NULL DEFAULT '{}',
    snippet         TEXT    NOT NULL DEFAULT '',
    has_attachments INTEGER NOT NULL DEFAULT 0,
    -- Number of placements; 0 with the instant since when, kept for a while so that a move downloads nothing.
    orphan_since    INTEGER
) STRICT;
CREATE INDEX mail_rfc ON mail (account, rfc_key) WHERE rfc_key <> 0;
CREATE INDEX mail_thread ON mail (thread, id);
CREATE INDEX mail_sender ON mail (account, lower(from_email), id);
CREATE INDEX mail_orphan ON mail (account, orphan_since) WHERE orphan_since IS NOT NULL;

-- What the full-text index was fed, because a contentless index needs the same words to forget them.
CREATE TABLE mail_text (
    mail       INTEGER NOT NULL PRIMARY KEY REFERENCES mail (id) ON DELETE CASCADE,
    recipients TEXT    NOT NULL,
    copied     TEXT    NOT NULL,
    files      TEXT    NOT NULL,
    body       TEXT    NOT NULL
) STRICT;

CREATE TABLE raw (
    mail INTEGER NOT NULL PRIMARY KEY REFERENCES mail (id) ON DELETE CASCADE,
    data BLOB,
    file TEXT,
    len  INTEGER NOT NULL
) STRICT;
CREATE INDEX raw_file ON raw (file) WHERE file IS NOT NULL;

CREATE TABLE attachment (
    id         INTEGER NOT NULL PRIMARY KEY,
    mail       INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    part       INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    mime       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    inline     INTEGER NOT NULL,
    content_id TEXT
) STRICT;
CREATE INDEX attachment_mail ON attachment (mail);

-- A placement of a mail: what one scope calls it, and its flags there.
CREATE TABLE message (
    id      INTEGER NOT NULL PRIMARY KEY,
    mail    INTEGER NOT NULL REFERENCES mail (id),
    thread  INTEGER NOT NULL,
    account INTEGER NOT NULL,
    scope   INTEGER NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    -- "~" plus the id while the provider's own id is unknown (orphan: 1 after a reset, 2 after a move of ours).
    remote  TEXT    NOT NULL,
    orphan  INTEGER NOT NULL DEFAULT 0,
    flags   INTEGER NOT NULL DEFAULT 0,
    -- \Deleted, or a delete of ours is queued: not shown anywhere.
    hidden  INTEGER NOT NULL DEFAULT 0,
    -- While a write of ours is queued: JSON of what the provider last said.
    shadow  TEXT,
    UNIQUE (scope, remote)
) STRICT;
CREATE INDEX message_mail ON message (mail);
CREATE INDEX message_thread ON message (thread);
CREATE INDEX message_account ON message (account, id);
CREATE INDEX message_orphan ON message (scope) WHERE orphan > 0;
CREATE INDEX message_unread ON message (id) WHERE flags & 1 = 0 AND hidden = 0;
CREATE INDEX message_starred ON message (id) WHERE flags & 2 = 2 AND hidden = 0;

CREATE TABLE placed (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    PRIMARY KEY (mailbox, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX placed_message ON placed (message);

-- One row per conversation and place it shows up in. `place`: a mailbox id, or a negative code of role and account (place.rs).
CREATE TABLE thread_in (
    thread  INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    latest  INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    unread  INTEGER NOT NULL,
    starred INTEGER NOT NULL,
    PRIMARY KEY (thread, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX thread_in_latest ON thread_in (place, latest, thread);
CREATE INDEX thread_in_unread ON thread_in (place, latest, thread, unread) WHERE unread > 0;
CREATE INDEX thread_in_starred ON thread_in (place, latest, thread, starred, unread) WHERE starred > 0;

CREATE TABLE place_count (
    place           INTEGER NOT NULL PRIMARY KEY,
    threads         INTEGER NOT NULL DEFAULT 0,
    unread_threads  INTEGER NOT NULL DEFAULT 0,
    starred_threads INTEGER NOT NULL DEFAULT 0,
    messages        INTEGER NOT NULL DEFAULT 0,
    unread          INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE VIRTUAL TABLE mail_fts USING fts5 (
    subject, sender, recipients, copied, files, body,
    content = '', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO mail_fts (mail_fts, rank) VALUES ('secure-delete', 1);

CREATE TABLE contact (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    email   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    sent    INTEGER NOT NULL DEFAULT 0,
    seen    INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_email ON contact (email);

CREATE TABLE draft (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account        INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    content        TEXT    NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1,
    updated_at     INTEGER NOT NULL,
    remote         TEXT,
    -- The queued send that carries it away; NULL while it is being written.
    outbox         INTEGER
) STRICT;
CREATE INDEX draft_outbox ON draft (outbox) WHERE outbox IS NOT NULL;

CREATE TABLE draft_version (
    draft   INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    content TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (draft, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_attachment (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    draft      INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    mime       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    inline     INTEGER NOT NULL DEFAULT 0,
    content_id TEXT,
    data       BLOB,
    file       TEXT
) STRICT;
CREATE INDEX draft_attachment_draft ON draft_attachment (draft);

CREATE TABLE outbox (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    connection      TEXT    NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    account         INTEGER NOT NULL,
    thread          INTEGER,
    idempotency_key TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    op              TEXT    NOT NULL,
    -- queued, sending, wedged, done
    state           TEXT    NOT NULL DEFAULT 'queued',
    lease_until     INTEGER,
    reason          TEXT,
    detail          TEXT    NOT NULL DEFAULT '',
    attempts        INTEGER NOT NULL DEFAULT 0,
    not_before      INTEGER NOT NULL,
    data_sent       INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    raw             BLOB,
    raw_file        TEXT,
    raw_len         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (state, not_before, id);
CREATE INDEX outbox_thread ON outbox (thread, id) WHERE thread IS NOT NULL AND state IN ('queued', 'sending');

CREATE TABLE outbox_message (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    outbox  INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    PRIMARY KEY (message, outbox)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_message_outbox ON outbox_message (outbox);

CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE image_rule (
    kind  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    prev    TEXT    NOT NULL,
    hash    TEXT    NOT NULL
) STRICT;

-- The log can't be edited by a slip of ours; the hash chain shows what someone else did.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- Sealed files whose rows are gone; removed from disk after the commit, or at the next start.
CREATE TABLE dead_file (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TRIGGER raw_dead AFTER DELETE ON raw WHEN old.file IS NOT NULL
BEGIN INSERT OR IGNORE INTO dead_file (name) VALUES (old.file); END;
CREATE TRIGGER draft_attachment_dead AFTER DELETE ON draft_attachment WHEN old.file IS NOT NULL
BEGIN INSERT OR IGNORE INTO dead_file (name) VALUES (old.file); END;
CREATE TRIGGER outbox_dead AFTER DELETE ON outbox WHEN old.raw_file IS NOT NULL
BEGIN INSERT OR IGNORE INTO dead_file (name) VALUES (old.raw_file); END;
CREATE TRIGGER outbox_raw_dead AFTER UPDATE OF raw_file ON outbox WHEN old.raw_file IS NOT NULL AND new.raw_file IS NOT old.raw_file
BEGIN INSERT OR IGNORE INTO dead_file (name) VALUES (old.raw_file); END;
