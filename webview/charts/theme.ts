import { COLORS, type Look } from '../../src/drawing/palette.js';

/** Colors of a chart, from the editor's theme. */
export interface ChartTheme {
  text: string;
  faintText: string;
  grid: string;
  axis: string;
  background: string;
  zoomFill: string;
  zoomBorder: string;
  series: string[];
  font: string;
  highContrast: boolean;
}

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const read = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read('--vscode-foreground', '#888'),
    faintText: read('--vscode-descriptionForeground', '#888'),
    grid: read('--ts-grid', 'rgba(128,128,128,.18)'),
    axis: read('--ts-axis', 'rgba(128,128,128,.5)'),
    background: read('--vscode-editor-background', '#fff'),
    zoomFill: read('--ts-zoom-fill', 'rgba(90,150,250,.2)'),
    zoomBorder: read('--vscode-focusBorder', '#4a90e2'),
    series: Array.from({ length: COLORS }, (_, i) => read(`--ts-series-${i}`, '#888')),
    font: read('--vscode-font-family', 'sans-serif'),
    highContrast:
      document.body.classList.contains('vscode-high-contrast') ||
      document.body.classList.contains('vscode-high-contrast-light'),
  };
}

/** The colour of a curve. */
export const colorOf = (theme: ChartTheme, look: Look): string => look.css ?? theme.series[look.color]!;

/** Calls back when the editor's theme has changed. */
export function onThemeChange(tell: () => void): void {
  // The editor swaps classes of the body and style properties of the root when the theme changes.
  const observer = new MutationObserver(() => requestAnimationFrame(tell));
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}

/** The same colour, seen through. */
export function fade(color: string, alpha: number): string {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!hex) return color;
  return `rgba(${hex
    .slice(1, 4)
    .map((part) => parseInt(part, 16))
    .join(',')},${alpha})`;
}
