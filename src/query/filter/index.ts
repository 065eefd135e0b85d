export { chips, completions, fieldsOf, quoteName, type Completion, type Names } from './complete.js';
export { matches, type Fields, type FieldValue } from './matches.js';
export { parseFilter } from './parse.js';
export { FilterError, type Field, type Filter } from './syntax.js';
