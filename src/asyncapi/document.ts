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
  readonly description?: string;
  /** Where its terms of service are. */
  readonly termsOfService?: string;
  /** Who to ask about it. */
  readonly contact?: Contact;
  /** The terms it is offered under. */
  readonly license?: License;
  /** Labels. */
  readonly tags?: readonly AsyncApiReference[];
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference;
}

/** What servers, channels, operations and messages have in common. */
export interface AsyncApiDescribed {
  /** A human-friendly title. */
  readonly title?: string;
  /** A short overview. */
  readonly summary?: string;
  /** A longer text, CommonMark allowed. */
  readonly description?: string;
  /** Labels. */
  readonly tags?: readonly AsyncApiReference[];
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference;
  /** What only its protocol knows. */
  readonly bindings?: AsyncApiReference;
}

/** A message broker. */
export interface AsyncApiServer extends AsyncApiDescribed {
  /** Host and port. */
  readonly host: string;
  /** The protocol's name. */
  readonly protocol: string;
  /** The protocol's version. */
  readonly protocolVersion?: string;
  /** The path. */
  readonly pathname?: string;
  /** Variables of host and path. */
  readonly variables?: Readonly<Record<string, ServerVariable>>;
  /** How clients authenticate. */
  readonly security?: readonly AsyncApiReference[];
}

/** A place that messages go to and come from. */
export interface AsyncApiChannel extends AsyncApiDescribed {
  /** Its name at the broker; `null` where each message names it anew. */
  readonly address: string | null;
  /** The `{expressions}` in its address. */
  readonly parameters?: Readonly<Record<string, Record<never, never>>>;
  /** The messages on it. */
  readonly messages?: Readonly<Record<string, AsyncApiReference>>;
}

/** Something that the application does. */
export interface AsyncApiOperation extends AsyncApiDescribed {
  /** Which way messages go, as the application sees it. */
  readonly action: "send" | "receive";
  /** The channel. */
  readonly channel: AsyncApiReference;
  /** Which of the channel's messages. */
  readonly messages?: readonly AsyncApiReference[];
  /** What answers. */
  readonly reply?: AsyncApiReply;
  /** How clients authenticate. */
  readonly security?: readonly AsyncApiReference[];
}

/** The answer to an operation. */
export interface AsyncApiReply {
  /** Where its address is found, if each message names it anew. */
  readonly address?: {
    /** A runtime expression. */
    readonly location: string;
    /** What is found there. */
    readonly description?: string;
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
  readonly contentType?: string;
  /** The schema of its headers. */
  readonly headers?: JsonSchema;
  /** The schema of its payload. */
  readonly payload?: JsonSchema;
  /** Where its correlation id is found. */
  readonly correlationId?: CorrelationId;
  /** Whether it should no longer be used. */
  readonly deprecated?: boolean;
  /** Example messages. */
  readonly examples?: readonly MessageExample[];
}

/** A label. */
export interface AsyncApiTag {
  /** The label. */
  readonly name: string;
  /** What it means. */
  readonly description?: string;
  /** Where to read more. */
  readonly externalDocs?: AsyncApiReference;
}

/** The parts that are referred to. Only `messages` is always there. */
export interface AsyncApiComponents {
  /** Messages. */
  readonly messages: Readonly<Record<string, AsyncApiMessage>>;
  /** Schemas that others refer to. */
  readonly schemas?: Readonly<Record<string, JsonSchema>>;
  /** Ways to authenticate. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  /** What only protocols know of servers. */
  readonly serverBindings?: Readonly<Record<string, Bindings>>;
  /** What only protocols know of channels. */
  readonly channelBindings?: Readonly<Record<string, Bindings>>;
  /** What only protocols know of operations. */
  readonly operationBindings?: Readonly<Record<string, Bindings>>;
  /** What only protocols know of messages. */
  readonly messageBindings?: Readonly<Record<string, Bindings>>;
  /** Labels. */
  readonly tags?: Readonly<Record<string, AsyncApiTag>>;
  /** Documentation kept elsewhere. */
  readonly externalDocs?: Readonly<Record<string, ExternalDocs>>;
}
