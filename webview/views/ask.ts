import type { Run } from '../../src/protocol/engine.js';
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
      if (name) await model.host.request('runs/rename', { id: run.id, name });
    } else if (what === 'note') {
      const note = await askText({
        title: l10n.t('Note on {0}', run.name),
        label: l10n.t('Note'),
        value: run.note,
        optional: true,
        accept: l10n.t('Save'),
      });
      if (note !== null) await model.host.request('runs/note', { id: run.id, note });
    } else await askTags(model, runs);
  } catch (error) {
    model.fail(l10n.t('Saving'), error);
  }
}

async function askTags(model: PanelModel, runs: readonly Run[]): Promise<void> {
  // With several runs, the tags that all have; the others are left alone.
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
  await model.host.request('runs/tag', {
    ids: runs.map((run) => run.id),
    add: [...wanted].filter((tag) => !common.includes(tag)),
    remove: common.filter((tag) => !wanted.has(tag)),
  });
}
