/**
 * A document over HTTP: the page, the JSON, the YAML, and the files of the page if they are installed.
 * @module
 */
import type { FetchHandler } from "../contract/fetch_handler.ts";
import { ASYNC_API_HTML_OPTIONS, type AsyncApiHtmlOptions } from "../declaration/asyncapi_page_options.ts";
import { refuseUnknown } from "../_internal/known_options.ts";
import type { AsyncApiDocument } from "./document.ts";
import { CDN_ASSETS, type PageAssets, renderPage } from "./page.ts";
import { type InstalledUi, readInstalledUi } from "./ui_package.ts";
import { toYaml } from "./yaml.ts";

/** Options of {@linkcode Repid.asyncApiHandler}. */
export interface AsyncApiHandlerOptions extends AsyncApiHtmlOptions {
  /** The path of the page. The document is at `<path>/asyncapi.json` and `<path>/asyncapi.yaml`. Defaults to `/`. */
  readonly path?: string | undefined;
}

/** A resource to serve. */
interface Resource {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
}

type Resources = ReadonlyMap<string, Resource>;

const encoder = new TextEncoder();

/**
 * Answers `GET` and `HEAD` requests for the page, `asyncapi.json` and `asyncapi.yaml`, with an `ETag`. Other paths are answered
 * with 404, other methods with 405. The document is generated at the first request and then kept.
 *
 * @throws {TypeError} If the path does not start with a slash, or an option is unknown.
 */
export function documentHandler(
  generate: () => AsyncApiDocument,
  options: AsyncApiHandlerOptions = {},
  readUi: () => Promise<InstalledUi | undefined> = readInstalledUi,
): FetchHandler {
  refuseUnknown("serve the document", options, { path: true, ...ASYNC_API_HTML_OPTIONS });
  const { path = "/", ...shown } = options;
  if (!path.startsWith("/")) {
    throw new TypeError(`Cannot serve the document as its path does not start with a slash: ${path}`);
  }
  const page = path === "/" ? path : path.replace(/\/+$/, "");
  let made: Promise<Resources> | undefined;
  return async (request) => {
    // After a failure the next request tries again.
    made ??= readUi().then((ui) => toResources(page, generate(), shown, ui));
    made.catch(() => made = undefined);
    const resources = await made;
    return answer(request, resources.get(decodePath(request)));
  };
}

function decodePath(request: Request): string {
  const { pathname } = new URL(request.url);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function answer(request: Request, resource: Resource | undefined): Response {
  if (!resource) return new Response("Not Found", { status: 404 });
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method Not Allowed", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { body, contentType, etag } = resource;
  const caching = { etag, "cache-control": "no-cache" };
  if (matches(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: caching });
  }
  return new Response(request.method === "HEAD" ? null : body, {
    headers: {
      ...caching,
      "content-type": contentType,
      "content-length": String(body.length),
      "x-content-type-options": "nosniff",
    },
  });
}

/** Whether the client has the current version: its tags, also weak ones, include the `ETag`, or it sent `*`. */
function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

async function toResources(
  page: string,
  document: AsyncApiDocument,
  shown: AsyncApiHtmlOptions,
  ui: InstalledUi | undefined,
): Promise<Resources> {
  const below = page === "/" ? "" : page;
  const files = { script: "asyncapi-ui.js", style: "asyncapi-ui.css" };
  // Relative, so that the page works behind a proxy that removes a prefix.
  const folder = below.slice(below.lastIndexOf("/") + 1);
  const relative = (file: string): string => folder === "" ? file : `${encodeURIComponent(folder)}/${file}`;
  const assets: PageAssets = ui
    ? { script: { url: relative(files.script) }, style: { url: relative(files.style) } }
    : CDN_ASSETS;
  const html = renderPage(document, shown, assets);
  const entries:
    readonly (readonly [path: string, contentType: string, body: string | Uint8Array<ArrayBuffer>])[] = [
      [page, "text/html; charset=utf-8", html],
      [`${below}/asyncapi.json`, "application/json", `${JSON.stringify(document, null, 2)}\n`],
      [`${below}/asyncapi.yaml`, "application/yaml", toYaml(document)],
      ...(ui
        ? [
          [`${below}/${files.script}`, "text/javascript; charset=utf-8", ui.script] as const,
          [`${below}/${files.style}`, "text/css; charset=utf-8", ui.style] as const,
        ]
        : []),
    ];
  const resources = entries.map(async ([path, contentType, content]) => {
    const body = typeof content === "string" ? encoder.encode(content) : content;
    return [path, { body, contentType, etag: await toEtag(body) }] as const;
  });
  return new Map(await Promise.all(resources));
}

async function toEtag(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hexadecimal = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `"${hexadecimal}"`;
}
