/**
 * What an application says of itself beyond its code: the parts of an AsyncAPI document that are written by hand.
 * @module
 */

/** Who to ask about an application. */
export interface Contact {
  /** A person or a team. */
  readonly name?: string;
  /** Their page. */
  readonly url?: string;
  /** Their mail address. */
  readonly email?: string;
}

/** The terms an application is offered under. */
export interface License {
  /** The license's name, such as `MIT`. */
  readonly name: string;
  /** Where its text is. */
  readonly url?: string;
}

/** Documentation kept elsewhere. */
export interface ExternalDocs {
  /** Where it is. */
  readonly url: string;
  /** What is found there. */
  readonly description?: string;
}

/** A label that groups servers, channels, operations and messages. */
export interface Tag {
  /** The label. */
  readonly name: string;
  /** What it means. */
  readonly description?: string;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs;
}

/** Where in a message its correlation id is found. */
export interface CorrelationId {
  /** A runtime expression, such as `$message.header#/correlation-id`. */
  readonly location: string;
  /** What it correlates. */
  readonly description?: string;
}

/** A message shown as an example. Give `payload`, `headers`, or both. */
export interface MessageExample {
  /** A short name. */
  readonly name?: string;
  /** What it shows. */
  readonly summary?: string;
  /** Example headers. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** An example payload. */
  readonly payload?: unknown;
}

/** What only one protocol knows, by protocol name: `{ amqp: { … } }`. A `$ref` points elsewhere. */
export type Bindings = Readonly<Record<string, unknown>>;

/** What an AsyncAPI document says of an actor's operation, apart from what it says of the message. */
export interface OperationDescription {
  /** A human-friendly title. */
  readonly title?: string;
  /** A short overview. */
  readonly summary?: string;
  /** A longer text, CommonMark allowed. */
  readonly description?: string;
  /** Labels. */
  readonly tags?: readonly Tag[];
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs;
  /** What only its protocol knows of receiving. */
  readonly bindings?: Bindings;
}

/** An AsyncAPI security scheme, such as `{ type: "userPassword" }`, or a `{ $ref }` to one. */
export type SecurityScheme = Readonly<Record<string, unknown>>;

/** A variable in a server's host or path name. */
export interface ServerVariable {
  /** Allowed values. */
  readonly enum?: readonly string[];
  /** Used where none is given. */
  readonly default?: string;
  /** What it selects. */
  readonly description?: string;
  /** Example values. */
  readonly examples?: readonly string[];
}

/** What an AsyncAPI document says of a server. */
export interface ServerDescription {
  /** A human-friendly name. */
  readonly title?: string;
  /** A short overview. */
  readonly summary?: string;
  /** A longer text, CommonMark allowed. */
  readonly description?: string;
  /** Labels. */
  readonly tags?: readonly Tag[];
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs;
  /** What only its protocol knows. */
  readonly bindings?: Bindings;
  /** Variables of its host and path name. */
  readonly variables?: Readonly<Record<string, ServerVariable>>;
  /** How clients authenticate. */
  readonly security?: readonly SecurityScheme[];
}
