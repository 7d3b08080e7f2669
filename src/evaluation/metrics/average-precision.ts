/** Average precision of a ranked list, where the number of missed entries is not known. */

/**
 * Mean of the precision at each correct entry of a list ranked from the surest on; entries that never
 * came (missed points) cost nothing. The figure of NN mAP. 0 when nothing is correct.
 *
 * @param correct by descending confidence.
 */
export function rankedPrecision(correct: readonly boolean[]): number {
  let found = 0;
  let sum = 0;
  for (const [n, isCorrect] of correct.entries()) {
    if (!isCorrect) continue;
    found++;
    sum += found / (n + 1);
  }
  return found === 0 ? 0 : sum / found;
}
