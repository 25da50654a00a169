/** What people paste to get to a trace: an id, a link to a trace page, a `traceparent` or a B3 header. */

const HEX = "[0-9a-f]";
const FORMS = [
  new RegExp(`^(?:traceparent\\s*[:=]\\s*)?${HEX}{2}-(${HEX}{32})-${HEX}{16}-${HEX}{2}`, "i"),
  new RegExp(`/traces?/(${HEX}{1,32})(?:[/?#]|$)`, "i"),
  new RegExp(`^(?:b3\\s*[:=]\\s*)?(${HEX}{16}|${HEX}{32})-${HEX}{16}(?:-|$)`, "i"),
  new RegExp(`^(?:x-b3-traceid\\s*[:=]\\s*)?(${HEX}{16}|${HEX}{32})$`, "i"),
  new RegExp(`^(${HEX}{1,32})$`, "i"),
];

/** The trace id in lower case and padded as the store writes it; null when the text holds none. */
export function traceIdIn(text: string): string | null {
  const trimmed = text.trim();
  for (const form of FORMS) {
    const id = form.exec(trimmed)?.[1];
    if (id) return normal(id);
  }
  return null;
}

/** 16 characters, or 32 when the high half is not zero; null for zero, which is no id. */
function normal(id: string): string | null {
  const short = id.toLowerCase().replace(/^0+/, "");
  if (!short) return null;
  return short.length > 16 ? short.padStart(32, "0") : short.padStart(16, "0");
}
