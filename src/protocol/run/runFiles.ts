/**
 * Names inside a run's folder and in its program's environment. Without a schema library, so that the small
 * programs of a run (supervisor, client) start fast; `runFolder.ts` has the types and says what each is for.
 */
export const RUN_FILES = {
  spec: 'run.json',
  experiment: 'experiment.json',
  meta: 'meta.json',
  journal: 'journal',
  output: 'output.log',
  supervisor: 'supervisor.json',
  lease: 'lease.json',
  /** Requests of hosts that can't reach the supervisor's socket: `{launch, control}` per line. */
  control: 'control.ndjson',
  /** The same from the supervisor to ranks on other nodes. */
  ranks: 'ranks.ndjson',
  supervisorJournal: 'supervisor.ndjson',
  externalJournal: 'external.ndjson',
  /** Values that the supervisor reads from log files of the program. */
  filesJournal: 'files.ndjson',
  engineJournal: 'engine.ndjson',
  /** Acts of agents; also in the folders of searches. */
  acts: 'acts.ndjson',
  /** Metrics read from the program's output: with our own grammar, or with the person's patterns. */
  outputJournal: 'output.ndjson',
  patternsJournal: 'patterns.ndjson',
  /** Use of CPU, memory, disk, network and GPUs. */
  systemJournal: 'system.ndjson',
  /** For versions that can't read packed journals: a message that they show. */
  packedNotice: 'packed.ndjson',
  checkpoints: 'checkpoints',
  media: 'media',
  /** Layers that the built-in trainer has chosen before the training, and the state of its search for them. */
  architecture: 'architecture.json',
  architectureState: 'architecture.safetensors',
} as const;

/** Name under which programs log their confusion matrix, as CSV. */
export const CONFUSION_NAME = 'confusion matrix';

/** Ids of runs and searches. They become parts of paths, so they are checked wherever they enter. */
export const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/;

/** Name of the file that says who has taken a launch: it is made once, by the supervisor that starts the program. */
export const launchFile = (launch: number): string => `launch-${launch}.json`;

/** In the folder of a run that is on an SSH host: where its checkpoints are, and their names, the newest first. */
export const REMOTE_CHECKPOINTS = 'checkpoints.json';

/** Name of the log of a rank other than 0 that a cluster has started. */
export const outputOfRank = (rank: number): string => `output-rank${rank}.log`;
/** Returns the rank other than 0 whose output a file of this name has; null for other files. */
export function rankOfOutput(name: string): number | null {
  const rank = Number(/^output-rank([1-9]\d{0,6})\.log$/.exec(name)?.[1]);
  return rank > 0 ? rank : null;
}

/** Exit code of a supervisor that found its launch taken by another one. */
export const LAUNCH_TAKEN = 3;
/** First argument of a supervisor that is started before there is a run for it. */
export const SPARE_FLAG = '--spare';

/** Environment variables that every program of a run is given. */
export const RUN_ENV = {
  /** The run's id. */
  id: 'TUNESMITH_RUN_ID',
  /** Absolute path of the run's folder. */
  folder: 'TUNESMITH_RUN_DIR',
  /** Absolute path of the file that a program without a client may append JSON lines to. */
  journal: 'TUNESMITH_JOURNAL',
  /** Path of the supervisor's local socket (POSIX) or named pipe (Windows). */
  socket: 'TUNESMITH_SOCKET',
  /** Token that a client must send first on that socket. */
  token: 'TUNESMITH_TOKEN',
  /** The run's hyperparameters as one JSON object. */
  params: 'TUNESMITH_PARAMS',
  /** Capture settings, see `readCapture`. A person may set it for everything that the file does not mention. */
  capture: 'TUNESMITH_CAPTURE',
  /** Folder of the checkpoint that the program continues from; absent if it begins. */
  checkpoint: 'TUNESMITH_CHECKPOINT',
  /** A number that only the processes of this launch carry: it tells which are to end with it. */
  mark: 'TUNESMITH_RUN_MARK',
  /** For the supervisor only: JSON with the variables that assign the program its device, which replace all others. */
  placement: 'TUNESMITH_RUN_PLACEMENT',
  /** For the supervisor alone: the kind of cluster whose job it is. */
  job: 'TUNESMITH_RUN_JOB',
  /** For the supervisor alone: seconds after which a cluster that gives no warning ends the job. */
  timeLimit: 'TUNESMITH_RUN_TIME_LIMIT',
  /** `1` in the environment of a process that is to stay when its run is over, with all that it starts (Linux). */
  outlive: 'TUNESMITH_OUTLIVE',
  /** Seconds (1) after which records are synced to the disk and survive a power cut; 0: when the system does it. */
  fsync: 'TUNESMITH_FSYNC_SECONDS',
  /** Rank of this process, if the launcher sets it. Clients also honour RANK. */
  rank: 'TUNESMITH_RANK',
} as const;

/** Returns the step after which a run's search wants its present launch to pause, as `run.json` says. */
export const untilOf = ({
  launch,
  until,
}: {
  launch?: { until?: number | undefined } | null | undefined;
  until?: number | undefined;
}): number | undefined => (launch ? launch.until : until);

/** Returns the number of a run's present launch, as `run.json` says; the first is 1. */
export const launchNumber = ({ launch }: { launch?: { number: number } | null | undefined }): number =>
  launch?.number ?? 1;
