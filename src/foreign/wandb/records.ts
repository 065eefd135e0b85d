/** Records of wandb's wandb_internal.proto, as far as they are shown. */
import { FIXED64, Fields, VARINT } from '../../protocol/values/protobuf.js';

const MOST_ITEMS = 20_000;

/** A key and its value as JSON. */
export type Item = [key: string, json: string];

export type WandbRecord =
  | { kind: 'history'; items: Item[]; step: number | null }
  | { kind: 'summary'; items: Item[] }
  | { kind: 'config'; items: Item[] }
  | { kind: 'stats'; items: Item[]; time: number }
  | {
      kind: 'run';
      project: string;
      name: string;
      notes: string;
      tags: string[];
      host: string;
      group: string;
      commit: string;
      time: number;
      config: Item[];
    }
  | { kind: 'environment'; program: string; args: string; host: string; executable: string; commit: string }
  | { kind: 'exit'; code: number };

/** Null for records that are not shown. Throws WireError. */
export function readRecord(bytes: Buffer): WandbRecord | null {
  const fields = new Fields(bytes);
  while (fields.next()) {
    switch (fields.number) {
      case 2:
        return history(fields.message());
      case 3:
        return { kind: 'summary', items: items(fields.message(), 1) };
      case 5:
        return { kind: 'config', items: items(fields.message(), 1) };
      case 7:
        return stats(fields.message());
      case 17:
        return run(fields.message());
      case 18:
        return exit(fields.message());
      case 26:
        return environment(fields.message());
      default:
        fields.skip();
    }
  }
  return null;
}

function history(fields: Fields): WandbRecord {
  const found: Item[] = [];
  let step: number | null = null;
  while (fields.next()) {
    if (fields.number === 1 && found.length < MOST_ITEMS) found.push(item(fields.message()));
    else if (fields.number === 2) {
      const inner = fields.message();
      step = 0;
      while (inner.next()) {
        if (inner.number === 1 && inner.wire === VARINT) step = inner.varint();
        else inner.skip();
      }
    } else fields.skip();
  }
  return { kind: 'history', items: found, step };
}

/** Items in field `number` of a message. */
function items(fields: Fields, number: number): Item[] {
  const found: Item[] = [];
  while (fields.next()) {
    if (fields.number === number && found.length < MOST_ITEMS) found.push(item(fields.message()));
    else fields.skip();
  }
  return found;
}

function item(fields: Fields): Item {
  let key = '';
  const nested: string[] = [];
  let json = 'null';
  while (fields.next()) {
    if (fields.number === 1) key = fields.text();
    else if (fields.number === 2) {
      if (nested.length < 64) nested.push(fields.text());
      else fields.skip();
    } else if (fields.number === 16) json = fields.text();
    else fields.skip();
  }
  return [key === '' ? nested.join('.') : key, json];
}

function stats(fields: Fields): WandbRecord {
  const found: Item[] = [];
  let time = NaN;
  while (fields.next()) {
    if (fields.number === 2) time = timestamp(fields.message());
    else if (fields.number === 3 && found.length < MOST_ITEMS) found.push(item(fields.message()));
    else fields.skip();
  }
  return { kind: 'stats', items: found, time };
}

function run(fields: Fields): WandbRecord {
  const found = { kind: 'run' as const, project: '', name: '', notes: '', host: '', group: '', commit: '', time: NaN };
  const tags: string[] = [];
  const config: Item[] = [];
  while (fields.next()) {
    if (fields.number === 3) found.project = fields.text();
    else if (fields.number === 4) config.push(...items(fields.message(), 1));
    else if (fields.number === 6) found.group = fields.text();
    else if (fields.number === 8) found.name = fields.text();
    else if (fields.number === 9) found.notes = fields.text();
    else if (fields.number === 10 && tags.length < 100) tags.push(fields.text());
    else if (fields.number === 13) found.host = fields.text();
    else if (fields.number === 17) found.time = timestamp(fields.message());
    else if (fields.number === 21) found.commit = commitOf(fields.message());
    else fields.skip();
  }
  return { ...found, tags, config };
}

function environment(fields: Fields): WandbRecord {
  const found = { kind: 'environment' as const, program: '', args: '', host: '', executable: '', commit: '' };
  const args: string[] = [];
  while (fields.next()) {
    if (fields.number === 5 && args.length < 1000) args.push(fields.text());
    else if (fields.number === 6) found.program = fields.text();
    else if (fields.number === 9) found.commit = commitOf(fields.message());
    else if (fields.number === 12) found.host = fields.text();
    else if (fields.number === 14) found.executable = fields.text();
    else fields.skip();
  }
  return { ...found, args: args.join('\0') };
}

function commitOf(fields: Fields): string {
  let commit = '';
  while (fields.next()) {
    if (fields.number === 2) commit = fields.text();
    else fields.skip();
  }
  return commit;
}

function exit(fields: Fields): WandbRecord {
  let code = 0;
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === VARINT) code = fields.varint();
    else fields.skip();
  }
  return { kind: 'exit', code };
}

/** Milliseconds since the epoch of a google.protobuf.Timestamp. */
function timestamp(fields: Fields): number {
  let time = 0;
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === VARINT) time += fields.varint() * 1000;
    else if (fields.number === 2 && fields.wire === VARINT) time += fields.varint() / 1e6;
    else if (fields.wire === FIXED64) fields.double();
    else fields.skip();
  }
  return Math.abs(time) < 8.64e15 ? time : NaN;
}
