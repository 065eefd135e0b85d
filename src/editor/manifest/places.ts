/** Where commands appear and when they are enabled, as VS Code's `when` clauses. */
import { CONTEXT, FILE_ENDINGS, ITEM, VIEW } from './ids.js';
import type { MenuPlace } from './types.js';

export const inRuns = `view == ${VIEW.runs}`;
export const item = (kind: keyof typeof ITEM, state?: string) =>
  `${inRuns} && viewItem =~ /^${ITEM[kind]}${state ? ` .*\\b${state}\\b` : '\\b'}/`;
export const row = (group: string, kind: keyof typeof ITEM, state?: string): MenuPlace => ({
  menu: 'view/item/context',
  when: item(kind, state),
  group,
});
export const title = (group: string, when = inRuns): MenuPlace => ({
  menu: 'view/title',
  when: when === inRuns ? when : `${inRuns} && ${when}`,
  group,
});
export const trusted = 'isWorkspaceTrusted';
export const hasRuns = CONTEXT.hasRuns;
export const inFile = `resourceFilename =~ /(${FILE_ENDINGS.map((ending) => ending.replaceAll('.', '\\.')).join('|')})$/`;
/** Scripts that can be started; experiment files in JSON have other extensions. */
export const inScript = 'resourceExtname =~ /^\\.(py|pyw|js|mjs|cjs|ts|mts|sh|bash)$/';
/** Data for which a network can be found by itself. */
export const inData = 'resourceFilename =~ /\\.(csv|tsv|npz|csv\\.gz)$/i';
export const inReport = 'resourceFilename =~ /\\.report\\.md$/i';
export const editing = `editorTextFocus && ${inFile}`;
