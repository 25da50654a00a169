// Checks tokens.css: contrast of every text and mark on its surfaces, and how far the service hues stay apart
// for normal, protanopic, deuteranopic and tritanopic sight (Machado 2009, CIEDE2000). `node contrast.mjs`: exit 1 on a miss; `--quiet` prints misses only.
import { readFileSync } from "node:fs";

const quiet = process.argv.includes("--quiet");
const report = (bad, line) => { if (bad || !quiet) console.log(`${bad ? "MISS" : "  ok"} ${line}`); };

const css = readFileSync(new URL("src/styles/tokens.css", import.meta.url), "utf8");
const token = {};
for (const [, name, light, dark] of css.matchAll(/--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)/g)) token[name] = { light, dark };

const surfaces = ["bg", "chrome", "hover", "select"];
const PAIRS = [ // [minimum, marks, surfaces]
  [4.5, ["ink", "ink-2", "ink-3", "error", "slow-ink", "ok"], surfaces],
  [4.5, ["ink", "ink-2", "error"], ["error-soft"]], [4.5, ["ink", "ink-2", "slow-ink"], ["slow-soft"]], [4.5, ["ink"], ["band", "mesh-pale"]],
  [4.5, ["on-ink"], ["ink"]], [4.5, ["on-error"], ["error"]], [4.5, ["on-slow"], ["slow-fill"]],
  [3, ["line-strong", "focus", "slow", "mesh", "data"], surfaces], [3, ["band-line"], ["bg", "chrome"]],
  [3, [1, 2, 3, 4, 5, 6, 7].map(n => `svc-${n}`), surfaces],
];

const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255);
const linear = c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = hex => { const [r, g, b] = rgb(hex).map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };

let misses = 0;
for (const theme of ["light", "dark"]) for (const [min, marks, on] of PAIRS) for (const mark of marks) {
  const ratios = on.map(s => contrast(token[mark][theme], token[s][theme]));
  const bad = ratios.some(r => r < min); misses += bad;
  report(bad, `${theme.padEnd(5)} ${mark.padEnd(11)} >= ${min}:  ${on.map((s, i) => `${s} ${ratios[i].toFixed(1)}`).join("  ")}`);
}

// pale = 28 % of the hue on bg, mixed in oklab as tokens.css does; it carries text in --ink.
const dot = (m, v) => [0, 3, 6].map(i => m[i] * v[0] + m[i + 1] * v[1] + m[i + 2] * v[2]);
const toLms = [.4122214708, .5363325363, .0514459929, .2119034982, .6806995451, .1073969566, .0883024619, .2817188376, .6299787005];
const fromLms = [4.0767416621, -3.3077115913, .2309699292, -1.2684380046, 2.6097574011, -.3413193965, -.0041960863, -.7034186147, 1.707614701];
// Mixing in oklab is mixing the cube roots of lms, since oklab is linear in them.
const mixedLuminance = (a, b, share) => { const [p, q] = [a, b].map(h => dot(toLms, rgb(h).map(linear)).map(Math.cbrt));
  const [r, g, bl] = dot(fromLms, p.map((v, i) => (v * share + q[i] * (1 - share)) ** 3)); return 0.2126 * r + 0.7152 * g + 0.0722 * bl; };
for (const theme of ["light", "dark"]) for (let n = 1; n <= 7; n++) {
  const [x, y] = [luminance(token.ink[theme]), mixedLuminance(token[`svc-${n}`][theme], token.bg[theme], .28)].sort((p, q) => q - p), ratio = (x + .05) / (y + .05);
  misses += ratio < 4.5; report(ratio < 4.5, `${theme.padEnd(5)} ink on svc-${n}-pale: ${ratio.toFixed(1)}`);
}

const SIGHT = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [.152286, 1.052583, -.204868, .114503, .786281, .099216, -.003882, -.048116, 1.051998],
  deutan: [.367322, .860646, -.227968, .280085, .672501, .047413, -.01182, .04294, .968881],
  tritan: [1.255528, -.076749, -.178779, -.078411, .930809, .147602, .004733, .691367, .3039],
};
const seen = (hex, m) => { const l = rgb(hex).map(linear); return [0, 3, 6].map(i => Math.min(1, Math.max(0, m[i] * l[0] + m[i + 1] * l[1] + m[i + 2] * l[2]))); };
function lab([r, g, b]) {
  const f = t => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const x = f((.4124564 * r + .3575761 * g + .1804375 * b) / .95047), y = f(.2126729 * r + .7151522 * g + .072175 * b), z = f((.0193339 * r + .119192 * g + .9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
function ciede2000([L1, a1, b1], [L2, a2, b2]) {
  const rad = Math.PI / 180, c7 = c => Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)), deg = (y, x) => (Math.atan2(y, x) / rad + 360) % 360;
  const G = 0.5 * (1 - c7((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2)), p1 = (1 + G) * a1, p2 = (1 + G) * a2;
  const C1 = Math.hypot(p1, b1), C2 = Math.hypot(p2, b2), h1 = deg(b1, p1), h2 = deg(b2, p2);
  let dh = h2 - h1; if (dh > 180) dh -= 360; if (dh < -180) dh += 360;
  let h = h1 + h2; h = Math.abs(h1 - h2) <= 180 ? h / 2 : (h + (h < 360 ? 360 : -360)) / 2;
  const L = (L1 + L2) / 2, C = (C1 + C2) / 2, dH = 2 * Math.sqrt(C1 * C2) * Math.sin(dh / 2 * rad);
  const T = 1 - .17 * Math.cos((h - 30) * rad) + .24 * Math.cos(2 * h * rad) + .32 * Math.cos((3 * h + 6) * rad) - .2 * Math.cos((4 * h - 63) * rad);
  const l = (L2 - L1) / (1 + .015 * (L - 50) ** 2 / Math.sqrt(20 + (L - 50) ** 2)), c = (C2 - C1) / (1 + .045 * C), q = dH / (1 + .015 * C * T);
  return Math.sqrt(l * l + c * c + q * q - Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * rad) * 2 * c7(C) * c * q);
}
const apart = ["svc-1", "svc-2", "svc-3", "svc-4", "svc-5", "svc-6", "svc-7", "mesh", "error", "slow"];
for (const theme of ["light", "dark"]) for (const [sight, m] of Object.entries(SIGHT)) {
  const all = apart.map(n => lab(seen(token[n][theme], m)));
  let least = Infinity, pair = "";
  all.forEach((p, i) => all.slice(0, i).forEach((q, j) => { const d = ciede2000(p, q); if (d < least) { least = d; pair = `${apart[j]} / ${apart[i]}`; } }));
  const bad = least < (sight === "normal" ? 13 : 8); misses += bad;
  report(bad, `${theme.padEnd(5)} ${sight}: least difference ${least.toFixed(1)} (${pair})`);
}
process.exit(misses ? 1 : 0);
