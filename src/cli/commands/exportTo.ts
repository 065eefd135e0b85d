/** Exports runs in the formats of other tools, into a new file or folder. */
import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { Run } from '../../protocol/engine/index.js';
import { exportMlflow } from '../../foreign/export/mlflow.js';
import { exportOptuna } from '../../foreign/export/optuna.js';
import type { ExportKind, ExportSource, Exported } from '../../foreign/export/source.js';
import { exportTensorBoard } from '../../foreign/export/tensorboard.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { readPoints } from '../text/points.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export async function exportTo(
  context: Context,
  kind: ExportKind,
  runs: Run[],
  { output, points }: { output: string | undefined; points: boolean },
): Promise<number> {
  if (output === undefined) throw new UsageError(l10n.t('--format {0} needs --output: a new file or folder.', kind));
  if (points && kind !== 'parquet')
    throw new UsageError(l10n.t('--points works with csv, jsonl and parquet; the other formats have all points.'));
  const target = path.resolve(context.cwd, output);
  if (existsSync(target) && !(isFolder(kind) && readdirSync(target).length === 0)) {
    throw new CommandError(l10n.t('{0} already exists. Name a new one, or move it away first.', safeLine(target)));
  }
  const engine = await context.engine();
  const source: ExportSource = { runs, points: (run, metric) => readPoints(engine, run.id, metric) };
  const { files, notes } = await write(kind, source, target, points);
  notes.slice(0, 20).forEach((note) => context.say(safeLine(note)));
  files.slice(0, 100).forEach((file) => context.print(safeLine(path.relative(context.cwd, file) || file)));
  return 0;
}

const isFolder = (kind: ExportKind): boolean => kind === 'tensorboard' || kind === 'mlflow';

async function write(kind: ExportKind, source: ExportSource, target: string, points: boolean): Promise<Exported> {
  if (kind === 'tensorboard') return exportTensorBoard(source, target);
  if (kind === 'mlflow') return exportMlflow(source, target);
  if (kind === 'optuna') return exportOptuna(source, target);
  const { exportParquet } = await import('../../foreign/export/parquet.js');
  return exportParquet(source, target, points);
}
