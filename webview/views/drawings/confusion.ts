import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { idle } from '../../components/idle.js';
import { repeat } from 'lit/directives/repeat.js';
import { button, dropdown } from '../../components/controls.js';
import {
  Confusions,
  exactPercent as percent,
  mayHaveMatrix,
  mistakes,
  shadeOf,
  type ClassScore,
  type Judged,
} from '../../model/confusion.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { TEST_IDS } from '../../testids.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** Above this many classes a grid is unreadable; the mistakes are listed instead. */
const MOST_IN_GRID = 40;
const MOST_MISTAKES = 25;

/** The confusion matrix of one of the drawn runs. */
class ConfusionView extends LitElement {
  static override properties = {
    model: { attribute: false },
    chosen: { state: true },
    shares: { state: true },
    at: { state: true },
  };
  declare model: PanelModel;
  declare chosen: string | null;
  declare shares: boolean;
  /** The cell that the arrow keys start from. */
  declare at: [row: number, column: number];
  private confusions: Confusions | null = null;

  constructor() {
    super();
    this.chosen = null;
    this.shares = false;
    this.at = [0, 0];
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.confusions ??= new Confusions(
      async (id) => {
        await idle();
        return (await this.model.host.request('runs/confusion', { id })).confusion;
      },
      () => this.requestUpdate(),
    );
  }

  override render(): TemplateResult | typeof nothing {
    // Bounded, or a hundred trials would be asked for theirs.
    const runs = mayHaveMatrix(this.model.shown).slice(0, 12);
    const having = runs.filter((run) => this.confusions!.of(run));
    const run =
      having.find(({ id }) => id === this.chosen) ?? having.find((one) => one === this.model.best) ?? having[0];
    const judged = run && this.confusions!.of(run);
    if (!run || !judged) return nothing;
    const grid = judged.classes.length <= MOST_IN_GRID;
    return html`<section
      class="result-card"
      aria-label=${l10n.t('Confusion matrix')}
      data-testid=${TEST_IDS.confusion(run.id)}
    >
      <div class="chart-head">
        <h2><span>${l10n.t('Confusion matrix')}</span></h2>
        ${
          having.length > 1
            ? dropdown({
                label: l10n.t('Run'),
                value: run.id,
                options: having.map((one) => ({ value: one.id, label: this.model.label(one).text })),
                testId: 'confusion-run',
                onChange: (id) => (this.chosen = id),
              })
            : nothing
        }
        ${
          grid
            ? button({
                label: l10n.t('Shares of each true class'),
                icon: 'symbol-operator',
                iconOnly: true,
                pressed: this.shares,
                testId: 'confusion-shares',
                onClick: () => (this.shares = !this.shares),
              })
            : nothing
        }
      </div>
      <p class="hint">${this.words(judged)}</p>
      ${grid ? this.grid(judged) : this.lists(judged)}
    </section>`;
  }

  private words({ total, accuracy, classes }: Judged): string {
    const right = accuracy === null ? '' : l10n.t(', {0} of them correct', percent(accuracy));
    return l10n.t(
      '{0} examples of {1} classes{2}. Rows: the true class; columns: the predicted class.',
      total,
      classes.length,
      right,
    );
  }

  private grid(judged: Judged): TemplateResult {
    const { classes, rows, scores, accuracy } = judged;
    const last = classes.length - 1;
    const [atRow, atColumn] = [Math.min(this.at[0], last), Math.min(this.at[1], last)];
    return html`<div class="confusion-scroll">
      <table
        class="confusion"
        role="grid"
        aria-label=${l10n.t('Confusion matrix')}
        @keydown=${(event: KeyboardEvent) => this.key(event, last)}
      >
        <thead>
          <tr>
            <th scope="col" class="corner"><span>${l10n.t('true ↓ predicted →')}</span></th>
            ${classes.map((name) => html`<th scope="col" title=${name}><span>${name}</span></th>`)}
            <th scope="col" class="score" title=${l10n.t('Recall: the share of examples of this class that are found')}>
              ${l10n.t('recall')}
            </th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row, i) =>
              html`<tr>
                <th scope="row" title=${classes[i]!}><span>${classes[i]}</span></th>
                ${row.map((count, j) => {
                  const { actual } = scores[i]!;
                  const share = actual > 0 ? count / actual : 0;
                  const text = this.shares ? (count === 0 ? '' : percent(share)) : String(count);
                  return html`<td
                    class="shade-${shadeOf(share, i === j)} ${i === j ? 'right' : 'wrong'}"
                    tabindex=${i === atRow && j === atColumn ? '0' : '-1'}
                    data-row=${i}
                    data-column=${j}
                    title=${told(classes[i]!, classes[j]!, count, actual)}
                    aria-label=${told(classes[i]!, classes[j]!, count, actual)}
                    @focus=${() => (this.at = [i, j])}
                  >
                    ${text}
                  </td>`;
                })}
                <td class="score">${shareText(scores[i]!.recall)}</td>
              </tr>`,
          )}
          <tr class="scores">
            <th scope="row" title=${l10n.t('Precision: the share of predictions of this class that are correct')}>
              ${l10n.t('precision')}
            </th>
            ${scores.map(({ precision }) => html`<td class="score">${shareText(precision)}</td>`)}
            <td class="score" title=${l10n.t('Accuracy: the share of all predictions that are correct')}>
              <b>${shareText(accuracy)}</b>
            </td>
          </tr>
        </tbody>
      </table>
    </div>`;
  }

  /** Arrow keys go from cell to cell; Home and End along the row. */
  private key(event: KeyboardEvent, last: number): void {
    const [row, column] = this.at;
    const steps: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, 0],
      End: [row, last],
    };
    const to = entryOf(steps, event.key);
    if (!to) return;
    event.preventDefault();
    this.at = to.map((place) => Math.max(0, Math.min(last, place))) as [number, number];
    this.querySelector<HTMLElement>(`td[data-row="${this.at[0]}"][data-column="${this.at[1]}"]`)?.focus();
  }

  private lists(judged: Judged): TemplateResult {
    const worst = [...judged.scores]
      .filter(({ f1 }) => f1 !== null)
      .sort((a, b) => a.f1! - b.f1!)
      .slice(0, MOST_MISTAKES);
    return html`<div class="confusion-lists">
      <table>
        <caption>
          ${l10n.t('Most frequent mistakes')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${l10n.t('True class')}</th>
            <th scope="col">${l10n.t('Predicted')}</th>
            <th scope="col">${l10n.t('Times')}</th>
            <th scope="col">${l10n.t('Share')}</th>
          </tr>
        </thead>
        <tbody>
          ${mistakes(judged, MOST_MISTAKES).map(
            (one) =>
              html`<tr>
                <th scope="row">${one.truth}</th>
                <td>${one.predicted}</td>
                <td>${one.count}</td>
                <td>${percent(one.share)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      <table>
        <caption>
          ${l10n.t('Classes with the most errors')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${l10n.t('Class')}</th>
            <th scope="col">${l10n.t('Precision')}</th>
            <th scope="col">${l10n.t('Recall')}</th>
            <th scope="col">F1</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            worst,
            ({ name }) => name,
            (score: ClassScore) =>
              html`<tr>
                <th scope="row">${score.name}</th>
                <td>${shareText(score.precision)}</td>
                <td>${shareText(score.recall)}</td>
                <td>${shareText(score.f1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}
customElements.define('ts-confusion', ConfusionView);

const shareText = (share: number | null): string => (share === null ? '–' : percent(share));

function told(truth: string, predicted: string, count: number, actual: number): string {
  const share = actual > 0 ? ` (${percent(count / actual)})` : '';
  return truth === predicted
    ? l10n.t('{0} of {1} “{2}” are predicted correctly{3}', count, actual, truth, share)
    : l10n.t('{0} of {1} “{2}” are predicted as “{3}”{4}', count, actual, truth, predicted, share);
}
