/**
 * Restricts the GPUs to those that the requesting client's environment (its CUDA_VISIBLE_DEVICES) lets programs use.
 */
export function visibleGpus<G extends { index: number; uuid: string }>(
  gpus: readonly G[],
  visible: string | undefined,
): readonly G[] {
  if (visible === undefined) return gpus;
  const kept: G[] = [];
  for (const entry of visible.split(',').map((text) => text.trim())) {
    const gpu = gpus.find((one) => String(one.index) === entry || (entry.length > 4 && one.uuid.startsWith(entry)));
    // CUDA itself ignores everything from the first entry that names no device.
    if (!gpu) break;
    kept.push(gpu);
  }
  return kept;
}
