/**
 * The budgets that the person has given to agents. They are stored outside the workspace, so no folder can bring one
 * along.
 */
import * as path from 'node:path';
import * as fs from 'node:fs';
import { z } from 'zod';
import { writeReal } from '../../files/real.js';
import type { Grant } from '../../protocol/engine/agents.js';
import type { StoreApi } from '../../store/api.js';
import { isDiskFull } from '../disk/files.js';
import type { Log } from '../disk/log.js';
import { conflict } from '../server/requestError.js';
import { l10n } from '../../format/l10n.js';

const Kept = z.object({
  version: z.literal(1),
  grants: z.array(z.object({ file: z.string(), hours: z.number(), since: z.number() })),
});
type KeptGrant = z.infer<typeof Kept>['grants'][number];

export class Grants {
  private kept: KeptGrant[];

  constructor(
    /** `grants.json` in this person's own folder for the workspace. */
    private readonly path: string,
    private readonly store: Pick<StoreApi, 'acts'>,
    log: Pick<Log, 'warn'>,
  ) {
    this.kept = read(path, log);
  }

  list(): Grant[] {
    return this.kept.map((grant) => ({ ...grant, usedHours: this.used(grant) }));
  }

  /** Replaces the budget of a file, or revokes it if `hours` is null. Earlier use does not count. */
  allow(file: string, hours: number | null): void {
    const others = this.kept.filter((grant) => grant.file !== file);
    const now = Date.now();
    this.keep(hours === null ? others : [...others, { file: path.resolve(file), hours, since: now }]);
  }

  /** Says why a budget does not cover an act on this file, or null if one does. `deviceHours` null: unknown. */
  whyNot(file: string | null, deviceHours: number | null): string | null {
    const grant = file === null ? undefined : this.list().find((each) => each.file === file);
    if (!grant) return l10n.t('No budget was given for this file.');
    const left = grant.hours - grant.usedHours;
    if (left <= 0) return l10n.t('The budget of {0} h for this file is spent.', grant.hours);
    if (deviceHours !== null && deviceHours > left)
      return l10n.t(
        'The budget for this file has {0} h left, and this is expected to take {1} h.',
        left.toPrecision(2),
        deviceHours.toPrecision(2),
      );
    return null;
  }

  /** Files whose budget is spent. */
  spent(): Grant[] {
    return this.list().filter(({ hours, usedHours }) => usedHours >= hours);
  }

  private used({ file, since }: KeptGrant): number {
    return this.store.acts.secondsUnderBudget(file, since, Date.now()) / 3600;
  }

  private keep(grants: KeptGrant[]): void {
    try {
      fs.mkdirSync(path.dirname(this.path), { recursive: true, mode: 0o700 });
      writeReal(this.path, JSON.stringify({ version: 1, grants } satisfies z.infer<typeof Kept>));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      throw conflict(l10n.t('The budget was not changed: the disk is full.'));
    }
    this.kept = grants;
  }
}

function read(file: string, log: Pick<Log, 'warn'>): KeptGrant[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  try {
    return Kept.parse(JSON.parse(text)).grants;
  } catch {
    log.warn(`${file} can't be read, so agents have no budget. Give it again with: tunesmith allow`);
    return [];
  }
}
