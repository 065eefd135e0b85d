/** Style sheets of reports: of the preview in the editor, and of an exported page. */
import { SERIES } from '../../drawing/palette.js';

const series = (colors: readonly string[]): string => colors.map((color, i) => `--ts-series-${i}:${color};`).join('');

/** Variables of the preview: the editor's theme. */
export const PREVIEW_THEME = `
body {
  --r-text: var(--vscode-foreground); --r-faint: var(--vscode-descriptionForeground);
  --r-background: var(--vscode-editor-background); --r-code: var(--vscode-textCodeBlock-background);
  --r-border: var(--vscode-panel-border, rgba(128,128,128,.35)); --r-link: var(--vscode-textLink-foreground);
  --r-error: var(--vscode-errorForeground); --r-error-border: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  --r-row: var(--vscode-list-hoverBackground); --r-grid: rgba(200,200,200,.14); --r-axis: rgba(200,200,200,.4);
  --r-font: var(--vscode-font-family); --r-mono: var(--vscode-editor-font-family, monospace);
  ${series(SERIES.dark)}
}
body.vscode-light, body.vscode-high-contrast-light { --r-grid: rgba(60,60,60,.12); --r-axis: rgba(60,60,60,.4); ${series(SERIES.light)} }
body.vscode-high-contrast, body.vscode-high-contrast-light {
  --r-border: var(--vscode-contrastBorder); --r-axis: var(--vscode-foreground); --r-grid: rgba(128,128,128,.4);
}
`;

/** Variables of an exported page: light, or dark if the reader's system is. */
export const EXPORT_THEME = `
:root {
  color-scheme: light dark;
  --r-text: #1f2328; --r-faint: #59636e; --r-background: #ffffff; --r-code: #f3f4f6; --r-border: #d1d9e0; --r-link: #0969da;
  --r-error: #b42318; --r-error-border: #b42318; --r-row: #f6f8fa; --r-grid: rgba(60,60,60,.12); --r-axis: rgba(60,60,60,.45);
  --r-font: -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", Helvetica, Arial, sans-serif;
  --r-mono: ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace;
  ${series(SERIES.light)}
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --r-text: #d7dae0; --r-faint: #9ba3ae; --r-background: #1b1d21; --r-code: #26292f; --r-border: #3a3f47; --r-link: #6cb0f5;
    --r-error: #f48771; --r-error-border: #f48771; --r-row: #23262b; --r-grid: rgba(200,200,200,.14); --r-axis: rgba(200,200,200,.45);
    ${series(SERIES.dark)}
  }
}
`;

export const REPORT_STYLES = `
body { background: var(--r-background); color: var(--r-text); font-family: var(--r-font); font-size: 15px; line-height: 1.55; margin: 0; padding: 0 16px; overflow-wrap: anywhere; }
main { max-width: 960px; margin: 0 auto; padding: 20px 0 48px; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.5em 0 .6em; font-weight: 600; }
h1 { font-size: 2em; margin-top: .4em; border-bottom: 1px solid var(--r-border); padding-bottom: .25em; }
h2 { font-size: 1.5em; border-bottom: 1px solid var(--r-border); padding-bottom: .2em; }
h3 { font-size: 1.2em; } h4, h5, h6 { font-size: 1em; }
a { color: var(--r-link); }
img { max-width: 100%; }
code { font-family: var(--r-mono); font-size: .9em; background: var(--r-code); border-radius: 3px; padding: .1em .3em; }
pre { background: var(--r-code); border-radius: 4px; padding: 10px 12px; overflow: auto; }
pre code { background: none; padding: 0; }
blockquote { margin: 1em 0; padding: 0 1em; border-left: 4px solid var(--r-border); color: var(--r-faint); }
hr { border: 0; border-top: 1px solid var(--r-border); margin: 1.5em 0; }
figure { margin: 1.4em 0; }
figcaption { font-weight: 600; margin-bottom: .4em; }
/* The bar stays over the top of the page. */
.r-block, .r-tools button { scroll-margin-top: 48px; }
.r-block { position: relative; min-height: 24px; }
.r-tools { position: absolute; top: -6px; right: 0; z-index: 1; display: flex; gap: 2px; opacity: 0; background: var(--r-background); border-radius: 3px; }
.r-block:hover > .r-tools, .r-tools:focus-within { opacity: 1; }
.r-tools button, .r-handle { padding: 1px 7px; color: var(--r-faint); font-size: 13px; line-height: 20px; }
.r-handle { cursor: grab; letter-spacing: -3px; user-select: none; } .r-block.r-dragged { opacity: .45; }
.r-block .r-tools button:disabled { opacity: .35; cursor: default; }
.r-block .r-tools button:not(:disabled):hover { color: var(--r-link); text-decoration: none; }
.r-drop { height: 0; border-top: 2px solid var(--r-link); margin: -1px 0; }
.r-drawing svg { display: block; width: 100%; height: auto; }
.r-media { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: flex-start; }
.r-medium { margin: 0; max-width: 100%; } .r-medium figcaption { font-weight: 400; font-size: .85em; color: var(--r-faint); }
.r-medium.image img { display: block; min-width: 64px; image-rendering: auto; } .r-medium video { max-width: 100%; }
.r-medium.text, .r-medium.table { flex: 1 1 100%; min-width: 0; } .r-medium pre { max-height: 320px; margin: .3em 0; }
.r-note { color: var(--r-faint); font-size: .85em; margin: .3em 0 0; }
.r-values summary { color: var(--r-faint); font-size: .85em; cursor: pointer; width: fit-content; }
.r-table { overflow-x: auto; margin: .6em 0; }
.r-table table { border-collapse: collapse; font-size: .88em; font-variant-numeric: tabular-nums; }
.r-table th, .r-table td { border-bottom: 1px solid var(--r-border); padding: 4px 12px 4px 0; text-align: left; vertical-align: top; overflow-wrap: normal; white-space: nowrap; }
.r-table .long { white-space: normal; min-width: 180px; max-width: 420px; overflow-wrap: anywhere; }
.r-table thead th { white-space: nowrap; border-bottom-width: 2px; }
.r-table tbody th { font-weight: 400; }
.r-table tbody tr:hover { background: var(--r-row); }
.r-table .number { text-align: right; white-space: nowrap; } .r-table .center { text-align: center; }
.r-table .section { font-weight: 600; padding-top: 12px; }
.r-table .differs { font-weight: 600; }
.r-table .more { color: var(--r-faint); font-weight: 400; font-size: .92em; white-space: nowrap; }
.r-problems { border: 1px solid var(--r-error-border); border-radius: 4px; padding: 8px 12px; margin: 1.2em 0; }
.r-problem { margin: .2em 0; color: var(--r-error); }
.r-hint, .r-missing { color: var(--r-faint); }
.r-missing { border: 1px dashed var(--r-border); border-radius: 3px; padding: 1px 6px; }
.r-block button { font: inherit; color: var(--r-link); background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
.r-block button:hover { text-decoration: underline; }
:focus-visible { outline: 1px solid var(--vscode-focusBorder, var(--r-link)); outline-offset: 2px; }
.r-bar { position: sticky; top: 0; z-index: 2; display: flex; gap: 6px 14px; flex-wrap: wrap; justify-content: flex-end; padding: 6px 0; background: var(--r-background); font-size: .87em; }
.r-bar > div { display: contents; }
.r-bar button { font: inherit; color: var(--r-link); background: none; border: 0; padding: 2px 4px; cursor: pointer; }
.r-state, .r-moves { color: var(--r-faint); } .r-moves { margin-right: auto; }
.r-empty { color: var(--r-faint); }
.r-tip { position: fixed; z-index: 5; pointer-events: none; background: var(--vscode-editorHoverWidget-background, var(--r-code)); color: var(--r-text); border: 1px solid var(--vscode-editorHoverWidget-border, var(--r-border)); border-radius: 3px; padding: 6px 8px; font-size: 12px; max-width: 420px; }
.r-tip table { border-spacing: 0; } .r-tip td { padding: 0 8px 0 0; }
.r-tip td:nth-child(2) { text-align: right; font-variant-numeric: tabular-nums; }
.r-swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; }
${Array.from({ length: 10 }, (_, i) => `.r-series-${i} { background: var(--ts-series-${i}); }`).join(' ')}
@media (max-width: 420px) { body { padding: 0 8px; font-size: 14px; } h1 { font-size: 1.6em; } }
@media print {
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  figure, pre, blockquote, .r-table tr { break-inside: avoid; } h1, h2, h3 { break-after: avoid; }
  .r-values:not([open]) { display: none; } .r-table { overflow: visible; }
}
`;
