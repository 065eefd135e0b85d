/**
 * Sweep files of Weights & Biases, read as they are: turned into an experiment file's terms, with a way back from
 * each part to where it was written.
 */
import { suggest } from './suggest.js';
import type { WrittenExperiment } from './schema.js';
import type { Fault, Path } from './source.js';

export interface Imported {
  written: WrittenExperiment;
  /** Where a part of `written` stands in the sweep file. */
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
];
const METHODS: Record<string, string> = { grid: 'grid', random: 'random', bayes: 'auto' };
const DEFAULT_COMMAND = ['${env}', '${interpreter}', '${program}', '${args}'];

/** `isWhole` tells of a number whether it was written as a whole one: `0.0` is the beginning of a continuous range. */
export function importSweep(sweep: Group, isWhole: (path: Path) => boolean): Imported {
  const problems: Imported['problems'] = [];
  const wrong = (path: Path, fault: Fault, where?: 'key' | 'value') =>
    problems.push({ path, ...fault, ...(where && { where }) });
  for (const key of Object.keys(sweep)) {
    if (KEYS.includes(key)) continue;
    const near = suggest(key, KEYS);
    wrong(
      [key],
      { message: `unknown key "${key}" of a sweep file`, ...(near && { hint: `did you mean "${near}"?` }) },
      'key',
    );
  }
  const method = String(sweep.method ?? 'grid');
  if (!Object.hasOwn(METHODS, method)) {
    const near = suggest(method, Object.keys(METHODS));
    wrong(['method'], {
      message: `unknown method "${method}"`,
      hint: near ? `did you mean "${near}"?` : 'grid, random or bayes',
    });
  }

  const space: Group = {};
  const paths = new Map<string, Path>();
  const params: Record<string, never> = {};
  readParameters(sweep.parameters as Group, [], ['parameters'], (name, path, entry) => {
    paths.set(name, path);
    if (!isGroup(entry)) return wrong(path, { message: `"${name}" must be { values: […] } or { min: …, max: … }` });
    const read = readParameter(name, entry, (key) => isWhole([...path, key]));
    if ('fault' in read) return wrong([...path, ...(read.key === undefined ? [] : [read.key])], read.fault);
    if ('constant' in read.range) (params as Group)[name] = read.range.constant;
    else space[name] = read.range;
  });

  const metric = isGroup(sweep.metric) ? sweep.metric : {};
  const objective =
    typeof metric.name === 'string'
      ? { metric: metric.name, goal: metric.goal === 'maximize' ? ('maximize' as const) : ('minimize' as const) }
      : undefined;
  if (metric.goal !== undefined && metric.goal !== 'minimize' && metric.goal !== 'maximize') {
    wrong(['metric', 'goal'], { message: 'goal must be minimize or maximize' });
  }
  const pruned = isGroup(sweep.early_terminate);
  if (pruned) {
    const hint = 'write an experiment file to choose the pruner and its settings';
    wrong(
      ['early_terminate'],
      { message: 'trials are stopped early by the median rule', hint, severity: 'warning' },
      'key',
    );
  }
  const run = readCommand(sweep, wrong);
  const searched = Object.keys(space).length > 0;
  if (!searched)
    wrong(['parameters'], {
      message: 'no parameter has more than one value: there is nothing to search',
      severity: 'warning',
    });
  const written: WrittenExperiment = {
    ...(typeof sweep.name === 'string' && sweep.name.trim() && { name: sweep.name.trim().slice(0, 200) }),
    ...(run && { run }),
    params,
    ...(objective && { objective }),
    ...(searched && {
      search: {
        sampler: METHODS[method] ?? 'auto',
        pruner: pruned ? 'median' : null,
        ...(Number.isInteger(sweep.run_cap) && (sweep.run_cap as number) > 0 && { trials: sweep.run_cap as number }),
        space,
      },
    }),
  };
  return { written, problems, origin: (path) => originOf(path, paths) };
}

function originOf(path: Path, paths: ReadonlyMap<string, Path>): Path {
  const [first, second, third, ...rest] = path;
  if (first === 'run') return ['command'];
  if (first === 'params') return paths.get(String(second)) ?? ['parameters'];
  if (first === 'objective') return ['metric', ...(second === 'metric' ? ['name'] : path.slice(1))];
  if (first !== 'search') return path;
  if (second === 'space') return [...(paths.get(String(third)) ?? ['parameters']), ...rest];
  if (second === 'sampler') return ['method'];
  return second === 'trials' ? ['run_cap'] : second === 'pruner' ? ['early_terminate'] : ['parameters'];
}

/** Nested groups (`parameters` within a parameter) get names joined with dots. */
function readParameters(
  group: Group,
  names: string[],
  path: string[],
  use: (name: string, path: Path, entry: unknown) => void,
): void {
  for (const [key, entry] of Object.entries(group)) {
    if (isGroup(entry) && isGroup(entry.parameters)) {
      readParameters(entry.parameters, [...names, key], [...path, key, 'parameters'], use);
    } else use([...names, key].join('.'), [...path, key], entry);
  }
}

type ReadParameter = { range: Group } | { fault: Fault; key?: string };

function readParameter(name: string, entry: Group, isWhole: (key: string) => boolean): ReadParameter {
  const known = ['value', 'values', 'probabilities', 'min', 'max', 'mu', 'sigma', 'q', 'distribution'];
  const stranger = Object.keys(entry).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    const near = suggest(stranger, known);
    return {
      key: stranger,
      fault: { message: `unknown key "${stranger}" of "${name}"`, ...(near && { hint: `did you mean "${near}"?` }) },
    };
  }
  const { min, max, mu, sigma, q } = entry as Record<string, number | undefined>;
  const whole = isWhole('min') && isWhole('max');
  const bounds = min !== undefined && max !== undefined;
  const implied =
    'value' in entry
      ? 'constant'
      : 'values' in entry
        ? 'categorical'
        : bounds
          ? whole
            ? 'int_uniform'
            : 'uniform'
          : null;
  const distribution = typeof entry.distribution === 'string' ? entry.distribution : implied;
  if (distribution === null) return { fault: { message: `"${name}" needs values, a value, or min and max` } };

  const quantized = distribution.startsWith('q_') || distribution === 'q_uniform';
  const step = quantized ? { step: q ?? 1 } : {};
  const need = (...values: unknown[]): boolean => values.every((value) => typeof value === 'number');
  const missing = (what: string): ReadParameter => ({ fault: { message: `"${name}": ${distribution} needs ${what}` } });
  /** Values of a quantized range are multiples of q. */
  const range = (kind: string, low: number, high: number): ReadParameter => {
    if (!quantized) return { range: { [kind]: [low, high] } };
    const by = step.step!;
    const from = Math.max(kind === 'log' ? by : -Infinity, Math.round(low / by) * by);
    return {
      range: { [kind]: [Number(from.toPrecision(12)), Number((Math.round(high / by) * by).toPrecision(12))], ...step },
    };
  };
  switch (distribution.replace(/^q_/, '')) {
    case 'constant':
      return { range: { constant: entry.value } };
    case 'categorical':
    case 'categorical_w_probabilities':
      if (!Array.isArray(entry.values)) return missing('values');
      return {
        range: { choice: entry.values, ...(Array.isArray(entry.probabilities) && { weights: entry.probabilities }) },
      };
    case 'int_uniform':
      return need(min, max) ? { range: { int: [min, max] } } : missing('min and max');
    case 'uniform':
      return need(min, max) ? range('uniform', min!, max!) : missing('min and max');
    case 'log_uniform':
    case 'inv_log_uniform':
      if (!need(min, max)) return missing('min and max, the exponents of e');
      // The inverse of a log-uniform number is log-uniform too, with the exponents' signs turned.
      return distribution.includes('inv')
        ? range('log', Math.exp(-max!), Math.exp(-min!))
        : range('log', Math.exp(min!), Math.exp(max!));
    case 'log_uniform_values':
    case 'inv_log_uniform_values':
      return need(min, max) ? range('log', min!, max!) : missing('min and max');
    case 'normal':
      return { range: { normal: [mu ?? 0, sigma ?? 1], ...step } };
    case 'log_normal':
      return { range: { logNormal: [mu ?? 0, sigma ?? 1], ...step } };
    default:
      return {
        key: 'distribution',
        fault: {
          message: `"${name}": the distribution ${distribution} is not supported`,
          hint: 'use uniform, log_uniform_values, int_uniform, normal, log_normal or values',
        },
      };
  }
}

function readCommand(sweep: Group, wrong: (path: Path, fault: Fault) => void): string[] | null {
  const command = sweep.command ?? DEFAULT_COMMAND;
  if (!Array.isArray(command)) {
    wrong(['command'], { message: 'command must be a list of arguments' });
    return null;
  }
  const usesProgram = command.some((part) => String(part).includes('${program}'));
  if (usesProgram && typeof sweep.program !== 'string') {
    wrong([], { message: 'program is missing: name the script to run', hint: 'such as: program: train.py' });
    return null;
  }
  const argv: string[] = [];
  for (const [i, part] of command.entries()) {
    const text = String(part);
    if (text === '${env}') continue;
    if (text === '${args_json_file}') {
      wrong(['command', i], {
        message: '${args_json_file} is not supported',
        hint: 'use ${args_json}, or read the variable TUNESMITH_PARAMS',
      });
    }
    const program = typeof sweep.program === 'string' ? sweep.program : '';
    argv.push(text === '${interpreter}' ? 'python' : text === '${program}' ? program.replace(/[{}]/g, '$&$&') : text);
  }
  return argv;
}
