-- People out of the lists of providers. They are there to be suggested, and go with their list.
CREATE TABLE person (
    id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    scope  INTEGER NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    remote TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    -- The words of the name in lower case, a space before each: what begins like one is found by it.
    words  TEXT    NOT NULL,
    UNIQUE (scope, remote)
) STRICT;

CREATE TABLE person_address (
    person INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    -- In lower case, as those of mail are.
    email  TEXT    NOT NULL,
    PRIMARY KEY (person, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_address_email ON person_address (email);
