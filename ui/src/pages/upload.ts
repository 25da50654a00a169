/** A file of traces that was dropped on the pages or chosen: it is read here and goes nowhere. */
import { signal } from "@preact/signals";
import type { Upload } from "../model/upload";
import { go } from "./place";

export const UPLOADED = "traces/upload";

export interface Opened {
  readonly file: string;
  /** When, epoch milliseconds. */
  readonly at: number;
  /** Null while it is read. */
  readonly upload: Upload | null;
}

/** Null until there was one, as after loading the page anew. */
export const opened = signal<Opened | null>(null);

export async function open(file: File): Promise<void> {
  const reading: Opened = { file: file.name, at: Date.now(), upload: null };
  opened.value = reading;
  go(UPLOADED);
  const upload = await read(file);
  if (opened.peek() === reading) opened.value = { ...reading, upload };
}

async function read(file: File): Promise<Upload> {
  try {
    const [{ readUpload }, text] = await Promise.all([import("../model/upload"), file.text()]);
    return readUpload(file.name, text);
  } catch {
    return { ok: false, reason: `“${file.name}” could not be read.` };
  }
}

export function listenForFiles(): void {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void open(file);
  });
}
