/** One connection to the host program: requests and their answers, and what it sends by itself. */
import type { ChildProcess } from 'node:child_process';
import { contentReader, encode } from '../../../protocol/run/contents.js';
import {
  FromRemote,
  LARGEST_CONTENT,
  LARGEST_LINE,
  REMOTE_VERSION,
  type RemoteFacts,
  type ToRemote,
} from '../../../protocol/engine/remote.js';
import { reasonOf, SshError, startProblem } from './client.js';
import { l10n } from '../../../format/l10n.js';

const READY_MS = 60_000;
/** Copying a checkpoint of another run takes a while. */
const ANSWER_MS = 10 * 60_000;

type Asked = Extract<ToRemote, { id: number }>;
/** A request as its caller writes it. */
export type Question = Asked extends infer A ? (A extends Asked ? Omit<A, 'id'> : never) : never;
export type Sent = Exclude<FromRemote, { type: 'ready' | 'answer' }>;

export class Connection {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private next = 1;
  private words = '';
  facts: RemoteFacts | null = null;
  /** Resolves when the host program answers; rejects with SshError. */
  readonly ready: Promise<RemoteFacts>;
  isOpen = true;

  constructor(
    private readonly child: ChildProcess,
    host: string,
    events: { sent(message: Sent, content: Buffer): void; closed(why: string): void },
  ) {
    let close!: (why: string) => void;
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => close(l10n.t('{0} does not answer', host)), READY_MS);
      close = (why: string): void => {
        clearTimeout(timer);
        if (!this.isOpen) return;
        this.isOpen = false;
        child.kill();
        const error = new SshError(why);
        reject(error);
        for (const { reject: refuse } of this.waiting.values()) refuse(error);
        this.waiting.clear();
        events.closed(why);
      };
      const heard = (raw: Record<string, unknown>, content: Buffer): void => {
        const parsed = FromRemote.safeParse(raw);
        if (!parsed.success) return close(l10n.t('{0} sent something that is not a message', host));
        const message = parsed.data;
        if (message.type === 'ready') {
          clearTimeout(timer);
          if (message.version !== REMOTE_VERSION) return close(l10n.t('{0} runs another version of Tunesmith', host));
          this.facts = message.facts;
          resolve(message.facts);
        } else if (message.type === 'answer') this.answered(message);
        else events.sent(message, content);
      };
      child.stdout!.on(
        'data',
        contentReader(heard, (why) => close(l10n.t('{0} sent something that is not a message: {1}', host, why)), {
          line: LARGEST_LINE,
          content: LARGEST_CONTENT,
        }),
      );
    });
    // Whoever waits for it has it from there.
    this.ready.catch(() => undefined);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.words = (this.words + text).slice(-4000)));
    child.stdin!.on('error', () => undefined);
    child.on('error', (error) => close(startProblem(error as NodeJS.ErrnoException)));
    child.on('exit', () =>
      setTimeout(() => close(reasonOf(this.words, host) || l10n.t('The connection to {0} ended', host)), 20),
    );
    this.close = () => close('closed');
  }

  readonly close: () => void;

  ask(question: Question): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(new SshError(l10n.t('The connection is closed')));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.answered({ id, error: l10n.t('The host did not answer in time') }),
        ANSWER_MS,
      ).unref();
      const done = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      this.waiting.set(id, {
        resolve: (value) => done(() => resolve(value)),
        reject: (error) => done(() => reject(error)),
      });
      this.write(encode({ ...question, id }));
    });
  }

  tell(message: Record<string, unknown>, content?: Buffer): void {
    this.write(encode(message, content));
  }

  private write(message: Buffer): void {
    if (this.isOpen) this.child.stdin!.write(message);
  }

  private answered({ id, result, error }: { id: number; result?: unknown; error?: string | undefined }): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new HostError(error));
  }
}

/** The host has looked at the request and says why it can't be carried out. */
export class HostError extends Error {}
