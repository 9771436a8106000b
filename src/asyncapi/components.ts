/**
 * The components of a document: each once, under a unique name, referred to by a pointer.
 * @module
 */
import type { Bindings, ExternalDocs, SecurityScheme, Tag } from "../contract/metadata.ts";
import type { AsyncApiComponents, AsyncApiReference, AsyncApiTag } from "./document.ts";

/** The kinds of components, in the order in which they are written. */
const KINDS = [
  "messages",
  "schemas",
  "securitySchemes",
  "serverBindings",
  "channelBindings",
  "operationBindings",
  "messageBindings",
  "tags",
  "externalDocs",
] as const;

type Kind = typeof KINDS[number];

/** Collects components. Components with the same name and content are one component; different ones never share a name. */
export class Components {
  readonly #stores = new Map<Kind, NamedStore>(KINDS.map((kind) => [kind, new NamedStore()]));

  /** Adds a component and returns its key. `identity` distinguishes components if their content is not enough. */
  add(kind: Kind, name: string, value: object, identity: string = JSON.stringify(value)): string {
    return this.reserve(kind, name, identity, () => value);
  }

  /** As {@linkcode add}, for components that contain their own key: `make` is called with the key, and only if it is new. */
  reserve(kind: Kind, name: string, identity: string, make: (key: string) => object): string {
    const store = this.#stores.get(kind) ?? new NamedStore();
    return store.add(sanitize(name, kind === "messages" ? "message" : kind), identity, make);
  }

  /** Adds labels, each once. Labels without a name are left out. */
  tags(tags: readonly Tag[] | undefined): readonly AsyncApiReference[] | undefined {
    const keys = new Set(
      (tags ?? []).filter(({ name }) => name !== "").map((tag) => {
        const { name, description } = tag;
        const value: AsyncApiTag = compact({
          name,
          description,
          externalDocs: this.externalDocs(tag.externalDocs),
        });
        return this.add("tags", name, value);
      }),
    );
    return keys.size > 0 ? [...keys].map((key) => reference("components", "tags", key)) : undefined;
  }

  /** Adds documentation elsewhere, if it has a URL. */
  externalDocs(docs: ExternalDocs | undefined): AsyncApiReference | undefined {
    if (!docs?.url) return undefined;
    const { url, description } = docs;
    const words = url.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
    const name = words.startsWith("external_docs") ? words : `external_docs_${words}`;
    return reference(
      "components",
      "externalDocs",
      this.add("externalDocs", name, compact({ url, description })),
    );
  }

  /** Adds bindings. A `$ref` is kept as it is. */
  bindings(
    kind: Kind & `${string}Bindings`,
    name: string,
    bindings: Bindings | undefined,
  ): AsyncApiReference | undefined {
    if (!bindings || Object.keys(bindings).length === 0) return undefined;
    if (typeof bindings.$ref === "string") return { $ref: bindings.$ref };
    return reference("components", kind, this.add(kind, name, bindings));
  }

  /** Adds security schemes. A `$ref` is kept as it is. */
  security(
    owner: string,
    schemes: readonly SecurityScheme[] | undefined,
  ): readonly AsyncApiReference[] | undefined {
    if (!schemes || schemes.length === 0) return undefined;
    return schemes.map((scheme, i) => {
      if (typeof scheme.$ref === "string") return { $ref: scheme.$ref };
      const key = this.add("securitySchemes", `${owner}-security-schema-${i}`, scheme);
      return reference("components", "securitySchemes", key);
    });
  }

  /** Everything collected: the kinds that are not empty, and messages. */
  toJSON(): AsyncApiComponents {
    const filled = KINDS.map((kind) => [kind, this.#stores.get(kind)?.toRecord() ?? {}] as const)
      .filter(([kind, record]) => kind === "messages" || Object.keys(record).length > 0);
    // Each kind holds what the methods above added.
    return Object.fromEntries(filled) as unknown as AsyncApiComponents;
  }
}

/** Values by unique names. */
export class NamedStore {
  readonly #values = new Map<string, object>();
  readonly #identities = new Map<string, string>();

  /** The key of this identity. A new identity gets `name`, or `name` with a number if it is taken. */
  add(name: string, identity: string, make: (key: string) => object): string {
    let key = name;
    for (let i = 1; this.#identities.has(key); i++) {
      if (this.#identities.get(key) === identity) return key;
      key = `${name}_${i}`;
    }
    this.#identities.set(key, identity);
    // Reserved before it is made, because making it may add others.
    this.#values.set(key, {});
    this.#values.set(key, make(key));
    return key;
  }

  /** Everything, in the order in which it was added. */
  toRecord(): Record<string, object> {
    return Object.fromEntries(this.#values);
  }
}

/** A name that can be a component's key: letters, digits, `.`, `_` and `-`, the last three not at the start or the end. */
export function sanitize(name: string, fallback: string): string {
  const allowed = name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+|[._-]+$/g, "");
  return allowed === "" ? fallback : allowed;
}

/** What the tools of AsyncAPI read as an escape, a query or a fragment, and JavaScript as a prototype. */
const NO_KEY = /[%?#]|^__proto__$/g;

/** A name as a key of `servers`, `channels` or `operations`: unchanged, if the tools accept it. */
export function toKey(name: string): string {
  return name.toWellFormed().replace(NO_KEY, "_");
}

/** A reference into the document. Each step is escaped as a JSON pointer, then as part of a URI. */
export function reference(...path: readonly string[]): AsyncApiReference {
  const steps = path.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
  return { $ref: `#/${steps.join("/")}` };
}

/** The same object without the fields that are `undefined`. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> };
}
