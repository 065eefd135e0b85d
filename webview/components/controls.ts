import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from './icon.js';

export interface ButtonOptions {
  label: string;
  /** Codicon in front of, or instead of, the label. */
  icon?: string;
  /** Only the icon is visible; the label is for screen readers and the tooltip. */
  iconOnly?: boolean;
  look?: 'primary' | 'secondary';
  disabled?: boolean;
  /** Shown as tooltip instead of the label. */
  title?: string;
  testId?: string;
  pressed?: boolean;
  onClick(event: Event): void;
}

export function button(options: ButtonOptions): TemplateResult {
  if (options.iconOnly) {
    // A plain button: hundreds may be on the screen (table rows, legend), and a toolkit element each is heavy.
    return html`<button
      type="button"
      class="icon-button"
      title=${options.title ?? options.label}
      aria-label=${options.label}
      aria-pressed=${options.pressed === undefined ? nothing : String(options.pressed)}
      data-testid=${ifDefined(options.testId)}
      ?disabled=${options.disabled ?? false}
      @click=${options.onClick}
    >
      ${icon(options.icon ?? 'blank')}
    </button>`;
  }
  return html`<vscode-button
    appearance=${options.look ?? 'secondary'}
    title=${ifDefined(options.title)}
    data-testid=${ifDefined(options.testId)}
    ?disabled=${options.disabled ?? false}
    aria-disabled=${options.disabled ? 'true' : nothing}
    @click=${options.onClick}
    >${options.label}${
      options.icon
        ? html`<span slot="start" class="codicon codicon-${options.icon}" aria-hidden="true"></span>`
        : nothing
    }</vscode-button
  >`;
}

export interface TextOptions {
  label: string;
  value: string;
  placeholder?: string;
  icon?: string;
  disabled?: boolean;
  invalid?: boolean;
  /** Id of the element that holds the message. */
  describedBy?: string;
  inputMode?: 'decimal' | 'numeric' | 'text';
  testId?: string;
  monospace?: boolean;
  autofocus?: boolean;
  onInput(value: string): void;
  onEnter?(): void;
}

export function textField(options: TextOptions): TemplateResult {
  return html`<vscode-text-field
    class="text-field ${options.invalid ? 'invalid' : ''} ${options.monospace ? 'mono' : ''}"
    aria-label=${options.label}
    aria-invalid=${options.invalid ? 'true' : nothing}
    aria-describedby=${ifDefined(options.describedBy)}
    placeholder=${ifDefined(options.placeholder)}
    inputmode=${ifDefined(options.inputMode)}
    spellcheck="false"
    autocomplete="off"
    data-testid=${ifDefined(options.testId)}
    ?disabled=${options.disabled ?? false}
    ?autofocus=${options.autofocus ?? false}
    aria-disabled=${options.disabled ? 'true' : nothing}
    .value=${live(options.value)}
    @input=${(event: Event) => options.onInput((event.target as HTMLInputElement).value)}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === 'Enter' && options.onEnter) options.onEnter();
    }}
    >${
      options.icon
        ? html`<span slot="start" class="codicon codicon-${options.icon}" aria-hidden="true"></span>`
        : nothing
    }</vscode-text-field
  >`;
}

export interface DropdownOptions {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  disabled?: boolean;
  invalid?: boolean;
  testId?: string;
  onChange(value: string): void;
}

export function dropdown(options: DropdownOptions): TemplateResult {
  return html`<vscode-dropdown
    class="dropdown ${options.invalid ? 'invalid' : ''}"
    aria-label=${options.label}
    title=${options.label}
    data-testid=${ifDefined(options.testId)}
    ?disabled=${options.disabled ?? false}
    aria-disabled=${options.disabled ? 'true' : nothing}
    .value=${live(options.value)}
    @change=${(event: Event) => {
      const value = (event.target as HTMLSelectElement).value;
      if (value !== options.value) options.onChange(value);
    }}
    >${repeat(
      options.options,
      (option) => option.value,
      (option) =>
        html`<vscode-option value=${option.value} ?selected=${option.value === options.value}
          >${option.label}</vscode-option
        >`,
    )}</vscode-dropdown
  >`;
}

export interface CheckboxOptions {
  label: string;
  checked: boolean;
  indeterminate?: boolean;
  disabled?: boolean;
  title?: string;
  testId?: string;
  onChange(checked: boolean): void;
}

export function checkbox(options: CheckboxOptions): TemplateResult {
  return html`<vscode-checkbox
    title=${ifDefined(options.title)}
    data-testid=${ifDefined(options.testId)}
    ?disabled=${options.disabled ?? false}
    .checked=${live(options.checked)}
    @change=${(event: Event) => options.onChange((event.target as HTMLInputElement).checked)}
    >${options.label}</vscode-checkbox
  >`;
}

/** A checkbox without words, cheap enough for every row of a table. */
export function tick(options: CheckboxOptions): TemplateResult {
  return html`<input
    type="checkbox"
    class="tick"
    aria-label=${options.label}
    title=${options.title ?? options.label}
    data-testid=${ifDefined(options.testId)}
    ?disabled=${options.disabled ?? false}
    .checked=${live(options.checked)}
    .indeterminate=${options.indeterminate ?? false}
    @click=${(event: Event) => event.stopPropagation()}
    @change=${(event: Event) => options.onChange((event.target as HTMLInputElement).checked)}
  />`;
}

export interface SliderOptions {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  text: string;
  testId?: string;
  onInput(value: number): void;
}

/** The toolkit has no slider. */
export function slider(options: SliderOptions): TemplateResult {
  return html`<label class="slider" title=${options.label}
    ><span>${options.label}</span
    ><input
      type="range"
      min=${options.min}
      max=${options.max}
      step=${options.step}
      data-testid=${ifDefined(options.testId)}
      aria-valuetext=${options.text}
      .value=${live(String(options.value))}
      @input=${(event: Event) => options.onInput(Number((event.target as HTMLInputElement).value))}
    /><span class="slider-text">${options.text}</span></label
  >`;
}
