/**
 * The files of the UI package, if it is installed.
 * @module
 */
import { UI_FILES, UI_PACKAGE } from "./page.ts";

/** The files that the page loads, as they are on disk. */
export interface InstalledUi {
  readonly script: Uint8Array<ArrayBuffer>;
  readonly style: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the files of the UI package from a `node_modules` folder in or above `from` (a folder; the current one by default), or
 * next to this library. `undefined` if it is not installed or cannot be read: the page then loads them from a CDN.
 */
export async function readInstalledUi(from?: string): Promise<InstalledUi | undefined> {
  try {
    const [{ createRequire }, { readFile }, { join }, { default: process }] = await Promise.all([
      import("node:module"),
      import("node:fs/promises"),
      import("node:path"),
      import("node:process"),
    ]);
    const places = from === undefined ? [join(process.cwd(), "_"), import.meta.url] : [join(from, "_")];
    for (const place of places) {
      const found = resolveFrom(createRequire, place);
      if (!found) continue;
      const [script, style] = await Promise.all([readFile(found.script), readFile(found.style)]);
      return { script: new Uint8Array(script), style: new Uint8Array(style) };
    }
    return undefined;
  } catch {
    // A runtime without these modules, or without the permission to read.
    return undefined;
  }
}

function resolveFrom(
  createRequire: (place: string) => { resolve(specifier: string): string },
  place: string,
): { script: string; style: string } | undefined {
  try {
    const { resolve } = createRequire(place);
    return {
      script: resolve(`${UI_PACKAGE}/${UI_FILES.script}`),
      style: resolve(`${UI_PACKAGE}/${UI_FILES.style}`),
    };
  } catch {
    return undefined;
  }
}
