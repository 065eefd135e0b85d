/** Every setting, declared once; `Settings` (../settings.ts) reads them by these names with these types. */
import { BackendId } from '../../protocol/engine/index.js';
import { CLUSTER_KINDS } from '../../protocol/run/cluster.js';
import type { SettingSpec } from './types.js';

export const SETTINGS = {
  'python.interpreter': {
    type: 'string',
    default: '',
    description:
      'Python interpreter that experiments run with. Empty: the one chosen in the Python extension, else `python3` on the PATH.',
    scope: 'machine-overridable',
  },
  capture: {
    type: 'string',
    default: 'auto',
    description:
      'What to record from unchanged programs if the experiment file does not say: `auto` (everything), `off`, or names of Python libraries separated by commas, such as `keras, tqdm`.',
    scope: 'resource',
  },
  'training.backend': {
    type: 'string',
    default: 'auto',
    enum: ['auto', ...BackendId.options],
    description:
      'Backend of the built-in trainer. `auto` uses the fastest one that works on this machine. Takes effect at the next start of the engine.',
    scope: 'machine-overridable',
  },
  'search.parallel': {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 1024,
    description: 'Maximum number of parallel trials of a search. 0: as the experiment file says.',
    scope: 'machine-overridable',
  },
  clusters: {
    type: 'object',
    default: {},
    properties: Object.fromEntries(CLUSTER_KINDS.map((kind) => [kind, { type: 'object' }])),
    description:
      'Your defaults for each kind of cluster, as in an experiment file, whose own values come first: `{ "slurm": { "partition": "gpu", "account": "project42" }, "kubernetes": { "image": "team/train:1" } }`.',
    scope: 'machine',
  },
  'engine.idleSeconds': {
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 86_400,
    description: 'Seconds without clients and work after which the engine exits. Takes effect at its next start.',
    scope: 'machine-overridable',
  },
  'recording.syncSeconds': {
    type: 'number',
    default: 1,
    minimum: 0,
    maximum: 3600,
    description:
      'Seconds after which logged records are forced to disk if the experiment file does not say: the most that a power cut can lose. `0` leaves it to the operating system. Killing a process never loses records.',
    scope: 'resource',
  },
  'recording.packAfterDays': {
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 36_500,
    description:
      'Days after the end of a run until its journals are packed to about a tenth of their size. `0`: never by themselves; `tunesmith pack` packs them on request. Only runs that you have started on this machine are packed. Takes effect at the next start of the engine.',
    scope: 'machine-overridable',
  },
  'panel.openOnRun': {
    type: 'string',
    default: 'beside',
    enum: ['beside', 'active', 'never'],
    enumDescriptions: ['Beside the code.', 'In the active editor group.', 'Leave the editors as they are.'],
    description: 'Where the panel opens when a run or a search is started.',
    scope: 'window',
  },
  'logs.show': {
    type: 'boolean',
    default: true,
    description:
      'Show the runs in logs of other tools (TensorBoard, MLflow, W&B, Optuna, …) in the explorer and in the panel, without changing or importing them.',
    scope: 'resource',
  },
  'lenses.enabled': {
    type: 'boolean',
    default: true,
    description: 'Show lenses such as Run and Start search above the lines of experiment files.',
    scope: 'resource',
  },
  'best.show': {
    type: 'string',
    default: 'lens',
    enum: ['lens', 'inline', 'never'],
    enumDescriptions: [
      'In a lens above the line, with “Apply best”.',
      'Behind the value in its line; a double click writes it into the file.',
      'Not in the editor.',
    ],
    description: 'Where the best value of a parameter is shown if the experiment file has another one.',
    scope: 'resource',
  },
  'marks.enabled': {
    type: 'boolean',
    default: true,
    description:
      'Mark the lines of experiment files in the gutter: how the last run and the last search went, and where a better value is known.',
    scope: 'resource',
  },
  'lenses.scripts': {
    type: 'boolean',
    default: true,
    description:
      'Show Run and Tune above the main part and the arguments of plain scripts, and above the configuration files that they read.',
    scope: 'resource',
  },
  'agents.mcpServer': {
    type: 'boolean',
    default: false,
    description:
      'Offer the tools for agents as an MCP server (`tunesmith mcp`), for agents that only use tools from such servers, instead of as editor tools.',
    scope: 'window',
  },
  'notifications.searchEnded': {
    type: 'boolean',
    default: true,
    description: 'Notify when a search has ended, with its best result.',
    scope: 'window',
  },
  'notifications.runFailed': {
    type: 'boolean',
    default: true,
    description: 'Notify when a run outside a search has failed.',
    scope: 'window',
  },
} as const satisfies Record<string, SettingSpec>;

type Widen<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends object
        ? Record<string, unknown>
        : never;
export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N] extends { enum: readonly (infer E)[] }
  ? E
  : Widen<(typeof SETTINGS)[N]['default']>;
