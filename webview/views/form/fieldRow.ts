import { html, nothing, type TemplateResult } from 'lit';
import { markAt } from '../../../src/protocol/values/floats.js';
import type { FormField } from '../../../src/protocol/panel/index.js';
import { button, checkbox, dropdown, textField } from '../../components/controls.js';
import { icon } from '../../components/icon.js';
import type { Draft } from '../../model/form/draft.js';
import { fieldText, suggestSpace } from '../../model/form/fields.js';
import { formatParam } from '../../../src/format/numbers.js';
import { TEST_IDS } from '../../testids.js';
import { l10n } from '../../../src/format/l10n.js';

/** The context in which a row of the form is shown and edited. */
export interface RowContext {
  draft: Draft;
  edit(change: (draft: Draft) => void): void;
  /** Enter was pressed in a field. */
  launch(): void;
}

function control(context: RowContext, field: FormField, error: string | null): TemplateResult {
  const { draft } = context;
  const shared = { label: field.name, testId: TEST_IDS.field(field.name), invalid: error !== null };
  const set = (text: string) => context.edit((one) => one.setText(field, text));
  if (field.kind === 'switch') {
    const checked = draft.text(field) === 'true';
    return checkbox({
      ...shared,
      label: checked ? l10n.t('on') : l10n.t('off'),
      title: field.name,
      checked,
      onChange: (on) => set(String(on)),
    });
  }
  if (field.kind === 'choice') {
    const texts = (field.choices ?? []).map((choice, i) => fieldText(choice, markAt(field.choiceFloats, i)));
    const value = draft.text(field);
    // A value that is not among the choices is shown, and refused, rather than silently replaced.
    const all = texts.includes(value) ? texts : [value, ...texts];
    return dropdown({
      ...shared,
      value,
      options: all.map((text) => ({ value: text, label: text || l10n.t('(none)') })),
      onChange: set,
    });
  }
  return textField({
    ...shared,
    value: draft.text(field),
    describedBy: `error-${field.name}`,
    inputMode: field.kind === 'number' ? 'decimal' : field.kind === 'integer' ? 'numeric' : 'text',
    onInput: set,
    onEnter: () => context.launch(),
  });
}

function spaceControl(context: RowContext, field: FormField): TemplateResult {
  const { draft } = context;
  const text = draft.space(field);
  const error = draft.spaceError(field);
  const searched = text !== '' || draft.spaces.has(field.name);
  if (!searched) {
    return html`<div class="space">
      ${button({
        label: l10n.t('Search over {0}', field.name),
        icon: 'add',
        iconOnly: true,
        onClick: () => context.edit((one) => one.setSpace(field, suggestSpace(field))),
      })}<span class="hint">${l10n.t('fixed')}</span>
    </div>`;
  }
  return html`<div class="space">
    ${textField({
      label: l10n.t('Search space of {0}', field.name),
      value: text,
      placeholder: l10n.t('not searched'),
      monospace: true,
      invalid: error !== null,
      describedBy: `space-error-${field.name}`,
      testId: TEST_IDS.space(field.name),
      onInput: (value) => context.edit((one) => one.setSpace(field, value)),
    })}
    ${button({
      label: l10n.t('Remove {0} from the search', field.name),
      icon: 'close',
      iconOnly: true,
      onClick: () => context.edit((one) => one.setSpace(field, '')),
    })}
  </div>`;
}

/** A hyperparameter: name, value, search space, and their errors. */
export function fieldRow(context: RowContext, field: FormField): TemplateResult {
  const { draft } = context;
  const error = draft.paramError(field);
  const spaceError = draft.spaceError(field);
  const bounds = boundsText(field);
  const edited = draft.params.has(field.name);
  return html`<div class="form-name ${edited ? 'edited' : ''}" title=${`${field.name}\n${field.description ?? ''}`}>
      <span class="ellipsis">${field.name}</span>
      ${field.description ? html`<span class="hint ellipsis">${field.description}</span>` : nothing}
    </div>
    <div class="form-value">
      <div class="row">
        ${control(context, field, error)}
        ${
          edited
            ? button({
                label: l10n.t('Back to {0}', formatParam(field.value)),
                icon: 'discard',
                iconOnly: true,
                onClick: () => context.edit((one) => one.setText(field, fieldText(field.value, field.float))),
              })
            : nothing
        }
        ${bounds && error === null ? html`<span class="hint bounds">${bounds}</span>` : nothing}
      </div>
      ${fieldMessage(`error-${field.name}`, TEST_IDS.fieldError(field.name), error)}
    </div>
    <div class="form-space">
      ${spaceControl(context, field)}
      ${fieldMessage(`space-error-${field.name}`, TEST_IDS.spaceError(field.name), spaceError)}
    </div>`;
}

/** The reason why a value is refused, next to it. */
export function fieldMessage(id: string, testId: string, text: string | null): TemplateResult | typeof nothing {
  return text === null
    ? nothing
    : html`<div class="field-error" id=${id} role="alert" data-testid=${testId}>${icon('error')} ${text}</div>`;
}

function boundsText(field: FormField): string {
  const { min, max } = field;
  if (min !== undefined && max !== undefined) return `${formatParam(min)}–${formatParam(max)}`;
  return min !== undefined ? `≥ ${formatParam(min)}` : max !== undefined ? `≤ ${formatParam(max)}` : '';
}
