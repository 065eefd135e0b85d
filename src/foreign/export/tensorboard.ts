/** Runs as folders with TensorBoard's event files: scalars, and hyperparameters for its HParams page. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire, type ParamValue } from '../../protocol/values/index.js';
import { fileNameOf, type Exported, type ExportSource } from './source.js';
import { double, field, float, frame, int } from './wire.js';

/** Status of tensorboard/plugins/hparams/api.proto. */
const STATUS = new Map<Run['status'], number>([
  ['completed', 1],
  ['failed', 2],
]);
const FLUSH_BYTES = 1 << 20;

/** Writes a folder for each run into `folder`, which must be new or empty. Steps are rounded; values become 32-bit floats. */
export async function exportTensorBoard(source: ExportSource, folder: string): Promise<Exported> {
  const files: string[] = [];
  for (const run of source.runs) {
    const target = path.join(folder, fileNameOf(run.experiment), `${fileNameOf(run.name)}-${run.id}`);
    fs.mkdirSync(target, { recursive: true });
    await writeRun(source, run, target);
    files.push(target);
  }
  return { files, notes: [] };
}

async function writeRun(source: ExportSource, run: Run, target: string): Promise<void> {
  const seconds = run.createdAt / 1000;
  // Host and process number are part of the name; `tunesmith` and 0 stand in for them.
  const file = fs.openSync(path.join(target, `events.out.tfevents.${Math.floor(seconds)}.tunesmith.0.0`), 'wx');
  try {
    let waiting: Buffer[] = [];
    let size = 0;
    const flush = (): void => {
      fs.writeSync(file, Buffer.concat(waiting));
      [waiting, size] = [[], 0];
    };
    const event = (time: number, step: number, content: Buffer): void => {
      const bytes = frame(Buffer.concat([double(1, time), int(2, step), content]));
      waiting.push(bytes);
      size += bytes.length;
      if (size >= FLUSH_BYTES) flush();
    };
    event(seconds, 0, field(3, 'brain.Event:2'));
    event(seconds, 0, hparams('_hparams_/session_start_info', 3, startInfo(run)));
    for (const metric of Object.keys(run.metrics)) {
      for await (const page of source.points(run, metric)) {
        for (const { step, time, value } of page) {
          const scalar = field(1, [field(1, metric), float(2, fromWire(value))]);
          event(time / 1000, Math.round(step), field(5, scalar));
        }
      }
    }
    const end = (run.endedAt ?? run.createdAt) / 1000;
    const status = STATUS.get(run.status);
    event(end, 0, hparams('_hparams_/session_end_info', 4, [...(status ? [int(1, status)] : []), double(2, end)]));
    flush();
  } finally {
    fs.closeSync(file);
  }
}

/** A summary with a value of the hparams plugin: HParamsPluginData, whose field `number` is given. */
function hparams(tag: string, number: number, content: Buffer[]): Buffer {
  const plugin = [field(1, 'hparams'), field(2, [field(number, content)])];
  return field(5, field(1, [field(1, tag), field(9, [field(1, plugin)])]));
}

function startInfo(run: Run): Buffer[] {
  const params = Object.keys(run.params).map((name) =>
    field(1, [field(1, name), field(2, valueOf(entryOf(run.params, name) ?? null))]),
  );
  return [...params, field(4, run.id), double(5, run.createdAt / 1000)];
}

/** A google.protobuf.Value. The page shows no lists, so they are texts. */
function valueOf(value: ParamValue): Buffer[] {
  if (typeof value === 'number') return [double(2, value)];
  if (typeof value === 'boolean') return [int(4, value ? 1 : 0)];
  return [field(3, typeof value === 'string' ? value : JSON.stringify(value))];
}
