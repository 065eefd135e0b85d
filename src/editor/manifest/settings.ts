/** Every setting, declared once; `Settings` (../settings.ts) reads them by these names with these types. */
import { BackendId } from '../../protocol/engine.js';
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
      'What is recorded of programs that are not changed for Tunesmith, where the experiment file says nothing: `auto` (everything), `off`, or names of Python libraries with commas, such as `keras, tqdm`.',
    scope: 'resource',
  },
  'training.backend': {
    type: 'string',
    default: 'auto',
    enum: ['auto', ...BackendId.options],
    description:
      'Backend of the built-in trainer. `auto` takes the fastest one that works on this machine. A change counts from the next start of the engine.',
    scope: 'machine-overridable',
  },
  'search.parallel': {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 1024,
    description: 'Most trials of a search at once. 0: as the experiment file says.',
    scope: 'machine-overridable',
  },
  'engine.idleSeconds': {
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 86_400,
    description:
      'How long the engine waits without clients and without work before it leaves. A change counts from its next start.',
    scope: 'machine-overridable',
  },
  'recording.syncSeconds': {
    type: 'number',
    default: 1,
    minimum: 0,
    maximum: 3600,
    description:
      'Seconds after which what a run has logged is forced to the disk, where its experiment file says nothing: a power cut takes no more. `0` leaves it to the operating system. Whatever ends a process takes nothing in any case.',
    scope: 'resource',
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
    description: 'Show Run, Start search and the best values above the lines of experiment files.',
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
      'Offer the tools for agents as an MCP server (`tunesmith mcp`), for agents that take their tools only from such servers, instead of as tools of the editor.',
    scope: 'window',
  },
  'notifications.searchEnded': {
    type: 'boolean',
    default: true,
    description: 'Say when a search has ended, with its best result.',
    scope: 'window',
  },
  'notifications.runFailed': {
    type: 'boolean',
    default: true,
    description: 'Say when a run that belongs to no search has failed.',
    scope: 'window',
  },
} as const satisfies Record<string, SettingSpec>;

type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : never;
export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N] extends { enum: readonly (infer E)[] }
  ? E
  : Widen<(typeof SETTINGS)[N]['default']>;
