/** Runs, or all their points, as a Parquet file. */
import * as fs from 'node:fs';
import { fileWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from 'hyparquet-writer';
import type { MetricPoint, Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire, type ParamValue } from '../../protocol/values/index.js';
import type { Exported, ExportSource } from './source.js';

/** Writes a new file with a row for each run, or with `points` for each point. Throws if the file exists. */
export async function exportParquet(source: ExportSource, file: string, points: boolean): Promise<Exported> {
  fs.closeSync(fs.openSync(file, 'wx'));
  await (points ? writePoints(source, file) : writeRuns(source.runs, file));
  return { files: [file], notes: [] };
}

async function writePoints(source: ExportSource, file: string): Promise<void> {
  const writer = fileWriter(file);
  const parquet = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: pointColumns('', '', []) }) });
  for (const run of source.runs) {
    for (const metric of Object.keys(run.metrics)) {
      for await (const page of source.points(run, metric)) {
        if (page.length > 0) await parquet.write({ columnData: pointColumns(run.id, metric, page) });
      }
    }
  }
  await parquet.finish();
}

function pointColumns(run: string, metric: string, page: readonly MetricPoint[]): ColumnSource[] {
  return [
    { name: 'run', type: 'STRING', nullable: false, data: page.map(() => run) },
    { name: 'metric', type: 'STRING', nullable: false, data: page.map(() => metric) },
    { name: 'step', type: 'DOUBLE', nullable: false, data: page.map(({ step }) => step) },
    { name: 'epoch', type: 'DOUBLE', nullable: true, data: page.map(({ epoch }) => epoch) },
    { name: 'time', type: 'TIMESTAMP', nullable: false, data: page.map(({ time }) => new Date(time)) },
    { name: 'value', type: 'DOUBLE', nullable: false, data: page.map(({ value }) => fromWire(value)) },
  ];
}

async function writeRuns(runs: readonly Run[], file: string): Promise<void> {
  const names = (of: (run: Run) => object): string[] =>
    [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort();
  const text = (name: string, of: (run: Run) => string | null): ColumnSource => ({
    name,
    type: 'STRING',
    nullable: true,
    data: runs.map(of),
  });
  const time = (name: string, of: (run: Run) => number | null): ColumnSource => ({
    ...{ name, type: 'TIMESTAMP', nullable: true },
    data: runs.map((run) => (of(run) === null ? null : new Date(of(run)!))),
  });
  const columnData: ColumnSource[] = [
    text('id', ({ id }) => id),
    text('experiment', ({ experiment }) => experiment),
    text('search', ({ search }) => search),
    text('name', ({ name }) => name),
    text('status', ({ status }) => status),
    {
      ...{ name: 'objective', type: 'DOUBLE', nullable: true },
      data: runs.map(({ objective }) =>
        objective === null || objective.value === null ? null : fromWire(objective.value),
      ),
    },
    time('createdAt', ({ createdAt }) => createdAt),
    time('endedAt', ({ endedAt }) => endedAt),
    ...names(({ params }) => params).map((name) =>
      paramColumn(
        `param:${name}`,
        runs.map(({ params }) => entryOf(params, name)),
      ),
    ),
    ...names(({ metrics }) => metrics).map((name): ColumnSource => ({
      ...{ name: `metric:${name}`, type: 'DOUBLE', nullable: true },
      data: runs.map(({ metrics }) => {
        const summary = entryOf(metrics, name);
        return summary === undefined ? null : fromWire(summary.last);
      }),
    })),
  ];
  const writer = fileWriter(file);
  const parquet = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData }) });
  if (runs.length > 0) await parquet.write({ columnData });
  await parquet.finish();
}

/** A column of numbers or truth values if all are; else of texts, with lists as JSON. */
function paramColumn(name: string, values: readonly (ParamValue | undefined)[]): ColumnSource {
  const given = values.filter((value) => value !== undefined && value !== null);
  const all = (type: string): boolean => given.length > 0 && given.every((value) => typeof value === type);
  if (all('number'))
    return { name, type: 'DOUBLE', nullable: true, data: values.map((value) => (value ?? null) as number) };
  if (all('boolean'))
    return { name, type: 'BOOLEAN', nullable: true, data: values.map((value) => (value ?? null) as boolean) };
  const data = values.map((value) =>
    value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
  );
  return { name, type: 'STRING', nullable: true, data };
}
