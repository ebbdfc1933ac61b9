-- What lists show of an item, without its text: a month of fifty thousand events lies all over calendar_item, and a page of that holds ten
-- items where one of these holds sixty.
CREATE INDEX calendar_item_shown ON calendar_item (
    id, removed, calendar, repeats, uid, base IS NOT NULL OR remote IS NULL, theirs IS NOT NULL
);
