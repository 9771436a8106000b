/**
 * Dispatch: which actor's execution takes a message. The first one registered that matches.
 * @module
 */
import type { Report } from "./events.ts";
import type { Execution } from "./execution.ts";
import type { Delivery } from "./server.ts";

type Find = (delivery: Delivery) => Execution | undefined;

/** The executions of a worker, by channel. */
export class Dispatch {
  readonly #finders = new Map<string, Find>();

  constructor(executions: readonly Execution[], report: Report) {
    const byChannel = Map.groupBy(executions, ({ actor }) => actor.channel.address);
    for (const [channel, own] of byChannel) {
      this.#finders.set(channel, findByName(own) ?? findByTrial(own, report));
    }
  }

  /** The channels that anybody listens to. */
  get channels(): readonly string[] {
    return [...this.#finders.keys()];
  }

  /** The execution that takes the message; `undefined` where none does. */
  find(delivery: Delivery): Execution | undefined {
    return this.#finders.get(delivery.channel)?.(delivery);
  }
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
      return actor.routingStrategy.matches(delivery, actor.info);
    } catch (error) {
      const { channel, messageId } = delivery;
      report("actor.route.error", { actor: actor.name, channel, messageId, error });
      return false;
    }
  };
  return (delivery) => executions.find((execution) => matches(execution, delivery));
}
