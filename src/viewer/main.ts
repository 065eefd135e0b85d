/**
 * The viewer's process: `viewer.cjs WORKSPACE [OPTIONS]`, with OPTIONS a JSON of `ViewerOptions`. It talks to the editor over
 * its IPC channel, and ends with it.
 */
import { realpathSync } from 'node:fs';
import { localFolder } from '../engine/disk/localState.js';
import { workspacePaths } from '../engine/disk/paths.js';
import { Insights } from '../engine/searches/insight/insights.js';
import { translationsFor } from '../files/translations.js';
import { useTranslations } from '../format/l10n.js';
import { ToViewer, VIEWER_REQUESTS, ViewerOptions, type FromViewer, type ViewerRequest } from '../protocol/viewer.js';
import { answerOwn } from './own/ownRequests.js';
import { OwnShelf } from './own/ownShelf.js';
import { News } from './news.js';
import { answer } from './requests.js';
import { Shelf } from './shelf.js';

/** Intervals between two notifications, two checks of grown files, and two searches of the folder. */
const TELL_MS = 250;
const POLL_MS = 2000;
const LOOK_MS = 30_000;

const [given = '.', json = '{}'] = process.argv.slice(2);
const options = ViewerOptions.parse(JSON.parse(json));
const workspace = realpathSync(given);
const translate = translationsFor(options.locale, __dirname);
if (translate) useTranslations(translate);
const avoid = new Set(options.avoid);
const say = (message: FromViewer): void => void process.send?.(message);
const reading = (path: string | null): void => say({ type: 'reading', path });

let isSeen = false;
let isWorking = false;
let lastLook = 0;

const logNews = new News();
const shelf = new Shelf(workspace, { ...logNews.listener, reading }, undefined, avoid);

const ownNews = new News();
const own = options.own
  ? new OwnShelf(
      workspacePaths(workspace, localFolder(workspace, options.home ?? workspace)),
      {
        ...ownNews.listener,
        reading,
        logGrown: (id, size) => say({ type: 'logGrown', runs: { [id]: size } }),
        progress: (done, of, cut) => say({ type: 'own', done, of, cut }),
      },
      undefined,
      avoid,
    )
  : null;
const insights = own && new Insights({ store: own.store, distFolder: __dirname });

function look(): void {
  lastLook = performance.now();
  own?.look();
  if (options.logs) say({ type: 'found', ...shelf.look() });
  else say({ type: 'found', logs: [], cut: false });
  work();
}

/** Reads piece after piece; requests get their turn between two of them. */
function work(): void {
  if (isWorking || !(own?.isBusy || shelf.isBusy)) return;
  isWorking = true;
  setImmediate(() => {
    isWorking = false;
    // Our own runs come first.
    if (own?.isBusy) own.step();
    else shelf.step();
    work();
  });
}

function tell(): void {
  const theirs = logNews.take((ids) => shelf.rows(shelf.store.runs.getMany(ids, [])));
  if (theirs.rows) say({ type: 'changed', own: false, ...theirs.rows });
  if (theirs.grown) say({ type: 'grown', own: false, runs: theirs.grown });
  if (!own) return;
  const { store } = own;
  const ours = ownNews.take(
    (ids) => store.runs.getMany(ids, []).filter(({ deletedAt }) => deletedAt === null),
    (id) => store.searches.get(id),
  );
  if (ours.rows) say({ type: 'changed', own: true, ...ours.rows });
  if (ours.grown) say({ type: 'grown', own: true, runs: ours.grown });
}

const isForLogs = (name: string): name is ViewerRequest => (VIEWER_REQUESTS as readonly string[]).includes(name);

async function answerTo(said: Extract<ToViewer, { type: 'request' }>): Promise<unknown> {
  const { method, params } = said;
  if (said.own && own && insights) return answerOwn(own, insights, method, params);
  if (!said.own && isForLogs(method)) return answer(shelf, method, params);
  throw new Error(`${method} is not answered here.`);
}

process.on('message', (message: unknown) => {
  const said = ToViewer.parse(message);
  if (said.type === 'look') look();
  else if (said.type === 'seen') isSeen = said.seen;
  else if (said.type === 'watch') own?.watch(said.logs);
  else {
    answerTo(said)
      .then((result) => say({ type: 'reply', id: said.id, result }))
      .catch((error: unknown) => say({ type: 'reply', id: said.id, error: (error as Error).message }));
  }
});
process.on('disconnect', () => process.exit(0));

setInterval(tell, TELL_MS);
setInterval(() => {
  if (!isSeen) return;
  if (performance.now() - lastLook > LOOK_MS) look();
  own?.poll();
  shelf.poll();
  work();
}, POLL_MS);
