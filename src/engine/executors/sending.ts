/**
 * Consents of this person to send files to SSH hosts: the names of the files, by host and folder. The record is in the Tunesmith home;
 * no folder's contents cause anything to be sent. A file that is new needs a new consent, a changed one does not.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ClusterNeed, SshPlace } from '../../protocol/run/cluster.js';
import { ErrorCode, MOST_SHOWN_FILES, type SendRefusal } from '../../protocol/engine/index.js';
import { formatBytes } from '../../format/numbers.js';
import { readReal, STATE_LIMIT, writeReal } from '../../files/real.js';
import { record } from '../../protocol/values/recordSchema.js';
import { RequestError } from '../server/requestError.js';
import { sendable, type Sendable } from './ssh/sendable.js';
import { l10n } from '../../format/l10n.js';

const Consents = z.object({ version: z.literal(1), places: record(z.array(z.string())) });

export class Sending {
  constructor(
    /** Absolute path of the record. */
    private readonly file: string,
    private readonly workspace: string,
  ) {}

  /** Returns the files that may be sent to that host. */
  consented(place: SshPlace): ReadonlySet<string> {
    return new Set(this.read().get(keyOf(place)) ?? []);
  }

  /**
   * Throws RequestError `send` with the list of files unless the person has agreed to it: earlier, or now, by naming the digest of
   * the very list in `agreed`.
   */
  async require(cluster: ClusterNeed | undefined, agreed: string | undefined): Promise<void> {
    const place = cluster?.ssh;
    if (!place) return;
    let found: Sendable;
    try {
      found = await sendable(this.workspace);
    } catch (error) {
      throw new RequestError(ErrorCode.conflict, (error as Error).message);
    }
    if (found.files.length === 0)
      throw new RequestError(
        ErrorCode.conflict,
        l10n.t(
          'Nothing of {0} would be sent to {1}: git ignores all its files, or their names suggest secrets. Run git init in this folder, or add the files to the repository.',
          this.workspace,
          place.host,
        ),
      );
    const before = this.consented(place);
    const fresh = found.files.filter(({ path }) => !before.has(path));
    if (fresh.length === 0) return;
    const digest = digestOf(place, found);
    if (agreed === digest) return this.agree(place, found);
    const bytes = found.files.reduce((sum, { size }) => sum + size, 0);
    const { files, leftOut, byGit } = found;
    const largest = [...(before.size > 0 ? fresh : files)].sort((a, b) => b.size - a.size);
    const refusal: SendRefusal = {
      ...{ host: place.host, port: place.port ?? null, folder: place.folder, digest, bytes, byGit },
      count: files.length,
      fresh: before.size > 0 ? fresh.length : null,
      files: largest.slice(0, MOST_SHOWN_FILES),
      leftOut: leftOut.slice(0, MOST_SHOWN_FILES),
    };
    const what =
      before.size > 0
        ? l10n.t('{0} new files', fresh.length)
        : l10n.t('{0} files ({1})', files.length, formatBytes(bytes));
    throw new RequestError(
      ErrorCode.send,
      l10n.t(
        '{0} of {1} would be sent to {2}, which needs your consent: tunesmith run and tunesmith search ask for it, or take --yes.',
        what,
        this.workspace,
        place.host,
      ),
      refusal,
    );
  }

  private agree(place: SshPlace, { files }: Sendable): void {
    const places = this.read();
    places.set(keyOf(place), [...new Set([...(places.get(keyOf(place)) ?? []), ...files.map(({ path }) => path)])]);
    writeReal(this.file, JSON.stringify({ version: 1, places: Object.fromEntries(places) }));
  }

  private read(): Map<string, string[]> {
    try {
      return new Map(Object.entries(Consents.parse(JSON.parse(readReal(this.file, 4 * STATE_LIMIT))).places));
    } catch {
      // Without a record nothing is agreed.
      return new Map();
    }
  }
}

const keyOf = ({ host, port, folder }: SshPlace): string => JSON.stringify([host, port ?? null, folder]);

function digestOf(place: SshPlace, { files }: Sendable): string {
  const text = JSON.stringify([keyOf(place), files.map(({ path }) => path)]);
  return createHash('sha256').update(text).digest('hex');
}
