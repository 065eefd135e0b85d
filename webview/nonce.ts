/**
 * The toolkit's base library probes the browser with a style element and takes its nonce from a meta element; the page's
 * script already has that nonce. Imported before anything else, because the probing happens while modules load.
 */
const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce;
if (nonce && !document.querySelector('meta[property="csp-nonce"]')) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.setAttribute('content', nonce);
  document.head.append(meta);
}
export {};
