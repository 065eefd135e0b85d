/** Tools for agents in the editor: they look at runs, and start runs once the person agrees. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { z } from 'zod';
import type { Run } from '../../protocol/engine.js';
import { Disposables, type Disposable } from '../events.js';
import { formatParams, escapeMarkdown } from '../format.js';
import type { ExperimentFiles } from '../files.js';
import { l10n } from '../l10n.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { TOOLS, type ToolInput, type ToolName } from '../manifest/tools.js';

export class AgentTools implements Disposable {
  private readonly all = new Disposables();

  constructor(
    private readonly engines: Engines,
    private readonly files: ExperimentFiles,
  ) {
    this.register('tunesmith_list_runs', (input) => this.listRuns(input));
    this.register('tunesmith_show_run', (input) => this.showRun(input));
    this.register('tunesmith_start_run', (input) => this.startRun(input));
    this.register('tunesmith_start_search', (input) => this.startSearch(input));
  }

  dispose(): void {
    this.all.dispose();
  }

  private register<N extends ToolName>(name: N, work: (input: ToolInput<N>) => Promise<unknown>): void {
    const { acts, title, input: schema } = TOOLS[name];
    const read = (raw: unknown) => (schema as z.ZodType).parse(raw ?? {}) as ToolInput<N>;
    const tool: vscode.LanguageModelTool<object> = {
      invoke: async ({ input }) => {
        const answer = await work(read(input));
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(answer))]);
      },
      prepareInvocation: ({ input }) => {
        if (!acts) return { invocationMessage: title };
        const { file, params, trials } = input as { file?: unknown; params?: object; trials?: unknown };
        const lines = [
          escapeMarkdown(String(file)),
          params && escapeMarkdown(formatParams(params as never)),
          trials !== undefined && l10n.t('{0} trials', String(trials)),
        ];
        const message = new vscode.MarkdownString(lines.filter(Boolean).join('\n\n'));
        return { invocationMessage: title, confirmationMessages: { title, message } };
      },
    };
    this.all.add(vscode.lm.registerTool(name, tool));
  }

  private async listRuns(input: ToolInput<'tunesmith_list_runs'>): Promise<unknown> {
    const lists = await Promise.all(
      this.engines.folders.map(async (folder) => {
        await folder.attach();
        return folder.requestIfRunning('runs/list', input);
      }),
    );
    const runs = lists.flatMap((list) => list?.runs ?? []);
    return {
      total: lists.reduce((sum, list) => sum + (list?.total ?? 0), 0),
      runs: runs.slice(0, input.limit).map(brief),
    };
  }

  private async showRun({ run: id, points, logBytes }: ToolInput<'tunesmith_show_run'>): Promise<unknown> {
    for (const folder of this.engines.folders) {
      await folder.attach();
      const run = await folder.requestIfRunning('runs/get', { id }).catch(() => undefined);
      if (!run) continue;
      const metrics = await Promise.all(
        Object.keys(run.metrics).map(async (metric) => {
          const { points: read } = await folder.request('metrics/read', { run: id, metric, points });
          return [metric, read.map(({ step, value }) => [step, value])];
        }),
      );
      const log = logBytes > 0 ? (await folder.request('log/read', { run: id, offset: -logBytes })).text : '';
      const { command, cwd, git, device, seed, exitCode, info } = run;
      return {
        ...brief(run),
        command,
        cwd,
        git,
        device,
        seed,
        exitCode,
        info,
        series: Object.fromEntries(metrics),
        log,
      };
    }
    throw new Error(l10n.t('There is no run {0}.', id));
  }

  private async startRun({ file, params }: ToolInput<'tunesmith_start_run'>): Promise<unknown> {
    const { folder, start } = await this.starting(file);
    const { run } = await folder.request('runs/start', { ...start, ...(params && { params }) });
    return brief(run);
  }

  private async startSearch({ file, trials }: ToolInput<'tunesmith_start_search'>): Promise<unknown> {
    const { folder, start } = await this.starting(file);
    const { search } = await folder.request('searches/start', { ...start, ...(trials && { trials }) });
    return { search: search.id, name: search.name, trials: search.trials, experiment: search.experiment };
  }

  private async starting(name: string) {
    const { folders } = this.engines;
    const file = path.isAbsolute(name) ? path.normalize(name) : path.join(folders[0]?.path ?? '', name);
    const folder: FolderEngine = this.engines.need(file);
    if (!this.files.isExperiment(file)) throw new Error(l10n.t('{0} is no experiment file.', file));
    const text = await this.files.unsavedText(file);
    return { folder, start: { file, ...(await folder.chosenPython()), ...(text !== undefined && { text }) } };
  }
}

/** Returns the part of a run that a model needs, so that nothing else fills its context. */
function brief({
  id,
  name,
  experiment,
  search,
  trial,
  status,
  params,
  metrics,
  objective,
  error,
  tags,
  note,
}: Run): object {
  const last = Object.fromEntries(Object.entries(metrics).map(([metric, summary]) => [metric, summary.last]));
  const trials = search === null ? {} : { search, trial };
  const remarks = { ...(error && { error }), ...(tags.length > 0 && { tags }), ...(note && { note }) };
  return {
    id,
    name,
    experiment,
    ...trials,
    status,
    params,
    metrics: last,
    objective: objective?.value ?? null,
    ...remarks,
  };
}
