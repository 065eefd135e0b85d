/** Writes an experiment file from the findings in a script. */
import type { Goal } from '../../protocol/engine/index.js';
import { isPassable, literally, programOf, wordsOf } from './command.js';
import { goalOf, objectiveAmong } from './metrics.js';
import type { ScriptPlace } from './plainRun.js';
import { rangeOf, written } from './ranges.js';
import { TOO_LARGE, type FoundScript, type ScriptArgument } from './types.js';

/** Metrics of earlier runs of the script. */
export interface EarlierRuns {
  count: number;
  /** Names of their metrics, those of the latest run first. */
  metrics: string[];
}

/** Parameters that a search tries at once, at most; more would need more trials than people start with. */
const MOST_SEARCHED = 8;
const OUTPUT =
  /^(out|output|save|checkpoint|ckpt|log|logging|results?|work|run|exp|tensorboard|tb|model)_?(s|dir|path|folder|file|root)?$/i;
const COLUMN = 120;

interface Row {
  argument: ScriptArgument;
  /** As written under params. */
  value: string;
  range: string | null;
  comment: string;
}

/** The text of `NAME.tune.yaml`. It passes the checks and starts as it is. */
export function tuneText(found: FoundScript, text: string, place: ScriptPlace, earlier: EarlierRuns): string {
  const parts = partsOf(found);
  const name = place.script.split('/').at(-1)!;
  const objective = objectiveOf(found, earlier);
  const space = parts.rows.filter(({ range }) => range !== null).slice(0, MOST_SEARCHED);
  const lines = [
    `# Written by Tunesmith from ${name}. It works as it is; change anything you like.`,
    '# A run uses the values under params, a search tries those under search.space; {name} in run stands for a value.',
    ...found.notes.map((note) => `# ${note}`),
    `name: ${written(place.name, 'text')}`,
    ...(place.cwd === null ? [] : [`cwd: ${written(place.cwd, 'text')} # the folder that the script starts in`]),
    ...runLines([...programOf(place.script, text), literally(place.script), ...parts.words]),
    ...fileLines(found, parts.rows),
    ...(parts.seed === null ? [] : [`seed: ${parts.seed} # {seed} above; without this line, each run gets a new one`]),
    '',
    ...paramLines(found, parts),
    ...objective.lines,
    ...searchLines(space, objective.isKnown),
  ];
  return `${lines.map(onItsLine).join('\n')}\n`;
}

/** Texts of the script and names of files and metrics must not contain line breaks. */
const onItsLine = (line: string): string => line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');

interface Parts {
  words: string[];
  rows: Row[];
  /** Arguments that stay as the script has them, and why. */
  left: { argument: ScriptArgument; why: string }[];
  seed: number | null;
}

function partsOf(found: FoundScript): Parts {
  const parts: Parts = { words: [], rows: [], left: [], seed: null };
  for (const argument of found.arguments.filter((each) => each.isGlobal)) place(argument, found, parts);
  parts.words.push(...found.prefix);
  const { config } = found;
  if (config?.argument && found.arguments.some(({ pass }) => pass.how === 'file'))
    parts.words.push(
      ...wordsOf(config.argument).map((word) => word.replace(`{${config.argument!.name}}`, `{${stem(config.path)}}`)),
    );
  for (const argument of found.arguments.filter((each) => !each.isGlobal)) place(argument, found, parts);
  if (found.parser === 'hydra') parts.words.push('hydra.run.dir={run.dir}/hydra');
  return parts;
}

function place(argument: ScriptArgument, found: FoundScript, parts: Parts): void {
  const { name, kind, value, required, pass } = argument;
  const words = (placeholder: string) => wordsOf(argument).map((word) => word.replaceAll(`{${name}}`, placeholder));
  if (isOutput(argument)) {
    parts.words.push(...words(`{run.dir}/${fileName(value) ?? 'output'}`));
    return;
  }
  if (name === 'seed' && kind === 'int' && isPassable(argument) && wordsOf(argument).length > 0 && isSeed(value)) {
    parts.seed = value as number;
    parts.words.push(...words('{seed}'));
    return;
  }
  if (required && (value === undefined || value === null || value === '???') && pass.how !== 'none') {
    const stand = { ...argument, value: standIn(argument) };
    parts.words.push(...wordsOf(stand));
    parts.rows.push({
      ...rowOf(stand),
      comment: `REQUIRED, write the value here${argument.help ? `: ${argument.help}` : ''}`,
    });
    return;
  }
  if (pass.how === 'none') parts.left.push({ argument, why: pass.why });
  else if (!isPassable(argument)) parts.left.push({ argument, why: whyLeft(value) });
  else {
    const row = rowOf(argument);
    // A configuration has dozens of values: those that are not searched stay in it.
    if ((pass.how === 'override' || pass.how === 'file') && row.range === null) return;
    parts.words.push(...wordsOf(argument));
    parts.rows.push(row);
  }
}

const whyLeft = (value: unknown): string =>
  value === null ? 'None' : Array.isArray(value) ? 'empty' : 'no default in the code';

const isSeed = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 2147483647;

/** A path that the script writes to: each run gets its own. */
function isOutput({ name, kind, value, isList, pass, help }: ScriptArgument): boolean {
  if (kind !== 'text' || isList || (pass.how !== 'option' && pass.how !== 'position')) return false;
  const last = name.split('.').at(-1)!;
  if (!OUTPUT.test(last) || (value !== undefined && value !== null && typeof value !== 'string')) return false;
  if (/^(model|run|exp|log)$/i.test(last) && !(typeof value === 'string' && /[/\\]|\.\w{1,5}$/.test(value)))
    return false;
  return value === undefined || value === null
    ? /dir|path|folder|root/i.test(last)
    : !/load|resume|pretrained|read/i.test(help ?? '');
}

function fileName(value: unknown): string | null {
  const last =
    typeof value === 'string'
      ? value
          .replace(/[\\/]+$/, '')
          .split(/[\\/]/)
          .at(-1)!
      : '';
  return /^[\w-][\w.-]*$/.test(last) ? last : null;
}

function standIn({ kind, choices, name }: ScriptArgument): NonNullable<ScriptArgument['value']> {
  if (choices?.[0] !== undefined && choices[0] !== null) return choices[0];
  if (kind === 'float') return /lr|rate/i.test(name) ? 0.001 : 1;
  if (kind === 'int') return /batch/i.test(name) ? 32 : 1;
  return kind === 'boolean' ? false : 'fill-in';
}

function rowOf(argument: ScriptArgument): Row {
  const { value, kind, choices, help } = argument;
  const range = rangeOf(argument);
  const among = choices && range === null ? `one of ${choices.map(String).join(', ')}` : '';
  return { argument, value: written(value!, kind), range, comment: [help, among].filter(Boolean).join('; ') };
}

function runLines(words: readonly string[]): string[] {
  // The name of a file may have anything in it.
  if (words.some((word) => word !== word.trim() || onItsLine(word) !== word)) return [`run: ${JSON.stringify(words)}`];
  const [first, second, ...rest] = words.map(quoted);
  if (rest.length === 0) return [`run: ${[first, second].join(' ')}`];
  const lines = [`${first} ${second}`];
  for (const [at, word] of rest.entries()) {
    // An option and its value stay on one line.
    const isValue =
      at > 0 &&
      /^--?\w/.test(rest[at - 1]!) &&
      !rest[at - 1]!.includes('=') &&
      /^'?\{/.test(word) &&
      !/^\{[\w.-]+\?-/.test(word);
    if (isValue) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return ['run: >-', ...lines.map((line) => `  ${line}`)];
}

/** Joins words as `run:` splits them; quotes them only if needed. */
function quoted(word: string): string {
  if (/^[\w./=:,@%+{}?*-]+$/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/[\\"]/g, '\\$&')}"` : `'${word}'`;
}

const stem = (path: string): string =>
  path
    .split('/')
    .at(-1)!
    .replace(/\.\w+$/, '')
    .replace(/[^\w-]/g, '_');

/** `files:` with the values that a copy of the configuration gets. */
function fileLines({ config }: FoundScript, rows: readonly Row[]): string[] {
  const values = rows.flatMap(({ argument: { name, pass } }) =>
    pass.how === 'file' ? [{ name, path: pass.path }] : [],
  );
  if (!config || values.length === 0) return [];
  return [
    'files: # copies with these values, in the folder of the run',
    `  ${written(config.path, 'text')}:`,
    ...values.map(({ name, path }) => `    ${written(path.join('.'), 'text')}: '{${name}}'`),
  ];
}

function paramLines(found: FoundScript, { rows, left }: Parts): string[] {
  const lines = rows.map(
    ({ argument: { name }, value, comment }) => `  ${name}: ${value}${comment ? ` # ${comment}` : ''}`,
  );
  const reasons = [...new Set(left.map(({ why }) => why))];
  const rest = reasons.map(
    (why) =>
      `${left
        .filter((each) => each.why === why)
        .map(({ argument: { name } }) => name)
        .join(', ')} (${why})`,
  );
  if (lines.length === 0) {
    const why = found.notes.includes(TOO_LARGE)
      ? 'Name the arguments of the script in run, and their values here.'
      : found.parser === null
        ? 'The script takes no arguments: give it some, or let it read tunesmith.config, then name them here.'
        : 'Nothing was found that a run could set.';
    return [`# ${why}`, ...wrapped('Left as they are: ', rest).map((line) => line.trimStart()), 'params: {}', ''];
  }
  return ['params:', ...lines, ...wrapped('Left as they are: ', rest), ''];
}

function wrapped(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const lines = [`  # ${title}`];
  const words = `${items.join('; ')}.`.split(' ');
  for (const word of words) {
    const text = `${word} `;
    if (lines.at(-1)!.length + text.length > COLUMN) lines.push(`  # ${text}`);
    else lines[lines.length - 1] += text;
  }
  return lines.map((line) => line.trimEnd());
}

function objectiveOf(found: FoundScript, earlier: EarlierRuns): { lines: string[]; isKnown: boolean } {
  const logged = objectiveAmong(earlier.metrics) ?? null;
  if (logged !== null) {
    const others = earlier.metrics.filter((name) => name !== logged && !name.startsWith('system/')).slice(0, 6);
    const also = others.length > 0 ? `; they also logged ${others.join(', ')}` : '';
    return known(logged, goalOf(logged), `logged by earlier runs${also}`);
  }
  const inCode = objectiveAmong(found.metrics.map(({ name }) => name));
  if (inCode !== null) {
    const { line } = found.metrics.find(({ name }) => name === inCode)!;
    return known(inCode, goalOf(inCode), `logged in line ${line + 1} of the script`);
  }
  return {
    isKnown: false,
    lines: [
      '# OBJECTIVE: run it once, then name the metric that tells which values are better (`tunesmith show latest` lists them).',
      '# Until then the search tries values at random and compares nothing.',
      '# objective: { metric: val/loss, goal: minimize }',
      '',
    ],
  };
}

function known(metric: string, goal: Goal, comment: string): { lines: string[]; isKnown: boolean } {
  return {
    isKnown: true,
    lines: [`objective: { metric: ${written(metric, 'text')}, goal: ${goal} } # ${comment}`, ''],
  };
}

function searchLines(space: readonly Row[], isKnown: boolean): string[] {
  if (space.length === 0) {
    return [
      '# A search needs ranges for what is under params, such as:',
      '# search: { trials: 20, space: { lr: { log: [1e-5, 1e-1] } } }',
    ];
  }
  return [
    'search:',
    isKnown ? '  sampler: auto' : '  sampler: random # once there is an objective: auto',
    '  trials: 20',
    '  parallel: auto # as many as the devices hold',
    '  space:',
    ...space.map(({ argument: { name }, range }) => `    ${name}: ${range}`),
  ];
}
