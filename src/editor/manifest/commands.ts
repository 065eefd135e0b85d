/**
 * Every command, declared once. The key is the id without the extension's prefix; handlers (`commands/`) are
 * typed by this table, and package.json is generated from it.
 */
import type { AlertCondition } from '../../protocol/engine/alerts.js';
import type { ParamValue } from '../../protocol/values/index.js';
import type { ExperimentArg, FileArg, Rows, RunArg, SearchArg } from './args.js';
import { CONTEXT, EXTENSION, LANGUAGE, VIEW } from './ids.js';
import { row, title, trusted, hasRuns, inData, inReport, inFile, inScript, editing } from './places.js';
import { RUN_COMMANDS } from './runCommands.js';
import { args, type CommandSpec } from './types.js';

export * from './args.js';

export const COMMANDS = {
  'run.start': {
    title: 'Run',
    icon: 'play',
    enablement: trusted,
    menus: [
      { menu: 'editor/title/run', when: inFile, group: 'navigation@1' },
      { menu: 'explorer/context', when: inFile, group: 'navigation@40' },
    ],
    key: { key: 'ctrl+alt+r', mac: 'cmd+alt+r', when: editing },
    // The stage of a pipeline from which it is run again. Menus pass other arguments in its place.
    args: args<[file?: FileArg, afresh?: unknown]>(),
  },
  'run.startWith': {
    title: 'Run with Changed Parameters…',
    icon: 'edit',
    enablement: trusted,
    menus: [{ menu: 'editor/title/run', when: inFile, group: 'navigation@2' }],
    args: args<[file?: FileArg, params?: Record<string, ParamValue>]>(),
  },
  'script.run': {
    title: 'Run Script',
    icon: 'play',
    enablement: trusted,
    palette: inScript,
    menus: [
      { menu: 'editor/title/run', when: inScript, group: 'navigation@50' },
      { menu: 'explorer/context', when: inScript, group: 'navigation@42' },
    ],
    args: args<[script?: FileArg]>(),
  },
  'script.tune': {
    title: 'Tune Script…',
    icon: 'beaker',
    palette: inScript,
    menus: [{ menu: 'explorer/context', when: inScript, group: 'navigation@43' }],
    args: args<[script?: FileArg]>(),
  },
  'search.start': {
    title: 'Start Search',
    icon: 'search',
    enablement: trusted,
    menus: [
      { menu: 'editor/title/run', when: inFile, group: 'navigation@3' },
      { menu: 'explorer/context', when: inFile, group: 'navigation@41' },
    ],
    key: { key: 'ctrl+alt+s', mac: 'cmd+alt+s', when: editing },
    args: args<[file?: FileArg]>(),
  },
  ...RUN_COMMANDS,
  'search.show': {
    title: 'Show Search in Panel',
    icon: 'graph-line',
    palette: hasRuns,
    menus: [row('1_show@1', 'search')],
    args: args<Rows<SearchArg>>(),
  },
  'search.stop': {
    title: 'Stop Search',
    icon: 'debug-stop',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('inline@2', 'search', 'stoppable'), row('2_control@1', 'search', 'stoppable')],
    args: args<Rows<SearchArg>>(),
  },
  'search.pause': {
    title: 'Pause Search',
    icon: 'debug-pause',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('inline@1', 'search', 'running'), row('2_control@2', 'search', 'running')],
    args: args<Rows<SearchArg>>(),
  },
  'search.resume': {
    title: 'Resume Search',
    icon: 'debug-continue',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('inline@1', 'search', 'resumable'), row('2_control@3', 'search', 'resumable')],
    args: args<Rows<SearchArg>>(),
  },
  'search.retryFailed': {
    title: 'Retry Failed Trials',
    icon: 'debug-rerun',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('2_control@7', 'search', 'retryable')],
    args: args<Rows<SearchArg>>(),
  },
  'search.extend': {
    title: 'Change Number of Trials…',
    icon: 'list-ordered',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('2_control@5', 'search')],
    args: args<Rows<SearchArg>>(),
  },
  'search.reread': {
    title: "Use the File's Search Space",
    icon: 'refresh',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('2_control@6', 'search')],
    args: args<Rows<SearchArg>>(),
  },
  'search.enqueue': {
    title: 'Try Values in Search…',
    icon: 'add',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('2_control@4', 'search', 'stoppable')],
    args: args<Rows<SearchArg>>(),
  },
  'search.applyBest': {
    title: 'Apply Best to File',
    icon: 'star-full',
    palette: hasRuns,
    menus: [row('3_best@1', 'search', 'hasBest')],
    args: args<[search?: SearchArg]>(),
  },
  'search.delete': {
    title: 'Delete Search…',
    icon: 'trash',
    enablement: trusted,
    palette: hasRuns,
    menus: [row('5_remove@1', 'search', 'ended')],
    args: args<Rows<SearchArg>>(),
  },

  'experiment.show': {
    title: 'Show Experiment in Panel',
    icon: 'graph-line',
    palette: 'false',
    menus: [row('inline@1', 'experiment'), row('1_show@1', 'experiment')],
    args: args<[experiment?: ExperimentArg]>(),
  },

  'best.apply': {
    title: 'Apply Best Parameters',
    icon: 'star-full',
    palette: hasRuns,
    args: args<[file?: FileArg, parameter?: string]>(),
  },
  'file.create': {
    title: 'New Experiment File…',
    icon: 'new-file',
    menus: [title('2_files@1')],
    args: args<[folder?: FileArg]>(),
  },
  'file.open': {
    title: 'Open Experiment File…',
    icon: 'go-to-file',
    args: args<[file?: FileArg, line?: number, column?: number]>(),
  },
  'example.open': { title: 'Open Example…', icon: 'mortar-board', menus: [title('2_files@2')], args: args<[]>() },

  'panel.open': {
    title: 'Open Panel',
    icon: 'graph-line',
    menus: [title('navigation@1'), { menu: 'editor/title', when: inFile, group: 'navigation@1' }],
    key: { key: 'ctrl+alt+p', mac: 'cmd+alt+p', when: `${editing} || focusedView == ${VIEW.runs}` },
    args: args<[file?: FileArg]>(),
  },
  'panel.editForm': {
    title: 'Edit Parameters in Panel',
    icon: 'list-selection',
    palette: `editorIsOpen && ${inFile}`,
    args: args<[file?: FileArg]>(),
  },

  'report.create': {
    title: 'New Report…',
    icon: 'notebook',
    menus: [title('2_files@3')],
    args: args<[folder?: FileArg]>(),
  },
  'report.preview': {
    title: 'Open Report Preview to the Side',
    icon: 'open-preview',
    menus: [
      { menu: 'editor/title', when: `${inReport} && activeEditor != 'tunesmith.report'`, group: 'navigation@0' },
      { menu: 'explorer/context', when: inReport, group: 'navigation@47' },
    ],
    args: args<[file?: FileArg]>(),
  },
  'report.insert': { title: 'Insert Block into Report…', icon: 'add', args: args<[file?: FileArg]>() },
  'report.insertView': { title: 'Insert Saved View into Report…', icon: 'bookmark', args: args<[file?: FileArg]>() },
  'report.exportHtml': {
    title: 'Export Report as HTML…',
    icon: 'export',
    menus: [{ menu: 'explorer/context', when: inReport, group: 'navigation@48' }],
    args: args<[file?: FileArg]>(),
  },
  'report.exportPdf': {
    title: 'Export Report as PDF…',
    icon: 'file-pdf',
    menus: [{ menu: 'explorer/context', when: inReport, group: 'navigation@49' }],
    args: args<[file?: FileArg]>(),
  },
  'report.add': { title: 'Add to Report…', palette: 'false', args: args<[block?: string, folder?: string]>() },
  'report.addRuns': {
    title: 'Add Runs to Report…',
    icon: 'notebook',
    palette: hasRuns,
    menus: [row('3_best@5', 'run')],
    args: args<Rows<RunArg>>(),
  },

  'explorer.refresh': {
    title: 'Refresh',
    icon: 'refresh',
    palette: hasRuns,
    menus: [title('navigation@3')],
    args: args<[]>(),
  },
  'explorer.filter': {
    title: 'Filter Runs…',
    icon: 'filter',
    palette: hasRuns,
    menus: [title('navigation@2', `!${CONTEXT.filtered}`)],
    key: { key: 'ctrl+alt+f', mac: 'cmd+alt+f', when: `focusedView == ${VIEW.runs}` },
    args: args<[text?: string]>(),
  },
  'explorer.clearFilter': {
    title: 'Clear Filter',
    icon: 'filter-filled',
    palette: CONTEXT.filtered,
    menus: [title('navigation@2', CONTEXT.filtered)],
    args: args<[]>(),
  },
  'logs.import': {
    title: 'Import',
    icon: 'cloud-download',
    enablement: trusted,
    palette: 'false',
    menus: [row('inline@1', 'log'), row('1_show@1', 'log'), row('inline@1', 'logs'), row('1_show@1', 'logs')],
    args: args<Rows<unknown>>(),
  },
  'logs.show': {
    title: 'Show in Panel',
    icon: 'graph-line',
    palette: 'false',
    menus: [row('1_show@0', 'log')],
    args: args<Rows<unknown>>(),
  },
  'logs.importRuns': { title: 'Import These Logs', enablement: trusted, palette: 'false', args: args<string[]>() },
  'logs.openRun': { title: 'Open Log', palette: 'false', args: args<[run?: string]>() },
  'logs.importAll': {
    title: 'Import Logs of Other Tools…',
    icon: 'cloud-download',
    enablement: trusted,
    menus: [title('2_look@9')],
    args: args<[]>(),
  },
  'logs.open': {
    title: 'Open Log',
    icon: 'go-to-file',
    palette: 'false',
    menus: [row('1_show@2', 'log')],
    args: args<[log?: unknown]>(),
  },
  'explorer.more': { title: 'Load More', palette: 'false', args: args<[node?: unknown]>() },

  'backends.show': { title: 'Show Training Backends', icon: 'chip', menus: [title('3_engine@1')], args: args<[]>() },
  'backends.install': {
    title: 'Install Training Backend…',
    icon: 'cloud-download',
    enablement: trusted,
    menus: [title('3_engine@2')],
    args: args<[backend?: string]>(),
  },
  'data.findNetwork': {
    title: 'Find a Network for This File…',
    icon: 'sparkle',
    enablement: trusted,
    menus: [{ menu: 'explorer/context', when: inData, group: 'navigation@46' }],
    args: args<[file?: FileArg, target?: string, time?: string]>(),
  },
  'alerts.edit': {
    title: 'Alerts…',
    icon: 'bell',
    menus: [{ menu: 'explorer/context', when: inFile, group: 'navigation@44' }],
    args: args<[file?: FileArg, when?: AlertCondition]>(),
  },
  'agents.allow': {
    title: 'Give Agents a Budget…',
    icon: 'robot',
    enablement: trusted,
    menus: [{ menu: 'explorer/context', when: inFile, group: 'navigation@45' }],
    args: args<[file?: FileArg, hours?: number]>(),
  },
  'agents.disallow': { title: "Revoke Agents' Budgets", icon: 'robot', args: args<[]>() },
  'place.pick': {
    title: 'Choose Where to Run…',
    icon: 'server-environment',
    menus: [{ menu: 'editor/title/run', when: inFile, group: 'navigation@4' }],
    args: args<[file?: FileArg, place?: unknown]>(),
  },
  'cluster.check': {
    title: 'Check Cluster…',
    icon: 'plug',
    enablement: trusted,
    menus: [title('3_engine@7')],
    args: args<[name?: unknown]>(),
  },
  'devices.show': { title: 'Show Devices', icon: 'server-process', menus: [title('3_engine@3')], args: args<[]>() },
  'engine.status': { title: 'Engine Status', icon: 'pulse', menus: [title('3_engine@4')], args: args<[]>() },
  'engine.stop': { title: 'Stop Engine', icon: 'debug-disconnect', menus: [title('3_engine@5')], args: args<[]>() },
  'engine.showLog': { title: 'Show Engine Log', icon: 'output', menus: [title('3_engine@6')], args: args<[]>() },
} as const satisfies Record<string, CommandSpec<never[]>>;

export type CommandName = keyof typeof COMMANDS;
export type CommandArgs<N extends CommandName> = Parameters<(typeof COMMANDS)[N]['args']>;

/** The id by which VS Code knows the command. */
export function commandId(name: CommandName): string {
  return `${EXTENSION}.${name}`;
}

/** Language of each file extension, for the manifest. */
export const LANGUAGE_OF = {
  '.tune.yaml': LANGUAGE.yaml,
  '.tune.yml': LANGUAGE.yaml,
  '.tune.json': LANGUAGE.json,
} as const;
