/**
 * What an application says of itself beyond its code: the parts of an AsyncAPI document that are written by hand.
 * @module
 */

/** Who to ask about an application. */
export interface Contact {
  /** A person or a team. */
  readonly name?: string | undefined;
  /** Their page. */
  readonly url?: string | undefined;
  /** Their mail address. */
  readonly email?: string | undefined;
}

/** The terms an application is offered under. */
export interface License {
  /** The license's name, such as `MIT`. */
  readonly name: string;
  /** Where its text is. */
  readonly url?: string | undefined;
}

/** Documentation kept elsewhere. */
export interface ExternalDocs {
  /** Where it is. */
  readonly url: string;
  /** What is found there. */
  readonly description?: string | undefined;
}

/** A label that groups servers, channels, operations and messages. */
export interface Tag {
  /** The label. */
  readonly name: string;
  /** What it means. */
  readonly description?: string | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
}

/** Where in a message its correlation id is found. */
export interface CorrelationId {
  /** A runtime expression, such as `$message.header#/correlation-id`. */
  readonly location: string;
  /** What it correlates. */
  readonly description?: string | undefined;
}

/** A message shown as an example. Give `payload`, `headers`, or both. */
export interface MessageExample {
  /** A short name. */
  readonly name?: string | undefined;
  /** What it shows. */
  readonly summary?: string | undefined;
  /** Example headers. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** An example payload. */
  readonly payload?: unknown;
}

/** What only one protocol knows, by protocol name: `{ amqp: { … } }`. A `$ref` points elsewhere. */
export type Bindings = Readonly<Record<string, unknown>>;

/** What an AsyncAPI document says of an actor's operation, apart from what it says of the message. */
export interface OperationDescription {
  /** A human-friendly title. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** What only its protocol knows of receiving. */
  readonly bindings?: Bindings | undefined;
}

/** An AsyncAPI security scheme, such as `{ type: "userPassword" }`, or a `{ $ref }` to one. */
export type SecurityScheme = Readonly<Record<string, unknown>>;

/** A variable in a server's host or path name. */
export interface ServerVariable {
  /** Allowed values. */
  readonly enum?: readonly string[] | undefined;
  /** Used where none is given. */
  readonly default?: string | undefined;
  /** What it selects. */
  readonly description?: string | undefined;
  /** Example values. */
  readonly examples?: readonly string[] | undefined;
}

/** What an AsyncAPI document says of a server. */
export interface ServerDescription {
  /** A human-friendly name. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** What only its protocol knows. */
  readonly bindings?: Bindings | undefined;
  /** Variables of its host and path name. */
  readonly variables?: Readonly<Record<string, ServerVariable>> | undefined;
  /** How clients authenticate. */
  readonly security?: readonly SecurityScheme[] | undefined;
}
