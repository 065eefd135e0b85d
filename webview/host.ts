import type { Floats } from '../src/protocol/values/floats.js';
import type { RequestParams, RequestResult, FileProblem } from '../src/protocol/engine/index.js';
import type {
  FileForm,
  FormProblems,
  FromPanel,
  PanelRequest,
  PanelState,
  ToPanel,
} from '../src/protocol/panel/index.js';
import type { SavedViews } from '../src/protocol/panel/savedViews.js';
import type { Params } from '../src/protocol/values/index.js';
import { l10n } from '../src/format/l10n.js';

declare function acquireVsCodeApi(): { postMessage(message: FromPanel): void; setState(state: PanelState): void };

/** A refusal by the host or the engine, in words for the person. */
export class RequestError extends Error {
  constructor(
    message: string,
    readonly problems: readonly FileProblem[] = [],
  ) {
    super(message);
  }
}

/** The person was asked, and refused. */
export class DeclinedError extends RequestError {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout> | null;
}

/** Long enough for an engine to start; a request that never ends would leave the panel waiting in silence. */
const PATIENCE = 60_000;

export interface FormEdit {
  file: string;
  params: Params;
  floats?: Floats | undefined;
  space?: Record<string, string>;
  trials?: number;
}

/** The panel's end of the line to the extension host. */
export class Host {
  private readonly api = acquireVsCodeApi();
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  constructor(onMessage: (message: Exclude<ToPanel, { type: 'reply' }>) => void) {
    window.addEventListener('message', (event: MessageEvent<ToPanel | undefined>) => {
      const message = event.data;
      if (typeof message?.type !== 'string') return;
      if (message.type === 'reply') this.settle(message);
      else onMessage(message);
    });
  }

  ready(): void {
    this.api.postMessage({ type: 'ready' });
  }

  request<N extends PanelRequest>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    return this.ask((id) => ({ type: 'request', id, method, params }));
  }

  openForm(file: string): Promise<FileForm> {
    return this.ask((id) => ({ type: 'openForm', id, file }));
  }

  checkForm(edit: Omit<FormEdit, 'trials'>): Promise<FormProblems> {
    return this.ask((id) => ({ type: 'checkForm', id, ...edit }));
  }

  writeForm(edit: FormEdit): Promise<unknown> {
    return this.ask((id) => ({ type: 'writeForm', id, ...edit }));
  }

  /** Resolves to whether the person has saved it. */
  async save(name: string, kind: 'png' | 'svg' | 'csv', data: string): Promise<boolean> {
    const { saved } = await this.ask<{ saved: boolean }>((id) => ({ type: 'save', id, name, kind, data }), null);
    return saved;
  }

  readViews(): Promise<SavedViews> {
    return this.ask((id) => ({ type: 'readViews', id }));
  }

  writeViews(views: SavedViews): Promise<unknown> {
    return this.ask((id) => ({ type: 'writeViews', id, views }));
  }

  saveState(state: PanelState): void {
    // Once for the host's memory, once for the editor's, which hands it to the serializer after a reload.
    this.api.setState(state);
    this.api.postMessage({ type: 'state', state });
  }

  command(command: string, ...args: unknown[]): void {
    this.api.postMessage({ type: 'command', command, args });
  }

  /** `patience` null: the person takes their time. */
  private ask<T>(message: (id: number) => FromPanel, patience: number | null = PATIENCE): Promise<T> {
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      const timer =
        patience === null
          ? null
          : setTimeout(() => {
              this.waiting.delete(id);
              reject(new RequestError(l10n.t('No answer came within a minute. Reload the window if this continues.')));
            }, patience);
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.api.postMessage(message(id));
    });
  }

  private settle(reply: Extract<ToPanel, { type: 'reply' }>): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    this.waiting.delete(reply.id);
    if (waiting.timer !== null) clearTimeout(waiting.timer);
    const { error } = reply;
    if (error?.declined) waiting.reject(new DeclinedError(error.message));
    else if (error) waiting.reject(new RequestError(error.message, error.problems));
    else waiting.resolve(reply.result);
  }
}
