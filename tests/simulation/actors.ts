/**
 * Actors that do what the plan of their message says, and the count of those at work.
 * @module
 */
import type { ActorContext } from "../../src/declaration/context.ts";
import type { Clock } from "../../src/_internal/clock.ts";
import type { ConfirmationMode } from "../../src/declaration/confirmation.ts";
import { dependency } from "../../src/declaration/dependency.ts";
import type { ActorMiddleware } from "../../src/declaration/middleware.ts";
import { Router } from "../../src/declaration/router.ts";
import type { StandardSchemaV1 } from "../../src/contract/standard_schema.ts";
import type { Ledger } from "./ledger.ts";
import { ACTORS, type Plan } from "./scenario.ts";

/** A handler at work. */
interface Work {
  readonly context: ActorContext;
  isAbandoned: boolean;
}

const NEVER: Promise<never> = new Promise(() => {});

/** What the actors of one run share. */
export class Troupe {
  readonly plans: Map<string, Plan> = new Map();
  /** Runs that reached the outermost middleware. */
  handled = 0;
  /** Handlers that returned, by message. */
  readonly returned: Set<string> = new Set();
  readonly #works = new Set<Work>();
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #tasksLimit: number;
  most = 0;

  constructor(clock: Clock, ledger: Ledger, tasksLimit: number) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#tasksLimit = tasksLimit;
  }

  /** The worker says that it waits no longer for the one whose signal has this reason. */
  abandon(messageId: string | undefined, reason: unknown): void {
    for (const work of this.#works) {
      const { message, signal } = work.context;
      if (message.messageId === messageId && signal.aborted && signal.reason === reason) {
        work.isAbandoned = true;
      }
    }
  }

  /** One actor for each mode, over two channels. */
  router(): Router {
    const router = new Router({ middlewares: [this.#middleware] });
    for (const [index, name] of ACTORS.entries()) {
      const [mode = "auto"] = name.split(" ");
      const decides = mode !== "always_ack" && mode !== "ack_first";
      const policy = (_error: unknown, { headers }: { headers: ActorContext["headers"] }): Promise<"ack"> =>
        this.#policy(headers["letter"] ?? "");
      // The types of modes and policies are what other tests are about.
      const options = {
        name,
        channel: channelOf(index),
        confirmationMode: mode as ConfirmationMode,
        headers: this.#headers,
        ...name.endsWith("limited") && { timeout: 700 },
        ...name.endsWith("dependency") && { deps: { cleaned: this.#cleaned } },
        ...decides && { onError: policy, onTimeout: policy },
      };
      router.actor(options as never, ((_: unknown, context: ActorContext) => this.#handle(context)) as never);
    }
    return router;
  }

  /** Refuses what the plan calls invalid. */
  readonly #headers: StandardSchemaV1<Record<string, string>, Record<string, string>> = {
    "~standard": {
      version: 1,
      vendor: "simulation",
      validate: (value) => {
        const headers = value as Record<string, string>;
        const { handler } = this.#planOf(headers["letter"] ?? "");
        return handler === "invalid" ? { issues: [{ message: "is invalid" }] } : { value: headers };
      },
    },
  };

  readonly #cleaned = dependency({ headers: this.#headers }, async ({ message, defer }) => {
    const { cleanUp } = this.#planOf(message.headers["letter"] ?? "");
    if (cleanUp !== "none") {
      defer(async () => {
        if (cleanUp === "throws") throw new Error("The clean-up fails");
        if (cleanUp === "hangs") await NEVER;
        if (cleanUp === "slow") await this.#sleep(400);
      });
    }
    await this.#sleep(5);
  });

  readonly #middleware: ActorMiddleware = async (call, next) => {
    const { message } = call;
    this.handled++;
    const { middleware } = this.#planOf(message.headers["letter"] ?? "");
    if (middleware === "throws early") throw new Error("The middleware fails");
    if (middleware === "skips") return;
    if (middleware === "hangs before") await NEVER;
    if (middleware === "slow") await this.#sleep(500);
    if (middleware === "twice") await next({ final: false }).catch(() => this.#sleep(200));
    const decideAbout = async (error: unknown): Promise<never> => {
      await call.decide(error);
      throw error;
    };
    const result = await (middleware === "gives up" ? next({ final: false }).catch(decideAbout) : next());
    if (middleware === "hangs after") await NEVER;
    return result;
  };

  async #handle(context: ActorContext): Promise<unknown> {
    const { message } = context;
    const letter = message.headers["letter"] ?? "";
    const work: Work = { context, isAbandoned: false };
    this.#works.add(work);
    const running = [...this.#works].filter(({ isAbandoned }) => !isAbandoned).length;
    this.most = Math.max(this.most, running);
    if (running > this.#tasksLimit) this.#ledger.violation(`${running} handlers ran at once`);
    try {
      const plan = this.#planOf(letter);
      if (plan.itself !== "nothing") await message[plan.itself]();
      await this.#perform(plan, context);
      this.returned.add(letter);
      return plan.answer;
    } finally {
      this.#works.delete(work);
    }
  }

  async #perform({ handler, ms }: Plan, context: ActorContext): Promise<void> {
    if (handler === "hangs") await NEVER;
    if (handler === "slow" || handler === "slow throws" || handler === "ignores") await this.#sleep(ms);
    if (handler === "obeys") {
      const { signal } = context;
      await Promise.race([
        this.#sleep(ms),
        new Promise((resolve) => signal.addEventListener("abort", resolve)),
      ]);
      signal.throwIfAborted();
    }
    if (handler === "throws" || handler === "slow throws") throw new Error("The handler fails");
  }

  async #policy(letter: string): Promise<"ack"> {
    const { policy } = this.#planOf(letter);
    if (policy === "throws") throw new Error("The policy fails");
    if (policy === "hangs") await NEVER;
    if (policy === "slow") await this.#sleep(300);
    return (policy === "slow" ? "nack" : policy) as "ack";
  }

  #planOf(letter: string): Plan {
    const plan = this.plans.get(letter);
    if (!plan) throw new Error(`Cannot handle the message as it has no plan: ${letter}`);
    return plan;
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.#clock.schedule(ms, resolve));
  }
}

/** The channel of an actor, by its place. */
export function channelOf(index: number): string {
  return index % 2 === 0 ? "even" : "odd";
}
