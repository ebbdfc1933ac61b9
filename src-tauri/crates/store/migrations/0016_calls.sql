-- The video call that the provider makes for an event of this calendar, by its name; NULL: none.
ALTER TABLE calendar ADD COLUMN calls TEXT;
