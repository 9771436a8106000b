/**
 * What must hold, and what happened.
 * @module
 */

/** A message in the scripted broker. */
export interface Letter {
  readonly id: string;
  readonly channel: string;
  readonly actor: string;
  /** How often it was handed over. */
  deliveries: number;
}

/** What went wrong on purpose. */
export type Fault =
  | "connect failed"
  | "connect hung"
  | "subscribe failed"
  | "subscribe hung"
  | "take failed for good"
  | "connection dropped"
  | "broker stalled"
  | "event loop blocked"
  | "settlement failed"
  | "settlement failed for good"
  | "settlement hung"
  | "settlement lost"
  | "lease extension failed"
  | "lease extension hung"
  | "lease lost"
  | "stop hung"
  | "close hung";

/** Where a handed-over message is now. `stuck`: the broker was told, and never answered. */
export type DeliveryState = "open" | "ack" | "nack" | "reject" | "lost" | "handed back" | "stuck";

/** One handing-over. */
export interface Entry {
  readonly letter: Letter;
  readonly number: number;
  state: DeliveryState;
}

/** The book of one run. */
export class Ledger {
  readonly violations: string[] = [];
  readonly faults: Map<Fault, number> = new Map();
  readonly entries: Entry[] = [];
  /** Deliveries that an actor was there for. */
  routed = 0;
  openConnections = 0;
  openSubscriptions = 0;

  violation(text: string): void {
    this.violations.push(text);
  }

  fault(kind: Fault): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }
}
