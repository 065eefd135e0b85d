/** UTF-16 units of a value of a stored text at most. Apart from the schema, which small programs do without. */
export const LONGEST_VALUE = 4000;
