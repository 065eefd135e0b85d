/** Runs as MLflow's file store (`mlruns`). */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Run } from '../../protocol/engine/index.js';
import { markAt, valueText } from '../../protocol/values/floats.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire } from '../../protocol/values/index.js';
import type { Exported, ExportSource } from './source.js';

const STATUS = new Map<Run['status'], number>([
  ['completed', 3],
  ['failed', 4],
  ['stopped', 5],
  ['pruned', 5],
]);
const RUNNING = 1;

/** Writes a store into `folder`, which must be new or empty. Steps are rounded. */
export async function exportMlflow(source: ExportSource, folder: string): Promise<Exported> {
  const notes = new Set<string>();
  for (const run of source.runs) {
    const experiment = numberOf(run.experiment);
    const above = path.join(folder, experiment);
    if (!fs.existsSync(path.join(above, 'meta.yaml'))) {
      fs.mkdirSync(above, { recursive: true });
      write(above, 'meta.yaml', {
        artifact_location: urlOf(above),
        creation_time: run.createdAt,
        experiment_id: experiment,
        last_update_time: run.createdAt,
        lifecycle_stage: 'active',
        name: run.experiment,
      });
    }
    await writeRun(source, run, path.join(above, idOf(run)), experiment, notes);
  }
  return { files: [folder], notes: [...notes] };
}

async function writeRun(
  source: ExportSource,
  run: Run,
  folder: string,
  experiment: string,
  notes: Set<string>,
): Promise<void> {
  for (const name of ['metrics', 'params', 'tags', 'artifacts'])
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  write(folder, 'meta.yaml', {
    artifact_uri: urlOf(path.join(folder, 'artifacts')),
    end_time: run.endedAt,
    entry_point_name: '',
    experiment_id: experiment,
    lifecycle_stage: 'active',
    run_id: idOf(run),
    run_name: run.name,
    run_uuid: idOf(run),
    source_name: '',
    source_type: 4,
    source_version: '',
    start_time: run.startedAt ?? run.createdAt,
    status: STATUS.get(run.status) ?? RUNNING,
    tags: [],
    user_id: '',
  });
  const names = new Names(notes);
  for (const name of Object.keys(run.params)) {
    const value = entryOf(run.params, name) ?? null;
    // As Python writes them.
    const words = new Map<unknown, string>([
      [true, 'True'],
      [false, 'False'],
      [null, 'None'],
    ]);
    put(folder, 'params', names.of('params', name), words.get(value) ?? valueText(value, markAt(run.floats, name)));
  }
  const tags = { 'mlflow.runName': run.name, 'mlflow.note.content': run.note, 'tunesmith.run': run.id };
  for (const [name, value] of Object.entries(tags)) if (value !== '') put(folder, 'tags', name, value);
  for (const tag of run.tags) put(folder, 'tags', names.of('tags', tag), '');
  for (const metric of Object.keys(run.metrics)) {
    const file = names.of('metrics', metric);
    put(folder, 'metrics', file, '');
    for await (const page of source.points(run, metric)) {
      const lines = page.map(
        ({ time, value, step }) => `${Math.round(time)} ${numberText(fromWire(value))} ${Math.round(step)}\n`,
      );
      fs.appendFileSync(path.join(folder, 'metrics', file), lines.join(''));
    }
  }
}

/** Names as MLflow takes them; it has a file for each, so that one can't be a part of another's path. */
class Names {
  private readonly taken = new Map<string, string>();

  constructor(private readonly notes: Set<string>) {}

  of(kind: string, name: string): string {
    let safe = name.replace(/[^\w\-. :/]/g, '_').slice(0, 250);
    if (path.posix.normalize(safe) !== safe || /^[/.]|\/$/.test(safe))
      safe = safe.replaceAll('/', '.').replace(/^\.+/, '_');
    const clashes = [...this.taken.keys()].some(
      (other) => other.startsWith(`${kind}/${safe}/`) || `${kind}/${safe}`.startsWith(`${other}/`),
    );
    if (clashes || this.taken.has(`${kind}/${safe}`)) safe = `${safe.replaceAll('/', '.')}_${hash(name).slice(0, 6)}`;
    if (safe !== name) this.notes.add(`MLflow does not take the name "${name.slice(0, 100)}"; there it is "${safe}".`);
    this.taken.set(`${kind}/${safe}`, name);
    return safe;
  }
}

function put(folder: string, kind: string, name: string, text: string): void {
  const file = path.join(folder, kind, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { flag: 'wx' });
}

/** JSON is YAML. */
function write(folder: string, name: string, values: Record<string, unknown>): void {
  const lines = Object.entries(values).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  fs.writeFileSync(path.join(folder, name), lines.join(''));
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
/** MLflow's ids of runs have 32 hexadecimal digits, those of experiments are decimal. */
const idOf = ({ id }: Run): string => hash(id).slice(0, 32);
const numberOf = (experiment: string): string => String(BigInt(`0x${hash(experiment).slice(0, 14)}`) + 1n);
const urlOf = (folder: string): string => `file://${path.resolve(folder).split(path.sep).join('/')}`;

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}
