/** Passes on what the viewer tells of our own runs in a workspace that is not trusted, as an engine would. */
import type { NotificationName, NotificationParams } from '../../protocol/engine/index.js';
import { Disposables, Emitter, type Disposable } from '../events.js';
import type { LogViewer, OwnProgress } from '../logs/logViewer.js';
import type { RunsModel } from '../model/runsModel.js';

type Told = 'changed' | 'seriesChanged' | 'logChanged';
type Emitters = { [N in Told]: Emitter<NotificationParams<N>> };

export class OwnNews implements Disposable {
  private readonly all = new Disposables();
  private followed = new Disposables();
  private readonly emitters: Emitters = {
    changed: this.all.add(new Emitter()),
    seriesChanged: this.all.add(new Emitter()),
    logChanged: this.all.add(new Emitter()),
  };
  private isWhole = false;
  /** Null before anything is known. */
  progress: OwnProgress | null = null;

  constructor(
    private readonly model: Pick<RunsModel, 'apply' | 'refresh'>,
    /** Called when more is there than could be asked for before. */
    private readonly becameReadable: () => void,
  ) {}

  /** Follows another viewer; null: none. */
  follow(viewer: LogViewer | null): void {
    this.followed.dispose();
    this.followed = new Disposables();
    this.progress = null;
    this.isWhole = false;
    if (!viewer?.readsOwn) return;
    this.followed.add(
      viewer.onOwnChanged((params) => {
        this.model.apply(params);
        this.emitters.changed.fire(params);
      }),
    );
    this.followed.add(viewer.onOwnGrown((params) => this.emitters.seriesChanged.fire(params)));
    this.followed.add(viewer.onOwnLog((params) => this.emitters.logChanged.fire(params)));
    this.followed.add(viewer.onOwnRead((progress) => this.read(progress)));
  }

  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): Disposable {
    const emitters: Partial<Record<NotificationName, unknown>> = this.emitters;
    const emitter = emitters[name] as Emitter<NotificationParams<N>> | undefined;
    return emitter?.event(listener) ?? { dispose: () => undefined };
  }

  dispose(): void {
    this.followed.dispose();
    this.all.dispose();
  }

  private read(progress: OwnProgress): void {
    const isFirst = this.progress === null;
    this.progress = progress;
    const wasWhole = this.isWhole;
    this.isWhole ||= progress.done >= progress.of;
    // All that has been asked for so far is asked for again, at the beginning and when everything is there.
    if (!isFirst && (wasWhole || !this.isWhole)) return;
    this.model
      .refresh()
      .catch(() => undefined)
      .finally(() => this.becameReadable());
  }
}
