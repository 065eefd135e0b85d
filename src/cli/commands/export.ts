import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import * as path from 'node:path';
import type { Writable } from 'node:stream';
import type { Run } from '../../protocol/engine.js';
import type { ParamValue } from '../../protocol/values.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { readPoints } from '../points.js';
import { runJson } from '../shapes.js';
import { QUERY_OPTIONS, readQuery } from './ls.js';

export const exportRuns: Command = {
  name: 'export',
  usage: '[RUN …]',
  summary: 'Writes runs, and with --points all their metric points, as CSV or JSON lines.',
  options: {
    ...QUERY_OPTIONS,
    format: { type: 'string', value: 'csv|jsonl', help: 'Default: by the ending of --output, else csv.' },
    output: { type: 'string', short: 'o', value: 'FILE', help: 'Default: standard output.' },
    points: { type: 'boolean', help: 'A row for every point of every metric instead of a row for every run.' },
  },
  examples: [
    ['tunesmith export -o runs.csv', 'a table of all runs'],
    ['tunesmith export latest --points -o points.jsonl', "every point of the newest run's metrics"],
  ],
  args: [0, 10_000],
  async run(context, input) {
    const output = input.text('output');
    const format = input.text('format') ?? (output && /\.(jsonl|ndjson)$/i.test(output) ? 'jsonl' : 'csv');
    if (format !== 'csv' && format !== 'jsonl') throw new UsageError(`--format takes csv or jsonl, not "${format}".`);
    const runs = input.args.length ? await context.runs(input.args) : await allRuns(context, readQuery(input));
    const sink = output ? createWriteStream(path.resolve(context.cwd, output)) : process.stdout;
    const write = (line: string): Promise<unknown> | void => {
      if (!sink.write(`${line}\n`)) return once(sink, 'drain');
    };
    if (input.flag('points')) await writePoints(context, runs, format, write);
    else await writeRuns(runs, format, write);
    if (output) await finish(sink);
    return 0;
  },
};

type Write = (line: string) => Promise<unknown> | void;

async function allRuns(context: Context, query: ReturnType<typeof readQuery>): Promise<Run[]> {
  const engine = await context.engine();
  const runs: Run[] = [];
  for (;;) {
    const page = await engine.request('runs/list', { ...query, offset: runs.length, limit: 1000 });
    runs.push(...page.runs);
    if (page.runs.length === 0 || runs.length >= page.total) return runs;
  }
}

async function writeRuns(runs: Run[], format: string, write: Write): Promise<void> {
  const rows = runs.map(runJson);
  if (format === 'jsonl') {
    for (const row of rows) await write(JSON.stringify(row));
    return;
  }
  const params = [...new Set(rows.flatMap((row) => Object.keys(row.params)))].sort();
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))].sort();
  const facts = ['id', 'experiment', 'search', 'name', 'status', 'objective', 'createdAt', 'endedAt'] as const;
  await write(csv([...facts, ...params.map((name) => `param:${name}`), ...metrics.map((name) => `metric:${name}`)]));
  for (const row of rows) {
    await write(
      csv([
        ...facts.map((fact) => row[fact]),
        ...params.map((name) => row.params[name]),
        ...metrics.map((name) => row.metrics[name]),
      ]),
    );
  }
}

async function writePoints(context: Context, runs: Run[], format: string, write: Write): Promise<void> {
  const engine = await context.engine();
  if (format === 'csv') await write('run,metric,step,epoch,time,value');
  for (const run of runs) {
    for (const metric of Object.keys(run.metrics)) {
      for await (const page of readPoints(engine, run.id, metric)) {
        for (const { step, epoch, time, value } of page) {
          const row = { run: run.id, metric, step, epoch, time, value };
          await write(format === 'csv' ? csv(Object.values(row)) : JSON.stringify(row));
        }
      }
    }
  }
}

/** One line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets a leading apostrophe. */
export function csv(cells: (ParamValue | undefined)[]): string {
  return cells
    .map((cell) => {
      if (cell === null || cell === undefined) return '';
      if (typeof cell === 'number') return String(cell);
      const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
      const inert = /^[=+\-@\t\r]/.test(text) && !/^-?Infinity$/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    })
    .join(',');
}

async function finish(sink: Writable): Promise<void> {
  sink.end();
  await once(sink, 'finish');
}
