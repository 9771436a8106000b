/**
 * Dispatch: which actor's execution takes a message. The first one registered that matches.
 * @module
 */
import { atOnce } from "../_internal/maybe_promise.ts";
import type { Report } from "../contract/events.ts";
import type { Execution } from "../execution/execution.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import { catchAllRoutingStrategy } from "../declaration/routing.ts";
import type { Delivery } from "../contract/server.ts";

type Find = (delivery: Delivery) => Execution | undefined;

/** The executions of a worker, by channel. */
export class Dispatch {
  readonly #finders = new Map<string, Find>();

  /** Prepares for each channel how its actors are found. */
  constructor(executions: readonly Execution[], report: Report) {
    const byChannel = Map.groupBy(executions, ({ actor }) => actor.channel.address);
    for (const [channel, own] of byChannel) {
      reportUnreachable(channel, own, report);
      this.#finders.set(channel, findByName(own) ?? findByTrial(own, report));
    }
  }

  /** The channels that have actors. */
  get channels(): readonly string[] {
    return [...this.#finders.keys()];
  }

  /** The execution that takes the message; `undefined` where none does. */
  find(delivery: Delivery): Execution | undefined {
    return this.#finders.get(delivery.channel)?.(delivery);
  }
}

/** The first actor that matches gets the message. Reports actors that can never get one. */
function reportUnreachable(channel: string, executions: readonly Execution[], report: Report): void {
  for (const [index, { actor }] of executions.entries()) {
    const hiding = executions.slice(0, index).find((earlier) => hides(earlier.actor, actor));
    if (!hiding) continue;
    report("actor.route.unreachable", { actor: actor.name, channel, behind: hiding.actor.name });
  }
}

function hides(earlier: ResolvedActor, later: ResolvedActor): boolean {
  const { routingStrategy, name } = earlier;
  if (routingStrategy === catchAllRoutingStrategy) return true;
  const { nameHeader } = routingStrategy;
  return nameHeader !== undefined && nameHeader === later.routingStrategy.nameHeader && name === later.name;
}

/** Where every actor is named by the same header, the header's value is all one needs. */
function findByName(executions: readonly Execution[]): Find | undefined {
  const [header, ...others] = new Set(executions.map(({ actor }) => actor.routingStrategy.nameHeader));
  if (header === undefined || others.length > 0) return undefined;
  const byName = new Map<string | undefined, Execution>();
  for (const execution of executions) {
    if (!byName.has(execution.actor.name)) byName.set(execution.actor.name, execution);
  }
  return (delivery) => byName.get(delivery.headers[header]);
}

function findByTrial(executions: readonly Execution[], report: Report): Find {
  const matches = ({ actor }: Execution, delivery: Delivery): boolean => {
    try {
      const matching: unknown = actor.routingStrategy.matches(delivery, actor.info);
      return Boolean(atOnce(matching, "Cannot route as matches() answers a promise: it is not async"));
    } catch (error) {
      const { channel, messageId } = delivery;
      report("actor.route.error", { actor: actor.name, channel, messageId, error });
      return false;
    }
  };
  return (delivery) => executions.find((execution) => matches(execution, delivery));
}
