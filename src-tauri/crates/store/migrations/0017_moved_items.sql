-- Items on their way to another calendar: where they lie at their provider until they have left it. A round over that calendar does not bring
-- them back meanwhile.
CREATE TABLE calendar_move (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- NULL: it was deleted in the other calendar meanwhile.
    item    INTEGER UNIQUE REFERENCES calendar_item (id) ON DELETE SET NULL,
    source  INTEGER NOT NULL REFERENCES calendar (id) ON DELETE CASCADE,
    remote  TEXT    NOT NULL,
    etag    TEXT    NOT NULL,
    -- What the provider has there (zstd).
    base    BLOB    NOT NULL,
    -- Counts the changes of the item up to the move: what it is made under is another name for every move.
    mark    INTEGER NOT NULL,
    -- The other calendar has it: what is left is to delete it here.
    made    INTEGER NOT NULL DEFAULT 0,
    -- Nothing is left to be done.
    settled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, remote)
) STRICT;

-- Its new calendar is gone before it got there.
CREATE TRIGGER calendar_move_lost AFTER UPDATE OF item ON calendar_move WHEN NEW.item IS NULL AND NEW.made = 0
BEGIN
    DELETE FROM calendar_move WHERE id = NEW.id;
END;

-- Given up: what still lies in the old calendar is read from there again.
CREATE TRIGGER calendar_move_given_up AFTER DELETE ON calendar_move WHEN OLD.settled = 0
BEGIN
    UPDATE scope SET cursor = NULL, complete = 0
    WHERE service = 'calendar' AND EXISTS (
        SELECT 1 FROM calendar c WHERE c.id = OLD.source AND c.connection = scope.connection AND c.remote = scope.container
    );
END;
