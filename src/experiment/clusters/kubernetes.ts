/** The section `kubernetes:`. */
import { z } from 'zod';
import { word } from './word.js';

const absolute = (what: string) => word(what).regex(/^\//, `${what} must be an absolute path, such as /shared`);
/** A name of Kubernetes (RFC 1123). */
const label = (what: string) =>
  word(what).regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, `${what} must be lowercase letters, digits and dashes`);

const Volume = z
  .strictObject(
    {
      claim: label('claim').optional().describe('Name of a PersistentVolumeClaim.'),
      hostPath: absolute('hostPath').optional().describe('Folder of the nodes.'),
      nfs: word('nfs')
        .regex(/^[^:/\s]+:\/\S*$/, 'nfs must be a server and a path, such as: files:/export/team')
        .optional()
        .describe('Server and path of an NFS export: `files:/export/team`.'),
      path: absolute('path')
        .optional()
        .describe('Path at which this machine and the pods see the volume. Default: `hostPath`.'),
    },
    { error: 'volume must name where the folder is, such as: { claim: team, path: /shared }' },
  )
  .refine(
    ({ claim, hostPath, nfs }) => [claim, hostPath, nfs].filter((each) => each !== undefined).length === 1,
    'volume needs one of claim, hostPath and nfs',
  )
  .refine(({ hostPath, path }) => hostPath !== undefined || path !== undefined, 'volume needs a path');

export const WrittenKubernetes = z
  .strictObject({
    context: word('context').optional().describe('Context of your kubeconfig. Default: its current one.'),
    namespace: label('namespace').optional().describe('Namespace of the jobs. Default: the context’s.'),
    image: word('image').optional().describe('Container image, with Node 20 or later and what the program needs.'),
    queue: label('queue').optional().describe('Local queue of Kueue that admits the jobs.'),
    volume: Volume.optional().describe('Volume with this folder: `{ claim: team, path: /shared }`.'),
  })
  .describe('Image, queue and volume of the jobs of `on: kubernetes`.');
