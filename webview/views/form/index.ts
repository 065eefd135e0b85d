import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Run, Search } from '../../../src/protocol/engine/index.js';
import { button, dropdown, textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { icon } from '../../components/icon.js';
import { drawTogether } from '../../model/runs/actions.js';
import { Draft } from '../../model/form/draft.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { formatParam } from '../../../src/format/numbers.js';
import { TEST_IDS } from '../../testids.js';
import { fieldMessage, fieldRow, type RowContext } from './fieldRow.js';
import { missingFile } from './missingFile.js';
import '../search/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { placeTitle } from '../../../src/format/places.js';
import { goalText } from '../../../src/format/statuses.js';

/** Delay after the last key before the host checks the text. */
const CHECK_DELAY = 300;

/** Edits an experiment file's hyperparameters and search space; runs them, searches them, saves them. */
class FormView extends LitElement {
  static override properties = { model: { attribute: false }, busy: { state: true } };
  declare model: PanelModel;
  declare busy: boolean;
  private draft: Draft | null = null;
  private checking: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    this.busy = false;
    new Follows(this, () => this.model.signal, ['form', 'state', 'runs', 'searches']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.model.state.file && this.model.form?.file !== this.model.state.file) void this.model.readForm();
  }

  protected override willUpdate(): void {
    const { form } = this.model;
    if (form && this.draft?.form !== form) this.draft = new Draft(form, this.model.view.draft);
    else if (!form && this.model.state.file === null) this.draft = null;
  }

  private edit(change: (draft: Draft) => void): void {
    change(this.draft!);
    this.keep();
    if (this.checking !== null) clearTimeout(this.checking);
    this.checking = setTimeout(() => void this.check(), CHECK_DELAY);
  }

  private keep(): void {
    this.model.setView({ draft: this.draft!.edits() });
    this.requestUpdate();
  }

  private async check(): Promise<void> {
    const draft = this.draft;
    if (!draft || !draft.edited) return;
    const take = draft.asking();
    try {
      take(
        await this.model.host.checkForm({
          file: draft.form.file,
          params: draft.changedParams(),
          space: draft.changedSpaces(),
        }),
      );
      this.requestUpdate();
    } catch {
      // Errors are shown when the person acts.
    }
  }

  private async during(doing: string, work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.model.fail(doing, error);
    } finally {
      this.busy = false;
    }
  }

  /** The newest run of this file, together with which a relaunch is drawn. */
  private earlier(): Run | null {
    const runs = [...this.model.runs.values()].filter((run) => run.file === this.draft?.form.file);
    return runs.sort((a, b) => b.createdAt - a.createdAt)[0] ?? null;
  }

  private readonly relaunch = () =>
    this.during(l10n.t('Starting the run'), async () => {
      const draft = this.draft!;
      const earlier = this.earlier();
      const { run } = await this.model.host.request('runs/start', {
        file: draft.form.file,
        params: draft.changedParams(),
        floats: draft.changedFloats(),
      });
      drawTogether(this.model, run, earlier ? [earlier] : []);
      this.model.setState({ tab: 'charts' });
    });

  private readonly save = () =>
    this.during(l10n.t('Saving to the file'), async () => {
      const draft = this.draft!;
      const space = draft.changedSpaces();
      await this.model.host.writeForm({
        file: draft.form.file,
        params: draft.changedParams(),
        floats: draft.changedFloats(),
        ...(Object.keys(space).length > 0 ? { space } : {}),
        ...(draft.trialCount === undefined ? {} : { trials: draft.trialCount }),
      });
      await this.model.readForm();
      if (this.model.form) this.draft = new Draft(this.model.form, this.model.view.draft);
      this.keep();
      this.model.toasts.add({ kind: 'info', text: l10n.t('Saved to the file; you can undo it in the editor.') });
    });

  private readonly startSearch = () =>
    this.during(l10n.t('Starting the search'), async () => {
      const draft = this.draft!;
      const space = draft.wholeSpace();
      const { search } = await this.model.host.request('searches/start', {
        file: draft.form.file,
        ...space,
        ...(draft.trialCount === undefined ? {} : { trials: draft.trialCount }),
      });
      this.model.takeSearch(search);
      this.model.setView({ search: search.id });
      if (search.experiment !== this.model.state.experiment) await this.model.openExperiment(search.experiment);
      this.model.announcer.say(l10n.t('Search {0} started', search.name));
    });

  /** A search of this file that takes values to try. */
  private openSearch(): Search | null {
    const open = [...this.model.searches.values()].filter(
      (search) => search.file === this.draft?.form.file && (search.status === 'running' || search.status === 'paused'),
    );
    return open.sort((a, b) => b.createdAt - a.createdAt)[0] ?? null;
  }

  private enqueue(search: Search): Promise<void> {
    return this.during(l10n.t('Adding a trial to {0}', search.name), async () => {
      const params = this.draft!.paramsOf(Object.keys(search.space));
      await this.model.host.request('searches/enqueue', { id: search.id, params });
      this.model.toasts.add({ kind: 'info', text: l10n.t('These values are tried next in {0}.', search.name) });
    });
  }

  /** Applies the edits of the search without starting another one. */
  private changeSearch(search: Search): Promise<void> {
    return this.during(l10n.t('Changing {0}', search.name), async () => {
      const draft = this.draft!;
      const space = draft.wholeSpace();
      const trials = draft.trialCount;
      await this.model.host.request('searches/change', {
        id: search.id,
        ...space,
        ...(trials !== undefined && { trials }),
      });
      this.model.toasts.add({ kind: 'info', text: l10n.t('{0} continues with this.', search.name) });
    });
  }

  private applyLive(run: Run): Promise<void> {
    return this.during(l10n.t('Changing {0}', run.name), async () => {
      const params = this.draft!.changedParams();
      await this.model.host.request('runs/set', { id: run.id, params, floats: this.draft!.changedFloats() });
      const text = Object.entries(params).map(([name, value]) => `${name} = ${formatParam(value)}`);
      this.model.toasts.add({
        kind: 'info',
        text: l10n.t('Asked {0} to continue with {1}.', run.name, text.join(', ')),
      });
    });
  }

  // ---- what is seen ----

  private problems(): TemplateResult | typeof nothing {
    const problems = this.draft!.form.problems;
    if (problems.length === 0) return nothing;
    return html`<ul class="problems">
      ${problems.slice(0, 5).map(
        (problem) =>
          html`<li class=${problem.severity}>
            <button
              type="button"
              class="link"
              @click=${() => this.model.host.command('tunesmith.file.open', problem.file, problem.line, problem.column)}
            >
              ${icon(problem.severity)} ${l10n.t('Line {0}: {1}', problem.line, problem.message)}
              ${problem.hint ? `(${problem.hint})` : ''}
            </button>
          </li>`,
      )}
    </ul>`;
  }

  private searchSettings(): TemplateResult {
    const draft = this.draft!;
    const { search, objective } = draft.form;
    const error = draft.trialsError();
    return html`<div class="search-settings">
      <label
        >${l10n.t('Trials')}
        ${textField({
          label: l10n.t('Trials'),
          value: draft.trials ?? String(search?.trials ?? ''),
          placeholder: l10n.t('all'),
          inputMode: 'numeric',
          invalid: error !== null,
          testId: 'field-trials',
          onInput: (text) => this.edit((one) => one.setTrials(text)),
        })}</label
      >
      <span class="hint">${l10n.t('sampler')} <b>${search?.sampler ?? 'auto'}</b></span>
      <span class="hint">${l10n.t('pruner')} <b>${search?.pruner ?? 'none'}</b></span>
      <span class="hint">${l10n.t('parallel')} <b>${search?.parallel ?? 'auto'}</b></span>
      ${objective ? html`<span class="hint">${goalText(objective.goal)} <b>${objective.metric}</b></span>` : nothing}
      ${fieldMessage('error-trials', 'field-error-trials', error)}
    </div>`;
  }

  /** Why nothing can be started now; null when it can. */
  private blocked(): string | null {
    if (!this.model.trusted) return l10n.t('Trust this workspace to start programs');
    const wrong = this.draft!.form.problems.some((problem) => problem.severity === 'error');
    return wrong ? l10n.t('Fix the file first') : null;
  }

  private buttons(): TemplateResult {
    const { model } = this;
    const draft = this.draft!;
    const why = this.blocked() ?? undefined;
    const blocked = this.busy || why !== undefined;
    const searched = draft.form.fields.some((field) => draft.space(field).trim() !== '');
    const running = [...model.runs.values()].filter((run) => run.file === draft.form.file && run.status === 'running');
    const hasRun = this.earlier() !== null;
    const open = this.openSearch();
    return html`<div class="form-buttons">
        ${button({
          label: hasRun ? l10n.t('Relaunch') : l10n.t('Run'),
          icon: hasRun ? 'debug-rerun' : 'play',
          look: 'primary',
          disabled: blocked || !draft.paramsValid,
          title: why,
          testId: TEST_IDS.relaunch,
          onClick: () => void this.relaunch(),
        })}
        ${button({
          label: l10n.t('Start search'),
          icon: 'search',
          disabled: blocked || !draft.paramsValid || !draft.spacesValid || !draft.form.objective || !searched,
          title:
            why ??
            (!draft.form.objective
              ? l10n.t('To search, the file needs an objective:')
              : !searched
                ? l10n.t('Add a parameter to the search first')
                : undefined),
          testId: TEST_IDS.startSearch,
          onClick: () => void this.startSearch(),
        })}
        ${
          open
            ? button({
                label: l10n.t('Try in search'),
                icon: 'add',
                disabled: blocked || !draft.paramsValid,
                title: why ?? l10n.t('{0} tries these values next, in addition to its planned trials', open.name),
                testId: TEST_IDS.enqueue,
                onClick: () => void this.enqueue(open),
              })
            : nothing
        }
        ${
          open && (draft.spaces.size > 0 || draft.trialCount !== undefined)
            ? button({
                label: l10n.t('Apply to search'),
                icon: 'zap',
                disabled: blocked || !draft.paramsValid || !draft.spacesValid,
                title: why ?? l10n.t('{0} continues in this space, with this number of trials', open.name),
                testId: TEST_IDS.changeSearch,
                onClick: () => void this.changeSearch(open),
              })
            : nothing
        }
        ${
          draft.form.place
            ? button({
                label: `${l10n.t('on {0}', draft.form.place)} ▾`,
                icon: 'server-environment',
                title: `${placeTitle(draft.form.place)}. ${l10n.t('Click to choose where to run')}`,
                testId: TEST_IDS.place,
                onClick: () => model.host.command('tunesmith.place.pick', draft.form.file),
              })
            : nothing
        }
        ${button({
          label: l10n.t('Save to file'),
          icon: 'save',
          disabled: this.busy || !draft.edited || !draft.paramsValid || !draft.spacesValid,
          testId: TEST_IDS.saveFile,
          onClick: () => void this.save(),
        })}
        ${button({
          label: l10n.t('Reset'),
          icon: 'discard',
          disabled: !draft.edited,
          testId: TEST_IDS.resetForm,
          onClick: () => {
            this.draft = new Draft(draft.form);
            this.keep();
          },
        })}
      </div>
      ${
        draft.params.size > 0 && draft.paramsValid && model.trusted
          ? html`<div class="form-buttons">
              ${running.slice(0, 3).map((run) =>
                button({
                  label: l10n.t('Apply to running {0}', run.name),
                  icon: 'zap',
                  disabled: this.busy,
                  title: l10n.t('Changes the values in the running program, if it supports that'),
                  testId: TEST_IDS.applyLive,
                  onClick: () => void this.applyLive(run),
                }),
              )}
            </div>`
          : nothing
      }`;
  }

  override render(): TemplateResult {
    const { model } = this;
    const draft = this.draft;
    const search = html`<ts-search .model=${model}></ts-search>`;
    const missing = draft ? null : missingFile(model);
    if (missing) return html`<div class="form-layout">${missing}${search}</div>`;
    if (!draft) return emptyState('loading', l10n.t('Reading the experiment file…'));
    const { form } = draft;
    const context: RowContext = {
      draft,
      edit: (change) => this.edit(change),
      launch: () => {
        if (draft.paramsValid && this.blocked() === null) void this.relaunch();
      },
    };
    return html`<div class="form-layout">
      <section class="form" aria-label=${l10n.t('Hyperparameters')}>
        <div class="form-file">
          ${
            model.files.length > 1
              ? dropdown({
                  label: l10n.t('Experiment file'),
                  value: form.file,
                  options: model.files.map(({ file, name }) => ({ value: file, label: name })),
                  testId: 'file-picker',
                  onChange: (file) => void model.openFile(file),
                })
              : html`<h2>${form.name}</h2>`
          }
          ${button({
            label: l10n.t('Open file'),
            icon: 'go-to-file',
            iconOnly: true,
            onClick: () => model.host.command('tunesmith.file.open', form.file),
          })}
          <span class="hint ellipsis" title=${form.file}>${form.file.split(/[\\/]/).pop()}</span>
        </div>
        ${this.problems()}
        <div class="form-grid">
          ${[l10n.t('Hyperparameter'), l10n.t('Value'), l10n.t('Search space')].map((title) => html`<div class="form-head">${title}</div>`)}
          ${repeat(
            form.fields,
            (field) => field.name,
            (field) => fieldRow(context, field),
          )}
        </div>
        ${form.fields.length === 0 ? html`<p class="hint">${l10n.t('The file has no params: yet.')}</p>` : nothing}
        ${this.searchSettings()} ${this.buttons()}
      </section>
      ${search}
    </div>`;
  }
}
customElements.define('ts-form', FormView);
