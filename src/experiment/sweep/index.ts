/**
 * Sweep files of Weights & Biases, read as they are: turned into an experiment file's terms, with a way back from
 * each part to where it was written.
 */
import { floatsOf, markAt, type FloatMark, type Floats } from '../../protocol/values/floats.js';
import { suggest } from '../suggest.js';
import type { WrittenExperiment } from '../schema.js';
import type { Fault, Path } from '../file/source.js';
import { readParameter } from './range.js';
import { readStopping } from './stopping.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

export interface Imported {
  written: WrittenExperiment;
  /** Marks the whole numbers of the params and of the space that were written as floats. */
  floats: Floats | undefined;
  spaceFloats: FloatMark;
  /** Places of parameters in nested groups: a program gets the whole group. */
  groups: Record<string, string[]> | undefined;
  /** Returns the place of a part of `written` in the sweep file. */
  origin(path: Path): Path;
  problems: ({ path: Path; where?: 'key' | 'value' } & Fault)[];
}

type Group = Record<string, unknown>;
const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function isSweep(value: unknown): value is Group {
  return (
    isGroup(value) && !('search' in value) && isGroup(value.parameters) && ('method' in value || 'metric' in value)
  );
}

const KEYS = [
  ...['program', 'method', 'metric', 'parameters', 'command', 'early_terminate', 'name', 'description'],
  ...['run_cap', 'project', 'entity', 'imports', 'controller', 'job', 'image_uri', 'resource'],
  ...['metrics', 'scheduler', 'apiVersion', 'kind'],
];
const METHODS: Record<string, string> = { grid: 'grid', random: 'random', bayes: 'auto', custom: 'auto' };
const DEFAULT_COMMAND = ['${env}', '${interpreter}', '${program}', '${args}'];

/** `floatsAt` tells which whole numbers were written as floats: `0.0` is the beginning of a continuous range. */
export function importSweep(sweep: Group, floatsAt: (path: Path) => FloatMark): Imported {
  const problems: Imported['problems'] = [];
  const wrong = (path: Path, fault: Fault, where?: 'key' | 'value') =>
    problems.push({ path, ...fault, ...(where && { where }) });
  for (const key of Object.keys(sweep)) {
    if (KEYS.includes(key)) continue;
    const near = suggest(key, KEYS);
    wrong(
      [key],
      {
        message: l10n.t('unknown key "{0}" of a sweep file', key),
        severity: 'warning',
        ...(near && { hint: l10n.t('did you mean "{0}"?', near) }),
      },
      'key',
    );
  }
  const method = String(sweep.method ?? 'grid');
  if (!Object.hasOwn(METHODS, method)) {
    const near = suggest(method, Object.keys(METHODS));
    wrong(['method'], {
      message: l10n.t('unknown method "{0}"', method),
      hint: near ? l10n.t('did you mean "{0}"?', near) : l10n.t('grid, random or bayes'),
    });
  }

  const space: Group = {};
  const paths = new Map<string, Path>();
  const params: Record<string, never> = {};
  const floats: [string, FloatMark][] = [];
  const spaceFloats: [string, FloatMark][] = [];
  const groups: [string, string[]][] = [];
  readParameters(sweep.parameters as Group, [], ['parameters'], (names, path, entry) => {
    const name = names.join('.');
    paths.set(name, path);
    if (names.length > 1) groups.push([name, names]);
    if (!isGroup(entry))
      return wrong(path, { message: l10n.t('"{0}" must be { values: […] } or { min: …, max: … }', name) });
    const read = readParameter(name, entry, (key) => {
      return Number.isInteger(entry[key]) && floatsAt([...path, key]) !== true;
    });
    if (read.fault) return wrong([...path, ...(read.key === undefined ? [] : [read.key])], read.fault);
    const mark = floatsAt(path);
    if ('constant' in read.range) {
      setEntry(params as Group, name, read.range.constant);
      floats.push([name, markAt(mark, 'value')]);
    } else {
      setEntry(space, name, read.range);
      spaceFloats.push([name, { choice: markAt(mark, 'values') }]);
    }
  });

  const objective = readMetrics(sweep, wrong);
  const stopping = isGroup(sweep.early_terminate) ? readStopping(sweep.early_terminate) : null;
  for (const { key, where, ...fault } of stopping?.problems ?? []) {
    wrong(['early_terminate', ...(key === null ? [] : [key])], fault, where);
  }
  if (isGroup(sweep.scheduler)) {
    const message = l10n.t('this scheduler is not used: our own sampler suggests the trials');
    wrong(['scheduler'], { message, severity: 'warning' }, 'key');
  }
  const run = readCommand(sweep, wrong);
  const searched = Object.keys(space).length > 0;
  if (!searched)
    wrong(['parameters'], {
      message: l10n.t('no parameter has more than one value: there is nothing to search'),
      severity: 'warning',
    });
  const written: WrittenExperiment = {
    ...(typeof sweep.name === 'string' && sweep.name.trim() && { name: sweep.name.trim().slice(0, 200) }),
    ...(run && { run }),
    // The program's wandb.config is answered here, as the agent's server would.
    capture: { wandb: 'replace' },
    params,
    ...(objective && { objective }),
    ...(searched && {
      search: {
        sampler: entryOf(METHODS, method) ?? 'auto',
        pruner: stopping?.pruner ?? null,
        ...(stopping?.maxSteps && { maxSteps: stopping.maxSteps }),
        ...(Number.isInteger(sweep.run_cap) && (sweep.run_cap as number) > 0 && { trials: sweep.run_cap as number }),
        space,
      },
    }),
  };
  return {
    written,
    problems,
    origin: (path) => originOf(path, paths),
    floats: floatsOf(floats),
    spaceFloats: Object.fromEntries(spaceFloats),
    groups: groups.length > 0 ? Object.fromEntries(groups) : undefined,
  };
}

/** One metric, or a list of them. */
function readMetrics(
  sweep: Group,
  wrong: (path: Path, fault: Fault, where?: 'key' | 'value') => void,
): WrittenExperiment['objective'] {
  const read = (metric: unknown, path: Path) => {
    const { name, goal = 'minimize', target } = isGroup(metric) ? metric : {};
    if (goal !== 'minimize' && goal !== 'maximize') {
      wrong([...path, 'goal'], { message: l10n.t('goal must be minimize or maximize') });
    }
    if (target !== undefined) {
      const message = l10n.t('the search does not end at this value: stop it when it is good enough');
      wrong([...path, 'target'], { message, severity: 'warning' }, 'key');
    }
    return typeof name === 'string' && name !== ''
      ? [{ metric: name, goal: goal === 'maximize' ? ('maximize' as const) : ('minimize' as const) }]
      : [];
  };
  if (Array.isArray(sweep.metrics) && sweep.metrics.length > 0) {
    const objectives = sweep.metrics.flatMap((metric, i) => read(metric, ['metrics', i]));
    if (objectives.length === sweep.metrics.length) return objectives;
    wrong(['metrics'], { message: l10n.t('each of the metrics needs a name') }, 'key');
  }
  return read(sweep.metric, ['metric'])[0];
}

function originOf(path: Path, paths: ReadonlyMap<string, Path>): Path {
  const [first, second, third, ...rest] = path;
  if (first === 'run') return ['command'];
  if (first === 'params') return paths.get(String(second)) ?? ['parameters'];
  if (first === 'objective') {
    const base = typeof second === 'number' ? ['metrics', second] : ['metric'];
    return [...base, ...path.slice(base.length).map((key) => (key === 'metric' ? 'name' : key))];
  }
  if (first !== 'search') return path;
  switch (second) {
    case 'space':
      return [...(paths.get(String(third)) ?? ['parameters']), ...rest];
    case 'sampler':
      return ['method'];
    case 'trials':
      return ['run_cap'];
    case 'maxSteps':
      return ['early_terminate', 'max_iter'];
    case 'pruner':
      return ['early_terminate', ...(third === 'graceSteps' ? ['min_iter'] : third === undefined ? [] : [third])];
    default:
      return ['parameters'];
  }
}

/** Nested groups (`parameters` within a parameter) get names joined with dots. */
function readParameters(
  group: Group,
  names: string[],
  path: string[],
  use: (names: string[], path: Path, entry: unknown) => void,
): void {
  for (const [key, entry] of Object.entries(group)) {
    if (isGroup(entry) && isGroup(entry.parameters)) {
      readParameters(entry.parameters, [...names, key], [...path, key, 'parameters'], use);
    } else use([...names, key], [...path, key], entry);
  }
}

function readCommand(sweep: Group, wrong: (path: Path, fault: Fault) => void): string[] | null {
  const command = sweep.command ?? DEFAULT_COMMAND;
  if (!Array.isArray(command)) {
    wrong(['command'], { message: l10n.t('command must be a list of arguments') });
    return null;
  }
  const usesProgram = command.some((part) => String(part).includes('${program}'));
  if (usesProgram && typeof sweep.program !== 'string') {
    wrong([], {
      message: l10n.t('program is missing: name the script to run'),
      hint: l10n.t('such as: program: train.py'),
    });
    return null;
  }
  const argv: string[] = [];
  for (const part of command) {
    const text = String(part);
    if (text === '${env}') continue;
    const program = typeof sweep.program === 'string' ? sweep.program : '';
    argv.push(text === '${interpreter}' ? 'python' : text === '${program}' ? program.replace(/[{}]/g, '$&$&') : text);
  }
  return argv;
}
