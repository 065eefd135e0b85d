/** HTML that a program has logged, for a sandboxed frame: without scripts, and with its styles in a form that our policy allows. */

/** Elements that would load, run or lead somewhere. The frame's sandbox and policy forbid it, too. */
const REMOVED = 'script, base, meta, link, iframe, frame, object, embed, form, portal, template';

export function framePage(text: string, nonce: string, colors: { foreground: string; background: string }): string {
  const page = new DOMParser().parseFromString(text, 'text/html');
  page.querySelectorAll(REMOVED).forEach((element) => element.remove());
  const rules = [
    `html { color: ${colors.foreground}; background: ${colors.background}; font: 13px sans-serif; }`,
    'img { max-width: 100%; }',
  ];
  // Pictures from elsewhere are not loaded; their alternative text is shown.
  for (const image of page.querySelectorAll('img, video, audio, source')) {
    const from = image.getAttribute('src') ?? '';
    if (!from.startsWith('data:')) image.replaceWith(image.getAttribute('alt') || `[${from.slice(0, 200)}]`);
  }
  for (const element of page.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) if (/^on/i.test(name)) element.removeAttribute(name);
    const style = element.getAttribute('style');
    if (style === null) continue;
    // The policy takes no style attributes; a rule of a sheet with our nonce does the same.
    const mark = `s${rules.length}`;
    element.setAttribute('data-style', mark);
    element.removeAttribute('style');
    rules.push(`[data-style="${mark}"] { ${style.replaceAll(/[{}<]/g, '')} }`);
  }
  page.querySelectorAll('style').forEach((sheet) => sheet.setAttribute('nonce', nonce));
  const sheet = page.createElement('style');
  sheet.setAttribute('nonce', nonce);
  sheet.textContent = rules.join('\n');
  page.head.prepend(sheet);
  return `<!doctype html>${page.documentElement.outerHTML}`;
}

/** The nonce that the page's own script has. */
export const pageNonce = (): string =>
  document.querySelector('meta[property="csp-nonce"]')?.getAttribute('content') ?? '';
