/**
 * The page that shows a document: the official React component, and the document inside it.
 * @module
 */
import { refuseUnknown } from "../_internal/known_options.ts";
import { ASYNC_API_HTML_OPTIONS, type AsyncApiHtmlOptions } from "../declaration/asyncapi_page_options.ts";
import type { AsyncApiDocument } from "./document.ts";

/** A file that the page loads. */
export interface PageAsset {
  readonly url: string;
  /** The integrity hash that the browser checks; for files of another origin. */
  readonly integrity?: string | undefined;
}

/** The files that the page loads. */
export interface PageAssets {
  readonly script: PageAsset;
  readonly style: PageAsset;
}

/** The package whose files the page loads. */
export const UI_PACKAGE = "@asyncapi/react-component";

/** Its version on the CDN. */
export const UI_VERSION = "3.2.1";

/** Its files, in the package. */
export const UI_FILES = { script: "browser/standalone/index.js", style: "styles/default.min.css" } as const;

const CDN = `https://unpkg.com/${UI_PACKAGE}@${UI_VERSION}`;

/**
 * The files on the CDN, which serves the npm package. The hashes are those of the files in the package. A test checks them:
 * `openssl dgst -sha384 -binary <file> | base64 -w0`.
 */
export const CDN_ASSETS: PageAssets = {
  script: {
    url: `${CDN}/${UI_FILES.script}`,
    integrity: "sha384-wy5bSOazlkSKMGH7XMW6+pK8ho8+rCPr7mTqKdAb/dvfwXAPWCFivgr3C7wJMFAh",
  },
  style: {
    url: `${CDN}/${UI_FILES.style}`,
    integrity: "sha384-oo9RoQcacP++XdMX6CjTucTvASEORHX3chFik0/V2kHcsHiVboGyWZztGeq/0bum",
  },
};

/**
 * Writes the page. No text of the document can become markup or script.
 *
 * @throws {TypeError} If an option is unknown.
 */
export function renderPage(
  document: AsyncApiDocument,
  options: AsyncApiHtmlOptions = {},
  assets: PageAssets = CDN_ASSETS,
): string {
  refuseUnknown("make the page", options, ASYNC_API_HTML_OPTIONS);
  const {
    sidebar = true,
    info = true,
    servers = true,
    operations = true,
    messages = true,
    schemas = true,
    errors = true,
    expandMessageExamples = true,
  } = options;
  const settings = {
    schema: document,
    config: {
      show: { sidebar, info, servers, operations, messages, schemas, errors },
      expand: { messageExamples: expandMessageExamples },
      sidebar: { showServers: "byDefault", showOperations: "byDefault" },
    },
  };
  const { script, style } = assets;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.info.title)} AsyncAPI</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escapeHtml(style.url)}"${integrityOf(style)}>
</head>
<body>
<div id="asyncapi"></div>
<script src="${escapeHtml(script.url)}"${integrityOf(script)}></script>
<script>
AsyncApiStandalone.render(${toScript(settings)}, document.getElementById("asyncapi"));
</script>
</body>
</html>
`;
}

function integrityOf({ integrity }: PageAsset): string {
  return integrity === undefined ? "" : ` integrity="${escapeHtml(integrity)}" crossorigin="anonymous"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** JSON that cannot end the script element or open a comment, and contains no line separators of JavaScript. */
function toScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
