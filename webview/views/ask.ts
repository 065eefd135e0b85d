import type { Run } from '../../src/protocol/engine.js';
import { askText } from '../components/prompt.js';
import type { PanelModel } from '../model/panel.js';

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
      const name = await askText({ title: 'Rename run', label: 'Name', value: run.name, accept: 'Rename' });
      if (name) await model.host.request('runs/rename', { id: run.id, name });
    } else if (what === 'note') {
      const note = await askText({
        title: `Note on ${run.name}`,
        label: 'Note',
        value: run.note,
        optional: true,
        accept: 'Save',
      });
      if (note !== null) await model.host.request('runs/note', { id: run.id, note });
    } else await askTags(model, runs);
  } catch (error) {
    model.fail('Saving', error);
  }
}

async function askTags(model: PanelModel, runs: readonly Run[]): Promise<void> {
  // With several runs, the tags that all have; the others are left alone.
  const common = runs[0]!.tags.filter((tag) => runs.every((run) => run.tags.includes(tag)));
  const text = await askText({
    title: runs.length === 1 ? `Tags of ${runs[0]!.name}` : `Tags of ${runs.length} runs`,
    label: 'Tags',
    value: common.join(', '),
    hint: 'Separated by commas.',
    optional: true,
    accept: 'Save',
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
