import { z } from 'zod';

/**
 * A host as its own processes see it. Two processes can compare process numbers only if boot and pid namespace are the
 * same; the name is for people. Null: the system does not tell.
 */
export const HostIdentity = z.object({
  name: z.string().max(255),
  bootId: z.string().max(200).nullable(),
  pidNamespace: z.string().max(200).nullable(),
});
export type HostIdentity = z.infer<typeof HostIdentity>;
