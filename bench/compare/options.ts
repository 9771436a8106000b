/**
 * What the command line asks for.
 * @module
 */
import { parseArgs } from "node:util";
import { ENTRANTS, type RuntimeName, type ServerName } from "./contenders.ts";
import { MODES, type PlanOptions } from "./plan.ts";

/** All of it. */
export interface CompareOptions extends PlanOptions {
  readonly servers: readonly ServerName[];
  readonly rounds: number;
  /** Where the framework and the clients by hand run. */
  readonly runtimes: readonly RuntimeName[];
  /** Where the peers run. */
  readonly peerRuntimes: readonly RuntimeName[];
  /** The root of another checkout of this project, to be measured as `repid before`; `undefined` for none. */
  readonly before: string | undefined;
  /** By name; all but the extra ones where it is empty. */
  readonly contenders: readonly string[];
  /** The folder that the results are written to; `undefined` for the usual one. */
  readonly out: string | undefined;
  /** The folder that profiles are written to; `undefined` for none. */
  readonly profiles: string | undefined;
}

const SERVERS: readonly ServerName[] = ["memory", "redis", "amqp", "pubsub", "pubsub-fake"];
const RUNTIMES: readonly RuntimeName[] = ["deno", "bun", "node"];

/**
 * Reads them.
 *
 * @throws {TypeError} If one is not known.
 * @throws {RangeError} If one has a value that makes no sense.
 */
export function toOptions(args: readonly string[]): CompareOptions {
  const list = { type: "string" } as const;
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      server: list,
      rounds: list,
      modes: list,
      concurrency: list,
      runtimes: list,
      "peer-runtimes": list,
      before: list,
      contenders: list,
      out: list,
      profile: list,
      quick: { type: "boolean", default: false },
    },
  });
  const { quick: isQuick } = values;
  const { runtimes = "deno,bun" } = values;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`Cannot run ${values.rounds} rounds`);
  const concurrencies = (values.concurrency ?? "1,10,100,1000").split(",").map(Number);
  for (const one of concurrencies) {
    if (!(Number.isInteger(one) && one > 0)) throw new RangeError(`Cannot handle ${one} at once`);
  }
  return {
    isQuick,
    rounds,
    servers: oneOf("server", values.server ?? "memory", SERVERS),
    modes: oneOf("modes", values.modes ?? "publish,drain", MODES),
    runtimes: oneOf("runtimes", runtimes, RUNTIMES),
    // A library on another runtime is another library: Node 20 alone takes half as much processor time again.
    peerRuntimes: oneOf("peer-runtimes", values["peer-runtimes"] ?? runtimes, RUNTIMES),
    contenders: values.contenders === undefined
      ? []
      : oneOf("contenders", values.contenders, ENTRANTS.map(({ name }) => name)),
    concurrencies,
    before: values.before,
    out: values.out,
    profiles: values.profile,
  };
}

function oneOf<T extends string>(option: string, given: string, known: readonly T[]): T[] {
  const chosen = given === "all" ? known : given.split(",");
  return chosen.map((one) => {
    const found = known.find((name) => name === one);
    if (found === undefined) {
      throw new RangeError(`Cannot take --${option} ${one} as it is none of: ${known.join(", ")}`);
    }
    return found;
  });
}
