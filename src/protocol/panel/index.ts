/**
 * Messages between the panel (webview) and the extension host. The host proxies a fixed list of engine requests
 * for the panel, so the panel has the engine's own types; everything else is here. The host validates what
 * comes from the webview; a hidden panel gets nothing and asks for a fresh snapshot when shown again.
 */
import { z } from 'zod';
import { PLACES } from '../run/cluster.js';
import { record } from '../values/recordSchema.js';
import { FileProblem, type Notifications } from '../engine/index.js';
import { SavedViews } from './savedViews.js';
import { MOST_COMPARED, RUN_SECTIONS } from './sections.js';
import { FloatMark, Floats, Params, ParamValue } from '../values/index.js';

/** Engine requests that the panel may make through the host. */
export const PANEL_REQUESTS = [
  'experiments/list',
  'runs/list',
  'runs/get',
  'runs/metrics',
  'runs/columns',
  'best/of',
  'runs/groups',
  'runs/start',
  'runs/rerun',
  'runs/branch',
  'runs/stop',
  'runs/pause',
  'runs/resume',
  'runs/set',
  'runs/rename',
  'runs/tag',
  'runs/note',
  'runs/delete',
  'runs/restore',
  'runs/confusion',
  'runs/drawings',
  'pipelines/get',
  'runs/media',
  'runs/recorded',
  'runs/code',
  'runs/lineage',
  'runs/files',
  'log/read',
  'media/read',
  'series/read',
  'searches/list',
  'searches/get',
  'searches/start',
  'searches/stop',
  'searches/pause',
  'searches/resume',
  'searches/retry',
  'searches/enqueue',
  'searches/change',
  'searches/insight',
  'devices/list',
  'watch',
] as const;
export type PanelRequest = (typeof PANEL_REQUESTS)[number];

/** One field of the hyperparameter form, derived from the experiment file. */
export const FormField = z.object({
  name: z.string(),
  kind: z.enum(['number', 'integer', 'choice', 'switch', 'text']),
  value: ParamValue,
  /** Marks the whole numbers of the value, and of the choices, that are floats. */
  float: FloatMark.optional(),
  choiceFloats: FloatMark.optional(),
  choices: z.array(ParamValue).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  step: z.number().optional(),
  /** One line of the search space as written in the file, such as `{ log: [1e-5, 1e-1] }`; absent when not searched. */
  space: z.string().optional(),
  description: z.string().optional(),
});
export type FormField = z.infer<typeof FormField>;

/** The experiment file as the panel edits it. */
export const FileForm = z.object({
  file: z.string(),
  name: z.string(),
  fields: z.array(FormField),
  search: z
    .object({
      trials: z.number().int().nullable(),
      sampler: z.string(),
      pruner: z.string().nullable(),
      parallel: z.union([z.literal('auto'), z.number().int()]),
    })
    .nullable(),
  objective: z.object({ metric: z.string(), goal: z.enum(['minimize', 'maximize']) }).nullable(),
  problems: z.array(FileProblem),
  /** Where its next run executes; absent: there is nothing to choose from. */
  place: z.enum(PLACES).optional(),
});
export type FileForm = z.infer<typeof FileForm>;

export { MOST_COMPARED, RUN_SECTIONS, type RunSection } from './sections.js';

/** A page in place of the tabs. */
export const PanelPage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), run: z.string(), section: z.enum(RUN_SECTIONS).default('overview') }),
  z.object({ kind: z.literal('compare'), runs: z.array(z.string()).min(1).max(MOST_COMPARED) }),
]);
export type PanelPage = z.infer<typeof PanelPage>;

/** The person's view of the panel: selection and settings. Nothing else of the panel is persisted. */
export const PanelState = z.object({
  version: z.literal(1),
  experiment: z.string().nullable(),
  file: z.string().nullable(),
  /** Runs drawn; null: the experiment's newest. */
  selected: z.array(z.string()).nullable(),
  pinned: z.array(z.string()).default([]),
  hidden: z.array(z.string()).default([]),
  tab: z.enum(['charts', 'table', 'media', 'insight', 'form']).default('charts'),
  /** Shown instead of the tab's view; null: none. */
  page: PanelPage.nullable().catch(null).default(null),
  /** Free-form view settings (smoothing, axes, columns, zoom) owned by the webview. */
  view: record(z.unknown()).default({}),
});
export type PanelState = z.infer<typeof PanelState>;

/** From the webview. Requests carry an id and are answered by a `reply` with the same id. */
export const FromPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('request'), id: z.number().int(), method: z.enum(PANEL_REQUESTS), params: z.unknown() }),
  /** The form of a file; the host answers with FileForm and sends `form` again whenever the document changes. */
  z.object({ type: z.literal('openForm'), id: z.number().int(), file: z.string() }),
  /** Checks values against the file without starting anything: problems by field name. */
  z.object({
    type: z.literal('checkForm'),
    id: z.number().int(),
    file: z.string(),
    params: Params,
    space: record(z.string()).optional(),
  }),
  /** Writes values (and spaces, as YAML text) into the file in place, keeping comments; undoable in the editor. */
  z.object({
    type: z.literal('writeForm'),
    id: z.number().int(),
    file: z.string(),
    params: Params,
    floats: Floats.optional(),
    space: record(z.string()).optional(),
    trials: z.number().int().min(1).optional(),
  }),
  /** Saves a picture or a table of a card where the person says. `data`: base64 for PNG, else text. */
  z.object({
    type: z.literal('save'),
    id: z.number().int(),
    name: z.string().max(200),
    kind: z.enum(['png', 'svg', 'csv']),
    data: z.string().max(48 * 2 ** 20),
  }),
  /** The saved views of the folder; the host answers with SavedViews. */
  z.object({ type: z.literal('readViews'), id: z.number().int() }),
  z.object({ type: z.literal('writeViews'), id: z.number().int(), views: SavedViews }),
  z.object({ type: z.literal('state'), state: PanelState }),
  /** A VS Code command with plain arguments; only those in PANEL_COMMANDS are run. */
  z.object({ type: z.literal('command'), command: z.string(), args: z.array(z.unknown()).default([]) }),
]);
export type FromPanel = z.infer<typeof FromPanel>;

/** Commands the panel may invoke. */
export const PANEL_COMMANDS = [
  'tunesmith.run.revealLog',
  'tunesmith.run.debug',
  'tunesmith.run.openFolder',
  'tunesmith.run.copyCommand',
  'tunesmith.run.export',
  'tunesmith.run.exportModel',
  'tunesmith.run.openCode',
  'tunesmith.run.checkOutCode',
  'tunesmith.run.openLog',
  'tunesmith.run.useLearningRate',
  'tunesmith.file.open',
  'tunesmith.report.add',
  'tunesmith.place.pick',
  'tunesmith.logs.importRuns',
  'tunesmith.logs.openRun',
  'workbench.trust.manage',
] as const;

/** Messages to the webview. */
export type ToPanel =
  | { type: 'init'; state: PanelState; files: { file: string; name: string }[]; trusted: boolean; locale: string }
  /** `declined`: the person was asked and declined, which is not shown as an error. */
  | {
      type: 'reply';
      id: number;
      result?: unknown;
      error?: { message: string; problems?: FileProblem[]; declined?: boolean };
    }
  | { type: 'changed'; params: z.output<(typeof Notifications)['changed']> }
  | { type: 'seriesChanged'; params: z.output<(typeof Notifications)['seriesChanged']> }
  | { type: 'form'; form: FileForm }
  | { type: 'files'; files: { file: string; name: string }[] }
  /** Show this experiment or these runs (null: its newest), as a command or a click in the explorer says. */
  | {
      type: 'show';
      experiment?: string;
      runs?: string[] | null;
      tab?: PanelState['tab'];
      page?: PanelPage;
      file?: string;
    }
  /** The engine has disconnected or is back; after `connected` the panel requests everything that it shows again. */
  | { type: 'connection'; connected: boolean; message?: string }
  /** The panel's tab was hidden or shown; a webview that is kept alive cannot tell by itself. */
  | { type: 'visibility'; visible: boolean };

/** Answer to checkForm: message per field name; empty when all is well. */
export type FormProblems = { params: Record<string, string>; space: Record<string, string> };
