import * as path from 'node:path';
import { parseJson, type Floats } from '../../protocol/values/floats.js';
import { setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { FileBytes, insideOf } from '../bytes.js';
import { MediaBudget } from '../mediaBudget.js';
import { flatten, metricOf, parsePython } from '../plain.js';
import { WireError } from '../../protocol/values/protobuf.js';
import { histogramJson } from '../tensorboard/media.js';
import type { Place, Reader, Sink } from '../types.js';
import { HISTOGRAM_MIME, mediaOf } from './files.js';
import { readLog } from './log.js';
import { readRecord, type Item, type WandbRecord } from './records.js';

const MOST_SUMMARY = 20_000;
/** Pictures of one step. */
const MOST_FILES = 1000;
const LARGEST_MEDIA = 32 * 2 ** 20;
/** Names in a history that are wandb's own. */
const OWN = new Set(['_step', '_runtime', '_timestamp', '_wandb']);

export class WandbReader implements Reader {
  /** Emitted metrics: their last values need not be shown twice. */
  private readonly logged = new Set<string>();
  private readonly summary = new Map<string, string>();
  private readonly media = new MediaBudget();

  constructor(private readonly file: string) {}

  read(place: Place | null, sink: Sink, budget = Infinity): { place: Place; more: boolean } {
    const bytes = FileBytes.open(this.file);
    try {
      const { at = 0 } = (place ?? {}) as { at?: number };
      if (place === null) sink.facts({ status: 'running' });
      let unread = 0;
      this.summary.clear();
      const { next, damaged, more } = readLog(bytes, at, budget, (record) => {
        try {
          const read = readRecord(record);
          if (read) this.hand(read, sink);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          unread++;
        }
      });
      this.handSummary(sink);
      if (!more && this.media.leftOut > 0)
        sink.warning(`${this.media.leftOut} pictures and other files are left out: there are too many.`);
      if (damaged + unread > 0) sink.warning(`${damaged + unread} damaged records are left out.`);
      return { place: { at: next }, more };
    } finally {
      bytes.close();
    }
  }

  private hand(record: WandbRecord, sink: Sink): void {
    if (record.kind === 'history') return this.history(record.items, record.step, sink);
    if (record.kind === 'config') return handParams(record.items, sink);
    if (record.kind === 'summary') {
      for (const [name, json] of record.items) if (this.summary.size < MOST_SUMMARY) this.summary.set(name, json);
      return;
    }
    if (record.kind === 'exit') {
      const failed = { status: 'failed', error: `wandb: the program ended with exit code ${record.code}` } as const;
      return sink.facts(record.code === 0 ? { status: 'completed' } : failed);
    }
    if (record.kind === 'stats') {
      for (const [name, json] of record.items) {
        const value = parse(json);
        if (typeof value === 'number') sink.scalar(`system/${name}`, value, null, record.time);
      }
    } else if (record.kind === 'environment') {
      const { program, args, executable } = record;
      const command = [executable || 'python', program, ...args.split('\0')].filter((word) => word !== '');
      sink.facts({
        ...(record.host && { host: record.host }),
        ...(program && { argv: command }),
        ...(record.commit && { git: { commit: record.commit, branch: null, dirty: false } }),
      });
    } else {
      sink.facts({
        ...(record.name && { name: record.name }),
        ...(record.project && { experiment: record.project }),
        ...(record.notes && { note: record.notes }),
        ...(record.host && { host: record.host }),
        ...(record.tags.length > 0 && { tags: record.tags }),
        ...(record.commit && { git: { commit: record.commit, branch: null, dirty: false } }),
        ...(!Number.isNaN(record.time) && { createdAt: record.time }),
      });
      if (record.group) sink.info({ group: record.group });
      handParams(record.config, sink);
    }
  }

  /** Emits the summary that the program wrote, except the last values of its metrics. */
  private handSummary(sink: Sink): void {
    const values: Params = {};
    const isMedia = (name: string): boolean => this.summary.has(`${name.slice(0, name.lastIndexOf('.'))}._type`);
    for (const [name, json] of this.summary) {
      if (isMedia(name)) continue;
      if (name === '' || this.logged.has(name) || name.split('.').some((part) => part.startsWith('_'))) continue;
      const value = parse(json);
      if (['number', 'string', 'boolean'].includes(typeof value)) setEntry(values, `summary.${name}`, value as string);
    }
    if (Object.keys(values).length > 0) sink.info(values);
  }

  private history(items: Item[], recorded: number | null, sink: Sink): void {
    const values = regrouped(items.map(([name, json]) => [name, parse(json)] as const));
    const own = (name: string): number | null => {
      const value = values.find(([each]) => each === name)?.[1];
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    };
    const step = recorded ?? own('_step');
    const seconds = own('_timestamp');
    const time = seconds === null ? NaN : seconds * 1000;
    if (seconds !== null && time < 8.64e15) sink.facts({ endedAt: time });
    for (const [name, value] of values) if (!OWN.has(name) && name !== '') this.value(name, value, step, time, sink, 0);
  }

  private value(name: string, value: unknown, step: number | null, time: number, sink: Sink, depth: number): void {
    if (typeof value !== 'object') this.logged.add(name);
    const number = metricOf(value);
    if (number !== null) return sink.scalar(name, number, step, time);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 8) return;
    const object = value as Record<string, unknown>;
    if (typeof object._type !== 'string') {
      for (const [key, inner] of Object.entries(object))
        this.value(`${name}.${key}`, inner, step, time, sink, depth + 1);
    } else if (object._type === 'histogram') {
      const numbers = (list: unknown): number[] =>
        Array.isArray(list) ? list.filter((each) => typeof each === 'number') : [];
      const bytes = histogramJson(numbers(object.values), numbers(object.bins));
      if (bytes) sink.media({ name, step, time, mime: HISTOGRAM_MIME, bytes });
    } else if (typeof object.path === 'string') this.loggedFile(name, object.path, step, time, sink);
    else if (object._type === 'images/separated' && Array.isArray(object.filenames)) {
      for (const file of object.filenames.slice(0, MOST_FILES))
        if (typeof file === 'string') this.loggedFile(name, file, step, time, sink);
    }
  }

  private loggedFile(name: string, relative: string, step: number | null, time: number, sink: Sink): void {
    const content = this.contentOf(relative, sink);
    if (content) sink.media({ step, time, ...mediaOf(name, relative, content, (file) => this.contentOf(file, sink)) });
  }

  /** A logged file is in `files` next to the log. Null if it is not there, or too large. */
  private contentOf(relative: string, sink: Sink): Buffer | null {
    const file = insideOf(path.dirname(this.file), path.join('files', relative));
    if (file === null) return null;
    let bytes: FileBytes;
    try {
      bytes = FileBytes.open(file);
    } catch {
      return null;
    }
    try {
      if (bytes.size > LARGEST_MEDIA) {
        sink.warning(`${relative} has more than 32 MiB and is left out.`);
        return null;
      }
      return this.media.takes(bytes.size) ? bytes.read(0, LARGEST_MEDIA) : null;
    } finally {
      bytes.close();
    }
  }
}

/** A value from its JSON; undefined if it is none. */
function parse(json: string): unknown {
  try {
    return parsePython(json);
  } catch {
    return undefined;
  }
}

function handParams(items: Item[], sink: Sink): void {
  const all: Params = {};
  const marks: Floats = {};
  for (const [name, json] of items) {
    if (name === '_wandb' || name === '' || name.startsWith('_wandb.')) continue;
    try {
      const { value, mark } = parseJson(json);
      const { params, floats } = flatten({ [name]: value }, mark === null ? null : { [name]: mark });
      for (const [key, each] of Object.entries(params)) setEntry(all, key, each);
      for (const [key, each] of Object.entries(floats ?? {})) setEntry(marks, key, each);
    } catch {
      sink.warning(`The config value of ${name.slice(0, 100)} can't be read.`);
    }
  }
  if (Object.keys(all).length > 0) sink.params(all, Object.keys(marks).length > 0 ? marks : undefined);
}

/** Newer versions write the entries of an object one by one; those of media are put together again. */
function regrouped(values: (readonly [string, unknown])[]): (readonly [string, unknown])[] {
  const types = values.filter(([name]) => name.endsWith('._type')).map(([name]) => name.slice(0, -'._type'.length));
  if (types.length === 0) return values;
  const objects = new Map(types.slice(0, 1000).map((name) => [name, {} as Record<string, unknown>]));
  const rest = values.filter(([name, value]) => {
    const at = name.lastIndexOf('.');
    const object = at < 0 ? undefined : objects.get(name.slice(0, at));
    if (object) setEntry(object, name.slice(at + 1), value);
    return !object;
  });
  return [...rest, ...objects];
}
