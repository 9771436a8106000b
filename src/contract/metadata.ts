/**
 * The parts of an AsyncAPI document that you write by hand.
 * @module
 */

/** Contact information of an application. */
export interface Contact {
  /** A person or a team. */
  readonly name?: string | undefined;
  /** Their web page. */
  readonly url?: string | undefined;
  /** Their e-mail address. */
  readonly email?: string | undefined;
}

/** The license of an application. */
export interface License {
  /** The license's name, such as `MIT`. */
  readonly name: string;
  /** Where its text is. */
  readonly url?: string | undefined;
}

/** Documentation elsewhere. */
export interface ExternalDocs {
  /** Where it is. */
  readonly url: string;
  /** What it contains. */
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

/** Where a message carries its correlation id. */
export interface CorrelationId {
  /** A runtime expression, such as `$message.header#/correlation-id`. */
  readonly location: string;
  /** What it correlates. */
  readonly description?: string | undefined;
}

/** An example of a message. Give `payload`, `headers`, or both. */
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

/** Protocol-specific information, by protocol name: `{ amqp: { … } }`; or a `{ $ref }` to it. */
export type Bindings = Readonly<Record<string, unknown>>;

/** How the AsyncAPI document describes an actor's operation, apart from its message. */
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
  /** Protocol-specific information about receiving. */
  readonly bindings?: Bindings | undefined;
}

/** An AsyncAPI security scheme, such as `{ type: "userPassword" }`, or a `{ $ref }` to one. */
export type SecurityScheme = Readonly<Record<string, unknown>>;

/** A variable in a server's host or path name. */
export interface ServerVariable {
  /** Allowed values. */
  readonly enum?: readonly string[] | undefined;
  /** Used if no value is given. */
  readonly default?: string | undefined;
  /** What it stands for. */
  readonly description?: string | undefined;
  /** Example values. */
  readonly examples?: readonly string[] | undefined;
}

/** How the AsyncAPI document describes a server. */
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
  /** Protocol-specific information. */
  readonly bindings?: Bindings | undefined;
  /** Variables of its host and path name. */
  readonly variables?: Readonly<Record<string, ServerVariable>> | undefined;
  /** How clients authenticate. */
  readonly security?: readonly SecurityScheme[] | undefined;
}
