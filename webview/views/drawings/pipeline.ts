import { errorText } from '../../../src/format/said.js';
import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import type { StageView } from '../../../src/protocol/run/pipeline.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatBytes, formatNumber } from '../../../src/format/numbers.js';
import { statusText } from '../../../src/format/statuses.js';
import { styles } from '../../components/cssVars.js';
import { icon, statusIcon } from '../../components/icon.js';
import { placed, type Placed } from '../../model/charts/pipeline.js';
import { openRun } from '../../model/page/pages.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { TEST_IDS } from '../../testids.js';

/** Sizes in pixels: of a stage, and between stages. */
const NODE = { width: 176, height: 84 };
const STEP = { x: NODE.width + 36, y: NODE.height + 14 };
/** Pipelines that are drawn at once, at most. */
const MOST = 4;

/** Pipelines among the drawn runs, as graphs of their stages with progress and results. */
class PipelineView extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;
  private readonly stages = new Map<string, StageView[]>();
  /** States of a pipeline's runs when it was asked for. */
  private readonly asked = new Map<string, string>();

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private read(run: Run): void {
    const known = (this.stages.get(run.id) ?? []).map(({ run: id }) => (id && this.model.runs.get(id)?.status) ?? '');
    const state = [run.status, run.progress?.fraction, run.progress?.text, ...known].join();
    if (this.asked.get(run.id) === state) return;
    this.asked.set(run.id, state);
    this.model.host.request('pipelines/get', { id: run.id }).then(
      ({ stages }) => {
        this.stages.set(run.id, stages);
        this.requestUpdate();
      },
      (error: unknown) => this.model.fail(l10n.t('Reading the pipeline'), error),
    );
  }

  override render(): TemplateResult | typeof nothing {
    const runs = this.model.shown.filter(({ stages }) => stages !== undefined).slice(0, MOST);
    for (const run of runs) this.read(run);
    const drawn = runs.filter(({ id }) => (this.stages.get(id)?.length ?? 0) > 0);
    return drawn.length === 0 ? nothing : html`${drawn.map((run) => this.graph(run, this.stages.get(run.id)!))}`;
  }

  private graph(run: Run, stages: readonly StageView[]): TemplateResult {
    const { nodes, edges } = placed(stages);
    const size = {
      width: Math.max(...nodes.map(({ column }) => column)) * STEP.x + NODE.width,
      height: Math.max(...nodes.map(({ row }) => row)) * STEP.y + NODE.height,
    };
    const title = l10n.t('Stages of {0}', run.name);
    return html`<section
      class="result-card pipeline"
      aria-label=${title}
      data-testid=${TEST_IDS.pipeline(run.id)}
      data-done=${stages.filter(({ status }) => status === 'completed').length}
    >
      <div class="chart-head">
        <h2><span>${title}</span></h2>
      </div>
      <div class="pipeline-scroll">
        <div class="pipeline-graph" role="list" ${styles({ width: `${size.width}px`, height: `${size.height}px` })}>
          <svg aria-hidden="true" width=${size.width} height=${size.height}>
            ${edges.map(([from, to]) => svg`<path d=${curve(from, to)}></path>`)}
          </svg>
          ${nodes.map((node) => this.node(node))}
        </div>
      </div>
    </section>`;
  }

  private node({ stage, column, row }: Placed): TemplateResult {
    const { name, kind, run } = stage;
    const { objective, sizes } = figures(stage);
    return html`<div
      role="listitem"
      class="stage"
      ${styles({ left: `${column * STEP.x}px`, top: `${row * STEP.y}px`, width: `${NODE.width}px`, height: `${NODE.height}px` })}
    >
      <button
        type="button"
        class="stage-${stage.status}"
        aria-disabled=${String(run === null)}
        title=${stage.error ? errorText(stage.error) : sentence(stage)}
        data-testid=${TEST_IDS.stage(name)}
        data-status=${stage.status}
        data-reused=${String(stage.reused)}
        @click=${() => run !== null && void this.model.select([run])}
        @dblclick=${() => run !== null && openRun(this.model, run, 'overview')}
      >
        <span class="stage-head"
          >${stageIcon(stage)}<b class="ellipsis">${name}</b
          >${stage.reused ? icon('references', l10n.t('unchanged, taken from an earlier run')) : nothing}</span
        >
        <span class="hint">${kind}</span>
        <span class="ellipsis">${objective}</span>
        <span class="hint ellipsis">${sizes}</span>
      </button>
    </div>`;
  }
}
customElements.define('ts-pipeline', PipelineView);

function stageIcon({ status }: StageView): TemplateResult {
  if (status === 'waiting') return icon('circle-outline', l10n.t('waiting'), 'status status-queued');
  if (status === 'skipped') return icon('debug-step-over', l10n.t('skipped'), 'status status-stopped');
  return statusIcon(status);
}

function figures({ objective, weights, bytes }: StageView): { objective: string; sizes: string } {
  const sizes = [
    weights === null ? '' : l10n.t('{0} weights', formatNumber(weights)),
    bytes === null ? '' : formatBytes(bytes),
  ];
  return {
    objective: objective ? `${objective.metric} ${formatNumber(objective.value)}` : '',
    sizes: sizes.filter(Boolean).join(' · '),
  };
}

/** The stage in words, for a screen reader. */
function sentence(stage: StageView): string {
  const { objective, sizes } = figures(stage);
  const { status } = stage;
  const state =
    status === 'waiting' ? l10n.t('waiting') : status === 'skipped' ? l10n.t('skipped') : statusText(status);
  const after = stage.after.length > 0 ? l10n.t('after {0}', stage.after.join(', ')) : '';
  const reused = stage.reused ? l10n.t('unchanged, taken from an earlier run') : '';
  return [`${stage.name} (${stage.kind})`, state, reused, objective, sizes, after].filter(Boolean).join(', ');
}

function curve(from: Placed, to: Placed): string {
  const x0 = from.column * STEP.x + NODE.width;
  const y0 = from.row * STEP.y + NODE.height / 2;
  const x1 = to.column * STEP.x;
  const y1 = to.row * STEP.y + NODE.height / 2;
  const bend = (x1 - x0) / 2;
  return `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}
