/** Styles of a card, with the colors of the editor's theme, or others outside an editor. */
export const STYLES = `
:host { display: block; font: 13px var(--vscode-font-family, sans-serif); color: var(--vscode-foreground, CanvasText); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-bottom: 4px; }
.name { overflow: hidden; text-overflow: ellipsis; max-width: 40em; }
.status { opacity: .8; }
.status::before { content: '● '; color: var(--vscode-descriptionForeground, gray); }
.status.running::before { color: var(--vscode-charts-blue, #3b8eea); }
.status.completed::before { color: var(--vscode-charts-green, #388a34); }
.status.failed::before { color: var(--vscode-charts-red, #e51400); }
button { font: inherit; color: var(--vscode-textLink-foreground, LinkText); background: none; border: 0; padding: 2px 4px; cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 1px solid var(--vscode-focusBorder, Highlight); }
.charts { display: flex; flex-wrap: wrap; gap: 12px; }
figure { margin: 0; width: 280px; }
figcaption { display: flex; justify-content: space-between; gap: 8px; }
figcaption b { font-variant-numeric: tabular-nums; white-space: nowrap; }
.metric { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
svg { display: block; width: 280px; height: 96px; border: 1px solid var(--vscode-panel-border, rgba(128, 128, 128, .35)); }
polyline { fill: none; stroke: var(--vscode-charts-blue, #3b8eea); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.dot { stroke-width: 4; }
.empty { margin: 4px 0; opacity: .8; }
`;
