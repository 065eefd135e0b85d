/** Schema of records whose keys people choose. */
import { z } from 'zod';
import { setEntry } from './records.js';

/** Like zod's own records, which drop the key `__proto__` without a word. */
const AnyKeyRecord = z.core.$constructor<z.ZodRecord<z.ZodString, z.ZodType>>(
  'AnyKeyRecord',
  (instance, definition) => {
    z.ZodRecord.init(instance, definition);
    instance._zod.parse = (payload, context) => {
      const input: unknown = payload.value;
      if (!z.core.util.isPlainObject(input)) {
        payload.issues.push({ expected: 'record', code: 'invalid_type', input, inst: instance });
        return payload;
      }
      const result: Record<string, unknown> = {};
      payload.value = result;
      for (const [key, value] of Object.entries(input)) {
        const read = definition.valueType._zod.run({ value, issues: [] }, context);
        if (read instanceof Promise) throw new Error('schemas of records are synchronous');
        payload.issues.push(...z.core.util.prefixIssues(key, read.issues));
        setEntry(result, key, read.value);
      }
      return payload;
    };
  },
);

/** An object with any keys, all of whose values match the schema. */
export function record<V extends z.ZodType>(value: V, params?: { error?: string }): z.ZodRecord<z.ZodString, V> {
  const { error } = params ?? {};
  const schema = new AnyKeyRecord({
    type: 'record',
    keyType: z.string(),
    valueType: value,
    ...(error !== undefined && { error: () => error }),
  });
  return schema as unknown as z.ZodRecord<z.ZodString, V>;
}
