import { lstatSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import type { FoundLog } from '../../protocol/engine/foreign.js';
import { FORMATS, findRuns, titleOf } from '../../foreign/formats.js';
import { countRun, importedId, importRun, stateOf, type Imported } from '../../foreign/import/importRun.js';
import type { Counts } from '../../foreign/import/lines.js';
import type { FoundRun } from '../../foreign/types.js';
import { suggest } from '../../experiment/suggest.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { LiveArea } from '../text/liveArea.js';
import { safeLine, table } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

const POLL_MS = 100;

export const importRuns: Command = {
  name: 'import',
  usage: '[PATH …]',
  summary: l10n.t('Imports runs that other programs have logged: {0}.', FORMATS.map(({ title }) => title).join(', ')),
  details: l10n.t(
    'PATH is a folder that is searched, or a single file; without it, the whole workspace is searched. Nothing is changed there, executed, or followed through links. Importing again adds only what is new.',
  ),
  options: {
    list: { type: 'boolean', help: l10n.t('List the logs that are found, without reading them.') },
    'dry-run': { type: 'boolean', help: l10n.t('Show what would be imported, and change nothing.') },
    format: {
      type: 'string',
      multiple: true,
      value: 'FORMAT',
      help: l10n.t('Only this format: {0}. May be repeated.', FORMATS.map(({ id }) => id).join(', ')),
    },
    only: {
      type: 'string',
      multiple: true,
      value: 'ID',
      help: l10n.t('Only this run, by its id in --list --json. May be repeated.'),
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith import', l10n.t('everything found in the workspace')],
    ['tunesmith import runs/ --dry-run', l10n.t('what is in the folder runs')],
  ],
  args: [0, 1000],
  async run(context, input) {
    const found = find(context, input);
    if (input.flag('list')) return list(context, found, input);
    if (found.length === 0) {
      throw new CommandError(
        l10n.t('No logs of other programs were found there. See the formats: tunesmith import --help'),
      );
    }
    return input.flag('dry-run') ? preview(context, found, input) : await carryOut(context, found, input);
  },
};

function find(context: Context, input: Input): FoundRun[] {
  const wanted = input.texts('format').map((word) => {
    const format = FORMATS.find(({ id }) => id === word);
    if (format) return format.id;
    const ids = FORMATS.map(({ id }) => id);
    const near = suggest(word, ids);
    const hint = near ? l10n.t('; did you mean "{0}"?', near) : l10n.t('. It is one of: {0}.', ids.join(', '));
    throw new UsageError(l10n.t('There is no format "{0}"{1}', word, hint));
  });
  const words = input.args.length > 0 ? input.args : [context.workspace];
  const all = words.flatMap((word) => {
    const place = path.resolve(context.cwd, word);
    if (!lstatSync(place, { throwIfNoEntry: false }))
      throw new CommandError(l10n.t('There is no {0}.', safeLine(place)), [], 2);
    // A link that the person names is meant; links that are found are not followed.
    const { runs, cut } = findRuns(realpathSync(place));
    if (cut)
      context.say(l10n.t('{0} has more folders than are searched. Name a folder further down.', safeLine(place)));
    return runs;
  });
  const distinct = new Map(all.map((run) => [JSON.stringify([run.format, run.path, run.inner]), run]));
  const ids = new Set(input.texts('only'));
  const workspace = realpathSync(context.workspace);
  return [...distinct.values()].filter(
    (run) =>
      (wanted.length === 0 || wanted.includes(run.format)) && (ids.size === 0 || ids.has(importedId(run, workspace))),
  );
}

function list(context: Context, found: FoundRun[], input: Input): number {
  const workspace = realpathSync(context.workspace);
  const places = { workspace, runs: path.join(workspace, '.tunesmith', 'runs') };
  const logs = found.map((run): FoundLog => {
    const { format, name, experiment } = run;
    const id = importedId(run, workspace);
    return { id, format, title: titleOf(format), path: run.path, name, experiment, state: stateOf(run, places) };
  });
  if (input.flag('json')) {
    context.json(logs);
    return 0;
  }
  const cells = logs.map((log) => [log.name, log.title, path.relative(context.cwd, log.path) || '.', log.state]);
  const heads = ['Name', 'Format', 'Path', 'State'].map((title) => ({ title }));
  table(heads, cells, context.paint, context.columns).forEach((line) => context.print(line));
  return 0;
}

function preview(context: Context, found: FoundRun[], input: Input): number {
  const rows = found.flatMap((run) => {
    const counted = attempt(context, run, () => countRun(run));
    return counted ? [{ run, ...counted }] : [];
  });
  if (input.flag('json')) {
    context.json(
      rows.map(({ run, counts, facts }) => ({
        format: run.format,
        path: run.path,
        name: facts.name ?? run.name,
        experiment: facts.experiment ?? run.experiment,
        ...countJson(counts),
      })),
    );
    return 0;
  }
  const cells = rows.map(({ run, counts, facts }) => [
    facts.name ?? run.name,
    titleOf(run.format),
    path.relative(context.cwd, run.path) || '.',
    String(counts.metrics.size),
    String(counts.points),
    String(counts.params.size),
    String(counts.media),
  ]);
  const right = ['Metrics', 'Points', 'Params', 'Media'].map((title) => ({ title, align: 'right' as const }));
  const heads = [{ title: l10n.t('Name') }, { title: l10n.t('Format') }, { title: l10n.t('Path') }, ...right];
  table(heads, cells, context.paint, context.columns).forEach((line) => context.print(line));
  context.print(l10n.t('{0} {1}. Nothing was changed.', rows.length, rows.length === 1 ? 'run' : 'runs'));
  return rows.length < found.length ? 1 : 0;
}

async function carryOut(context: Context, found: FoundRun[], input: Input): Promise<number> {
  // The engine prepares the folder and notices new runs in it.
  const engine = await context.engine();
  const { workspace } = engine.engine;
  const runs = path.join(workspace, '.tunesmith', 'runs');
  const area = new LiveArea(process.stderr);
  const imported: Imported[] = [];
  for (const [i, run] of found.entries()) {
    const show = (points: number): void =>
      area.draw([l10n.t('{0}/{1}  {2}  {3} points', i + 1, found.length, safeLine(run.name), points)]);
    const options = { workspace, runs, progress: show };
    const done = attempt(
      context,
      run,
      () => importRun(run, options),
      () => area.clear(),
    );
    if (done) imported.push(done);
    // Ctrl-C and the engine's messages get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  area.draw([l10n.t('Importing them …')]);
  await untilTakenIn(
    context,
    imported.filter(({ what }) => what === 'new').map(({ id }) => id),
  );
  area.clear();
  report(context, imported, input);
  return imported.length < found.length ? 1 : 0;
}

/** Waits until the engine has read the journals of the runs. */
async function untilTakenIn(context: Context, ids: string[]): Promise<void> {
  const engine = await context.engine();
  const waiting = new Set(ids);
  while (waiting.size > 0) {
    const { runs } = await engine.request('runs/list', { ids: [...waiting].slice(0, 1000), limit: 1000 });
    for (const run of runs) if (!LIVE_STATUSES.includes(run.status)) waiting.delete(run.id);
    if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function report(context: Context, imported: Imported[], input: Input): void {
  if (input.flag('json')) {
    context.json(imported.map(({ counts, ...each }) => ({ ...each, ...countJson(counts) })));
    return;
  }
  for (const { warnings, name } of imported) {
    warnings.slice(0, 5).forEach((warning) => context.say(safeLine(`${name}: ${warning}`)));
  }
  const count = (what: Imported['what']): number => imported.filter((each) => each.what === what).length;
  const points = imported.reduce((sum, { counts }) => sum + counts.points, 0);
  const more = [
    ...(count('grown') > 0 ? [l10n.t('{0} have grown since', count('grown'))] : []),
    ...(count('unchanged') > 0 ? [l10n.t('{0} were already imported', count('unchanged'))] : []),
  ];
  context.print([l10n.t('{0} runs imported, {1} points', count('new'), points), ...more].join('; ') + '.');
}

/** Reports a run that can't be read, and returns null; the other runs are imported all the same. */
function attempt<T>(context: Context, run: FoundRun, action: () => T, before: () => void = () => undefined): T | null {
  try {
    return action();
  } catch (error) {
    before();
    context.say(safeLine(l10n.t("{0}: it can't be imported: {1}", run.path, (error as Error).message)));
    return null;
  }
}

function countJson(counts: Counts) {
  return {
    metrics: [...counts.metrics],
    points: counts.points,
    params: [...counts.params],
    media: counts.media,
  };
}
