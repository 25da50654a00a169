/** A request that the playground sends: as written in its fields, as posted to the mesh, as a command. */
import type { Router } from "./mesh";
import { type Curl, curl } from "./shell";

export const METHODS = ["GET", "HEAD", "POST"] as const;
export type Method = (typeof METHODS)[number];

/** What stands in the fields. */
export interface Draft {
  readonly method: Method;
  /** `hello`, `hello:80/path?query`, or with `http://` in front. */
  readonly address: string;
  /** `name: value` in each line. */
  readonly headers: string;
  readonly body: string;
}

/** As `/clew/send` takes it. */
export interface Sent {
  readonly router: string;
  readonly method: Method;
  readonly host: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly dtab: string;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  /** Milliseconds until its head was there. */
  readonly took_ms: number;
  readonly headers: readonly (readonly [string, string])[];
  /** The beginning of the body. */
  readonly body: string;
  /** Whether the body goes on. */
  readonly more: boolean;
  /** Null where the request's own headers say how it is traced. */
  readonly trace_id: string | null;
}

/** The request, or a sentence that says what is wrong with the fields. */
export function readDraft({ method, address, headers, body }: Draft, router: string, dtab: string): Sent | string {
  const text = address.trim();
  if (/^https:/i.test(text))
    return "Routers are asked by http: they speak TLS to the service where their file says so.";
  const [, host = "", path = ""] = /^(?:http:\/\/)?([^/?#]*)([^#]*)/i.exec(text) ?? [];
  if (!host) return "Write where the request goes, such as http://hello/.";
  const lines = headers.split("\n").filter((line) => line.trim() !== "");
  const wrong = lines.find((line) => line.indexOf(":") < 1);
  if (wrong !== undefined) return `“${wrong.trim()}” is no header: write its name, a colon and its value.`;
  return {
    router,
    method,
    host,
    path: path.startsWith("/") ? path : `/${path}`,
    headers: lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
    dtab: dtab.trim(),
    body: method === "POST" ? body : "",
  };
}

/** What a request for that name is written to by default: its last part is the Host. */
export const addressFor = (name: string): string => {
  const last = name.split("/").findLast(Boolean);
  return last ? `http://${last}/` : "";
};

/** The same request from a terminal on the mesh's machine, through the router as its proxy. */
export function asCurl({ method, host, path, headers, dtab, body }: Sent, { servers }: Router): string {
  const [ip = "127.0.0.1", port = ""] = (servers[0] ?? "").split("/");
  const local = ip === "0.0.0.0" || ip === "::" ? "127.0.0.1" : ip;
  const request: Curl = {
    method,
    url: `http://${host}${path}`,
    headers: dtab ? [...headers, ["l5d-dtab", dtab.split(/\s+/).join(" ")]] : headers,
    body,
    ...(port && { proxy: `${local.includes(":") ? `[${local}]` : local}:${port}` }),
  };
  return curl(request);
}

export type Header = readonly [name: string, values: string];

/** Each name once, with its values: those that speak of the mesh, and the others. */
export function readHeaders(headers: Reply["headers"]): {
  readonly mesh: readonly Header[];
  readonly rest: readonly Header[];
} {
  const all = [...Map.groupBy(headers, ([name]) => name)].map(([name, each]): Header => [
    name,
    each.map(([, value]) => value).join("\n"),
  ]);
  return { mesh: all.filter(([name]) => isMesh(name)), rest: all.filter(([name]) => !isMesh(name)) };
}

const isMesh = (name: string): boolean => name.startsWith("l5d-");
