/** The panel's page. Its content policy starts from nothing: only our own script, styles, fonts and images may load. */
export interface PanelAssets {
  script: string;
  iconStyles: string;
  /** The webview's own origin, as its policy names it. */
  cspSource: string;
  nonce: string;
  language: string;
  /** The person's translations of the panel's texts, by the English text; none for English. */
  translations?: Readonly<Record<string, string>>;
}

export function panelHtml({ script, iconStyles, cspSource, nonce, language, translations = {} }: PanelAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data: blob:`,
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="${attribute(language)}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link id="codicons" rel="stylesheet" href="${attribute(iconStyles)}" />
    <title>Tunesmith</title>
  </head>
  <body data-translations="${attribute(JSON.stringify(translations))}">
    <script nonce="${nonce}" src="${attribute(script)}"></script>
  </body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
