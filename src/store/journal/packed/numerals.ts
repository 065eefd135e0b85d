/** The shortest text of a double, as JavaScript or as Python writes it. */

export const Style = { javascript: 0, python: 1 } as const;
export type Style = (typeof Style)[keyof typeof Style];

export const textOf = (x: number, style: Style): string => (style === Style.python ? pythonText(x) : String(x));

/** Python's `repr`: an exponent below 1e-4 and from 1e16 on, and a fraction in every float without one. */
function pythonText(x: number): string {
  if (Object.is(x, -0)) return '-0.0';
  const size = Math.abs(x);
  if ((size < 1e-4 && size > 0) || size >= 1e16) {
    const [digits, exponent] = x.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(x);
  return text.includes('.') ? text : `${text}.0`;
}
