/**
 * The types of an AsyncAPI 3.0 document: the parts that Repid writes.
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
  /** Its servers, by their registered names. */
  readonly servers: Readonly<Record<string, AsyncApiServer>>;
  /** The channels that it sends to and receives from. */
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  /** Its operations: what it sends and receives. */
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  /** The parts that the rest of the document refers to. */
  readonly components: AsyncApiComponents;
}

/** The description of the application. */
export interface AsyncApiInfo {
  /** Its name. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
  /** What the application does. */
  readonly description?: string | undefined;
  /** The URL of its terms of service. */
  readonly termsOfService?: string | undefined;
  /** Contact information. */
  readonly contact?: Contact | undefined;
  /** Its license. */
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
  /** Protocol-specific information. */
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

/** A channel that messages are sent to and received from. */
export interface AsyncApiChannel extends AsyncApiDescribed {
  /** Its name at the broker; `null` if each message names it. */
  readonly address: string | null;
  /** The `{expressions}` in its address. */
  readonly parameters?: Readonly<Record<string, Record<never, never>>> | undefined;
  /** The messages on it. */
  readonly messages?: Readonly<Record<string, AsyncApiReference>> | undefined;
}

/** Something that the application sends or receives. */
export interface AsyncApiOperation extends AsyncApiDescribed {
  /** Whether the application sends or receives. */
  readonly action: "send" | "receive";
  /** The channel. */
  readonly channel: AsyncApiReference;
  /** The messages of the channel that belong to the operation. */
  readonly messages?: readonly AsyncApiReference[] | undefined;
  /** The reply to its messages. */
  readonly reply?: AsyncApiReply | undefined;
  /** How clients authenticate. */
  readonly security?: readonly AsyncApiReference[] | undefined;
}

/** The reply to an operation. */
export interface AsyncApiReply {
  /** Where a message carries the address of the reply, if each message names it. */
  readonly address?: {
    /** A runtime expression. */
    readonly location: string;
    /** What it means. */
    readonly description?: string | undefined;
  } | undefined;
  /** Its channel. */
  readonly channel: AsyncApiReference;
  /** The messages of that channel that are replies. */
  readonly messages: readonly AsyncApiReference[];
}

/** A message. */
export interface AsyncApiMessage extends AsyncApiDescribed {
  /** Its name. */
  readonly name: string;
  /** The MIME type of its payload; absent if it has no payload. */
  readonly contentType?: string | undefined;
  /** The schema of its headers. */
  readonly headers?: JsonSchema | undefined;
  /** The schema of its payload. */
  readonly payload?: JsonSchema | undefined;
  /** Where the message carries its correlation id. */
  readonly correlationId?: CorrelationId | undefined;
  /** Whether it is deprecated. */
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

/** The parts that others refer to. Only `messages` is always present. */
export interface AsyncApiComponents {
  /** Messages. */
  readonly messages: Readonly<Record<string, AsyncApiMessage>>;
  /** Schemas that others refer to. */
  readonly schemas?: Readonly<Record<string, JsonSchema>> | undefined;
  /** Ways to authenticate. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>> | undefined;
  /** Protocol-specific information about servers. */
  readonly serverBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** Protocol-specific information about channels. */
  readonly channelBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** Protocol-specific information about operations. */
  readonly operationBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** Protocol-specific information about messages. */
  readonly messageBindings?: Readonly<Record<string, Bindings>> | undefined;
  /** Labels. */
  readonly tags?: Readonly<Record<string, AsyncApiTag>> | undefined;
  /** Documentation elsewhere. */
  readonly externalDocs?: Readonly<Record<string, ExternalDocs>> | undefined;
}
