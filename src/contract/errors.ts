/**
 * Errors that callers may want to tell apart. Misuse is a `TypeError` or a `RangeError` instead.
 * @module
 */
import type { Settlement } from "./server.ts";

/** Thrown when something needs a broker and nobody has called `connect()`. */
export class NotConnectedError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "NotConnectedError";

  /** Says what could not be done. */
  constructor(doing: string) {
    super(`Cannot ${doing} as the server is not connected: call connect() first`);
  }
}

/** One problem with a message. */
export interface MessageIssue {
  /** Which part of the message it is in. */
  readonly in: "payload" | "headers";
  /** Where in that part; `[]` for the part as a whole. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, in the words of the schema library. */
  readonly message: string;
}

/** Thrown when a message does not fit what an actor, its dependencies or a contract declare. */
export class MessageValidationError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "MessageValidationError";
  /** Every problem found, in payload and headers alike. */
  readonly issues: readonly MessageIssue[];

  /** Lists the problems in its message; `cause` is what a decoder or schema library threw, if one did. */
  constructor(issues: readonly MessageIssue[], options?: ErrorOptions) {
    super(`Cannot accept the message as it does not fit: ${issues.map(formatIssue).join("; ")}`, options);
    this.issues = issues;
  }
}

/** The reason of an actor's signal when the broker gave its message to somebody else. */
export class LeaseLostError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "LeaseLostError";
  /** The id of the message. */
  readonly messageId: string | undefined;

  /** Names the message. */
  constructor(messageId: string | undefined) {
    super(`Cannot keep the message as its lease was lost: ${messageId ?? "without an id"}`);
    this.messageId = messageId;
  }
}

/**
 * Thrown by an `onError` or `onTimeout` that could not do what it was to do and knows what is best then: the failure is
 * reported, and the message settled as the error says. Whatever else a policy throws counts as `nack`.
 */
export class PolicyError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "PolicyError";
  /** What becomes of the message. */
  readonly action: Settlement;
  /** How long the message is kept before, in milliseconds: what is put back at once may fail again at once. */
  readonly pause: number;

  /** Says what could not be done; `cause` is why, `pause` is in milliseconds and defaults to 0. */
  constructor(
    message: string,
    action: Settlement,
    options: ErrorOptions & { readonly pause?: number | undefined } = {},
  ) {
    super(message, options);
    this.action = action;
    this.pause = options.pause ?? 0;
  }
}

function formatIssue(issue: MessageIssue): string {
  return `${[issue.in, ...issue.path.map(String)].join(".")}: ${issue.message}`;
}
