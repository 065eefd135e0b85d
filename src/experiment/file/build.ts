/** The normal form of an experiment file whose shape is right. */
import * as path from 'node:path';
import { normalCapture } from '../../protocol/run/capture.js';
import { valueText } from '../../protocol/values/floats.js';
import { alertConditions } from '../alerts.js';
import { clusterNeed } from '../cluster.js';
import { normalRetries } from '../retries.js';
import type { WrittenStage } from '../pipeline/schema.js';
import type { WrittenExperiment } from '../schema.js';
import { objectivesOf, searchSettingsOf } from '../search/settings.js';
import { splitCommand } from '../start/command.js';
import { outputText } from '../start/output.js';
import type { Experiment, Program } from '../types.js';
import type { Reading } from './reading.js';
import type { Path } from './source.js';

const ENDINGS = ['.tune.yaml', '.tune.yml', '.tune.json'];
export function isExperimentFile(file: string): boolean {
  return ENDINGS.some((ending) => file.toLowerCase().endsWith(ending));
}

/** Returns the names that commands and constraints may use. */
export function namesOf({ params, written }: Reading): string[] {
  return [...new Set([...Object.keys(params), ...Object.keys(written?.search?.space ?? {})])];
}

/** The experiment that a reading without mistakes says. */
export function build(reading: Reading, file: string): Experiment {
  const written = reading.written!;
  const { search } = written;
  const objectives = objectivesOf(written);
  const text = textsOf(reading);
  const cluster = clusterNeed(written);
  return {
    file,
    name: written.name ?? defaultName(file),
    program: programOf(written, reading),
    params: reading.params,
    ...(reading.floats && { floats: reading.floats }),
    ...(reading.groups && { groups: reading.groups }),
    objective: objectives[0] ?? null,
    objectives,
    search: search ? searchSettingsOf(search, namesOf(reading), reading.spaceFloats) : null,
    cwd: written.cwd ?? null,
    env: Object.fromEntries(Object.entries(written.env ?? {}).map(([key, value]) => [key, text(value, ['env', key])])),
    ...(written.capture !== undefined && { capture: normalCapture(written.capture) }),
    ...(written.alerts && { alerts: alertConditions(written.alerts) }),
    ...(written.files && { files: written.files }),
    ...(written.output !== undefined && { output: outputText(written.output)! }),
    resources: { gpus: written.resources?.gpus ?? null, perGpu: written.resources?.perGpu ?? 1 },
    ...(cluster && { cluster }),
    ...(written.retries !== undefined && { retries: normalRetries(written.retries) }),
    python: written.python ?? null,
    seed: written.seed ?? null,
    stopGrace: written.stopGrace ?? null,
    ...(written.syncInterval !== undefined && { syncInterval: written.syncInterval }),
  };
}

/** Numbers as they were written: `1.0` is not `1` for the program that reads it. */
function textsOf({ source, origin }: Reading): (value: string | number | boolean, at: Path) => string {
  return (value, at) => valueText(value, typeof value === 'number' ? source.floatsAt(origin(at)) : null);
}

export function programOf(written: WrittenExperiment, reading: Reading): Program {
  if (written.module !== undefined) return { kind: 'module', path: written.module };
  if (written.pipeline !== undefined) return { kind: 'pipeline', stages: stagesOf(written.pipeline, reading) };
  if (written.run === undefined) return { kind: 'network', value: written.network };
  return { kind: 'run', argv: argvOf(written.run, ['run'], reading) };
}

function argvOf(run: NonNullable<WrittenExperiment['run']>, at: Path, reading: Reading): string[] {
  const text = textsOf(reading);
  return typeof run === 'string' ? splitCommand(run).argv! : run.map((word, i) => text(word, [...at, i]));
}

/** Commands as argument vectors, so that no other code needs to know how they were written. */
function stagesOf(pipeline: WrittenStage[], reading: Reading): WrittenStage[] {
  return pipeline.map((stage, i) =>
    stage.run === undefined ? stage : { ...stage, run: argvOf(stage.run, ['pipeline', i, 'run'], reading) },
  );
}

/** Returns the name of an experiment whose file gives none. */
export function defaultName(file: string): string {
  const base = path.basename(file.replaceAll('\\', '/'));
  const ending = ENDINGS.find((e) => base.toLowerCase().endsWith(e)) ?? path.extname(base);
  return base.slice(0, base.length - ending.length) || 'experiment';
}
