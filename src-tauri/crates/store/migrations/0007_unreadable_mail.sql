-- Messages that their server can't deliver: a note in their place says so, and they are asked for again from time to time. The row goes
-- with the message, and follows it when it moves.
CREATE TABLE unreadable (
    message  INTEGER NOT NULL PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    reason   TEXT    NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL
) STRICT;
