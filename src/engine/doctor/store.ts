/** The index: whether it is whole, and whether it has all that the journals have. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { statReal } from '../../files/real.js';
import { PACKED } from '../../store/journal/packed/container.js';
import { journalSize } from '../../store/journal/file.js';
import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import { ID_PATTERN, RUN_FILES } from '../../protocol/run/runFiles.js';
import { moveAside } from '../disk/aside.js';
import type { WorkspacePaths } from '../disk/paths.js';
import { fine, note, problem, type Finding } from './finding.js';
import { l10n } from '../../format/l10n.js';

/** Runs named in one finding. */
const NAMED = 5;

export function checkIndex(paths: WorkspacePaths, isHeld: boolean): Finding[] {
  if (!fs.existsSync(paths.store)) return [note('index', l10n.t('There is no index yet; the next engine builds it.'))];
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(paths.store, { readOnly: true, timeout: 5000 });
    const [answer] = db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
    if (answer?.quick_check !== 'ok') return [damaged(paths, answer?.quick_check ?? l10n.t('no answer'), isHeld)];
    return [fine('index', l10n.t('{0} is whole.', paths.store)), journals(db, paths, isHeld)];
  } catch (error) {
    return [damaged(paths, (error as Error).message, isHeld)];
  } finally {
    db?.close();
  }
}

function damaged({ store }: WorkspacePaths, why: string, isHeld: boolean): Finding {
  const text = l10n.t(
    '{0} is damaged ({1}). No run is lost: it is built again from the folders.',
    store,
    why.slice(0, 200),
  );
  if (isHeld) return problem('index', l10n.t('{0} Stop the engine first: tunesmith engine stop.', text));
  return problem('index', text, l10n.t('It is moved aside and rebuilt.'), () => void moveAside(store));
}

/** Compares the size of each journal with how far it was read. Only runs that are over: the others are being read. */
function journals(db: DatabaseSync, paths: WorkspacePaths, isHeld: boolean): Finding {
  const rows = db
    .prepare(
      `SELECT runs.id id, runs.status status, journals.file file, journals.offset offset FROM journals
       JOIN runs ON runs.key = journals.run`,
    )
    .all() as { id: string; status: string; file: string; offset: number }[];
  const behind = new Set<string>();
  const damaged = new Set<string>();
  let shorter = 0;
  for (const { id, status, file, offset } of rows) {
    if (!ID_PATTERN.test(id) || !/^[\w.-]+$/.test(file)) continue;
    const place = path.join(paths.runs, id, RUN_FILES.journal, file);
    const size = journalSize(place);
    if (size === null && !statReal(place) && statReal(place + PACKED)) damaged.add(id);
    if (size === null) continue;
    if (size < offset) shorter++;
    else if (size > offset && !(LIVE_STATUSES as readonly string[]).includes(status)) behind.add(id);
  }
  const lost = shorter > 0 ? l10n.t(' {0} became shorter after they were read; what was read is kept.', shorter) : '';
  if (damaged.size > 0 && behind.size === 0)
    return problem(
      'journals',
      l10n.t(
        '{0} ended runs have packed journals that are damaged ({1}). What was read of them is kept; put the files back from a copy if you have one.{2}',
        damaged.size,
        named(damaged),
        lost,
      ),
    );
  if (behind.size === 0)
    return (shorter > 0 ? note : fine)('journals', l10n.t('{0} journals are read to their end.{1}', rows.length, lost));
  const text = l10n.t(
    '{0} ended runs have journals that were not read to their end ({1}).{2}',
    behind.size,
    named(behind),
    lost,
  );
  if (isHeld) return problem('journals', l10n.t('{0} Stop the engine first: tunesmith engine stop.', text));
  return problem('journals', text, l10n.t('They are read again from the start.'), () => forget(paths.store, behind));
}

const named = (ids: ReadonlySet<string>): string =>
  [...ids].slice(0, NAMED).join(', ') + (ids.size > NAMED ? ', …' : '');

/** The next engine takes them in again, whole. */
function forget(store: string, ids: ReadonlySet<string>): void {
  const db = new DatabaseSync(store, { timeout: 5000 });
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const id of ids) {
      const { key } = db.prepare('SELECT key FROM runs WHERE id = ?').get(id) as { key: number };
      for (const table of ['series', 'params', 'run_text', 'journals', 'messages', 'media'])
        db.prepare(`DELETE FROM ${table} WHERE run = ?`).run(key);
      db.prepare('DELETE FROM runs WHERE key = ?').run(key);
    }
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}
