/**
 * The types of an AsyncAPI 3.0 document, as far as Repid writes it.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 * @module
 */
import type { JsonSchema } from "../declaration/json_schema.ts";
import type {
  Bindings,
  Contact,
  CorrelationId,
  ExternalDocs,
  License,
  MessageExample,
  SecurityScheme,
  ServerVariable,
} from "../contract/metadata.ts";

/** A pointer to another part of the document. */
export interface AsyncApiReference {
  /** A URI reference with a JSON pointer: `#/components/messages/welcome`. */
  readonly $ref: string;
}

/** An AsyncAPI 3.0 document. */
export interface AsyncApiDocument {
  /** The version of AsyncAPI. */
  readonly asyncapi: "3.0.0";
  /** The application. */
  readonly info: AsyncApiInfo;
  /** Its servers, by the names they are registered under. */
  readonly servers: Readonly<Record<string, AsyncApiServer>>;
  /** The channels it sends to and receives from. */
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  /** What it does on them. */
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  /** What the rest of the document refers to. */
  readonly components: AsyncApiComponents;
}

/** What a document says of its application. */
export interface AsyncApiInfo {
  /** Its name. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
  /** What it does. */
  readonly description?: string | undefined;
  /** Where its terms of service are. */
  readonly termsOfService?: string | undefined;
  /** Who to ask about it. */
  readonly contact?: Contact | undefined;
  /** The terms it is offered under. */
  readonly license?: License | undefined;
  /** Labels. */
  readonly tags?: readonly AsyncApiReference[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference | undefined;
}

/** What servers, channels, operations and messages have in common. */
export interface AsyncApiDescribed {
  /** A human-friendly title. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Labels. */
  readonly tags?: readonly AsyncApiReference[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference | undefined;
  /** What only its protocol knows. */
  readonly bindings?: AsyncApiReference | undefined;
}

/** A message broker. */
export interface AsyncApiServer extends AsyncApiDescribed {
  /** Host and port. */
  readonly host: string;
  /** The protocol's name. */
  readonly protocol: string;
  /** The protocol's version. */
  readonly protocolVersion?: string | undefined;
  /** The path. */
  readonly pathname?: string | undefined;
  /** Variables of host and path. */
  readonly variables?: Readonly<Record<string, ServerVariable>> | undefined;
  /** How clients authenticate. */
  readonly security?: readonly AsyncApiReference[] | undefined;
}

/** A place that messages go to and come from. */
export interface AsyncApiChannel extends AsyncApiDescribed {
  /** Its name at the broker; `null` where each message names it anew. */
  readonly address: string | null;
  /** The `{expressions}` in its address. */
  readonly parameters?: Readonly<Record<string, Record<never, never>>> | undefined;
  /** The messages on it. */
  readonly messages?: Readonly<Record<string, AsyncApiReference>> | undefined;
}

/** Something that the application does. */
export interface AsyncApiOperation extends AsyncApiDescribed {
  /** Which way messages go, as the application sees it. */
  readonly action: "send" | "receive";
  /** The channel. */
  readonly channel: AsyncApiReference;
  /** Which of the channel's messages. */
  readonly messages?: readonly AsyncApiReference[] | undefined;
  /** What answers. */
  readonly reply?: AsyncApiReply | undefined;
  /** How clients authenticate. */
  readonly security?: readonly AsyncApiReference[] | undefined;
}

/** The answer to an operation. */
export interface AsyncApiReply {
  /** Where its address is found, if each message names it anew. */
  readonly address?: {
    /** A runtime expression. */
    readonly location: string;
    /** What is found there. */
    readonly description?: string | undefined;
  };
  /** Its channel. */
  readonly channel: AsyncApiReference;
  /** Which of that channel's messages. */
  readonly messages: readonly AsyncApiReference[];
}

/** A message. */
export interface AsyncApiMessage extends AsyncApiDescribed {
  /** Its name. */
  readonly name: string;
  /** The MIME type of its payload; absent where it has none. */
  readonly contentType?: string | undefined;
  /** The schema of its headers. */
  readonly headers?: JsonSchema | undefined;
  /** The schema of its payload. */
  readonly payload?: JsonSchema | undefined;
  /** Where its correlation id is found. */
  readonly correlationId?: CorrelationId | undefined;
  /** Whether it should no longer be used. */
  readonly deprecated?: boolean | undefined;
  /** Example messages. */
  readonly examples?: readonly MessageExample[] | undefined;
}

/** A label. */
export interface AsyncApiTag {
  /** The label. */
  readonly name: string;
  /** What it means. */
  readonly description?: string | undefined;
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference | undefined;
}

/** The parts that are referred to. Only `messages` is always there. */
export interface AsyncApiComponents {
  /** Messages. */
  readonly messages: Readonly<Record<string, AsyncApiMessage>>;
  /** Schemas that others refer to. */
  readonly schemas?: Readonly<Record<string, JsonSchema>> | undefined;
  /** Ways to authenticate. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>> | undefined;
  /** What only protocols know of servers. */
  readonly serverBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** What only protocols know of channels. */
  readonly channelBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** What only protocols know of operations. */
  readonly operationBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** What only protocols know of messages. */
  readonly messageBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** Labels. */
  readonly tags?: Readonly<Record<string, AsyncApiTag>> | undefined;
  /** Documentation kept elsewhere. */
  readonly externalDocs?: Readonly<Record<string, ExternalDocs>> | undefined;
}
