/**
 * Generates the AsyncAPI document of an application from its declarations. It connects to nothing and runs nothing; the same
 * declarations give the same document.
 * @module
 */
import type { Operation } from "../declaration/message_registry.ts";
import { toChannel } from "../contract/channel.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import type { MessageContract } from "../declaration/message.ts";
import type { Contact, ExternalDocs, License, Tag } from "../contract/metadata.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import type { Server } from "../contract/server.ts";
import { Channels } from "./channels.ts";
import { compact, Components, NamedStore, sanitize, toKey } from "./components.ts";
import type {
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiOperation,
  AsyncApiReply,
  AsyncApiServer,
} from "./document.ts";
import { Messages } from "./messages.ts";
import { toPlainJson, type UnsupportedSchema } from "./schemas.ts";

/** The description of an application. */
export interface ApplicationInfo {
  readonly title?: string | undefined;
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  readonly termsOfService?: string | undefined;
  readonly contact?: Contact | undefined;
  readonly license?: License | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly externalDocs?: ExternalDocs | undefined;
}

/** Everything that a document is generated from. */
export interface Declared {
  readonly info: ApplicationInfo;
  readonly servers: Iterable<readonly [name: string, server: Server]>;
  readonly actors: readonly ResolvedActor[];
  readonly operations: Iterable<Operation>;
  /** The MIME type of messages whose contract has no converter. */
  readonly contentType: string;
  readonly converters: JsonSchemaConverters;
  readonly unsupported: UnsupportedSchema;
}

/** Where a message carries the channel of its reply. */
const REPLY_ADDRESS = {
  location: "$message.header#/replyTo",
  description: "The message's replyTo names the channel of the reply.",
};

/** Generates the document. */
export function generateDocument(declared: Declared): AsyncApiDocument {
  const document = new DocumentWriter(declared).write();
  // The values that users pass may contain dates, bigints and `undefined`; a document is plain data.
  return toPlainJson(document) as AsyncApiDocument;
}

class DocumentWriter {
  readonly #declared: Declared;
  readonly #components = new Components();
  readonly #channels = new Channels(this.#components);
  readonly #operations = new NamedStore();
  readonly #messages: Messages;

  constructor(declared: Declared) {
    const { converters, unsupported } = declared;
    this.#declared = declared;
    this.#messages = new Messages({ components: this.#components, converters, unsupported });
  }

  write(): AsyncApiDocument {
    const { servers, actors, operations } = this.#declared;
    const info = this.#info();
    const written = new NamedStore();
    for (const [name, server] of servers) {
      written.add(toKey(name), name, () => this.#server(name, server));
    }
    // Grouped by channel, so that the messages of a channel are together.
    for (const group of Map.groupBy(actors, ({ channel }) => channel.address).values()) {
      for (const actor of group) this.#receive(actor);
    }
    for (const operation of operations) this.#send(operation);
    return {
      asyncapi: "3.0.0",
      info,
      // This store holds only servers, the other one only operations.
      servers: written.toRecord() as Record<string, AsyncApiServer>,
      channels: this.#channels.toRecord(),
      operations: this.#operations.toRecord() as Record<string, AsyncApiOperation>,
      components: this.#components.toJSON(),
    };
  }

  #info(): AsyncApiInfo {
    const {
      title = "Repid AsyncAPI",
      version = "0.0.1",
      description,
      termsOfService,
      contact,
      license,
      ...rest
    } = this.#declared.info;
    return compact({
      title,
      version,
      description,
      termsOfService,
      contact,
      license,
      tags: this.#components.tags(rest.tags),
      externalDocs: this.#components.externalDocs(rest.externalDocs),
    });
  }

  #server(name: string, server: Server): AsyncApiServer {
    const { host, protocol, protocolVersion, pathname, description: described = {} } = server;
    const { title, summary, description, variables } = described;
    return compact({
      host,
      protocol,
      title,
      summary,
      description,
      tags: this.#components.tags(described.tags),
      externalDocs: this.#components.externalDocs(described.externalDocs),
      bindings: this.#components.bindings("serverBindings", `${name}_bindings`, described.bindings),
      protocolVersion,
      pathname,
      variables,
      security: this.#components.security(`${name}_server`, described.security),
    });
  }

  #receive({ name, channel, options, deps, converter }: ResolvedActor): void {
    const message = this.#messages.add({ ...options, deps, contentType: converter.contentType });
    const found = this.#channels.add(channel, [message]);
    // The description of the message is that of the operation, unless the actor has another.
    const { title, summary, description, tags, externalDocs, bindings } = {
      ...options,
      bindings: undefined,
      ...options.operation,
    };
    const id = sanitize(`receive_${name}`, "receive");
    this.#operations.add(id, `receive ${this.#operationCount++}`, (key) =>
      compact({
        action: "receive",
        channel: found.channel,
        title,
        summary,
        description,
        tags: this.#components.tags(tags),
        externalDocs: this.#components.externalDocs(externalDocs),
        messages: found.messages,
        reply: this.#reply(key, options.reply ? [options.reply] : []),
        bindings: this.#components.bindings("operationBindings", `${name}_bindings`, bindings),
        security: this.#components.security(`${key}_operation`, options.security),
      }));
  }

  /** Distinguishes operations with the same id. */
  #operationCount = 0;

  #send(operation: Operation): void {
    const { operationId, channel, title, summary, description, messages = [] } = operation;
    const keys = messages.map((contract) => this.#contract(contract));
    const found = this.#channels.add(channel, keys);
    this.#operations.add(toKey(operationId), `send ${this.#operationCount++}`, (key) =>
      compact({
        action: "send",
        channel: found.channel,
        title,
        summary,
        description,
        tags: this.#components.tags(operation.tags),
        externalDocs: this.#components.externalDocs(operation.externalDocs),
        messages: found.messages.length > 0 ? found.messages : undefined,
        reply: this.#reply(key, messages.flatMap(({ reply }) => reply ?? [])),
        bindings: this.#components.bindings(
          "operationBindings",
          `${operationId}_bindings`,
          operation.bindings,
        ),
        security: this.#components.security(`${key}_operation`, operation.security),
      }));
  }

  #contract(contract: MessageContract): string {
    const contentType = contract.converter?.contentType ?? this.#declared.contentType;
    return this.#messages.add({ ...contract, contentType });
  }

  /** An operation has one reply. If its replies go to different channels, their address counts as unknown. */
  #reply(operation: string, contracts: readonly MessageContract[]): AsyncApiReply | undefined {
    const [first] = contracts;
    if (!first) return undefined;
    const keys = contracts.map((contract) => this.#contract(contract));
    const addresses = new Set(contracts.map(({ channel }) => channel && toChannel(channel).address));
    if (first.channel !== undefined && addresses.size === 1) {
      return this.#channels.add(toChannel(first.channel), keys);
    }
    const found = this.#channels.addDynamic(
      `${operation}_reply`,
      "The channel in the message's replyTo.",
      keys,
    );
    return { address: REPLY_ADDRESS, ...found };
  }
}
