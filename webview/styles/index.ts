import base from './base.css';
import cards from './cards.css';
import charts from './charts.css';
import compare from './compare.css';
import form from './form.css';
import insight from './insight.css';
import media from './media.css';
import overlays from './overlays.css';
import page from './page.css';
import results from './results.css';
import series from './series.css';
import table from './table.css';
import views from './views.css';

/** Style sheets come through the object model, which the content security policy lets scripts do; no inline styles. */
export function installStyles(): void {
  const sheets = [
    series,
    base,
    overlays,
    charts,
    cards,
    table,
    form,
    insight,
    results,
    media,
    page,
    compare,
    views,
  ].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
}
