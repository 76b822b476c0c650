/** Which simulcast layers a camera of a given size is worth. Pure. */

export interface Layer {
  rid: string;
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
}

const BITRATES: [minHeight: number, bps: number][] = [
  [1080, 3_000_000],
  [720, 1_700_000],
  [540, 1_000_000],
  [360, 500_000],
  [270, 300_000],
  [0, 150_000],
];
const RIDS = ["q", "h", "f"];

/** Browsers send fewer layers of small pictures, and then the small ones: so the first layer is the whole picture. */
export function layersFor(height: number): Layer[] {
  const count = height >= 540 ? 3 : height >= 270 ? 2 : 1;
  return RIDS.map((rid, index) => {
    const scale = 2 ** Math.max(0, count - 1 - index);
    return { rid, active: index < count, scaleResolutionDownBy: scale, maxBitrate: bitrateFor(height / scale) };
  });
}

function bitrateFor(height: number): number {
  return BITRATES.find(([minHeight]) => height >= minHeight)?.[1] ?? 150_000;
}
