/**
 * The schema, as steps from one version to the next. A step, once released, is never changed; a new one is appended.
 * `PRAGMA user_version` is the number of steps a file has seen.
 *
 * SQLite has no NaN: a NULL where a number is due (`last`, with a count above 0) means NaN.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    experiment TEXT NOT NULL,
    file TEXT,
    search TEXT,
    trial INTEGER,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    params TEXT NOT NULL,
    objective_metric TEXT,
    objective_goal TEXT,
    objective REAL,
    objective_step REAL,
    progress TEXT,
    info TEXT NOT NULL DEFAULT '{}',
    device TEXT,
    error TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    note TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    started_at REAL,
    ended_at REAL,
    deleted_at REAL,
    host TEXT NOT NULL,
    git TEXT,
    command TEXT NOT NULL,
    cwd TEXT NOT NULL,
    folder TEXT NOT NULL,
    seed INTEGER NOT NULL,
    exit_code INTEGER,
    signal TEXT
  );
  -- Holds all that lists filter and sort by, so that they need not read the wide rows of the runs they leave out.
  CREATE INDEX runs_by_time ON runs (
    created_at, experiment, search, status, objective, name COLLATE NOCASE, started_at, ended_at
  ) WHERE deleted_at IS NULL;
  CREATE INDEX runs_by_experiment ON runs (experiment, created_at, status, search, objective) WHERE deleted_at IS NULL;
  CREATE INDEX runs_by_search ON runs (search, status, trial) WHERE search IS NOT NULL;
  CREATE INDEX runs_by_file ON runs (file, created_at) WHERE file IS NOT NULL;
  CREATE INDEX runs_by_status ON runs (status, created_at);

  -- What text search looks through, in lower case: narrow rows, so that a scan of all runs is quick.
  CREATE TABLE run_text (run INTEGER PRIMARY KEY, text TEXT NOT NULL);

  CREATE TABLE params (
    name TEXT NOT NULL,
    run INTEGER NOT NULL,
    num REAL,
    text TEXT,
    PRIMARY KEY (name, run)
  ) WITHOUT ROWID;

  CREATE TABLE metric_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

  -- One row a metric of a run. folded: how many of its points are in chunks; the rest is in the inbox. A number is never
  -- used twice (AUTOINCREMENT), as the inbox may still name a series that is gone.
  CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last REAL,
    last_step REAL NOT NULL,
    min REAL,
    max REAL,
    folded INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX series_by_run ON series (run, metric);
  CREATE INDEX series_by_metric ON series (metric, run, last);

  -- key = series * 2^20 + number of the chunk
  CREATE TABLE chunks (key INTEGER PRIMARY KEY, data BLOB NOT NULL);
  -- key = series * 2^20 + row within the level; one table of buckets for all levels
  CREATE TABLE pyramid (level INTEGER NOT NULL, key INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (level, key));
  CREATE TABLE inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);

  CREATE TABLE journals (
    run INTEGER NOT NULL,
    file TEXT NOT NULL,
    offset INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    skipping INTEGER NOT NULL,
    head BLOB,
    PRIMARY KEY (run, file)
  ) WITHOUT ROWID;

  CREATE TABLE messages (run INTEGER NOT NULL, time REAL NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL);
  CREATE INDEX messages_by_run ON messages (run);
  CREATE TABLE media (
    run INTEGER NOT NULL, time REAL NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, mime TEXT NOT NULL, step REAL
  );
  CREATE INDEX media_by_run ON media (run);

  CREATE TABLE searches (
    id TEXT PRIMARY KEY,
    experiment TEXT NOT NULL,
    file TEXT,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    sampler TEXT NOT NULL,
    pruner TEXT,
    reason TEXT,
    trials INTEGER,
    parallel INTEGER NOT NULL,
    metric TEXT NOT NULL,
    goal TEXT NOT NULL,
    space TEXT NOT NULL,
    error TEXT,
    created_at REAL NOT NULL,
    ended_at REAL,
    plan TEXT,
    study TEXT
  );
  CREATE INDEX searches_by_experiment ON searches (experiment, created_at);
  CREATE INDEX searches_by_file ON searches (file, created_at);
  `,
  `
  -- The same message again is counted, not kept again: topic tells by what it is recognised. last: when it came last.
  ALTER TABLE messages ADD COLUMN topic TEXT;
  ALTER TABLE messages ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE messages ADD COLUMN last REAL;
  CREATE UNIQUE INDEX messages_by_topic ON messages (run, topic) WHERE topic IS NOT NULL;
  `,
  `
  -- Of a run that was launched again: by whom the points are and which belong to a lost timeline (see series/timeline.ts).
  -- lost: how many of count those are.
  ALTER TABLE series ADD COLUMN launches TEXT;
  ALTER TABLE series ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
  -- Which launch writes where the journal was read to.
  ALTER TABLE journals ADD COLUMN launch INTEGER NOT NULL DEFAULT 1;
  `,
  `
  -- JSON list of the parameters that nothing passes to the program and that it has not read so far; NULL: none.
  ALTER TABLE runs ADD COLUMN unread TEXT;
  `,
  `
  -- Acts of agents on runs and searches, by their id. starts: the one that started it.
  CREATE TABLE acts (
    key INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, time REAL NOT NULL, agent TEXT NOT NULL, what TEXT NOT NULL,
    consent TEXT NOT NULL, starts INTEGER NOT NULL
  );
  CREATE INDEX acts_by_subject ON acts (subject, starts);
  `,
  `
  -- Milliseconds that the run's programs have taken, by clocks that nobody sets; NULL: not known.
  ALTER TABLE runs ADD COLUMN ran REAL;
  DROP INDEX runs_by_time;
  CREATE INDEX runs_by_time ON runs (
    created_at, experiment, search, status, objective, name COLLATE NOCASE, started_at, ended_at, ran
  ) WHERE deleted_at IS NULL;
  `,
  `
  -- Who has recorded it (see series/source.ts): 0 the program.
  ALTER TABLE series ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- JSON of the run and the step that it branched from; NULL: it began anew.
  ALTER TABLE runs ADD COLUMN branch TEXT;
  `,
  `
  -- What ingest has committed and the rows of journals and runs do not have yet (see journal/late.ts).
  CREATE TABLE late (seq INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT NOT NULL);
  `,
  `
  -- How many runs an experiment and a search ('': none) have by status, so that no count grows with the history.
  CREATE TABLE tallies (
    search TEXT NOT NULL, experiment TEXT NOT NULL, status TEXT NOT NULL, deleted INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (search, experiment, status, deleted)
  ) WITHOUT ROWID;
  CREATE INDEX tallies_by_experiment ON tallies (experiment, search);
  INSERT INTO tallies SELECT coalesce(search, ''), experiment, status, deleted_at IS NOT NULL, count(*) FROM runs GROUP BY 1, 2, 3, 4;
  CREATE TRIGGER tally_insert AFTER INSERT ON runs BEGIN
    INSERT INTO tallies VALUES (coalesce(new.search, ''), new.experiment, new.status, new.deleted_at IS NOT NULL, 1)
      ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER tally_delete AFTER DELETE ON runs BEGIN
    UPDATE tallies SET n = n - 1 WHERE search = coalesce(old.search, '') AND experiment = old.experiment
      AND status = old.status AND deleted = (old.deleted_at IS NOT NULL);
  END;
  CREATE TRIGGER tally_update AFTER UPDATE OF search, experiment, status, deleted_at ON runs BEGIN
    UPDATE tallies SET n = n - 1 WHERE search = coalesce(old.search, '') AND experiment = old.experiment
      AND status = old.status AND deleted = (old.deleted_at IS NOT NULL);
    INSERT INTO tallies VALUES (coalesce(new.search, ''), new.experiment, new.status, new.deleted_at IS NOT NULL, 1)
      ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE INDEX runs_by_start ON runs (experiment, started_at) WHERE deleted_at IS NULL;
  CREATE INDEX runs_by_end ON runs (experiment, ended_at) WHERE deleted_at IS NULL;
  CREATE INDEX runs_by_best ON runs (search, objective, trial)
    WHERE search IS NOT NULL AND deleted_at IS NULL AND objective IS NOT NULL;
  `,
  `
  -- A stage: its pipeline's run, JSON of its name and of the runs that it took something from, and the hash of all that it
  -- depends on. A pipeline: JSON of its stages' names.
  ALTER TABLE runs ADD COLUMN pipeline TEXT;
  ALTER TABLE runs ADD COLUMN stage TEXT;
  ALTER TABLE runs ADD COLUMN stage_hash TEXT;
  ALTER TABLE runs ADD COLUMN stages TEXT;
  CREATE INDEX runs_by_pipeline ON runs (pipeline) WHERE pipeline IS NOT NULL;
  CREATE INDEX runs_by_stage ON runs (stage_hash) WHERE stage_hash IS NOT NULL;
  CREATE INDEX stages_by_experiment ON runs (experiment) WHERE pipeline IS NOT NULL;
  `,
  `
  -- The run that was started again; NULL: none.
  ALTER TABLE runs ADD COLUMN rerun_of TEXT;
  `,
  `
  -- Path of the experiment file when the run began, by which budgets count; NULL: it is the file.
  ALTER TABLE runs ADD COLUMN first_file TEXT;
  -- JSON of the text with its values apart; NULL: a program's own words.
  ALTER TABLE messages ADD COLUMN said TEXT;
  `,
  `
  -- JSON of the hyperparameters that changed while it ran; NULL: none has.
  ALTER TABLE runs ADD COLUMN changes TEXT;
  `,
  `
  -- Chunks may have columns of decimals and split doubles (see series/codec.ts), which earlier versions can't read.
  SELECT 1;
  `,
  `
  -- About 60 points of each long series of an ended run, if it was asked for with many others (see series/overviews.ts).
  CREATE TABLE overviews (
    metric INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (metric, series)
  ) WITHOUT ROWID;
  `,
  `
  -- Whether its journals were packed: 1 they were, 0 they stay as they are, NULL not looked at yet.
  ALTER TABLE runs ADD COLUMN packed INTEGER;
  CREATE INDEX runs_unpacked ON runs (ended_at) WHERE packed IS NULL AND ended_at IS NOT NULL;
  `,
  `
  -- The best run of an experiment or a search is the first in an index, and how many runs it is the best of (see runs/best.ts)
  -- is counted as they come: nothing grows with the history.
  DROP INDEX runs_by_best;
  CREATE INDEX runs_by_best ON runs (search, objective_metric, objective_goal, objective, created_at, status)
    WHERE search IS NOT NULL AND deleted_at IS NULL AND objective IS NOT NULL;
  CREATE INDEX runs_by_experiments_best ON runs (experiment, objective_metric, objective_goal, objective, created_at, status)
    WHERE deleted_at IS NULL AND objective IS NOT NULL;
  CREATE TABLE candidates (
    experiment TEXT NOT NULL, metric TEXT NOT NULL, goal TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (experiment, metric, goal)
  ) WITHOUT ROWID;
  INSERT INTO candidates SELECT experiment, objective_metric, objective_goal, count(*) FROM runs
    WHERE runs.deleted_at IS NULL AND runs.objective IS NOT NULL AND runs.objective_metric IS NOT NULL AND runs.status <> 'failed' GROUP BY 1, 2, 3;
  CREATE TRIGGER candidate_insert AFTER INSERT ON runs
  WHEN new.deleted_at IS NULL AND new.objective IS NOT NULL AND new.objective_metric IS NOT NULL AND new.status <> 'failed' BEGIN
    INSERT INTO candidates VALUES (new.experiment, new.objective_metric, new.objective_goal, 1)
      ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER candidate_delete AFTER DELETE ON runs
  WHEN old.deleted_at IS NULL AND old.objective IS NOT NULL AND old.objective_metric IS NOT NULL AND old.status <> 'failed' BEGIN
    UPDATE candidates SET n = n - 1
      WHERE experiment = old.experiment AND metric = old.objective_metric AND goal = old.objective_goal;
  END;
  CREATE TRIGGER candidate_lost AFTER UPDATE OF experiment, status, deleted_at, objective, objective_metric, objective_goal ON runs
  WHEN (old.experiment IS NOT new.experiment OR old.status IS NOT new.status OR old.deleted_at IS NOT new.deleted_at
    OR (old.objective IS NULL) <> (new.objective IS NULL) OR old.objective_metric IS NOT new.objective_metric
    OR old.objective_goal IS NOT new.objective_goal) AND old.deleted_at IS NULL AND old.objective IS NOT NULL AND old.objective_metric IS NOT NULL AND old.status <> 'failed' BEGIN
    UPDATE candidates SET n = n - 1
      WHERE experiment = old.experiment AND metric = old.objective_metric AND goal = old.objective_goal;
  END;
  CREATE TRIGGER candidate_won AFTER UPDATE OF experiment, status, deleted_at, objective, objective_metric, objective_goal ON runs
  WHEN (old.experiment IS NOT new.experiment OR old.status IS NOT new.status OR old.deleted_at IS NOT new.deleted_at
    OR (old.objective IS NULL) <> (new.objective IS NULL) OR old.objective_metric IS NOT new.objective_metric
    OR old.objective_goal IS NOT new.objective_goal) AND new.deleted_at IS NULL AND new.objective IS NOT NULL AND new.objective_metric IS NOT NULL AND new.status <> 'failed' BEGIN
    INSERT INTO candidates VALUES (new.experiment, new.objective_metric, new.objective_goal, 1)
      ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  `,
];
