/** A run's facts, parameters, results, notes, messages and lineage. */
import { errorText, messageText } from '../../../src/format/said.js';
import { html, nothing, type TemplateResult } from 'lit';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import type { PipelineKin, Relative } from '../../../src/protocol/engine/runPage.js';
import { markAt } from '../../../src/protocol/values/floats.js';
import { ownFirst } from '../../../src/protocol/run/systemMetrics.js';
import { formatCount, formatNumber, formatParam } from '../../../src/format/numbers.js';
import { formatAgo, formatRunTime, formatTime } from '../../../src/format/times.js';
import { l10n } from '../../../src/format/l10n.js';
import { deviceText } from '../../../src/format/places.js';
import { icon } from '../../components/icon.js';
import { openRun } from '../../model/page/pages.js';
import type { RunFacts } from '../../model/page/runFacts.js';
import type { PanelModel } from '../../model/panel.js';
import { isReadOnly } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';
import './note.js';

/** Metrics that are listed at once; all have their curves. */
const MOST_METRICS = 200;

export function overviewSection(model: PanelModel, facts: RunFacts, run: RunDetail): TemplateResult {
  return html`<div class="page-columns">
    <div>
      ${error(model, run)} ${messages(run)}
      ${isReadOnly(run) ? nothing : html`<ts-note .model=${model} .run=${run}></ts-note>`}
      ${block(l10n.t('Parameters'), params(run))} ${block(l10n.t('Results'), metrics(run))}
    </div>
    <div>
      ${block(l10n.t('Run'), factsTable(run))} ${isReadOnly(run) ? nothing : lineage(model, facts, run)} ${acts(run)}
    </div>
  </div>`;
}

export function block(title: string, body: TemplateResult | typeof nothing): TemplateResult | typeof nothing {
  if (body === nothing) return nothing;
  return html`<section class="page-block" aria-label=${title}>
    <h3>${title}</h3>
    ${body}
  </section>`;
}

/** Names and values; a value may be long. */
export function pairs(rows: readonly (readonly [name: string, value: string | TemplateResult])[]): TemplateResult {
  return html`<table class="pairs">
    <tbody>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function params(run: RunDetail): TemplateResult {
  const rows = Object.entries(run.params).map(
    ([name, value]) => [name, formatParam(value, markAt(run.floats, name))] as const,
  );
  return rows.length > 0 ? pairs(rows) : html`<p class="hint">${l10n.t('This run has no parameters.')}</p>`;
}

function metrics(run: RunDetail): TemplateResult | typeof nothing {
  const all = ownFirst(run.metrics);
  if (all.length === 0) return nothing;
  return html`<div class="values-table">
      <table>
        <thead>
          <tr>
            ${[l10n.t('Metric'), l10n.t('Last'), l10n.t('Step'), l10n.t('Min'), l10n.t('Max'), l10n.t('Points')].map(
              (head) => html`<th scope="col">${head}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${all.slice(0, MOST_METRICS).map(
            ([name, one]) =>
              html`<tr>
                <th scope="row" title=${name}>
                  ${name}${one.source === 'output' ? html` <span class="hint">${l10n.t('read from the output')}</span>` : nothing}
                </th>
                <td>${formatNumber(one.last)}</td>
                <td>${formatNumber(one.lastStep)}</td>
                <td>${formatNumber(one.min)}</td>
                <td>${formatNumber(one.max)}</td>
                <td>${formatCount(one.count)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${all.length > MOST_METRICS ? html`<p class="hint">${l10n.t('{0} more have their curves under Charts.', all.length - MOST_METRICS)}</p>` : nothing}`;
}

function factsTable(run: RunDetail): TemplateResult {
  const time = (at: number | null) => (at === null ? '–' : `${formatTime(at)} (${formatAgo(at, Date.now())})`);
  const rows: [string, string | TemplateResult][] = [
    [l10n.t('Id'), html`<code>${run.id}</code>`],
    [l10n.t('Experiment'), run.experiment],
    [l10n.t('Started'), time(run.startedAt)],
    [l10n.t('Took'), formatRunTime(run, Date.now())],
  ];
  if (run.foreign) rows.push([l10n.t('Log of'), run.foreign.title], [l10n.t('Path'), run.foreign.path]);
  else
    rows.push(
      [l10n.t('Device'), run.device ? deviceText(run.device) : '–'],
      [l10n.t('Host'), run.host],
      [l10n.t('Command'), html`<code>${run.command.join(' ')}</code>`],
      [l10n.t('Working folder'), html`<code>${run.cwd}</code>`],
      [l10n.t('Seed'), String(run.seed)],
    );
  if (run.exitCode !== null) rows.push([l10n.t('Exit code'), String(run.exitCode)]);
  if (run.signal !== null) rows.push([l10n.t('Signal'), run.signal]);
  if (run.by !== undefined) rows.push([l10n.t('Started by'), l10n.t('agent {0}', run.by)]);
  for (const [name, value] of Object.entries(run.info)) rows.push([name, formatParam(value)]);
  return pairs(rows);
}

function error(model: PanelModel, run: RunDetail): TemplateResult | typeof nothing {
  if (!run.error) return nothing;
  return html`<section class="page-block page-error" role="note" aria-label=${l10n.t('Error')}>
    <p>${icon('error')} ${errorText(run.error)}</p>
    ${run.error.logTail ? html`<pre class="log-tail">${run.error.logTail}</pre>` : nothing}
    ${isReadOnly(run) ? nothing : html`<button type="button" class="link" @click=${() => openRun(model, run.id, 'log')}>${l10n.t('Show log')}</button>`}
  </section>`;
}

const LEVEL_ICONS = { info: 'info', warning: 'warning', error: 'error' } as const;

function messages(run: RunDetail): TemplateResult | typeof nothing {
  if (run.messages.length === 0) return nothing;
  return block(
    l10n.t('Messages'),
    html`<ul class="page-messages" data-testid=${TEST_IDS.pageMessages}>
      ${run.messages
        .toReversed()
        .map(
          (message) =>
            html`<li class=${message.level}>
              ${icon(LEVEL_ICONS[message.level], message.level)}<span>${messageText(message)}</span
              ><span class="hint"
                >${message.count > 1 ? `${message.count} × · ` : ''}${formatAgo(message.last, Date.now())}</span
              >
            </li>`,
        )}
    </ul>`,
  );
}

function acts(run: RunDetail): TemplateResult | typeof nothing {
  if (!run.acts?.length) return nothing;
  return block(
    l10n.t('Agents'),
    html`<ul class="page-messages">
      ${run.acts.map(
        ({ time, agent, what }) =>
          html`<li>
            ${icon('hubot')}<span>${agent}: ${what}</span><span class="hint">${formatAgo(time, Date.now())}</span>
          </li>`,
      )}
    </ul>`,
  );
}

function lineage(model: PanelModel, facts: RunFacts, run: RunDetail): TemplateResult | typeof nothing {
  const kin = facts.lineage.get();
  if (!kin) return nothing;
  const rows: TemplateResult[] = [];
  if (kin.search)
    rows.push(
      html`<li>
        ${icon('search')}<span
          >${l10n.t('Trial {0} of', run.trial ?? 0)}
          <button
            type="button"
            class="link"
            @click=${() => {
              model.setView({ search: kin.search!.id });
              model.setState({ tab: 'insight' });
            }}
          >
            ${kin.search.name}
          </button></span
        >
      </li>`,
    );
  kin.ancestors.forEach((one, i) => rows.push(relative(model, one, i === 0 ? 'from' : 'before')));
  for (const one of kin.descendants) rows.push(relative(model, one, 'to'));
  for (const one of kin.pipeline ?? []) rows.push(stageRow(model, one));
  if (rows.length === 0) return nothing;
  return block(
    l10n.t('Lineage'),
    html`<ul class="page-messages lineage" data-testid=${TEST_IDS.lineage}>
      ${rows}
    </ul>`,
  );
}

const STAGE_WORDS: Record<PipelineKin['role'], () => string> = {
  pipeline: () => l10n.t('Stage of the pipeline'),
  stage: () => l10n.t('Stage'),
  uses: () => l10n.t('Uses results of'),
  usedBy: () => l10n.t('Its results are used by'),
};

function stageRow(model: PanelModel, { role, id, name, stage }: PipelineKin): TemplateResult {
  const link =
    name === null
      ? html`<span class="hint">${l10n.t('{0} (deleted)', id)}</span>`
      : html`<button type="button" class="link" data-run=${id} @click=${() => openRun(model, id, 'overview')}>
          ${stage || name}
        </button>`;
  return html`<li data-role=${role}>${icon('type-hierarchy-sub')}<span>${STAGE_WORDS[role]()} ${link}</span></li>`;
}

function relative(
  model: PanelModel,
  { kind, id, name, step }: Relative,
  way: 'from' | 'before' | 'to',
): TemplateResult {
  const words =
    kind === 'branch'
      ? way === 'to'
        ? l10n.t('Branched into')
        : l10n.t('Branched from')
      : way === 'to'
        ? l10n.t('Run again as')
        : l10n.t('Rerun of');
  const link =
    name === null
      ? html`<span class="hint">${l10n.t('{0} (deleted)', id)}</span>`
      : html`<button type="button" class="link" data-run=${id} @click=${() => openRun(model, id, 'overview')}>
          ${name}
        </button>`;
  return html`<li>
    ${icon(kind === 'branch' ? 'git-branch' : 'debug-rerun')}<span
      >${way === 'before' ? `${l10n.t('before that:')} ` : ''}${words}
      ${link}${step === null ? '' : ` ${l10n.t('at step {0}', formatNumber(step))}`}</span
    >
  </li>`;
}
