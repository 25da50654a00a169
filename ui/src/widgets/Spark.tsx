/** A course as a line, its top at least 1.4 times the median, so that noise looks like noise. */
const [WIDTH, HEIGHT, MARGIN] = [96, 16, 2];

export function Spark({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const ordered = values.toSorted((a, b) => a - b);
  const median = ordered[Math.floor(ordered.length / 2)] ?? 0;
  const top = Math.max(ordered.at(-1) ?? 0, median * 1.4) || 1;
  const points = values.map((value, i) => {
    const x = (i / (values.length - 1)) * WIDTH;
    const y = HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} fill="none" aria-hidden="true">
      <polyline points={points.join(" ")} stroke="var(--data)" stroke-width="1.25" />
    </svg>
  );
}
