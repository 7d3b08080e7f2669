/** Average precision of a ranked list: two definitions, because the field uses both. */

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

/** A point of the precision-recall curve. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
}

/**
 * The precision-recall curve of a ranked list and the area under its envelope: at each recall the best
 * precision that any larger recall still has. The figure of detector mAP.
 *
 * @param correct by descending confidence.
 * @param positives how many there were to find, found or not.
 * @returns the area in [0, 1], NaN when there was nothing to find; and the curve, one point per entry.
 */
export function envelopePrecision(
  correct: ArrayLike<number | boolean>,
  positives: number,
): { averagePrecision: number; curve: PrecisionRecall[] } {
  const curve: PrecisionRecall[] = [];
  let found = 0;
  for (let n = 0; n < correct.length; n++) {
    if (correct[n]) found++;
    curve.push({ precision: found / (n + 1), recall: found / positives });
  }
  let area = 0;
  let best = 0;
  for (let n = curve.length - 1; n >= 0; n--) {
    best = Math.max(best, curve[n].precision);
    area += best * (curve[n].recall - (n > 0 ? curve[n - 1].recall : 0));
  }
  return { averagePrecision: positives === 0 ? Number.NaN : area, curve };
}
