/**
 * The official parser, for tests: what it says of a document, its one remark on the version aside.
 * @module
 */
import { type Diagnostic, Parser } from "@asyncapi/parser";
import { createRequire } from "node:module";

/** The only remark that Repid's documents may cause: they are 3.0, as the seed wants it, and there is a 3.1. */
const ACCEPTED = new Set(["asyncapi-latest-version"]);

/** `DiagnosticSeverity.Information`; what is below it is a warning or an error. */
const INFORMATION = 2;

interface Ajv {
  compile(schema: { readonly $id?: string }, ...rest: unknown[]): unknown;
}

/**
 * The parser compiles AsyncAPI's own schema anew for each document, which takes 0.8 s. It is the same schema each time, so
 * here it is compiled once: what is checked, and by what, does not change.
 */
function compileOnce(): void {
  const ownRequire = createRequire(createRequire(import.meta.url).resolve("@asyncapi/parser"));
  const { default: { prototype } }: { default: { prototype: Ajv } } = ownRequire("ajv/dist/core");
  const { compile } = prototype;
  const compiled = new Map<string, unknown>();
  prototype.compile = function (this: Ajv, schema, ...rest) {
    const { $id } = schema;
    if ($id === undefined) return compile.call(this, schema, ...rest);
    if (!compiled.has($id)) compiled.set($id, compile.call(this, schema, ...rest));
    return compiled.get($id);
  };
}

compileOnce();
const parser = new Parser();

/** What is wrong with a document, in the parser's words; nothing for a good one. */
export async function faultsOf(document: unknown): Promise<string[]> {
  const { document: parsed, diagnostics } = await parser.parse(
    typeof document === "string" ? document : JSON.stringify(document),
  );
  const faults = diagnostics.filter(({ code, severity }) =>
    severity < INFORMATION || !ACCEPTED.has(String(code))
  );
  const found = faults.map(describe);
  if (!parsed && found.length === 0) found.push("the parser refused it without a word");
  return found;
}

function describe({ severity, code, path, message }: Diagnostic): string {
  return `${severity} ${code} ${path.join("/")}: ${message}`;
}
