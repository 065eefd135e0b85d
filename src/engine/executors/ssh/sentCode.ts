/** The copies of a workspace's code on a host: one is sent for each state of the code that a run is started with. */
import { workspaceOf } from '../../../files/runPaths.js';
import { l10n } from '../../../format/l10n.js';
import { PlaceAnswer } from '../../../protocol/engine/remote.js';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import type { Log } from '../../disk/log.js';
import { recordSentCode } from '../../supervisor/record/index.js';
import { SubmitRefused, type JobRequest } from '../executor.js';
import type { Connection } from './connection.js';
import { placeName } from './placeName.js';
import { contentOf, sendable, type SentFile } from './sendable.js';
import { transfer } from './transfer.js';

/** How often files that change while they are sent are sent again. */
const MOST_ATTEMPTS = 3;

/** How the host is reached at present. */
export interface SendingLink {
  connection: Connection;
  /** Socket of the shared connection; null: each transfer connects by itself. */
  control: string | null;
  env: NodeJS.ProcessEnv;
  hasRsync: boolean;
}

export interface SentCodeOptions {
  place: SshPlace;
  log: Pick<Log, 'warn'>;
  /** Returns the files that the person has agreed to send. */
  consented(place: SshPlace): ReadonlySet<string>;
}

export class SentCode {
  /** Folder on the host of the last transfer that failed; null: none. */
  private failedTransfer: string | null = null;

  constructor(private readonly options: SentCodeOptions) {}

  /** Records the code and sends it, unless it is there. Resolves to the name of its copy on the host. */
  async send(link: SendingLink, { spec, folder, launch }: JobRequest): Promise<string> {
    const { place, log } = this.options;
    const workspace = workspaceOf(folder);
    const name = placeName(workspace);
    const files = await this.agreedFiles(workspace, spec.id);
    for (let attempt = 1; ; attempt++) {
      // Before the files are read: a later record would tell of changes that were not sent.
      await recordSentCode(folder, spec.cwd, launch === 1);
      const copy = (await contentOf(workspace, files)).slice(0, 32);
      const { there, incoming, earlier } = await this.placeFor(link.connection, name, copy);
      if (there !== null) return copy;
      const { control, env, hasRsync } = link;
      const paths = files.map(({ path: file }) => file);
      let isSame: boolean;
      try {
        await transfer({ place, control, env, from: workspace, files: paths, to: incoming, earlier, hasRsync });
        isSame = (await contentOf(workspace, files)).startsWith(copy);
      } catch (error) {
        this.failedTransfer = incoming;
        throw error;
      }
      // A file that a program changes all the time must not keep the run from starting.
      if (isSame || attempt === MOST_ATTEMPTS) {
        if (!isSame) log.warn(`run ${spec.id}: files changed while they were sent to ${place.host}`);
        await link.connection.ask({ type: 'keep', place: name, copy, incoming });
        return copy;
      }
      this.failedTransfer = incoming;
    }
  }

  /** The workspace's files that may be sent. Throws SubmitRefused if the person has agreed to none. */
  private async agreedFiles(workspace: string, run: string): Promise<SentFile[]> {
    const { place, consented, log } = this.options;
    const agreed = consented(place);
    const all = (await sendable(workspace)).files;
    if (agreed.size === 0 && all.length > 0)
      throw new SubmitRefused(
        l10n.t(
          'You have not agreed to send files of this folder to {0}. Start a run there from its experiment file.',
          place.host,
        ),
      );
    const files = all.filter(({ path: file }) => agreed.has(file));
    const left = all.length - files.length;
    if (left > 0) log.warn(`run ${run}: ${left} new files are not sent to ${place.host} until you agree: start a run`);
    return files;
  }

  /** Asks where the copy of the code is on the host, or where it is to be put. */
  private async placeFor(connection: Connection, name: string, copy: string): Promise<PlaceAnswer> {
    const failed = this.failedTransfer;
    // Another transfer that begins meanwhile must not use the same folder.
    this.failedTransfer = null;
    try {
      const incoming = failed === null ? {} : { incoming: failed };
      return PlaceAnswer.parse(await connection.ask({ type: 'place', place: name, copy, ...incoming }));
    } catch (error) {
      this.failedTransfer ??= failed;
      throw error;
    }
  }
}
