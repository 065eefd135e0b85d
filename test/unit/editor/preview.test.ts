/** The preview of a report changes the text that its page shows, and says what it did. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { FromReport, ToReport } from '../../../src/protocol/report.js';

interface Edit {
  edits: { start: number; end: number; text: string }[];
}
const editor = vi.hoisted(() => ({
  ...{ text: '', version: 1, isEditable: true, errors: [] as string[], media: 0, saved: '', isDirty: false },
  reports: {} as object,
}));
vi.mock('vscode', () => ({
  Uri: { joinPath: () => ({ fsPath: '/dist' }) },
  Range: class {
    constructor(
      readonly start: number,
      readonly end: number,
    ) {}
  },
  WorkspaceEdit: class {
    edits: Edit['edits'] = [];
    replace(_: unknown, { start, end }: { start: number; end: number }, text: string): void {
      this.edits.push({ start, end, text });
    }
  },
  ...{ env: { language: 'en' }, l10n: { t: (text: string) => text } },
  workspace: {
    onDidChangeTextDocument: () => ({ dispose: () => {} }),
    applyEdit: ({ edits }: Edit) => {
      if (!editor.isEditable) return Promise.resolve(false);
      for (const { start, end, text } of edits.sort((a, b) => b.start - a.start))
        editor.text = editor.text.slice(0, start) + text + editor.text.slice(end);
      editor.version++;
      editor.isDirty = true;
      return Promise.resolve(true);
    },
  },
  window: { showErrorMessage: (text: string) => editor.errors.push(text) },
}));
vi.mock('../../../src/editor/reports/bundle.js', () => ({ loadReports: () => editor.reports }));
editor.reports = await import('../../../src/report/index.js');
const { Preview } = await import('../../../src/editor/reports/preview.js');

const MEDIA = '```tunesmith media\nexperiment: e\n```\n';
const TEXT = `# Title\n\n${MEDIA}\nWords.\n`;
const ANSWERS: Record<string, () => unknown> = {
  'experiments/list': () => ({ experiments: [{ name: 'e' }] }),
  'runs/list': () => ({ total: 1, runs: [{ id: '0001', name: 'a', status: 'running', params: {}, metrics: {} }] }),
  'runs/media': () => ({ series: [{ name: 'f', mime: 'audio/wav', steps: [1], at: [0] }], cut: false }),
  'media/read': () => {
    editor.media++;
    return { file: { mime: 'audio/wav', size: 1, data: 'eA==' } };
  },
};

let posted: ToReport[];
let saving: Promise<void>;
let send: (message: FromReport) => void;
let runsChanged: (params: object) => void;
beforeEach(() => {
  Object.assign(editor, {
    text: TEXT,
    version: 1,
    isEditable: true,
    errors: [],
    media: 0,
    saved: TEXT,
    isDirty: false,
  });
  saving = Promise.resolve();
  posted = [];
  const none = () => ({ dispose: () => {} });
  const folder = {
    ...{ path: '/none', state: { kind: 'connected' }, viewer: null, watch: () => {}, onState: none, onForeign: none },
    on: (event: string, listener: (params: object) => void) => {
      if (event === 'changed') runsChanged = listener;
      return none();
    },
    look: (name: string) => Promise.resolve(ANSWERS[name]!()),
  };
  const text = {
    uri: { fsPath: '/none/a.report.md' },
    ...{ getText: () => editor.text, positionAt: (offset: number) => offset },
    // As the editor does: what was typed meanwhile is not saved.
    save: async () => {
      const { text: own } = editor;
      await saving;
      editor.saved = own;
      editor.isDirty = own !== editor.text;
      return !editor.isDirty;
    },
    get isDirty() {
      return editor.isDirty;
    },
    get version() {
      return editor.version;
    },
  };
  const webview = {
    ...{ options: {}, html: '', cspSource: 'self', asWebviewUri: () => 'script' },
    postMessage: (message: ToReport) => posted.push(message),
    onDidReceiveMessage: (listener: (message: unknown) => void) => {
      send = listener;
      return none();
    },
  };
  const options = { extensionUri: {}, engines: { of: () => folder }, foundLogs: { show: () => {} }, log: {} };
  new Preview(
    ...([text, { webview, visible: true, onDidChangeViewState: none }, options] as unknown as ConstructorParameters<
      typeof Preview
    >),
  );
  send({ type: 'ready', width: 800 });
});

const typed = <T extends ToReport['type']>(type: T) =>
  posted.filter((message): message is Extract<ToReport, { type: T }> => message.type === type);
const first = { type: 'move', block: 0, before: 1 } as const;

it('answers a move before it shows the new text', async () => {
  await expect.poll(() => typed('page').length).toBe(1);
  send({ ...first, version: 1 });
  await expect.poll(() => typed('page').length).toBe(2);
  expect(editor.text).toBe(`${MEDIA}\n# Title\n\nWords.\n`);
  expect(typed('page')[1]!.version).toBe(2);
  expect(posted.indexOf(typed('changed')[0]!)).toBeLessThan(posted.indexOf(typed('page')[1]!));
  expect(typed('changed')).toEqual([{ type: 'changed', isDone: true, message: '' }]);
});

it('saves each of two moves, of which the second comes while the first is saved', async () => {
  await expect.poll(() => typed('page').length).toBe(1);
  let saved = (): void => {};
  saving = new Promise((resolve) => (saved = resolve));
  send({ ...first, version: 1 });
  await expect.poll(() => typed('page').length).toBe(2);
  send({ type: 'move', block: 0, before: null, version: 2 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  saved();
  await expect.poll(() => editor.saved).toBe(`# Title\n\nWords.\n\n${MEDIA}`);
  expect(typed('changed').map(({ isDone }) => isDone)).toEqual([true, true]);
  expect(editor.errors).toEqual([]);
});

it('moves nothing by the lines of an older text, and says so', async () => {
  await expect.poll(() => typed('page').length).toBe(1);
  editor.text = `New line.\n\n${TEXT}`;
  editor.version = 2;
  send({ ...first, version: 1 });
  send({ type: 'add', block: { kind: 'chart', keys: {} }, before: 3, version: 1 });
  await expect.poll(() => typed('page').at(-1)!.version).toBe(2);
  expect(editor.text).toBe(`New line.\n\n${TEXT}`);
  const said = { type: 'changed', isDone: false, message: 'The text has just changed. Try again.' };
  expect(typed('changed')).toEqual([said, said]);
});

it('says why a text could not be changed', async () => {
  await expect.poll(() => typed('page').length).toBe(1);
  editor.isEditable = false;
  send({ ...first, version: 1 });
  await expect.poll(() => editor.errors).toEqual(['a.report.md could not be changed.']);
  expect(typed('changed')).toEqual([{ type: 'changed', isDone: false, message: '' }]);
});

it('leaves a block alone that looks as before: it may be playing', async () => {
  send({ type: 'seen', blocks: [0] });
  await expect.poll(() => typed('block').length).toBe(1);
  expect(typed('block')[0]!.html).toContain('<audio');
  runsChanged({ runs: [{}], removedRuns: [] });
  await expect.poll(() => editor.media, { timeout: 20_000 }).toBe(2);
  const states = typed('state').length;
  // The state comes once all is drawn.
  send({ type: 'seen', blocks: [0] });
  await expect.poll(() => typed('state').length, { timeout: 20_000 }).toBeGreaterThan(states);
  expect(typed('block')).toHaveLength(1);
});
