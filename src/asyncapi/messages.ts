/**
 * The messages of a document.
 * @module
 */
import { collectInputs, type Declaration } from "../declaration/declared_inputs.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import type { MessageDescription } from "../declaration/message.ts";
import type { MessageExample } from "../contract/metadata.ts";
import { compact, type Components, sanitize } from "./components.ts";
import type { AsyncApiMessage } from "./document.ts";
import { describeSchemas, toPlainJson, type UnsupportedSchema } from "./schemas.ts";

/** A message as an actor with its dependencies, or a contract, declares it. */
export interface DeclaredMessage extends Declaration, MessageDescription {
  readonly name: string;
  /** The MIME type of its payload. */
  readonly contentType: string;
}

/** What describing messages needs. */
export interface MessageContext {
  readonly components: Components;
  readonly converters: JsonSchemaConverters;
  readonly unsupported: UnsupportedSchema;
}

/** Describes messages, and returns their keys in the components. */
export class Messages {
  readonly #context: MessageContext;

  constructor(context: MessageContext) {
    this.#context = context;
  }

  /** Adds a message, and returns its key. The same message has the same key. */
  add(message: DeclaredMessage): string {
    const { components } = this.#context;
    return components.add("messages", message.name, this.#describe(message));
  }

  #describe(message: DeclaredMessage): AsyncApiMessage {
    const { name, title, summary, description, deprecated, correlationId, examples = [] } = message;
    const { components } = this.#context;
    const inputs = collectInputs(message);
    const schemaOf = (part: "payload" | "headers"): object | undefined =>
      describeSchemas(inputs[part], {
        ...this.#context,
        owner: `the ${part} of "${name}"`,
        name: `${sanitize(name, "message")}_${part}`,
      });
    const shown = examples.map(describeExample).filter((example) =>
      "payload" in example || "headers" in example
    );
    const payload = schemaOf("payload");
    return compact({
      name,
      title,
      summary,
      description,
      tags: components.tags(message.tags),
      externalDocs: components.externalDocs(message.externalDocs),
      contentType: payload && message.contentType,
      headers: schemaOf("headers"),
      payload,
      correlationId,
      deprecated: deprecated || undefined,
      bindings: components.bindings("messageBindings", `${name}-message_bindings`, message.bindings),
      examples: shown.length > 0 ? shown : undefined,
    }) as AsyncApiMessage;
  }
}

/** An example as plain JSON. A payload of `null` is an example too. */
function describeExample({ name, summary, headers, payload }: MessageExample): MessageExample {
  return toPlainJson({ name, summary, headers, payload }) as MessageExample;
}
