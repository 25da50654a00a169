/** Tokens as colours that a canvas understands, resolved once per change of theme. */
import { effect, signal } from "@preact/signals";
import { theme } from "./settings";

const resolved = new Map<string, string>();
const changes = signal(0);
const probe = document.createElement("i");
probe.hidden = true;
probe.style.setProperty("forced-color-adjust", "none");

const forced = matchMedia("(forced-colors: active)");
const QUERIES = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];
for (const query of QUERIES) matchMedia(query).addEventListener("change", forget);
effect(() => {
  void theme.value;
  forget();
});

/** Reading it makes a drawing follow the theme. */
export const themeVersion = changes;

/** `bg`, `svc-3`, `mesh-pale`, … */
export function colour(token: string): string {
  const known = resolved.get(token);
  if (known) return known;
  const value = forced.matches ? systemColour(token) : resolve(token);
  resolved.set(token, value);
  return value;
}

function resolve(token: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

/** In forced colours a drawing has three: what is there, what is grey, what is chosen. */
function systemColour(token: string): string {
  if (token === "bg" || token.endsWith("-pale")) return "Canvas";
  if (token === "error" || token === "select") return "Highlight";
  return token === "mesh" || token === "line" ? "GrayText" : "CanvasText";
}

function forget(): void {
  resolved.clear();
  changes.value = changes.peek() + 1;
}
