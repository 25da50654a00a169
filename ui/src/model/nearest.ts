/** "Did you mean …": the nearest of the names that exist. */

/** More than a third of the letters wrong is another word. */
const SHARE = 3;

/** Null when none is near. */
export function nearest(text: string, names: readonly string[]): string | null {
  const asked = text.toLowerCase();
  let best: string | null = null;
  let least = Math.max(1, Math.floor(asked.length / SHARE)) + 1;
  for (const name of names) {
    const far = distance(asked, name.toLowerCase(), least);
    if (far < least) [best, least] = [name, far];
  }
  return best;
}

/** Insertions, deletions and changes from one text to the other; `enough` when there are at least that many. */
function distance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return Math.min(enough, before[b.length] ?? enough);
}
