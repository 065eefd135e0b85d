/** Collects everything that readers hand on, as plain data. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRuns } from '../../../src/foreign/formats.js';
import type { Facts, ForeignMedia, FoundRun, Place, Sink } from '../../../src/foreign/types.js';
import type { Floats } from '../../../src/protocol/values/floats.js';
import type { Params } from '../../../src/protocol/values/index.js';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));

export const fixture = (name: string): string => path.join(FIXTURES, name);

/** A copy that a test may change. */
export function copyOf(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-foreign-'));
  cpSync(fixture(name), folder, { recursive: true });
  return folder;
}

export class Collector implements Sink {
  readonly scalars: [name: string, value: number, step: number | null][] = [];
  readonly times: number[] = [];
  readonly allParams: Params = {};
  readonly allFloats: Floats = {};
  readonly allInfo: Params = {};
  readonly allMedia: ForeignMedia[] = [];
  readonly known: Facts = {};
  readonly warnings: string[] = [];

  scalar(name: string, value: number, step: number | null, time: number): void {
    this.scalars.push([name, value, step]);
    this.times.push(time);
  }
  params(params: Params, floats?: Floats): void {
    Object.assign(this.allParams, params);
    Object.assign(this.allFloats, floats);
  }
  info(values: Params): void {
    Object.assign(this.allInfo, values);
  }
  media(media: ForeignMedia): void {
    this.allMedia.push(media);
  }
  facts(facts: Facts): void {
    Object.assign(this.known, facts);
  }
  warning(text: string): void {
    this.warnings.push(text);
  }
  /** Values of one metric in the order handed on. */
  of(name: string): number[] {
    return this.scalars.filter(([each]) => each === name).map(([, value]) => value);
  }
}

/** All that a run's logs have. */
export function readWhole(run: FoundRun, from: Place | null = null): { found: Collector; place: Place } {
  const found = new Collector();
  const { place, more } = run.open().read(from, found);
  if (more) throw new Error('more to read without a budget');
  return { found, place };
}

export function runsIn(folder: string): FoundRun[] {
  return findRuns(folder).runs;
}
