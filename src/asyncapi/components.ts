/**
 * The components of a document: each thing once, under a name of its own, referred to by a pointer.
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

/** Collects components. What has the same name and content is one component; what differs never shares a name. */
export class Components {
  readonly #stores = new Map<Kind, NamedStore>(KINDS.map((kind) => [kind, new NamedStore()]));

  /** Adds one, and answers the key it has. `identity` tells things apart where their own content does not suffice. */
  add(kind: Kind, name: string, value: object, identity: string = JSON.stringify(value)): string {
    return this.reserve(kind, name, identity, () => value);
  }

  /** As {@linkcode add}, for what refers to its own key: `make` is called once the key is known, and only if it is new. */
  reserve(kind: Kind, name: string, identity: string, make: (key: string) => object): string {
    const store = this.#stores.get(kind) ?? new NamedStore();
    return store.add(sanitize(name, kind === "messages" ? "message" : kind), identity, make);
  }

  /** Adds labels, each once; those without a name are left out. */
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

  /** Adds documentation kept elsewhere, unless it has no address. */
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

  /** Adds bindings; those that point elsewhere already are passed through. */
  bindings(
    kind: Kind & `${string}Bindings`,
    name: string,
    bindings: Bindings | undefined,
  ): AsyncApiReference | undefined {
    if (!bindings || Object.keys(bindings).length === 0) return undefined;
    if (typeof bindings.$ref === "string") return { $ref: bindings.$ref };
    return reference("components", kind, this.add(kind, name, bindings));
  }

  /** Adds ways to authenticate; those that point elsewhere already are passed through. */
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

  /** Everything collected; of the kinds only those that hold something, and messages. */
  toJSON(): AsyncApiComponents {
    const filled = KINDS.map((kind) => [kind, this.#stores.get(kind)?.toRecord() ?? {}] as const)
      .filter(([kind, record]) => kind === "messages" || Object.keys(record).length > 0);
    // Each kind holds what the methods above put there.
    return Object.fromEntries(filled) as unknown as AsyncApiComponents;
  }
}

/** Values by unique names. */
export class NamedStore {
  readonly #values = new Map<string, object>();
  readonly #identities = new Map<string, string>();

  /** The key of what has this identity; a new one, near the name that is wanted, where there is none yet. */
  add(name: string, identity: string, make: (key: string) => object): string {
    let key = name;
    for (let i = 1; this.#identities.has(key); i++) {
      if (this.#identities.get(key) === identity) return key;
      key = `${name}_${i}`;
    }
    this.#identities.set(key, identity);
    // Takes its place before it is made: what is made may add others.
    this.#values.set(key, {});
    this.#values.set(key, make(key));
    return key;
  }

  /** Everything, in the order in which it was added. */
  toRecord(): Record<string, object> {
    return Object.fromEntries(this.#values);
  }
}

/** A name that may be a component's key: letters, digits, `.`, `_` and `-`, neither first nor last of the latter three. */
export function sanitize(name: string, fallback: string): string {
  const allowed = name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+|[._-]+$/g, "");
  return allowed === "" ? fallback : allowed;
}

/** What AsyncAPI's tools take for an escape, a query or a fragment, and what JavaScript takes for a prototype. */
const NO_KEY = /[%?#]|^__proto__$/g;

/** A name as a key of `servers`, `channels` or `operations`: as it is, wherever tools accept that. */
export function toKey(name: string): string {
  return name.toWellFormed().replace(NO_KEY, "_");
}

/** A reference into the document: each step escaped as a JSON pointer, then as part of a URI. */
export function reference(...path: readonly string[]): AsyncApiReference {
  const steps = path.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
  return { $ref: `#/${steps.join("/")}` };
}

/** The same without the fields that are `undefined`, so that optional fields are absent. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> };
}
