-- The first schema. Times are microseconds since 1970 in UTC; words are spelled as the API spells
-- them. Each index names the query that needs it.

CREATE TABLE account (
    name        TEXT PRIMARY KEY,
    email       TEXT NOT NULL,
    email_key   TEXT NOT NULL UNIQUE,   -- the address in lower case: account_by_email
    id          TEXT UNIQUE,            -- two rows with one number would be vended twice
    role_arn    TEXT,
    status      TEXT NOT NULL CHECK (status IN
        ('PLANNED', 'IN_PROGRESS', 'CREATED', 'VENDED', 'CLOSING', 'CLOSED', 'QUARANTINED')),
    note        TEXT,
    planned_at  INTEGER NOT NULL,
    created_at  INTEGER,
    vended_at   INTEGER,
    lease_until INTEGER,
    closed_at   INTEGER
) STRICT;

-- vend (longest in stock), accounts(status), start_signup (stock), leases_over
CREATE INDEX account_status ON account (status, created_at);

CREATE TABLE run (
    id          TEXT PRIMARY KEY,
    flow        TEXT NOT NULL,
    flow_digest TEXT NOT NULL,
    plugins     TEXT NOT NULL,          -- JSON: [[name, digest], ...]
    account     TEXT NOT NULL REFERENCES account (name),
    cause       TEXT NOT NULL,          -- the trigger; that word is SQL's
    signup      INTEGER NOT NULL CHECK (signup IN (0, 1)),
    status      TEXT NOT NULL CHECK (status IN ('ready', 'parked', 'succeeded', 'failed')),
    note        TEXT,
    wake_at     INTEGER,
    claimed_by  TEXT,
    claim_until INTEGER,
    epoch       INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    -- From when on a worker may claim it; NULL for a run that is parked or has ended.
    due_at      INTEGER GENERATED ALWAYS AS (
        CASE
            WHEN status <> 'ready' THEN NULL
            WHEN claim_until IS NULL THEN coalesce(wake_at, started_at)
            ELSE max(claim_until, coalesce(wake_at, started_at))
        END) VIRTUAL,
    CHECK ((claimed_by IS NULL) = (claim_until IS NULL)),
    CHECK (claimed_by IS NULL OR status = 'ready'),
    CHECK ((ended_at IS NULL) = (status IN ('ready', 'parked')))
) STRICT;

-- start_run, leases_over; and the rule itself: one unfinished run per account
CREATE UNIQUE INDEX run_unfinished ON run (account) WHERE status IN ('ready', 'parked');
-- claim, next_due
CREATE INDEX run_due ON run (due_at) WHERE due_at IS NOT NULL;
-- release_claims
CREATE INDEX run_claimed ON run (claimed_by) WHERE claimed_by IS NOT NULL;
-- start_signup (pace, ceiling)
CREATE INDEX run_signup ON run (flow, started_at) WHERE signup = 1;
-- runs(all)
CREATE INDEX run_started ON run (started_at);
-- runs(status)
CREATE INDEX run_status ON run (status, started_at);

CREATE TABLE journal (
    run     TEXT NOT NULL REFERENCES run (id),
    version INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    entry   TEXT NOT NULL,              -- JSON
    PRIMARY KEY (run, version)          -- journal, claim
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TABLE effect (
    run         TEXT NOT NULL REFERENCES run (id),
    name        TEXT NOT NULL,
    intended_at INTEGER NOT NULL,
    finished_at INTEGER,
    result      TEXT,
    PRIMARY KEY (run, name),            -- effect_begin, effects
    CHECK ((finished_at IS NULL) = (result IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE mail (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,            -- lower case
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    taken_by  TEXT REFERENCES run (id)
) STRICT;

-- untaken_mail
CREATE INDEX mail_untaken ON mail (recipient, at) WHERE taken_by IS NULL;
-- put_mail (what is too old)
CREATE INDEX mail_at ON mail (at);
-- put_mail (what was taken)
CREATE INDEX mail_taken ON mail (taken_by) WHERE taken_by IS NOT NULL;

CREATE TABLE code (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    channel  TEXT,
    at       INTEGER NOT NULL,
    sealed   BLOB NOT NULL,
    taken_by TEXT REFERENCES run (id)
) STRICT;

-- untaken_codes; put_code (what is too old)
CREATE INDEX code_at ON code (at);
-- put_code (what was taken)
CREATE INDEX code_taken ON code (taken_by) WHERE taken_by IS NOT NULL;

CREATE TABLE reservation (
    resource TEXT PRIMARY KEY,          -- reserve, untaken_codes
    run      TEXT NOT NULL REFERENCES run (id),
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- append (a run that ends or is parked holds nothing)
CREATE INDEX reservation_run ON reservation (run);

CREATE TABLE challenge (
    id        TEXT PRIMARY KEY,
    run       TEXT NOT NULL REFERENCES run (id),
    kind      TEXT NOT NULL CHECK (kind IN ('image', 'audio', 'call')),
    prompt    TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    data      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    answer    BLOB,
    accepted  INTEGER CHECK (accepted IN (0, 1))
) STRICT;

-- open_challenges
CREATE INDEX challenge_open ON challenge (until) WHERE answer IS NULL;

CREATE TABLE vend_key (
    actor   TEXT NOT NULL,
    key     TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (name),
    at      INTEGER NOT NULL,
    PRIMARY KEY (actor, key)            -- vend
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    name       TEXT PRIMARY KEY,
    hash       TEXT NOT NULL UNIQUE,    -- key_name
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE switch (
    name TEXT PRIMARY KEY,
    is_on INTEGER NOT NULL CHECK (is_on IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,   -- audit_log
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
