import type { Run } from '../../src/protocol/engine/index.js';
import { askText } from '../components/prompt.js';
import type { PanelModel } from '../model/panel.js';
import { l10n } from '../../src/format/l10n.js';

/** Lets the person edit a run's name, tags or note. */
export async function askAbout(
  model: PanelModel,
  what: 'rename' | 'tag' | 'note',
  runs: readonly Run[],
): Promise<void> {
  const run = runs[0];
  if (!run) return;
  try {
    if (what === 'rename') {
      const name = await askText({
        title: l10n.t('Rename run'),
        label: l10n.t('Name'),
        value: run.name,
        accept: l10n.t('Rename'),
      });
      if (name)
        await undoable(
          model,
          () => model.host.request('runs/rename', { id: run.id, name }),
          () => model.host.request('runs/rename', { id: run.id, name: run.name }),
        );
    } else if (what === 'note') {
      const note = await askText({
        title: l10n.t('Note on {0}', run.name),
        label: l10n.t('Note'),
        value: run.note,
        optional: true,
        accept: l10n.t('Save'),
      });
      if (note !== null) await saveNote(model, run, note);
    } else await askTags(model, runs);
  } catch (error) {
    model.fail(l10n.t('Saving'), error);
  }
}

async function askTags(model: PanelModel, runs: readonly Run[]): Promise<void> {
  // With several runs, the tags that all have; other tags stay.
  const common = runs[0]!.tags.filter((tag) => runs.every((run) => run.tags.includes(tag)));
  const text = await askText({
    title: runs.length === 1 ? l10n.t('Tags of {0}', runs[0]!.name) : l10n.t('Tags of {0} runs', runs.length),
    label: l10n.t('Tags'),
    value: common.join(', '),
    hint: l10n.t('Separated by commas.'),
    optional: true,
    accept: l10n.t('Save'),
  });
  if (text === null) return;
  const wanted = new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  );
  const ids = runs.map((run) => run.id);
  const add = [...wanted].filter((tag) => !common.includes(tag));
  const remove = common.filter((tag) => !wanted.has(tag));
  const before = new Map(runs.map(({ id, tags }) => [id, tags]));
  await undoable(
    model,
    () => model.host.request('runs/tag', { ids, add, remove }),
    // A run that had a tag already keeps it.
    () =>
      Promise.all(
        ids.map((id) => {
          const own = before.get(id) ?? [];
          const fresh = add.filter((tag) => !own.includes(tag));
          return model.host.request('runs/tag', { ids: [id], add: remove, remove: fresh });
        }),
      ),
  );
}

export function saveNote(model: PanelModel, run: Run, note: string): Promise<void> {
  const set = (text: string) => model.host.request('runs/note', { id: run.id, note: text });
  return undoable(
    model,
    () => set(note),
    () => set(run.note),
  );
}

/** Does something that can be undone. */
async function undoable(model: PanelModel, work: () => Promise<unknown>, back: () => Promise<unknown>): Promise<void> {
  await work();
  const kind = `edit ${performance.now()}`;
  model.history.add({ kind, undo: async () => void (await back()), redo: async () => void (await work()) });
}
