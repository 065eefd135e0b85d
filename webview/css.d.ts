/** esbuild bundles style sheets as text; `styles/index.ts` hands them to the document. */
declare module '*.css' {
  const text: string;
  export default text;
}
